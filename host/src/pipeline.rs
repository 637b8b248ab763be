//! The path of a request, gate by gate. Each gate takes what the one before it made, so that none can be left out; what
//! a gate turns away never has a sandbox.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body::Body;

use crate::app::App;
use crate::event::Event;
use crate::function::Entry;
use crate::observe::access::{self, Record};
use crate::reach::Stop;
use crate::refusal::Refusal;
use crate::reply::{Reply, Settled};
use crate::request::{Inbound, RequestId};
use crate::runtime::Invocation;
use crate::{auth, body, reach, reply, verify};

/// Answers one request, and writes it into log and metrics.
pub async fn handle<B>(app: &Arc<App>, request: Request<B>, client: IpAddr) -> Reply
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let (head, body) = request.into_parts();
    let inbound = Inbound::new(head, client);
    let mut trace = Trace::of(&inbound);
    match gates(app, inbound, body, &mut trace).await {
        Ok(event) => call(app, event, trace).await,
        Err(end) => trace.close(app, end),
    }
}

/// Where a request's way ended.
enum End {
    /// At a gate.
    Refused(Refusal),
    /// At the host, which answers `OPTIONS`; the `Allow` header's value.
    Options(String),
    /// In a sandbox.
    Called(Called),
}

/// What came of a call, and what it took.
struct Called {
    settled: Settled,
    took: Duration,
    memory: u64,
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => Self::Refused(refusal),
            Stop::Options(allow) => Self::Options(allow),
        }
    }
}

/// Every gate, in the order in which they stand.
async fn gates<B>(app: &Arc<App>, inbound: Inbound, body: B, trace: &mut Trace) -> Result<Event, End>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let live = app.live();
    let found = reach::find(inbound, &live.table, &live.server)?;
    trace.entry = Some(Entry::Ready(Arc::clone(found.function())));
    let routed = reach::enter(found)?;
    let body = body::read(&routed, body, &app.room, &live.server).await?;
    let verified = verify::verify(routed, body, SystemTime::now())?;
    let authorized = auth::authorize(verified)?;
    let admitted = app.permits.admit(authorized, live.server.permit_wait).await?;
    Ok(Event::new(admitted))
}

/// Runs the function. A client that goes away meanwhile does not stop it: its effects would be half done. So the call,
/// its line in the log included, is a task of its own, which only the host's end can cut short.
async fn call(app: &Arc<App>, event: Event, trace: Trace) -> Reply {
    let id = trace.id.clone();
    let task = app.calls.spawn({
        let app = Arc::clone(app);
        async move {
            let running = app.metrics.running();
            let Invocation { outcome, took, memory_peak } = app.runtime.invoke(&event).await;
            drop(running);
            let settled = reply::settle(outcome, &trace.id);
            event.function().ledger.called(settled.outcome, took);
            trace.close(&app, End::Called(Called { settled, took, memory: memory_peak as u64 }))
        }
    });
    task.await.unwrap_or_else(|error| {
        tracing::error!(request_id = id.as_str(), %error, "the host failed");
        reply::internal(&id)
    })
}

/// What is remembered of a request for its line in the log, whatever becomes of it.
struct Trace {
    id: RequestId,
    method: Method,
    uri: Uri,
    client: IpAddr,
    arrived: Instant,
    /// What the request is for, where there is such a function.
    entry: Option<Entry>,
}

impl Trace {
    fn of(inbound: &Inbound) -> Self {
        Self {
            id: inbound.id.clone(),
            method: inbound.head.method.clone(),
            uri: inbound.head.uri.clone(),
            client: inbound.client,
            arrived: inbound.arrived,
            entry: None,
        }
    }

    /// Makes the reply, counts it and logs it.
    fn close(mut self, app: &App, end: End) -> Reply {
        if let End::Refused(Refusal::NotLoaded(function)) = &end {
            self.entry = Some(Entry::NotLoaded(Arc::clone(function)));
        }
        let entry = self.entry.as_ref();
        let ledger = entry.map_or(app.metrics.nobody(), Entry::ledger);
        let (reply, outcome, reason, stage, took, memory) = match end {
            End::Refused(refusal) => {
                let stage = refusal.stage().name();
                ledger.refused(stage, refusal.kind());
                let reply = reply::refused(&refusal, &self.id);
                (reply, "refused", Some(refusal.to_string()), Some(stage), None, None)
            }
            End::Options(allow) => (reply::options(&allow, &self.id), "options", None, None, None, None),
            End::Called(Called { settled, took, memory }) => {
                (settled.reply, settled.outcome, settled.reason, None, Some(took), Some(memory))
            }
        };
        let elapsed = self.arrived.elapsed();
        ledger.answered(reply.status(), elapsed);
        access::log(&Record {
            request_id: self.id.as_str(),
            method: self.method.as_str(),
            path: self.uri.path(),
            client: self.client,
            route: entry.map(Entry::route),
            function: entry.map(Entry::name),
            status: reply.status().as_u16(),
            outcome,
            reason: reason.as_deref(),
            stage,
            took: elapsed,
            instance: took,
            memory,
        });
        if self.method == Method::HEAD { reply::without_body(reply) } else { reply }
    }
}
