//! HTTP/2 by hand: frames with whatever a test puts into them, and what comes back of it. Headers are written plainly, so
//! that nothing of a case is hidden; of what comes, the status alone is decoded. RFC 9113, RFC 7541.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::support::{Host, PATIENCE};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A block of headers, each as a literal that is not indexed.
pub(crate) fn block(headers: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            integer(&mut block, text.len());
            block.extend_from_slice(text);
        }
    }
    block
}

/// A length, in 7 bits or more. RFC 7541, section 5.1.
fn integer(block: &mut Vec<u8>, value: usize) {
    let Some(mut rest) = value.checked_sub(127) else { return block.push(value as u8) };
    block.push(127);
    while rest >= 128 {
        block.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// What a client learns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A response to the stream.
    Status(u32, u16),
    /// The stream was reset, with this error.
    Reset(u32, u32),
    /// The host gives the connection up, with this error; `NO_ERROR` is a friendly end.
    GoAway(u32),
    /// The answer to a PING.
    Pong,
    /// There is no connection any more.
    Closed,
}

/// One connection.
pub(crate) struct Frames(TcpStream);

impl Frames {
    /// Connects and says hello.
    pub(crate) fn open(host: &Host) -> Self {
        let stream = TcpStream::connect(&host.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut frames = Self(stream);
        frames.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").send(frame(SETTINGS, 0, 0, []));
        frames
    }

    /// Sends bytes, if there is still somebody to take them.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.0.write_all(bytes.as_ref());
        self
    }

    /// The next thing that matters.
    pub(crate) fn next(&mut self) -> Seen {
        loop {
            let mut head = [0; 9];
            if !self.fill(&mut head) {
                return Seen::Closed;
            }
            let [l2, l1, l0, kind, flags, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, l2, l1, l0]) as usize];
            if !self.fill(&mut payload) {
                return Seen::Closed;
            }
            let stream = u32::from_be_bytes(stream);
            let word = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
            match kind {
                HEADERS => return Seen::Status(stream, status(&payload)),
                RST_STREAM => return Seen::Reset(stream, word(0)),
                GOAWAY => return Seen::GoAway(word(4)),
                PING if flags & ACK != 0 => return Seen::Pong,
                SETTINGS if flags & ACK == 0 => {
                    self.send(frame(SETTINGS, ACK, 0, []));
                }
                _ => {}
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> bool {
        match self.0.read_exact(bytes) {
            Ok(()) => true,
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The `:status` that a block begins with: one of the static table, or a literal of digits, compressed or not. As nothing
/// was said before on these connections, none is of the dynamic table.
fn status(block: &[u8]) -> u16 {
    // A change of the table's size may come first.
    let start = block.iter().position(|byte| byte & 0xe0 != 0x20).unwrap();
    match block[start..] {
        [first @ 0x88..=0x8e, ..] => [200, 204, 206, 304, 400, 404, 500][usize::from(first - 0x88)],
        [0x48 | 0x08, length, ref value @ ..] => {
            let value = &value[..usize::from(length & 0x7f)];
            let digits = if length & 0x80 == 0 { value.to_vec() } else { huffman_digits(value) };
            String::from_utf8(digits).unwrap().parse().unwrap()
        }
        ref other => panic!("no status: {other:?}"),
    }
}

/// Three digits in the code of RFC 7541, appendix B: 0 to 2 have five bits, the others six.
fn huffman_digits(bytes: &[u8]) -> Vec<u8> {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let mut bits = bits.as_slice();
    (0..3)
        .map(|_| {
            let number = |bits: &[u8]| bits.iter().fold(0, |number, bit| number << 1 | bit);
            let (digit, length) = match number(&bits[..5]) {
                small @ 0..=2 => (small, 5),
                _ => (number(&bits[..6]) - 0b01_1001 + 3, 6),
            };
            bits = &bits[length..];
            b'0' + digit
        })
        .collect()
}
