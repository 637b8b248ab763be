//! One connection: HTTP/1.1 or, with prior knowledge, HTTP/2, within the server's limits. Knows how bytes become
//! requests; what becomes of a request is the pipeline's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::config::ServerSettings;
use crate::pipeline;

/// The least that hyper takes for its buffer of one head.
const LEAST_BUFFER: usize = 8 << 10;

/// Serves one connection in a task of its own, until it ends or the host does.
pub(super) fn spawn(
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    app: Arc<App>,
    graceful: &GracefulShutdown,
) {
    // Answers are written whole: waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let client = peer.ip().to_canonical();
    let live = app.live();
    let head_within = live.server.header_timeout;
    let seen = Arc::new(AtomicBool::new(false));
    let service = {
        let (app, seen) = (Arc::clone(&app), Arc::clone(&seen));
        service_fn(move |request: Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            let app = Arc::clone(&app);
            async move { Ok::<_, Infallible>(pipeline::handle(&app, request, client).await) }
        })
    };
    let builder = builder(&live.server);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        app.metrics.connections.inc();
        let silent = silent(&seen, head_within);
        tokio::select! {
            ended = connection => {
                if let Err(error) = ended {
                    // The client's doing: a malformed head, a reset. Answered by the server where HTTP has an answer.
                    tracing::debug!(%client, error = error_chain(&*error), "connection ended");
                }
            }
            () = silent => tracing::debug!(%client, "connection closed: no request within server.header_timeout"),
        }
        app.metrics.connections.dec();
        drop(place);
    });
}

/// Ready when no request has come within the time. hyper's own timer starts only once it is known which HTTP the
/// client speaks.
async fn silent(seen: &AtomicBool, within: Duration) {
    tokio::time::sleep(within).await;
    if seen.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

fn builder(server: &ServerSettings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let head = server.header_bytes.to_usize().saturating_add(server.target_bytes.to_usize());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(server.header_timeout)
        .max_headers(server.header_count)
        // Answers go out at once, also where more has come already: hyper's `pipeline_flush` would keep back what it
        // says to a malformed head, and an answer whose client has begun the next request.
        .max_buf_size(head.max(LEAST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(server.http2_streams)
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX));
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
