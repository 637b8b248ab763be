//! A server on this machine that functions send requests to: it keeps what it is sent, and answers what a test says, byte for
//! byte.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does, one after the other, when a request has come.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, with a pause after each, until nobody takes them.
    Repeat(Vec<u8>, Duration),
    /// Says nothing more, until the client has gone.
    Hang,
    /// Closes the connection.
    Close,
}

/// A server, which runs as long as the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    open: AtomicUsize,
}

impl Server {
    /// A server that answers each request with what `answer` says of its text.
    pub(crate) async fn start(answer: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, answer) = (Arc::new(Seen::default()), Arc::new(answer));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                shared.open.fetch_add(1, Ordering::SeqCst);
                let (seen, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                tokio::spawn(async move {
                    // Whoever goes away in the middle is the test's business.
                    let _ = serve(stream, &seen, &*answer).await;
                    seen.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen }
    }

    /// A server that answers every request with status 200 and this body.
    pub(crate) async fn saying(body: &'static str) -> Self {
        Self::start(move |_| vec![ok(body)]).await
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Scheme, address and port.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was sent: heads, and bodies of a known length.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until nobody is connected.
    pub(crate) async fn alone(&self) {
        let waiting = async {
            while self.seen.open.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("a connection was left open");
    }
}

/// Status 200 with this body.
pub(crate) fn ok(body: &str) -> Act {
    Act::Send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into())
}

async fn serve(mut stream: TcpStream, seen: &Seen, answer: &(dyn Fn(&str) -> Vec<Act> + Sync)) -> std::io::Result<()> {
    let mut text = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = end_of_request(&text) {
                break end;
            }
            if stream.read_buf(&mut text).await? == 0 {
                return Ok(());
            }
        };
        let request = String::from_utf8_lossy(&text[..end]).into_owned();
        text.drain(..end);
        seen.requests.lock().unwrap().push(request.clone());
        for act in answer(&request) {
            match act {
                Act::Send(bytes) => stream.write_all(&bytes).await?,
                Act::Repeat(bytes, pause) => loop {
                    stream.write_all(&bytes).await?;
                    tokio::time::sleep(pause).await;
                },
                Act::Hang => while stream.read_buf(&mut text).await? > 0 {},
                Act::Close => return Ok(()),
            }
        }
    }
}

/// Where the first request ends, if all of it is there.
fn end_of_request(text: &[u8]) -> Option<usize> {
    let find = |from: usize, what: &[u8]| Some(from + text[from..].windows(what.len()).position(|w| w == what)?);
    let head = find(0, b"\r\n\r\n")? + 4;
    let lines = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
    if lines.contains("transfer-encoding: chunked") {
        return Some(find(head.saturating_sub(2), b"\r\n0\r\n\r\n")? + 7);
    }
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "));
    let end = head + length.map_or(0, |length| length.parse().unwrap());
    (text.len() >= end).then_some(end)
}
