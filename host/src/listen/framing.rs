//! Follows the messages of an HTTP/1.1 connection byte by byte, before hyper reads them, and finds where they break the
//! grammar in a way that hyper forgives: two programs that forgive differently see two requests where the other sees
//! one. What passes has one reading only. Knows nothing of sockets; HTTP/2 has framing of its own and is let through.
//!
//! What hyper would not show to the head's checks, and is refused here: a length that came twice or beside
//! `Transfer-Encoding`, codings other than `chunked`, lines that end without a CR, lines that are folded, white space
//! before a chunk's end of line, a target with a fragment. RFC 9112, sections 2.2, 3, 5, 6.1, 6.3, 7.1 and 11.2.

use super::word::Word;

/// The headers that say how long a body is.
const CONTENT_LENGTH: &[u8] = b"content-length";
const ABOUT_THE_BODY: [&[u8]; 2] = [CONTENT_LENGTH, b"transfer-encoding"];

/// How a connection of HTTP/2 with prior knowledge begins. RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A break of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How many of the bytes come before it.
    pub at: usize,
    /// What it is, for the log.
    pub wrong: &'static str,
    /// Whether it is in a head; else it is in a body.
    pub in_head: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first bytes of the connection, as long as they may become HTTP/2; how many there are.
    Preface(usize),
    Http2,
    /// Before a head; empty lines are skipped.
    Start,
    StartLf,
    Method,
    Target {
        empty: bool,
    },
    Version,
    /// The start of a line of the head, or of the trailers.
    Line,
    Name,
    Value,
    ValueLf,
    /// The LF of the empty line that ends them.
    EndLf,
    Body(u64),
    ChunkSize {
        digits: bool,
        size: u64,
    },
    /// White space after a chunk's size: an extension must follow.
    ChunkSpace(u64),
    ChunkExtension(u64),
    ChunkSizeLf(u64),
    ChunkData(u64),
    ChunkDataCr,
    ChunkDataLf,
}

/// What a head has said so far of the body that follows it.
#[derive(Default)]
struct Head {
    is_1_0: bool,
    length: Option<u64>,
    chunked: bool,
    /// The lines are trailers: the body is over.
    trailers: bool,
}

/// Where a connection is.
pub struct Framing {
    state: State,
    head: Head,
    /// The header's name, then what is read of its value.
    name: Word,
    value: Word,
}

impl Default for Framing {
    fn default() -> Self {
        Self { state: State::Preface(0), head: Head::default(), name: Word::default(), value: Word::default() }
    }
}

impl Framing {
    /// Follows the bytes that come next.
    ///
    /// # Errors
    ///
    /// If they break the grammar; nothing of the connection can be understood from there on.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            let run = self.run(rest);
            if run > 0 {
                rest = rest.get(run..).unwrap_or_default();
                continue;
            }
            let in_head = self.in_head() || self.is_between();
            let at = bytes.len() - rest.len();
            self.state = self.next(byte).map_err(|wrong| Fault { at, wrong, in_head })?;
            rest = after;
        }
        Ok(())
    }

    /// Goes over the bytes that change nothing but how many are left, or what is remembered of a name: most of all there are.
    fn run(&mut self, rest: &[u8]) -> usize {
        match self.state {
            State::Http2 => rest.len(),
            State::Body(left) | State::ChunkData(left) => {
                let run = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                let left = left - run as u64;
                self.state = match self.state {
                    State::ChunkData(_) if left == 0 => State::ChunkDataCr,
                    State::ChunkData(_) => State::ChunkData(left),
                    _ if left == 0 => State::Start,
                    _ => State::Body(left),
                };
                run
            }
            State::Method => count_while(rest, is_token),
            State::Line => self.line(rest),
            State::Target { empty: false } => count_while(rest, is_of_target),
            State::Name => {
                let run = count_while(rest, is_token);
                self.name.push_lowercase(rest.get(..run).unwrap_or_default());
                run
            }
            State::Value if !self.is_about_the_body() => value_length(rest),
            _ => 0,
        }
    }

    /// Goes over a header's whole line, where it is there: most of a head is such lines. Of one that says how long the body is,
    /// name and value are remembered, and its end is left to be looked at.
    fn line(&mut self, rest: &[u8]) -> usize {
        let Some((name, value)) = rest.split_at_checked(count_while(rest, is_token)) else { return 0 };
        let Some(value) = value.strip_prefix(b":").filter(|_| !name.is_empty()) else { return 0 };
        let length = value_length(value);
        let (before, line) = (name.len() + 1 + length, value.get(length..).unwrap_or_default());
        if !line.starts_with(b"\r\n") {
            return 0;
        }
        if !self.says_length(name) {
            return before + 2;
        }
        // What it says is looked at where its line ends.
        (self.name, self.value) = (Word::default(), Word::default());
        self.name.push_lowercase(name);
        value.iter().take(length).for_each(|byte| self.value.push(*byte));
        self.state = State::Value;
        before
    }

    /// Whether a header of this name says how long the body is.
    fn says_length(&self, name: &[u8]) -> bool {
        !self.head.trailers && ABOUT_THE_BODY.iter().any(|about| about.eq_ignore_ascii_case(name))
    }

    /// Whether the header whose value comes says how long the body is.
    fn is_about_the_body(&self) -> bool {
        self.name.as_bytes().is_some_and(|name| self.says_length(name))
    }

    /// Whether the message before is over and nothing of the next has come.
    pub fn is_between(&self) -> bool {
        matches!(self.state, State::Preface(0) | State::Start)
    }

    /// Whether a part of a head has come.
    pub fn in_head(&self) -> bool {
        use State::{EndLf, Line, Method, Name, Preface, StartLf, Target, Value, ValueLf, Version};
        match self.state {
            Preface(count) => count > 0,
            StartLf | Method | Target { .. } | Version => true,
            Line | Name | Value | ValueLf | EndLf => !self.head.trailers,
            _ => false,
        }
    }

    /// Whether the client speaks HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.state == State::Http2
    }

    fn next(&mut self, byte: u8) -> Result<State, &'static str> {
        Ok(match (self.state, byte) {
            (State::Preface(count), _) => self.preface(count, byte)?,
            (State::Start, b'\r') => State::StartLf,
            (State::StartLf, b'\n') => State::Start,
            (State::Start, _) if is_token(byte) => {
                self.head = Head::default();
                State::Method
            }
            (State::Start, _) => return Err("it does not begin with a method"),
            (State::Method, b' ') => State::Target { empty: true },
            // Of a method that begins as HTTP/2 does, one byte comes here.
            (State::Method, _) if is_token(byte) => State::Method,
            (State::Method, _) => return Err("the method is no token"),
            (State::Target { empty: false }, b' ') => {
                self.value = Word::default();
                State::Version
            }
            (State::Target { .. }, b'#') => return Err("the target has a fragment"),
            (State::Target { .. }, _) if is_of_target(byte) => State::Target { empty: false },
            (State::Target { .. }, _) => return Err("a character that may not stand in a target"),
            (State::Version, b'\r') => {
                self.head.is_1_0 = match self.value.as_bytes() {
                    Some(b"HTTP/1.1") => false,
                    Some(b"HTTP/1.0") => true,
                    _ => return Err("neither HTTP/1.1 nor HTTP/1.0"),
                };
                State::ValueLf
            }
            (State::Version, b'!'..=b'~') => {
                self.value.push(byte);
                State::Version
            }
            (State::Version, _) => return Err("the request line does not end with the version and CRLF"),
            (State::Line, b'\r') => State::EndLf,
            (State::Line, b' ' | b'\t') => return Err("a folded line, or white space before the first header"),
            (State::Line, _) if is_token(byte) => {
                self.name = Word::default();
                self.name.push(byte.to_ascii_lowercase());
                State::Name
            }
            (State::Name, b':') => {
                self.value = Word::default();
                State::Value
            }
            (State::Line | State::Name, _) => return Err("a header's name is no token and a colon"),
            (State::Value, b'\r') => {
                self.header()?;
                State::ValueLf
            }
            (State::Value, _) if is_of_value(byte) => {
                self.value.push(byte);
                State::Value
            }
            (State::Value, _) => return Err("a control character in a header's value, or a line without its CR"),
            (State::ValueLf, b'\n') => State::Line,
            (State::EndLf, b'\n') => self.end_of_head(),
            (State::ChunkSize { size, .. }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).map(u64::from);
                let size = size.checked_mul(16).zip(digit).map(|(size, digit)| size + digit);
                State::ChunkSize { digits: true, size: size.ok_or("a chunk's size is no number that there is")? }
            }
            (State::ChunkSize { digits: true, size } | State::ChunkSpace(size), b' ' | b'\t') => {
                State::ChunkSpace(size)
            }
            (State::ChunkSize { digits: true, size } | State::ChunkSpace(size), b';') => State::ChunkExtension(size),
            (State::ChunkSize { digits: true, size } | State::ChunkExtension(size), b'\r') => State::ChunkSizeLf(size),
            (State::ChunkExtension(size), _) if is_of_value(byte) => State::ChunkExtension(size),
            (State::ChunkSizeLf(0), b'\n') => {
                self.head.trailers = true;
                State::Line
            }
            (State::ChunkSizeLf(size), b'\n') => State::ChunkData(size),
            (State::ChunkDataCr, b'\r') => State::ChunkDataLf,
            (State::ChunkDataLf, b'\n') => State::ChunkSize { digits: false, size: 0 },
            (State::ChunkDataCr | State::ChunkDataLf, _) => return Err("a chunk is not as long as its size says"),
            (State::ChunkSize { .. } | State::ChunkSpace(_) | State::ChunkExtension(_), _) => {
                return Err("a chunk's size is not hexadecimal digits, perhaps an extension, and CRLF");
            }
            (State::StartLf | State::ValueLf | State::EndLf | State::ChunkSizeLf(_), _) => {
                return Err("a CR without its LF");
            }
            // These do not come here.
            (opaque @ (State::Http2 | State::Body(_) | State::ChunkData(_)), _) => opaque,
        })
    }

    /// The first bytes of a connection. As soon as they are not those of HTTP/2, they are the beginning of a head.
    fn preface(&mut self, count: usize, byte: u8) -> Result<State, &'static str> {
        if PREFACE.get(count) == Some(&byte) {
            return Ok(if count + 1 == PREFACE.len() { State::Http2 } else { State::Preface(count + 1) });
        }
        self.state = State::Start;
        for byte in PREFACE.iter().take(count) {
            self.state = self.next(*byte)?;
        }
        self.next(byte)
    }

    /// At the end of a header's line.
    fn header(&mut self) -> Result<(), &'static str> {
        if !self.is_about_the_body() {
            return Ok(());
        }
        match self.name.as_bytes() {
            Some(CONTENT_LENGTH) => {
                if self.head.length.is_some() {
                    return Err("more than one Content-Length");
                }
                let digits = self.value.as_bytes().filter(|digits| digits.iter().all(u8::is_ascii_digit));
                let length = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
                self.head.length = Some(length.ok_or("Content-Length is no number")?);
            }
            _ => {
                if self.head.is_1_0 {
                    return Err("HTTP/1.0 has no Transfer-Encoding");
                }
                if self.head.chunked {
                    return Err("more than one Transfer-Encoding");
                }
                if !self.value.as_bytes().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
                    return Err("a Transfer-Encoding other than chunked");
                }
                self.head.chunked = true;
            }
        }
        if self.head.chunked && self.head.length.is_some() {
            return Err("Content-Length and Transfer-Encoding");
        }
        Ok(())
    }

    fn end_of_head(&mut self) -> State {
        match (&self.head, self.head.length) {
            (Head { trailers: true, .. }, _) | (Head { chunked: false, .. }, None | Some(0)) => State::Start,
            (Head { chunked: true, .. }, _) => State::ChunkSize { digits: false, size: 0 },
            (_, Some(length)) => State::Body(length),
        }
    }
}

/// How many of the first bytes are of a kind. Generic, so that the kind is looked up in the loop and not called.
fn count_while(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is(*byte)).unwrap_or(bytes.len())
}

/// How many of the first bytes are of a header's value. Where a CR comes, all before it are looked at together, which is
/// many at once for a processor.
fn value_length(bytes: &[u8]) -> usize {
    let before = memchr::memchr(b'\r', bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes);
    let all = before.iter().fold(true, |all, byte| all & is_of_value(*byte));
    if all { before.len() } else { count_while(before, is_of_value) }
}

/// RFC 9110, section 5.6.2. Looked up, as every byte of every name is.
fn is_token(byte: u8) -> bool {
    static TOKEN: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            #[allow(clippy::indexing_slicing, reason = "const: out of bounds would not compile")]
            {
                table[byte] = is_token_by_rule(byte as u8);
            }
            byte += 1;
        }
        table
    };
    TOKEN.get(usize::from(byte)).copied().unwrap_or(false)
}

const fn is_token_by_rule(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// RFC 9110, section 5.5.
fn is_of_value(byte: u8) -> bool {
    // Without branches: a processor looks at sixteen of them at once.
    ((byte >= b' ') & (byte != 0x7f)) | (byte == b'\t')
}

/// What is no visible ASCII, and a fragment, stand in no target. RFC 9112, section 3.2.
fn is_of_target(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && byte != b'#'
}
