//! What is remembered of a request on its way, and what is said of it at its end: its answer, its line in the log, its
//! place in the metrics. Every request has its line, wherever its way ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CACHE_CONTROL, ORIGIN};
use http::{HeaderValue, Method, StatusCode, Uri};
use signatures::Duty;

use crate::app::App;
use crate::browser::{self, Preflight};
use crate::finish::Thrown;
use crate::function::Entry;
use crate::observe::access::{self, Record};
use crate::observe::ledger::Ledger;
use crate::quota::Standing;
use crate::reach::Stop;
use crate::refusal::Refusal;
use crate::reply::{Reply, Settled};
use crate::request::{Inbound, RequestId};
use crate::{handshake, replay, reply};

/// Where a request's way ended.
pub(super) enum End {
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
pub(super) struct Called {
    pub(super) settled: Settled,
    pub(super) took: Duration,
    pub(super) memory: u64,
}

/// The same of one whose answer went out in pieces.
pub(super) struct Streamed<'a> {
    /// What its client was told at the start.
    pub(super) status: StatusCode,
    /// What it came to at the end.
    pub(super) outcome: &'static str,
    /// Why, where it was not good.
    pub(super) reason: Option<&'a str>,
    pub(super) took: Duration,
    pub(super) memory: u64,
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

/// What is remembered of a request for its line in the log, whatever becomes of it.
pub(super) struct Trace {
    app: Arc<App>,
    pub(super) id: RequestId,
    method: Method,
    uri: Uri,
    client: IpAddr,
    /// Who is calling, where that is known.
    pub(super) caller: Option<String>,
    /// The page that it says it comes from.
    origin: Option<HeaderValue>,
    arrived: Instant,
    /// What the request is for, where there is such a function.
    pub(super) entry: Option<Entry>,
    /// What is left of its caller's quota, where it was counted.
    pub(super) standing: Option<Box<Standing>>,
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
    is_streamed: bool,
}

impl Trace {
    pub(super) fn of(app: &Arc<App>, inbound: &Inbound) -> Self {
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
    pub(super) fn close(mut self: Box<Self>, end: End) -> Reply {
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
                let line = Line { outcome: settled.outcome, reason, instance, memory, ..Line::default() };
                self.log(Some(settled.reply.status()), took, &line);
                settled.reply
            }
        };
        match &self.entry {
            Some(entry) if is_preflight => {
                self.write_standing(&mut reply);
                browser::complete_preflight(entry, reply.headers_mut());
            }
            _ => self.complete(&mut reply),
        }
        // Whatever the policy says of good answers: a refusal is of this moment.
        if is_refusal {
            reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        self.ledger().answered(reply.status(), took);
        if self.method == Method::HEAD { reply::without_body(reply) } else { reply }
    }

    /// Adds to an answer what the host says of its own, to callers and browsers.
    pub(super) fn complete(&self, reply: &mut Reply) {
        self.write_standing(reply);
        if let Some(entry) = &self.entry {
            browser::complete(entry, self.origin.as_ref(), reply.headers_mut());
        }
    }

    fn write_standing(&self, reply: &mut Reply) {
        if let Some(standing) = &self.standing {
            standing.write(reply.headers_mut());
        }
    }

    /// Counts and logs a call whose answer went out in pieces and has ended.
    pub(super) fn close_streamed(mut self: Box<Self>, streamed: &Streamed<'_>) {
        self.is_closed = true;
        let Streamed { status, outcome, reason, took, memory } = *streamed;
        let whole = self.arrived.elapsed();
        let reason = reason.filter(|reason| self.ledger().logs_output(reason.len()));
        let (instance, memory) = (Some(took), Some(memory));
        let line = Line { outcome, reason, instance, memory, is_streamed: true, ..Line::default() };
        self.log(Some(status), whole, &line);
        self.ledger().answered(status, whole);
    }

    /// Says that the host failed in this request, and makes the answer to it.
    pub(super) fn host_failed(&self) -> impl FnOnce(Thrown) -> Reply + use<> {
        let (id, entry, origin) = (self.id.clone(), self.entry.clone(), self.origin.clone());
        move |thrown| {
            let error = thrown.downcast_ref::<&str>().copied().or_else(|| thrown.downcast_ref().map(String::as_str));
            tracing::error!(request_id = id.as_str(), error, "the host failed");
            let mut reply = reply::internal(&id);
            if let Some(entry) = &entry {
                browser::complete(entry, origin.as_ref(), reply.headers_mut());
            }
            reply
        }
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
            is_streamed: line.is_streamed,
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
