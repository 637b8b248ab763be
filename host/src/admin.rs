//! The operator's listener: is it alive, is it ready, what has it done; and the one thing that an operator can do here,
//! opening the window in which a secret may arrive. Only for requests that name a host which the listener is known by, so
//! that no page in a browser can read it through a name of its own; and who else may ask is said by `access`.

mod access;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::app::App;
use crate::function::Entry;
use crate::handshake::{Greeting, OPEN_FOR};
use crate::observe::metrics::Metrics;
use crate::reach::is_of_another_site;

pub use self::access::{Access, Denied};

/// Connections at once: a scraper, a probe or two, a person.
const CONNECTIONS: usize = 64;

/// Of those, how many of one address: whoever takes all that he can leaves some to others.
const SHARE: usize = CONNECTIONS / 4;

/// How long a connection lasts, so that nobody holds the places of all others; a scraper comes back with a new one.
const LONGEST: Duration = Duration::from_secs(60);

/// How long a client may take for a request's head, and for its answer when its connection has lasted long enough.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// Refused requests in the log: enough to see that somebody tries.
const REFUSALS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// The text format of Prometheus, as OpenMetrics has written it down.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the operator can ask about.
pub struct Admin {
    /// The series.
    pub metrics: Arc<Metrics>,
    /// Whether the functions are loaded and the host is not about to end.
    pub ready: AtomicBool,
    /// The host, once its functions are loaded.
    pub app: OnceLock<Arc<App>>,
    /// Who may ask until then.
    access: Arc<Access>,
    /// Refused requests that the log takes, 10 at once and one a second, and how many it has not taken since the last.
    refusals: (DefaultDirectRateLimiter, AtomicU64),
}

impl Admin {
    /// The listener of a host that is not ready yet.
    pub fn new(metrics: Arc<Metrics>, access: Arc<Access>) -> Self {
        let refusals = RateLimiter::direct(Quota::per_second(NonZeroU32::MIN).allow_burst(REFUSALS));
        let (ready, app) = (AtomicBool::new(false), OnceLock::new());
        Self { metrics, ready, app, access, refusals: (refusals, AtomicU64::new(0)) }
    }

    fn access(&self) -> Arc<Access> {
        self.app.get().map_or_else(|| Arc::clone(&self.access), |app| Arc::clone(&app.live().admin))
    }

    fn say_refused(&self, client: IpAddr, reason: &str) {
        let (limiter, left_out) = &self.refusals;
        if limiter.check().is_ok() {
            let left_out = left_out.swap(0, Ordering::Relaxed);
            tracing::warn!(%client, reason, left_out, "request to the admin listener refused");
        } else {
            left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Where probes ask.
const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";

/// What stands before a function's name where its window is opened.
const WINDOWS: &str = "/handshake/";

/// Answers on `listener` until the task is dropped.
pub async fn serve(listener: TcpListener, admin: Arc<Admin>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let shares = Shares::default();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let (stream, client) = match listener.accept().await {
            Ok((stream, client)) => (stream, client.ip()),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection to the admin listener");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(share) = Share::of(&shares, client) else { continue };
        let admin = Arc::clone(&admin);
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let reply = answer(&admin, &request, client);
                async move { Ok::<_, Infallible>(reply) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            let mut connection = pin!(connection);
            let ended = match timeout(LONGEST, connection.as_mut()).await {
                Ok(ended) => ended,
                Err(_elapsed) => {
                    connection.as_mut().graceful_shutdown();
                    timeout(HEADER_TIMEOUT, connection).await.unwrap_or(Ok(()))
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "admin connection ended");
            }
            drop((place, share));
        });
    }
}

/// How many connections each address has.
type Shares = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// One connection of an address, until it is dropped.
struct Share {
    of: Shares,
    address: IpAddr,
}

impl Share {
    /// None, if the address has its share.
    fn of(shares: &Shares, address: IpAddr) -> Option<Self> {
        let mut counts = shares.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= SHARE {
            return None;
        }
        *count += 1;
        Some(Self { of: Arc::clone(shares), address })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// What the operator, or whoever else at the address `client`, is answered.
pub fn answer<B>(admin: &Admin, request: &Request<B>, client: IpAddr) -> Response<Full<Bytes>> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let probe = reads && matches!(request.uri().path(), LIVE | READY);
    match admin.access().admit(request.headers(), probe) {
        Ok(()) => {}
        Err(Denied::Host) => {
            admin.say_refused(client, "it names an unknown host");
            return text(StatusCode::FORBIDDEN, "text/plain", "this listener is not known by that host name\n".into());
        }
        Err(Denied::Token) => {
            admin.say_refused(client, "it does not show the token");
            let mut reply = text(StatusCode::UNAUTHORIZED, "text/plain", "show the token of this listener\n".into());
            reply.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return reply;
        }
    }
    if let (&Method::POST, Some(name)) = (request.method(), request.uri().path().strip_prefix(WINDOWS)) {
        return open_window(admin, request, name);
    }
    if !reads {
        return text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET or HEAD\n".into());
    }
    match request.uri().path() {
        LIVE => text(StatusCode::OK, "text/plain", "live\n".into()),
        READY if admin.ready.load(Ordering::Acquire) => text(StatusCode::OK, "text/plain", "ready\n".into()),
        READY => text(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "not ready\n".into()),
        "/metrics" => text(StatusCode::OK, METRICS_TYPE, admin.metrics.encode()),
        _ => text(StatusCode::NOT_FOUND, "text/plain", "/health/live, /health/ready, /metrics\n".into()),
    }
}

/// Opens the window of the function `name`, if it waits for a secret.
fn open_window<B>(admin: &Admin, request: &Request<B>, name: &str) -> Response<Full<Bytes>> {
    // A page in a browser can send this to the loopback under its right name, without being able to read the answer.
    if is_of_another_site(request.headers()) {
        return text(StatusCode::FORBIDDEN, "text/plain", "a page of another site sent this\n".into());
    }
    let name = percent_decode_str(name).decode_utf8_lossy();
    let Some(app) = admin.app.get() else {
        return text(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "not ready\n".into());
    };
    let live = app.live();
    let function = live.table.iter().find_map(|(_, entry)| match entry {
        Entry::Ready(function) if *function.name == *name => Some(function),
        _ => None,
    });
    let Some(function) = function else {
        return text(StatusCode::NOT_FOUND, "text/plain", "no such function is served\n".into());
    };
    if function.handshake.as_ref().and_then(Greeting::awaits).is_none() {
        return text(StatusCode::CONFLICT, "text/plain", "it waits for no secret\n".into());
    }
    app.windows.open(&function.name, Instant::now());
    tracing::info!(function = &*function.name, within = ?OPEN_FOR, "the next secret that comes in a handshake is kept");
    text(StatusCode::OK, "text/plain", format!("open for one secret, within {} minutes\n", OPEN_FOR.as_secs() / 60))
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut reply = Response::new(Full::from(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
