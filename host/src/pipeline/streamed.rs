//! An answer that goes out while its function goes on. The client has it from the moment at which the function has begun it;
//! the call, with its line in the log, ends by itself, and an answer that is not whole by then breaks off.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::oneshot;

use super::trace::{Streamed, Trace};
use crate::app::App;
use crate::event::Event;
use crate::finish::Finishing;
use crate::function::Function;
use crate::reply::{self, Failure, Reply};
use crate::runtime::{Begun, Invocation};

/// Runs the function, until it has begun its answer or has ended. What goes on after that does so without whoever waited.
pub(super) async fn call(app: &Arc<App>, event: Arc<Event>, trace: Box<Trace>) -> Reply {
    let (id, failed) = (trace.id.clone(), trace.host_failed());
    let (early, mut begun) = oneshot::channel();
    let ended = tokio::select! {
        biased;
        ended = Finishing::new(&app.calls, run(Arc::clone(app), event, trace, early)) => ended,
        Ok(reply) = &mut begun => return reply,
    };
    match ended {
        Ok(Some(reply)) => reply,
        // Both at once.
        Ok(None) => begun.try_recv().unwrap_or_else(|_| reply::internal(&id)),
        Err(thrown) => failed(thrown),
    }
}

/// Runs the function to its end. Its answer goes to `early` if it begins before that, else it is returned.
async fn run(app: Arc<App>, event: Arc<Event>, trace: Box<Trace>, early: oneshot::Sender<Reply>) -> Option<Reply> {
    let running = app.metrics.running();
    let function = Arc::clone(event.function());
    let (begin, begun) = oneshot::channel();
    let opening = async { Some(open(&app, &function, begun.await.ok()?, &trace, early).await) };
    let (invocation, opened) = tokio::join!(app.runtime.invoke(event, Some(begin)), opening);
    drop(running);
    let Some(Opened { status, failure }) = opened else {
        return Some(super::conclude(&app, &function, invocation, None, trace).await);
    };
    let Invocation { outcome, took, memory_peak } = invocation;
    let (outcome, reason) = match failure {
        Some(failure) => (failure.outcome, Some(failure.reason)),
        None => reply::settle_streamed(outcome),
    };
    function.ledger.called(outcome, took);
    let (reason, memory) = (reason.as_deref(), memory_peak as u64);
    trace.close_streamed(&Streamed { status, outcome, reason, took, memory });
    None
}

/// What the client was told at the start.
struct Opened {
    status: StatusCode,
    /// Why that was not what the function said.
    failure: Option<Failure>,
}

/// Gives the client the answer that has begun; a fixed one if it cannot be given, and then nobody reads what the function
/// still writes.
async fn open(app: &App, function: &Function, begun: Begun, trace: &Trace, early: oneshot::Sender<Reply>) -> Opened {
    let wait: Duration = app.live().server.permit_wait;
    let (mut reply, failure) = match reply::begin(begun, &app.answers, &function.answers, wait, &trace.id).await {
        Ok(reply) => (reply, None),
        Err(failure) => (failure.reply(&trace.id), Some(failure)),
    };
    trace.complete(&mut reply);
    let status = reply.status();
    // Whose client has gone away drops it, and the function goes on.
    let _ = early.send(reply);
    Opened { status, failure }
}
