//! HTTP/1.1 by hand: what is sent is exactly what a test wrote, and of an answer nothing is hidden. Every wait is
//! bounded. Knows nothing of the host but where it listens.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::SystemTime;

use signatures::{Secret, SignRequest};

use crate::support::{Host, PATIENCE};

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The value of a header that came at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} came more than once");
        value
    }

    /// The values of a header, in their order.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One connection.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects to `address`.
    pub(crate) fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
        self
    }

    /// Sends bytes as they are, unless the other side has hung up.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.get_mut().write_all(bytes.as_ref()).is_ok()
    }

    /// Reads all answers until the other side closes.
    pub(crate) fn replies(&mut self) -> Vec<Reply> {
        let mut replies = Vec::new();
        loop {
            match self.0.fill_buf() {
                Ok([]) => return replies,
                Ok(_) => replies.push(self.reply()),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return replies,
                Err(error) => panic!("{error} after {replies:?}"),
            }
        }
    }

    /// Reads the next answer, an interim one included.
    pub(crate) fn reply(&mut self) -> Reply {
        let Reply { status, headers, .. } = self.head();
        let mut reply = Reply { status, headers, body: Vec::new() };
        if let Some(length) = reply.header("content-length") {
            reply.body = vec![0; length.parse().unwrap()];
            self.0.read_exact(&mut reply.body).unwrap();
        } else if reply.header("transfer-encoding") == Some("chunked") {
            reply.body = self.chunks();
        }
        reply
    }

    /// Reads the head of the next answer: all there is of the answer to `HEAD`.
    pub(crate) fn head(&mut self) -> Reply {
        let line = self.line();
        let code = line.strip_prefix("HTTP/1.1 ").or(line.strip_prefix("HTTP/1.0 ")).and_then(|rest| rest.get(..3));
        let status = code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status line: {line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return Reply { status, headers, body: Vec::new() };
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// Reads so many bytes of a body.
    pub(crate) fn read_exact(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits for the other side to close; panics if it says anything before.
    pub(crate) fn wait_until_closed(&mut self) {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => assert!(rest.is_empty(), "it said {:?}", String::from_utf8_lossy(&rest)),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).unwrap();
            let start = body.len();
            body.resize(start + size, 0);
            self.0.read_exact(&mut body[start..]).unwrap();
            assert_eq!(self.line(), "", "a chunk ends with its line");
            if size == 0 {
                return body;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        let line =
            line.strip_suffix(b"\r\n").unwrap_or_else(|| panic!("cut off: {:?}", String::from_utf8_lossy(&line)));
        String::from_utf8_lossy(line).into_owned()
    }
}

impl Host {
    /// A connection to the listener for requests.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(&self.address)
    }

    /// The answer to a `GET` without anything particular.
    pub(crate) fn get(&self, target: &str) -> Reply {
        self.request("GET", target, &[], b"")
    }

    /// The answer to one request on a connection of its own.
    pub(crate) fn request(&self, method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Reply {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut connection = self.connect();
        connection.send(head + "\r\n").send(body).reply()
    }

    /// The answer to `GET` on the operator's listener.
    pub(crate) fn ask_admin(&self, path: &str) -> Reply {
        Connection::open(&self.admin).send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).reply()
    }

    /// The value of one series: its name with its labels, as it stands in the text.
    pub(crate) fn metric(&self, series: &str) -> Option<u64> {
        let metrics = self.ask_admin("/metrics");
        let value = metrics.text().lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }

    /// How many sandboxes there have been.
    pub(crate) fn instances(&self) -> u64 {
        self.metric("vestibule_instances_created_total").unwrap()
    }

    /// Waits until a series has a value.
    pub(crate) fn wait_for_metric(&self, series: &str, value: u64) {
        let until = std::time::Instant::now() + PATIENCE;
        while self.metric(series) != Some(value) {
            assert!(std::time::Instant::now() < until, "{series} is {:?}", self.metric(series));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// The headers with which a sender of `scheme` signs `body` at `time`.
pub(crate) fn signed(scheme: &str, secret: &str, body: &[u8], time: SystemTime) -> Vec<(String, String)> {
    let scheme = signatures::scheme(scheme).unwrap();
    signatures::sign(scheme, Some(&Secret::new("OF_THE_TEST", secret)), &SignRequest::new(body, time)).unwrap().headers
}

/// Headers from pairs of text.
pub(crate) fn headers<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
