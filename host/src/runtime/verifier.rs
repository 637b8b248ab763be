//! One question to one verifier: a store, an instance, the call, a verdict. It is what functions have, with limits of its
//! own, and runs before anybody knows whether the request is genuine; whether it may run at all is not decided here.

use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

use wasmtime::Store;

use super::bindings::verifier::VerifierPre;
use super::bindings::verifier::exports::vestibule::verifier::verify as wit;
use super::component::Ready;
use super::invoke::{CallFailure, Outcome, failed, shown};
use super::load_error::LoadError;
use super::output::{GuestOutput, Speaker};
use super::state::{Bounds, State, new_store};
use super::stint::Stint;
use super::{Runtime, component, world};
use crate::grant::Grants;
use crate::verify::{Asked, Claims, CustomVerifier, Question, Verdict};

/// Bytes that a verifier may pass to the host in one call: its answer is four short texts, and a line for the log is cut.
const PASSED: usize = 1 << 20;

/// Bytes of what a verifier says of a refusal that are kept for the log. Anybody can make it say it.
const LONGEST_REASON: usize = 512;

/// A verifier's component that is ready to be instantiated, and the engine for it.
struct Checker {
    runtime: Arc<Runtime>,
    ready: Ready<VerifierPre<State>>,
    /// A verifier reaches nothing: it runs for whoever has not been verified.
    nothing: Arc<Grants>,
}

impl Runtime {
    /// Makes a verifier's component ready to be asked, as [`Runtime::load`] does with a function's.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component that exports the contract's `verify` and imports what the host offers, or compiling
    /// it takes more than it may.
    pub fn load_verifier(self: &Arc<Self>, bytes: &[u8]) -> Result<Arc<dyn CustomVerifier>, LoadError> {
        let ready = component::load(self, &self.verifiers_made, &[&world::VERIFIER], bytes, |_, instance| {
            VerifierPre::new(instance)
        })?;
        Ok(Arc::new(Checker { runtime: Arc::clone(self), ready, nothing: Arc::default() }))
    }
}

impl CustomVerifier for Checker {
    fn version(&self) -> &str {
        &self.ready.made.version
    }

    fn initial_memory(&self) -> u64 {
        self.ready.made.initial_memory
    }

    fn ask(self: Arc<Self>, question: Question) -> Asked {
        let runtime = Arc::clone(&self.runtime);
        Box::pin(async move {
            let code = Arc::clone(&self);
            runtime.run(&code.ready.conduct, |stint| self.call(question, stint)).await
        })
    }
}

impl Checker {
    async fn call(self: Arc<Self>, question: Question, stint: Arc<Stint>) -> Verdict {
        let limits = question.limits;
        let deadline = Instant::now() + limits.timeout;
        let output = GuestOutput::new(
            Arc::clone(&question.function),
            Arc::clone(&question.request_id),
            Arc::clone(&question.ledger),
            Speaker::Verifier,
        );
        let bounds = Bounds { memory: limits.memory.get(), passed: PASSED, deadline, stint };
        let created = &self.runtime.metrics.verifier_instances_created;
        let mut store =
            new_store(&self.runtime.engine, created, &bounds, Arc::clone(&self.nothing), Arc::clone(&output));
        let called = tokio::time::timeout_at(deadline.into(), self.verify(&mut store, &question)).await;
        let verdict = match called.map_or(Err(Outcome::Timeout), |called| called.map_err(|f| failed(f, &store))) {
            Ok(Ok(wit::Accepted { id, event_type, timestamp, secret })) => {
                Verdict::Accepted(Claims { id, event_type, timestamp, secret })
            }
            Ok(Err(refused)) => Verdict::Refused(shown(refused.as_bytes(), LONGEST_REASON)),
            Err(Outcome::NoSandbox) => Verdict::NoSandbox,
            Err(Outcome::Timeout) => Verdict::Failed(format!("it took longer than {:?}", limits.timeout)),
            Err(Outcome::OutOfMemory) => Verdict::Failed(format!("it needed more memory than {}", limits.memory)),
            Err(Outcome::ResponseTooLarge) => Verdict::Failed("it answered too much".into()),
            Err(Outcome::Trap(how)) => Verdict::Failed(shown(format!("it trapped: {how}").as_bytes(), LONGEST_REASON)),
            Err(Outcome::Instantiation(why)) => Verdict::Failed(format!("it could not be instantiated: {why}")),
            Err(_) => Verdict::Failed("it did not answer".into()),
        };
        output.finish();
        verdict
    }

    async fn verify(
        &self,
        store: &mut Store<State>,
        question: &Question,
    ) -> Result<Result<wit::Accepted, String>, CallFailure> {
        let instance = self.ready.made.pre.instantiate_async(&mut *store).await.map_err(CallFailure::Instantiation)?;
        let headers: Vec<(&str, &str)> = question.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let secrets = question.secrets.iter();
        let secrets: Vec<_> =
            secrets.map(|secret| wit::Secret { name: &secret.name, value: secret.value.expose() }).collect();
        let now = question.now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let request = wit::Request {
            method: &question.method,
            url: &question.url,
            path: &question.path,
            query: &question.query,
            headers: &headers,
            body: &question.body,
            secrets: &secrets,
            now: u64::try_from(now).unwrap_or(u64::MAX),
        };
        instance.vestibule_verifier_verify().call_verify(store, request).await.map_err(CallFailure::Call)
    }
}
