//! One call of one function: a store, an instance, the call, an outcome. What is handed in has passed every gate;
//! what comes out is the guest's own answer or the name of what went wrong. How a component of `wasi:http` is called is
//! told in `http_call`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wasmtime::{PoolConcurrencyLimitError, Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::Runtime;
use super::bindings::FunctionPre;
use super::bindings::vestibule::function::types as wit;
use super::component::Kind;
use super::http_answer::{Begun, HttpAnswer};
use super::http_call;
use super::output::{GuestOutput, Speaker};
use super::state::{Bounds, DeadlinePassed, State, new_store};
use super::stint::{Conduct, Stint};
use crate::event::{Event, Trigger};
use crate::observe::text::shortened;

/// Bytes beyond the response's limit that a guest may pass to the host in one call: its headers, or a log line, of which
/// the host cuts what is too long, and which should not end a call.
const CALL_SLACK: usize = 8 << 20;

/// How wasmtime says that a guest passed more to the host than it may; its type is private.
const TOO_MUCH_DATA: &str = "fuel allocated for hostcalls has been exhausted";

/// Bytes of an error's text that are kept for the log.
const MAX_REASON: usize = 4 << 10;

/// What a call came to.
pub enum Outcome {
    /// The guest answered.
    Answer(Answer),
    /// A guest of `wasi:http` answered, in one piece.
    HttpAnswer(Box<HttpAnswer>),
    /// It answered in pieces, of which all have been handed on.
    Streamed,
    /// It ended without an answer.
    NoAnswer,
    /// What it began to answer with came to no good end; why.
    BadAnswer(String),
    /// The deadline passed while its client had not taken what there was of the answer.
    NotTaken,
    /// The guest returned an error; its text.
    Error(String),
    /// The guest trapped or exited; how.
    Trap(String),
    /// The guest failed after it was refused memory past its limit.
    OutOfMemory,
    /// The deadline passed, in a loop or in a wait.
    Timeout,
    /// The answer was larger than the policy's `response_limit`.
    ResponseTooLarge,
    /// No sandbox was free although a permit was: a component of many memories took more than its share.
    NoSandbox,
    /// The component could not be instantiated; why.
    Instantiation(String),
}

/// A guest's answer, as it gave it.
pub struct Answer {
    /// The status, unchecked.
    pub status: u16,
    /// The headers, unchecked, in the guest's order.
    pub headers: Vec<(String, String)>,
    /// The body, within the policy's limit.
    pub body: Vec<u8>,
}

/// An outcome and what it took.
pub struct Invocation {
    /// What the call came to.
    pub outcome: Outcome,
    /// From the making of the store to the end of the call.
    pub took: Duration,
    /// The most that all memories and tables held at once, in bytes.
    pub memory_peak: usize,
}

impl Runtime {
    /// Calls the function that `event` is for, in a sandbox of its own. An answer that has begun and whose guest goes on is
    /// given to `begin`, if there is somebody who takes it in pieces; this then ends with the last of them.
    pub async fn invoke(self: &Arc<Self>, event: Arc<Event>, begin: Option<oneshot::Sender<Begun>>) -> Invocation {
        let (runtime, code) = (Arc::clone(self), Arc::clone(&event.function().code));
        self.run(&code.0.conduct, |stint| runtime.call(event, begin, stint)).await
    }

    /// Has a call run, with the clock going, on the threads that it belongs on: its stint says when it has become long, and
    /// the `conduct` of its component where it begins.
    pub(super) async fn run<T, F>(&self, conduct: &Conduct, call: impl FnOnce(Arc<Stint>) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let _ticking = self.ticker.begin();
        let stint = Arc::new(Stint::default());
        self.long.run(Box::pin(call(Arc::clone(&stint))), &stint, conduct).await
    }

    async fn call(
        self: Arc<Self>,
        event: Arc<Event>,
        begin: Option<oneshot::Sender<Begun>>,
        stint: Arc<Stint>,
    ) -> Invocation {
        let code = &event.function().code;
        let started = Instant::now();
        let limits = event.limits();
        let deadline = started + limits.timeout;
        let output = GuestOutput::new(
            Arc::clone(&event.function().name),
            event.request_id().shared(),
            Arc::clone(&event.function().ledger),
            Speaker::Function,
        );
        let response = usize::try_from(limits.response_limit.get()).unwrap_or(usize::MAX);
        let passed = match &code.0.made.pre {
            Kind::Contract(_) => response.saturating_add(CALL_SLACK),
            // It passes its answer in pieces.
            Kind::Http(_) => CALL_SLACK,
        };
        let bounds = Bounds { memory: limits.memory.get(), passed, deadline, stint };
        let grants = Arc::clone(&event.function().grants);
        let mut store = new_store(&self.engine, &self.metrics.instances_created, &bounds, grants, Arc::clone(&output));
        if event.function().grants.http().is_some() {
            store.data_mut().trace = event.trace();
        }
        let pre = match &code.0.made.pre {
            Kind::Contract(pre) => pre,
            Kind::Http(pre) => {
                let pre = pre.clone();
                return Box::pin(http_call::call(pre, store, event, (started, deadline), begin)).await;
            }
        };
        let version = code.version();
        let called = tokio::time::timeout_at(deadline.into(), call(pre, version, &mut store, &event)).await;
        let took = started.elapsed();
        let outcome = match called.map_or(Err(Outcome::Timeout), |called| called.map_err(|f| failed(f, &store))) {
            Ok(Ok(answer)) if answer.body.len() > response => Outcome::ResponseTooLarge,
            Ok(Ok(answer)) => {
                Outcome::Answer(Answer { status: answer.status, headers: answer.headers, body: answer.body })
            }
            Ok(Err(error)) => Outcome::Error(reason(error.as_bytes())),
            Err(outcome) => outcome,
        };
        output.finish();
        Invocation { outcome, took, memory_peak: store.data().memory.peak() }
    }
}

/// Where a call failed.
pub(super) enum CallFailure {
    Instantiation(wasmtime::Error),
    Call(wasmtime::Error),
}

async fn call(
    pre: &FunctionPre<State>,
    version: &str,
    store: &mut Store<State>,
    event: &Event,
) -> Result<Result<wit::Response, String>, CallFailure> {
    let instance = pre.instantiate_async(&mut *store).await.map_err(CallFailure::Instantiation)?;
    let headers = event.headers();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let params: Vec<(&str, &str)> = event.params.iter().map(|(name, value)| (&**name, &**value)).collect();
    let roles: Vec<&str> = event.identity.iter().flat_map(|identity| &identity.roles).map(String::as_str).collect();
    let lowered = wit::Event {
        method: event.method().as_str(),
        path: event.path(),
        subpath: event.subpath(),
        params: &params,
        query: event.query(),
        headers: &headers,
        body: &event.body,
        client: &event.client,
    };
    let context = wit::Context {
        request_id: event.request_id().as_str(),
        function: &event.function().name,
        version,
        deadline: event.deadline_unix_ms(),
        trigger: match event.trigger {
            Trigger::Http => wit::Trigger::Http,
        },
        delivery: event.delivery.as_ref().map(|delivery| wit::Delivery {
            scheme: &delivery.scheme,
            id: delivery.id.as_deref(),
            event_type: delivery.event_type.as_deref(),
            timestamp: delivery.timestamp,
            secret: &delivery.secret,
        }),
        identity: event.identity.as_ref().map(|identity| wit::Identity {
            provider: &identity.provider,
            subject: &identity.subject,
            roles: &roles,
            claims: &identity.claims,
        }),
    };
    instance.vestibule_function_handler().call_handle(store, lowered, context).await.map_err(CallFailure::Call)
}

/// Names a failure by its cause.
pub(super) fn failed(failure: CallFailure, store: &Store<State>) -> Outcome {
    let (error, instantiating) = match failure {
        CallFailure::Instantiation(error) => (error, true),
        CallFailure::Call(error) => (error, false),
    };
    if error.is::<DeadlinePassed>() || matches!(error.downcast_ref(), Some(Trap::Interrupt)) {
        return Outcome::Timeout;
    }
    if store.data().memory.denied() {
        return Outcome::OutOfMemory;
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Outcome::NoSandbox;
    }
    // Where there are frames of the guest, it passed too much to a function of the host; else it was its answer.
    if error.root_cause().to_string().ends_with(TOO_MUCH_DATA) && !error.is::<WasmBacktrace>() {
        return Outcome::ResponseTooLarge;
    }
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Outcome::Trap(format!("the guest exited with status {code}"));
    }
    let text = reason(format!("{error:#}").as_bytes());
    if instantiating && !error.is::<Trap>() { Outcome::Instantiation(text) } else { Outcome::Trap(text) }
}

/// A text for the log, cut and in one line: a trap's has a line for each frame of the stack.
fn reason(text: &[u8]) -> String {
    shown(text, MAX_REASON)
}

/// A text for the log, in one line and cut where it comes to more than `most` bytes.
pub(super) fn shown(text: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(text.get(..most).unwrap_or(text));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    shortened(lines.join("; ").as_bytes(), most)
}
