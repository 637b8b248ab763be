//! The path of a request, gate by gate. Each gate takes what the one before it made, so that none can be left out; what
//! a gate turns away never has a sandbox.

use std::fmt::Display;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::header::ORIGIN;
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body::Body;
use signatures::Duty;

use crate::app::{App, Live};
use crate::browser::{self, Preflight};
use crate::event::Event;
use crate::finish::Finishing;
use crate::function::Entry;
use crate::observe::access::{self, Record};
use crate::observe::ledger::Ledger;
use crate::quota::Standing;
use crate::reach::Stop;
use crate::refusal::Refusal;
use crate::replay::{self, Claim};
use crate::reply::{Reply, Settled};
use crate::request::{Inbound, RequestId};
use crate::runtime::Invocation;
use crate::{auth, body, handshake, quota, reach, reply, verify};

/// Answers one request that came over a connection from `peer`, and writes it into log and metrics. From here on it has its
/// line there, even if the client goes away before the answer is waited for.
pub fn handle<B>(app: &Arc<App>, request: Request<B>, peer: IpAddr) -> Pin<Box<impl Future<Output = Reply> + use<B>>>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let app = Arc::clone(app);
    let (head, body) = request.into_parts();
    let live = app.live();
    let inbound = Inbound::new(head, peer, &live.proxies);
    let mut trace = Box::new(Trace::of(&app, &inbound));
    // In one place until its end: whoever waits for it passes it on several times.
    Box::pin(async move {
        match gates(&app, &live, inbound, body, &mut trace).await {
            Ok((event, claim)) => call(&app, event, claim, trace).await,
            Err(end) => trace.close(end),
        }
    })
}

/// Where a request's way ended.
enum End {
    /// At a gate.
    Refused(Refusal),
    /// At the host, which answers `OPTIONS`; the `Allow` header's value.
    Options(String),
    /// At the host, which answered a preflight.
    Preflight(Preflight),
    /// At the host, which answered a handshake.
    Handshake(signatures::Answer),
    /// At the host, which had run the delivery before.
    Replayed,
    /// In a sandbox.
    Called(Called),
}

/// The outcome of a handshake that the host answered.
const HANDSHAKE: &str = "handshake";

/// The outcome of a preflight that the host answered.
const PREFLIGHT: &str = "preflight";

/// The outcome of a delivery that had run before.
const REPLAYED: &str = "replayed";

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
            Stop::Preflight(answer) => Self::Preflight(answer),
        }
    }
}

impl From<handshake::Stop> for End {
    fn from(stop: handshake::Stop) -> Self {
        match stop {
            handshake::Stop::Refused(refusal) => Self::Refused(refusal),
            handshake::Stop::Answered(answer) => Self::Handshake(answer),
        }
    }
}

impl From<replay::Stop> for End {
    fn from(stop: replay::Stop) -> Self {
        match stop {
            replay::Stop::Refused(refusal) => Self::Refused(refusal),
            replay::Stop::Acknowledged => Self::Replayed,
        }
    }
}

/// Every gate, in the order in which they stand.
async fn gates<B>(
    app: &Arc<App>,
    live: &Live,
    mut inbound: Inbound,
    body: B,
    trace: &mut Trace,
) -> Result<(Arc<Event>, Option<Claim>), End>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let weight = inbound.weight();
    if !app.room.grow(&mut inbound.held, weight, live.server.permit_wait).await {
        return Err(Refusal::NoRoom.into());
    }
    let found = reach::find(inbound, &live.table, &live.server)?;
    trace.entry = Some(Entry::Ready(Arc::clone(found.function())));
    let routed = reach::enter(found).await?;
    trace.standing = routed.standing().copied().map(Box::new);
    let body = body::read(&routed, body, &app.room, &live.server).await?;
    handshake::unsigned(&routed, &body, &app.windows).await?;
    let room = (&app.verifiers, live.server.permit_wait);
    let verified = verify::verify(routed, body, SystemTime::now(), room).await?;
    handshake::signed(&verified)?;
    let authorized = auth::authorize(verified).await?;
    trace.caller = authorized.caller();
    let counted = quota::by_subject(authorized).await?;
    if let Some(standing) = counted.standing() {
        trace.standing.get_or_insert_with(|| Box::new(*standing));
    }
    let claimed = replay::claim(counted, live.server.permit_wait).await?;
    let admitted = app.permits.admit(claimed, live.server.permit_wait).await?;
    let (event, claim) = Event::new(admitted);
    Ok((Arc::new(event), claim))
}

/// Runs the function. A client that goes away meanwhile does not stop it: its effects would be half done. So the call, its
/// line in the log included, goes on without it, and only the host's end can cut it short.
async fn call(app: &Arc<App>, event: Arc<Event>, claim: Option<Claim>, trace: Box<Trace>) -> Reply {
    let (id, entry, origin) = (trace.id.clone(), trace.entry.clone(), trace.origin.clone());
    let app = Arc::clone(app);
    Finishing::new(&Arc::clone(&app).calls, run(app, event, claim, trace)).await.unwrap_or_else(|thrown| {
        let error = thrown.downcast_ref::<&str>().copied().or_else(|| thrown.downcast_ref().map(String::as_str));
        tracing::error!(request_id = id.as_str(), error, "the host failed");
        let mut reply = reply::internal(&id);
        if let Some(entry) = &entry {
            browser::complete(entry, origin.as_ref(), reply.headers_mut());
        }
        reply
    })
}

async fn run(app: Arc<App>, event: Arc<Event>, claim: Option<Claim>, trace: Box<Trace>) -> Reply {
    let running = app.metrics.running();
    let Invocation { outcome, took, memory_peak } = app.runtime.invoke(Arc::clone(&event)).await;
    drop(running);
    let function = Arc::clone(event.function());
    // What the call had of the host goes back before its answer waits for anything.
    drop(event);
    let settled = reply::settle(outcome, &trace.id);
    let settled = reply::conclude(settled, claim, &trace.id).await;
    let wait = app.live().server.permit_wait;
    let settled = reply::place(settled, &app.answers, &function.answers, wait, &trace.id).await;
    function.ledger.called(settled.outcome, took);
    trace.close(End::Called(Called { settled, took, memory: memory_peak as u64 }))
}

/// What is remembered of a request for its line in the log, whatever becomes of it.
struct Trace {
    app: Arc<App>,
    id: RequestId,
    method: Method,
    uri: Uri,
    client: IpAddr,
    /// Who is calling, where that is known.
    caller: Option<String>,
    /// The page that it says it comes from.
    origin: Option<HeaderValue>,
    arrived: Instant,
    /// What the request is for, where there is such a function.
    entry: Option<Entry>,
    /// What is left of its caller's quota, where it was counted.
    standing: Option<Box<Standing>>,
    is_closed: bool,
}

/// What a line says beyond what is known from the start.
#[derive(Default)]
struct Line<'a> {
    outcome: &'a str,
    reason: Option<&'a str>,
    stage: Option<&'static str>,
    instance: Option<Duration>,
    memory: Option<u64>,
}

impl Trace {
    fn of(app: &Arc<App>, inbound: &Inbound) -> Self {
        Self {
            app: Arc::clone(app),
            id: inbound.id.clone(),
            method: inbound.head.method.clone(),
            uri: inbound.head.uri.clone(),
            client: inbound.client,
            caller: None,
            origin: inbound.head.headers.get(ORIGIN).cloned(),
            arrived: inbound.arrived,
            entry: None,
            standing: None,
            is_closed: false,
        }
    }

    fn ledger(&self) -> &Ledger {
        self.entry.as_ref().map_or(self.app.metrics.nobody(), |entry| entry.ledger())
    }

    /// Makes the reply, counts it and logs it.
    fn close(mut self: Box<Self>, end: End) -> Reply {
        self.is_closed = true;
        if let End::Refused(Refusal::NotLoaded(function)) = &end {
            self.entry = Some(Entry::NotLoaded(Arc::clone(function)));
        }
        if let End::Refused(Refusal::RateLimited(exceeded)) = &end {
            self.standing = Some(Box::new(exceeded.standing()));
        }
        let took = self.arrived.elapsed();
        let is_preflight = matches!(end, End::Preflight(_));
        let is_refusal = matches!(end, End::Refused(_));
        let mut reply = match end {
            End::Refused(refusal) => {
                let reply = reply::refused(&refusal, &self.id);
                let stage = refusal.stage().name();
                self.ledger().refused(stage, refusal.kind());
                if self.ledger().logs_refusal(stage) {
                    let reason = refusal.to_string();
                    let line =
                        Line { outcome: "refused", reason: Some(&reason), stage: Some(stage), ..Line::default() };
                    self.log(Some(reply.status()), took, &line);
                }
                reply
            }
            End::Options(allow) => {
                let reply = reply::options(&allow, &self.id);
                if self.ledger().logs_refusal("options") {
                    self.log(Some(reply.status()), took, &Line { outcome: "options", ..Line::default() });
                }
                reply
            }
            End::Preflight(answer) => {
                let reason = answer.refused();
                let reply = answer.reply(&self.id);
                self.ledger().answered_by_host(PREFLIGHT);
                if self.ledger().logs_refusal(PREFLIGHT) {
                    self.log(Some(reply.status()), took, &Line { outcome: PREFLIGHT, reason, ..Line::default() });
                }
                reply
            }
            End::Handshake(answer) => {
                self.ledger().answered_by_host(HANDSHAKE);
                if self.ledger().logs_refusal(HANDSHAKE) {
                    // What the operator is to open by hand, if there is such a thing.
                    if let Some(Duty::Tell(url)) = &answer.duty {
                        let function = self.entry.as_ref().map(Entry::name);
                        tracing::info!(function, request_id = self.id.as_str(), url, "whoever opens this URL confirms");
                    }
                    let status = StatusCode::from_u16(answer.status).ok();
                    self.log(status, took, &Line { outcome: HANDSHAKE, ..Line::default() });
                }
                reply::handshake(answer, &self.id)
            }
            End::Replayed => {
                let reply = reply::duplicate(&self.id);
                self.ledger().answered_by_host(REPLAYED);
                if self.ledger().logs_refusal(REPLAYED) {
                    self.log(Some(reply.status()), took, &Line { outcome: REPLAYED, ..Line::default() });
                }
                reply
            }
            End::Called(Called { settled, took: instance, memory }) => {
                let (instance, memory) = (Some(instance), Some(memory));
                // Most of it is the function's own text, which counts as what else it writes.
                let reason = settled.reason.as_deref().filter(|reason| self.ledger().logs_output(reason.len()));
                let line = Line { outcome: settled.outcome, reason, stage: None, instance, memory };
                self.log(Some(settled.reply.status()), took, &line);
                settled.reply
            }
        };
        if let Some(standing) = &self.standing {
            standing.write(reply.headers_mut());
        }
        match &self.entry {
            Some(entry) if is_preflight => browser::complete_preflight(entry, reply.headers_mut()),
            Some(entry) => browser::complete(entry, self.origin.as_ref(), reply.headers_mut()),
            None => {}
        }
        // Whatever the policy says of good answers: a refusal is of this moment.
        if is_refusal {
            reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        self.ledger().answered(reply.status(), took);
        if self.method == Method::HEAD { reply::without_body(reply) } else { reply }
    }

    fn log(&self, status: Option<StatusCode>, took: Duration, line: &Line<'_>) {
        access::log(&Record {
            request_id: self.id.as_str(),
            method: self.method.as_str(),
            path: self.uri.path(),
            client: self.client,
            caller: self.caller.as_deref(),
            route: self.entry.as_ref().map(Entry::route),
            function: self.entry.as_ref().map(Entry::name),
            status: status.map(|status| status.as_u16()),
            outcome: line.outcome,
            reason: line.reason,
            stage: line.stage,
            took,
            instance: line.instance,
            memory: line.memory,
        });
    }
}

/// A request that nobody answered has its line as well: its client went away before the call, or the host failed or came
/// to its end.
impl Drop for Trace {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        let (outcome, reason) = if std::thread::panicking() {
            ("host_failed", "the host failed")
        } else if self.app.calls.is_closed() {
            ("cut_short", "the host was told to stop")
        } else {
            ("client_gone", "the client went away before the call")
        };
        self.ledger().unanswered(outcome);
        if self.ledger().logs_refusal(outcome) {
            self.log(None, self.arrived.elapsed(), &Line { outcome, reason: Some(reason), ..Line::default() });
        }
    }
}
