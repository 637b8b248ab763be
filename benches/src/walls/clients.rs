//! Clients that are slow, and clients that flood. Each does one thing, again and again; where the host closes its
//! connection, it comes back with a new one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use crate::site::Site;

/// Connections of slow clients, and of those that flood in each of two ways.
const SLOW: u32 = 1000;
const FLOODING: u32 = 250;

/// How long one that was turned away waits before it comes back.
const BACK: Duration = Duration::from_millis(250);

/// Requests that are begun and reset at once on an HTTP/2 connection, each second.
const RESETS: usize = 50;

/// How long a client that reads nothing holds a connection.
const HOLDS: Duration = Duration::from_secs(10);

/// Over how long they arrive: at once, they would from then on be cut off and come back at once.
pub(super) const ARRIVE: Duration = Duration::from_secs(5);

/// Clients that send a head or a body drop by drop, or take no answer.
pub(super) fn slow(site: &Site, stop: &AtomicBool) -> Result<()> {
    bother(site, stop, SLOW, async |number, address| match number % 3 {
        0 => half_a_head(address).await,
        1 => dripping_body(address).await,
        _ => never_reading(address, 1).await,
    })
}

/// Clients that begin requests and reset them.
pub(super) fn resetting(site: &Site, stop: &AtomicBool) -> Result<()> {
    bother(site, stop, FLOODING, async |_, address| rapid_resets(address).await)
}

/// Clients that ask as fast as they can and take no answer.
pub(super) fn asking(site: &Site, stop: &AtomicBool) -> Result<()> {
    bother(site, stop, FLOODING, async |_, address| never_reading(address, usize::MAX).await)
}

/// Has all of them at it until it is told to stop.
fn bother(
    site: &Site,
    stop: &AtomicBool,
    connections: u32,
    once: impl AsyncFn(u32, SocketAddr) -> Result<()> + Copy + 'static,
) -> Result<()> {
    let address = site.address();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let mut clients = JoinSet::new();
        let apart = ARRIVE / connections;
        for number in 0..connections {
            clients.spawn_local(async move {
                tokio::time::sleep(apart * number).await;
                loop {
                    // Being cut off is what they are there for.
                    let _ = once(number, address).await;
                    tokio::time::sleep(BACK).await;
                }
            });
        }
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        clients.abort_all();
    });
    Ok(())
}

/// Begins a head and adds to it, a byte a second.
async fn half_a_head(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /hello HTTP/1.1\r\nhost: localhost\r\nx-long: ").await?;
    drip(&mut stream, Duration::from_secs(1)).await
}

/// Declares a large body and sends it ten bytes a second.
async fn dripping_body(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = "POST /hello HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&[b'x'; 100_000]).await?;
    drip(&mut stream, Duration::from_millis(100)).await
}

async fn drip(stream: &mut TcpStream, every: Duration) -> Result<()> {
    let mut answer = [0; 1024];
    loop {
        tokio::select! {
            // An answer, or the end: either way nothing more is to be had here.
            read = stream.read(&mut answer) => return Ok(read.map(drop)?),
            () = tokio::time::sleep(every) => stream.write_all(b"x").await?,
        }
    }
}

/// Asks a hundred times at once, `times` over, and reads none of the answers.
async fn never_reading(address: SocketAddr, times: usize) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    let asks = async {
        for _ in 0..times {
            stream.write_all(request.as_bytes()).await?;
        }
        std::future::pending::<Result<()>>().await
    };
    let _ = tokio::time::timeout(HOLDS, asks).await;
    Ok(())
}

/// Begins requests over HTTP/2 and resets them at once (CVE-2023-44487).
async fn rapid_resets(address: SocketAddr) -> Result<()> {
    let (mut send, connection) = h2::client::handshake(TcpStream::connect(address).await?).await?;
    let floods = async {
        loop {
            for _ in 0..RESETS {
                send = send.ready().await?;
                let request = http::Request::post(format!("http://{address}/hello")).body(())?;
                let (_, mut stream) = send.send_request(request, false)?;
                stream.send_reset(h2::Reason::CANCEL);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        ended = connection => Ok(ended?),
        failed = floods => failed,
    }
}
