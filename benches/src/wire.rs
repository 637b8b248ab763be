//! One connection of the load generator: sends a request that is ready as bytes, and reads the answer whole. Knows as much
//! of HTTP/1.1 as an answer with a `content-length` needs, and refuses every other.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Headers in one answer. The servers here send fewer than ten.
const MAX_HEADERS: usize = 32;

/// Bytes that an answer usually fits into.
const USUAL_ANSWER: usize = 4 << 10;

/// What an answer's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status.
    pub(crate) status: u16,
    /// Whether it says when to try again.
    pub(crate) has_retry_after: bool,
    /// Bytes of the body.
    pub(crate) body: usize,
    /// Bytes of the head itself.
    head: usize,
}

/// A connection that is kept alive over many requests.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(USUAL_ANSWER) })
    }

    /// Sends a request and waits until its answer is there, body included.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Head> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection before its answer was complete");
            }
            // Nearly every answer comes in one piece, so to start over with a longer one costs nothing.
            let Some(head) = parse(&self.answer)? else { continue };
            let whole = head.head.saturating_add(head.body);
            if self.answer.len() > whole {
                bail!("the server sent more than its content-length says");
            }
            if self.answer.len() == whole {
                return Ok(head);
            }
        }
    }

    /// The body of the last answer.
    pub(crate) fn body(&self, head: &Head) -> &[u8] {
        self.answer.get(head.head..).unwrap_or_default()
    }
}

/// The head of an answer; nothing if it is not complete.
fn parse(answer: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(answer).context("the answer is not HTTP/1.1")? else {
        return Ok(None);
    };
    let header = |name| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let body = header("content-length")
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok())
        .context("the answer has no content-length, which this client needs")?;
    let status = response.code.context("the answer has no status")?;
    // Looked for only where it counts: most answers are read as fast as can be.
    let has_retry_after = status == 503 && header("retry-after").is_some();
    Ok(Some(Head { status, has_retry_after, body, head }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_head() {
        let answer = b"HTTP/1.1 401 Unauthorized\r\nx: y\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(
            parse(answer).unwrap(),
            Some(Head { status: 401, has_retry_after: false, body: 5, head: answer.len() - 5 })
        );
    }

    #[test]
    fn sees_whether_to_try_again() {
        let says = |answer: &[u8]| parse(answer).unwrap().unwrap().has_retry_after;
        assert!(says(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\ncontent-length: 0\r\n\r\n"));
        assert!(!says(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"));
    }

    #[test]
    fn waits_for_the_rest_of_a_head() {
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\ncontent-len").unwrap(), None);
    }

    #[test]
    fn refuses_an_answer_without_length() {
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
