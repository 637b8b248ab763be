//! Another server, for functions that ask one: it answers what the test says, and keeps what came. It speaks as much of
//! HTTP/1.1 as the host does with servers, one request a connection, and runs on a port of this machine.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::Error;

/// The longest head and body that are taken.
const HEAD: usize = 64 << 10;
const BODY: usize = 64 << 20;

/// How long the other side may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server on this machine, until it is dropped. A policy lets a function ask it with its [`url`](Self::url) and
/// `http_private = true`.
///
/// ```
/// use vestibule_test::Server;
///
/// let hooks = Server::start();
/// hooks.answer("POST", "/orders", 204, "");
/// let policy = format!("access = \"public\"\n[grants]\nhttp = [{:?}]\nhttp_private = true", hooks.url());
/// // … Host::with("functions/notify.wasm").policy(&policy) …
/// assert!(hooks.received().is_empty());
/// ```
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Scripted>>,
    received: Mutex<Vec<Received>>,
    is_over: AtomicBool,
}

struct Scripted {
    method: String,
    target: String,
    status: u16,
    body: Vec<u8>,
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The value of the first header of this name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Server {
    /// Starts one that answers 404 to everything.
    ///
    /// # Panics
    /// If this machine has no port or no thread for it.
    #[track_caller]
    pub fn start() -> Self {
        Self::try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_start() -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(Error::of("no port for a server"))?;
        let address = listener.local_addr().map_err(Error::of("no port for a server"))?;
        let shared = Arc::new(Shared::default());
        let server = Self { address, shared: Arc::clone(&shared) };
        let accept = move || {
            for stream in listener.incoming() {
                if shared.is_over.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&shared)) else { continue };
                // Whoever breaks off gets no answer, and wants none.
                let _ = thread::Builder::new().name("scripted answer".into()).spawn(move || shared.serve(stream));
            }
        };
        thread::Builder::new().name("scripted server".into()).spawn(accept).map_err(Error::of("no thread"))?;
        Ok(server)
    }

    /// Its URL, without a path: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has the next request of this method to this path (with its query, if there is one) answered so. Several for the same are
    /// used in turn, the last of them again and again.
    pub fn answer(&self, method: &str, target: &str, status: u16, body: impl Into<Vec<u8>>) -> &Self {
        let scripted = Scripted { method: method.into(), target: target.into(), status, body: body.into() };
        lock(&self.shared.answers).push_back(scripted);
        self
    }

    /// The requests that came, in the order in which they had come whole.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let Some(received) = receive(&mut stream)? else { return Ok(()) };
        let (status, body) = self.next(&received);
        lock(&self.received).push(received);
        write!(stream, "HTTP/1.1 {status} \r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
        stream.write_all(&body)
    }

    fn next(&self, request: &Received) -> (u16, Vec<u8>) {
        let mut answers = lock(&self.answers);
        let fits = |one: &Scripted| one.method == request.method && one.target == request.target;
        let several = answers.iter().filter(|one| fits(one)).count() > 1;
        let Some(at) = answers.iter().position(fits) else {
            return (404, format!("this test answers no {} {}", request.method, request.target).into_bytes());
        };
        let found = if several { answers.remove(at) } else { None };
        match (found, answers.get(at)) {
            (Some(taken), _) => (taken.status, taken.body),
            (None, Some(last)) => (last.status, last.body.clone()),
            (None, None) => (404, Vec::new()),
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A whole request; none, if it is none or breaks off.
fn receive(stream: &mut TcpStream) -> std::io::Result<Option<Received>> {
    let mut bytes = Vec::new();
    let (mut received, start) = loop {
        if !more(stream, &mut bytes)? || bytes.len() > HEAD {
            return Ok(None);
        }
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut head = httparse::Request::new(&mut headers);
        match head.parse(&bytes) {
            Ok(httparse::Status::Complete(start)) => {
                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                let headers =
                    head.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect();
                let (method, target) = (head.method.unwrap_or_default(), head.path.unwrap_or_default());
                break (Received { method: method.into(), target: target.into(), headers, body: Vec::new() }, start);
            }
            Ok(httparse::Status::Partial) => {}
            Err(_) => return Ok(None),
        }
    };
    let mut rest = bytes.split_off(start);
    if received.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(chunked(stream, rest)?.map(|body| Received { body, ..received }));
    }
    let length = received.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    while rest.len() < length {
        if length > BODY || !more(stream, &mut rest)? {
            return Ok(None);
        }
    }
    rest.truncate(length);
    received.body = rest;
    Ok(Some(received))
}

/// A body in chunks (RFC 9112, section 7.1), of which `rest` has come; trailers are left alone.
fn chunked(stream: &mut TcpStream, mut rest: Vec<u8>) -> std::io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(&rest) {
            Ok(httparse::Status::Complete((_, 0))) => return Ok(Some(body)),
            Ok(httparse::Status::Complete((start, length))) => {
                let Some(length) = usize::try_from(length).ok().filter(|length| body.len() + length <= BODY) else {
                    return Ok(None);
                };
                let end = start + length + "\r\n".len();
                while rest.len() < end {
                    if !more(stream, &mut rest)? {
                        return Ok(None);
                    }
                }
                body.extend_from_slice(rest.get(start..start + length).unwrap_or_default());
                rest.drain(..end);
            }
            Ok(httparse::Status::Partial) => {
                if !more(stream, &mut rest)? {
                    return Ok(None);
                }
            }
            Err(_) => return Ok(None),
        }
    }
}

/// Reads what comes next; nothing more comes where it returns `false`.
fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut piece = [0; 8 << 10];
    let count = stream.read(&mut piece)?;
    bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
    Ok(count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn answers_are_used_in_turn_and_the_last_again() {
        let server = Server::start();
        server.answer("GET", "/a?b", 200, "one").answer("GET", "/a?b", 500, "two");
        let get = || ask(&server, "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(get().ends_with("\r\n\r\none"));
        assert!(get().starts_with("HTTP/1.1 500") && get().ends_with("two"));
        assert!(ask(&server, "GET /c HTTP/1.1\r\nHost: x\r\n\r\n").contains("this test answers no GET /c"));
        assert_eq!(server.received().len(), 4);
    }

    #[test]
    fn bodies_come_whole_with_a_length_and_in_chunks() {
        let server = Server::start();
        ask(&server, "POST / HTTP/1.1\r\nX-Key: 1\r\nContent-Length: 5\r\n\r\nhello");
        ask(&server, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
        let received = server.received();
        assert_eq!((received[0].header("x-key"), received[0].body.as_slice()), (Some("1"), b"hello".as_slice()));
        assert_eq!(received[1].body, b"hello");
    }
}
