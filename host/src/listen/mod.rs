//! The accept loop: takes connections as long as there is room, hands each to a task, and on shutdown lets what runs
//! come to its end. The caller owns the socket and says when to stop.

mod conn;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;

/// The first and the longest pause after a failed accept. Out of file descriptors is the usual cause, and passes when
/// connections end.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Answers requests on `listener` until `shutdown` is ready, then lets running requests end, for `server.drain` at the
/// most. Returns whether all of them did.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) -> bool {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(app.live().server.connections));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let (stream, peer, place) = accepted;
        conn::spawn(stream, peer, place, Arc::clone(&app), &graceful);
    }
    drop(listener);
    let drain = app.live().server.drain;
    app.calls.close();
    let ended = async {
        graceful.shutdown().await;
        // A call whose client went away still runs.
        app.calls.wait().await;
    };
    tokio::time::timeout(drain, ended).await.is_ok()
}

/// The next connection for which there is room. A failed accept is waited out: it is about one client, or about a
/// shortage that passes, and never a reason to stop.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = loop {
        // The semaphore is never closed; were it, waiting is all that could be done.
        match Arc::clone(room).acquire_owned().await {
            Ok(place) => break place,
            Err(_) => std::future::pending::<()>().await,
        }
    };
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) if is_about_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, pause_ms = pause.as_millis() as u64, "cannot accept a connection");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn is_about_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
