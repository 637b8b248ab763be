//! One call of a component of `wasi:http`, in a store that is made for it. Its answer is taken while it runs; the sandbox
//! and the permit are given back when the guest has ended, whether or not its client has taken the last of it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use http::Method;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;

use super::http_answer::{Answering, Begun, Given, Rest, TooLarge};
use super::http_request;
use super::invoke::{CallFailure, Invocation, Outcome, failed};
use super::state::State;
use crate::event::Event;
use crate::pieces::PIECE;

/// What ended a call before its guest did.
enum Stop {
    Failed(CallFailure),
    TooLarge,
}

impl From<CallFailure> for Stop {
    fn from(failure: CallFailure) -> Self {
        Self::Failed(failure)
    }
}

/// Calls the component with the request of `event`. The call began at the first of the two moments, and its deadline is the
/// second. Whoever takes the answer in pieces is told of it by `begin`.
pub(super) async fn call(
    pre: ProxyPre<State>,
    mut store: Store<State>,
    event: Arc<Event>,
    (started, deadline): (Instant, Instant),
    begin: Option<oneshot::Sender<Begun>>,
) -> Invocation {
    let (set, given) = oneshot::channel();
    let limit = event.limits().response_limit.get();
    let mut answering = Answering::new(given, begin, limit, *event.method() != Method::HEAD);
    let called = run(&pre, &mut store, &event, set, &mut answering);
    let called = tokio::time::timeout_at(deadline.into(), called).await;
    let (took, memory_peak) = (started.elapsed(), store.data().memory.peak());
    let rest = match called {
        Ok(Ok(())) => answering.end().await,
        Ok(Err(Stop::Failed(failure))) => Err(failed(failure, &store)),
        Ok(Err(Stop::TooLarge)) => Err(Outcome::ResponseTooLarge),
        Err(_) if answering.waits_for_client() => Err(Outcome::NotTaken),
        Err(_) => Err(Outcome::Timeout),
    };
    store.data().output.finish();
    // In this order: the event has the permit for the sandbox.
    drop(store);
    drop(event);
    let outcome = match rest {
        Ok(Rest::Whole(answer)) => Outcome::HttpAnswer(Box::new(answer)),
        Ok(Rest::Last(last)) => {
            if let Some((writer, mut last)) = last {
                while !last.is_empty() {
                    let place = writer.place().await;
                    writer.write(last.split_to(last.len().min(PIECE)), place);
                }
                writer.end();
            }
            Outcome::Streamed
        }
        Err(outcome) => outcome,
    };
    Invocation { outcome, took, memory_peak }
}

/// Runs the guest to its end, and takes what it answers.
async fn run(
    pre: &ProxyPre<State>,
    store: &mut Store<State>,
    event: &Event,
    set: oneshot::Sender<Given>,
    answering: &mut Answering,
) -> Result<(), Stop> {
    let proxy = pre.instantiate_async(&mut *store).await.map_err(CallFailure::Instantiation)?;
    let request = http_request::request(event, event.function().code.version());
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request).map_err(CallFailure::Call)?;
    let out = store.data_mut().http().new_response_outparam(set).map_err(CallFailure::Call)?;
    let mut guest = pin!(proxy.wasi_http_incoming_handler().call_handle(store, request, out));
    let mut taking = pin!(answering.take());
    poll_fn(|context| {
        // The guest first: one that has ended has said all that it had to say.
        if let Poll::Ready(ended) = guest.as_mut().poll(context) {
            return Poll::Ready(ended.map_err(|error| CallFailure::Call(error).into()));
        }
        match taking.as_mut().poll(context) {
            Poll::Ready(Err(TooLarge)) => Poll::Ready(Err(Stop::TooLarge)),
            Poll::Ready(Ok(never)) => match never {},
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
