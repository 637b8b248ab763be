//! One connection: HTTP/1.1 or, with prior knowledge, HTTP/2, within the server's limits. Knows how bytes become
//! requests; what becomes of a request is the pipeline's.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Response, Version};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Cut, Running};
use super::answer::{Answer, Streams};
use super::places::Place;
use super::stream::Stream;
use crate::app::App;
use crate::config::ServerSettings;
use crate::pipeline;

/// The least that hyper takes for its buffer of one head.
const LEAST_BUFFER: usize = 8 << 10;

/// What the HTTP/1.1 buffer holds of a head besides target, names and values: the method, the version, and of each line the
/// colon, its white space and the line's end.
const BUFFER_FOR_LINE: usize = 256;
const BUFFER_FOR_HEADER: usize = 8;

/// What HTTP/2 counts for each header besides its name and value (RFC 9113, section 6.5.2), and for how many it counts
/// besides those of `server.header_count`: the pseudo-headers.
const OVERHEAD_OF_HEADER: usize = 32;
const PSEUDO_HEADERS: usize = 5;

/// Streams that a client reset before the host looked at them, and streams that the host reset for a fault of the client:
/// past these the connection ends, as they are made faster than they are dealt with. The first is the h2 crate's own
/// default; its default for the second, 1024, is for proxies with many clients behind them.
const PENDING_RESETS: usize = 20;
const FAULTY_STREAMS: usize = 128;

/// How often a client of HTTP/2 is asked whether it is still there, and how long it has for its answer.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_ANSWER: Duration = Duration::from_secs(20);

/// What the system takes of an answer before it has sent the rest, in bytes: enough to keep a line busy while this thread
/// does something else.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 << 10;

/// What a client of HTTP/2 may send of bodies before the host has room for them, in bytes: of one, and on a connection.
/// The protocol's own figure; the server's default is 1 MiB, which is not counted anywhere.
const WINDOW: u32 = 65_535;

/// How long a connection may take to say good-bye once it has nothing to do.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves one connection until it ends or the host does.
pub(super) async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    activity: Arc<Activity>,
    place: Place,
    app: Arc<App>,
    stop: CancellationToken,
) {
    // Answers are written whole: waiting for more to send would only delay them.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    // What the client has not been sent stays with the host, where it is counted, and where it is seen whether it is taken:
    // the system would take megabytes at once, and then nothing for a long time.
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "cannot set TCP_NOTSENT_LOWAT");
    }
    let client = peer.ip().to_canonical();
    app.metrics.connections.inc();
    let ended = run(socket, client, &activity, &app, &stop).await;
    app.metrics.connections.dec();
    match ended {
        End::Http(Ok(())) => {}
        // The client's doing: a malformed head, a reset. Answered by the server where HTTP has an answer.
        End::Http(Err(error)) => tracing::debug!(%client, error = error_chain(&*error), "connection ended"),
        End::Cut(cut) => tracing::debug!(%client, reason = cut.reason(), "connection closed"),
        End::Stopped => {}
    }
    drop(place);
}

/// What ended a connection.
enum End {
    Http(Result<(), Box<dyn std::error::Error + Send + Sync>>),
    Cut(Cut),
    Stopped,
}

async fn run(
    socket: TcpStream,
    client: IpAddr,
    activity: &Arc<Activity>,
    app: &Arc<App>,
    stop: &CancellationToken,
) -> End {
    // A connection ends on the settings that it began with; only they are kept, not the routes of that time.
    let server = &app.live().server.clone();
    let stream = Stream::new(socket, Arc::clone(activity), {
        let app = Arc::clone(app);
        move |fault| {
            // One in a body is counted where the body is read.
            if fault.in_head {
                app.metrics.nobody().refused("connection", "not_http");
            }
            tracing::debug!(%client, reason = fault.wrong, "malformed request");
        }
    });
    // HTTP/2 counts a stream that was reset as ended, though its call goes on: without this, who opens and resets would
    // have more of them than the setting says.
    let requests = Arc::new(Semaphore::new(server.http2_streams as usize));
    // Whether a request was taken since it was this connection's turn: who sends many at once, without waiting for answers,
    // has one of them answered and then goes behind the other connections.
    let had_turn = Arc::new(AtomicBool::new(false));
    let service = service_fn(|mut request: Request<Incoming>| {
        let goes_behind = had_turn.swap(true, Ordering::Relaxed).then(|| Arc::clone(&had_turn));
        let running = Running::new(activity);
        // Goes with the head to the end of the call. HTTP/1.1 has one request after the other.
        let permit = (request.version() == Version::HTTP_2).then(|| Arc::new(OnceLock::new()));
        if let Some(permit) = &permit {
            request.extensions_mut().insert(Arc::clone(permit));
        }
        // From here on the request has its line in the log, even if this is never polled: its client may be gone already.
        let reply = pipeline::handle(app, request, client);
        let requests = Arc::clone(&requests);
        async move {
            if let Some(had_turn) = goes_behind {
                tokio::task::yield_now().await;
                // This is the turn's one.
                had_turn.store(true, Ordering::Relaxed);
            }
            if let Some(permit) = permit {
                // The semaphore is never closed.
                let _ = permit.set(requests.acquire_owned().await);
            }
            let reply = reply.await;
            Ok::<Response<Answer>, Infallible>(Answer::of(reply, running))
        }
    });
    let builder = builder(server);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let turns = poll_fn(|context| {
        had_turn.store(false, Ordering::Relaxed);
        connection.as_mut().poll(context)
    });
    let cut = tokio::select! {
        biased;
        ended = turns => return End::Http(ended),
        cut = activity.ends(server) => Some(cut),
        () = stop.cancelled() => None,
    };
    // A good-bye takes time, which who waits for this place has not, and a client who does not listen is not worth.
    if let Some(cut @ (Cut::HeadTooSlow | Cut::NotTaken | Cut::Crowded)) = cut {
        return End::Cut(cut);
    }
    // What runs is answered; nothing new is taken.
    connection.as_mut().graceful_shutdown();
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return End::Http(ended),
            () = activity.quiet() => {}
            cut = activity.ends(server) => return End::Cut(cut),
        }
        // All is answered, as far as the host knows; the last bytes may still be on their way, and HTTP/2 says good-bye.
        match tokio::time::timeout(FAREWELL, connection.as_mut()).await {
            Ok(ended) => return End::Http(ended),
            Err(_) if activity.is_quiet() => return cut.map_or(End::Stopped, End::Cut),
            // A request was on its way as well.
            Err(_) => {}
        }
    }
}

fn builder(server: &ServerSettings) -> Builder<Streams> {
    let mut builder = Builder::new(Streams { write_timeout: server.write_timeout });
    let (target, headers) = (server.target_bytes.to_usize(), server.header_bytes.to_usize());
    // Both are so large that a head within the settings fits, and what they refuse is refused with the same status.
    let buffer = BUFFER_FOR_LINE + target + headers + BUFFER_FOR_HEADER * server.header_count;
    let list = target + headers + OVERHEAD_OF_HEADER * (server.header_count + PSEUDO_HEADERS) + BUFFER_FOR_LINE;
    builder
        .http1()
        .timer(TokioTimer::new())
        // The time for a head is kept by `Activity`, which tells a slow head from an idle connection.
        .header_read_timeout(None)
        .max_headers(server.header_count)
        // Answers go out at once, also where more has come already: hyper's `pipeline_flush` would keep back what it
        // says to a malformed head, and an answer whose client has begun the next request.
        .max_buf_size(buffer.max(LEAST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(server.http2_streams)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(FAULTY_STREAMS)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER)
        .max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX));
    builder
}

fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
