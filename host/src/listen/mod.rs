//! The accept loop: takes connections as long as there is room, hands each to a task, and on shutdown lets what runs
//! come to its end. The caller owns the socket and says when to stop.

mod activity;
mod answer;
mod conn;
pub mod framing;
mod places;
mod stream;
mod word;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::activity::Activity;
use self::places::Places;
use crate::app::App;

/// The first and the longest pause after a failed accept. Out of file descriptors is the usual cause, and passes when
/// connections end.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Answers requests on `listener` until `shutdown` is ready, then lets running requests end, for `server.drain` at the
/// most. Returns whether all of them did; a connection without a request is closed and not waited for.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) -> bool {
    let places = Places::new(app.live().server.connections);
    let (connections, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        // Its place is looked for once a client is there, who is the one that waits: for others nobody has to leave.
        let accepted = async {
            let (socket, peer) = accept(&listener).await;
            (socket, peer, places.free().await)
        };
        let (socket, peer, free) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        let activity = Arc::new(Activity::new());
        let place = places.take(free, Arc::clone(&activity));
        connections.spawn(conn::serve(socket, peer, activity, place, Arc::clone(&app), stop.clone()));
    }
    drop(listener);
    let drain = app.live().server.drain;
    stop.cancel();
    connections.close();
    app.calls.close();
    let ended = async {
        connections.wait().await;
        // A call whose client went away still runs.
        app.calls.wait().await;
    };
    tokio::time::timeout(drain, ended).await.is_ok()
}

/// The next connection. A failed accept is waited out: it is about one client, or about a shortage that passes, and never
/// a reason to stop.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
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
