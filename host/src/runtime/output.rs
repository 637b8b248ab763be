//! What a guest says: lines on its standard output, its standard error and through `wasi:logging`, as events in the
//! host's log that name the function and the request. Bounded per request, and per function over all its requests; a guest
//! cannot forge a line of its own.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::observe::ledger::Ledger;
use crate::observe::text::{MAX_LINE, printable, shortened};

/// Bytes of output that one request may put into the log; what follows is dropped and said so once.
const MAX_BYTES: usize = 64 << 10;

/// Lines of output that one request may put into the log.
const MAX_LINES: usize = 500;

/// Lines about one request that the host itself may put into the log: what was denied. They are not of the guest's own, so that
/// one that has said a lot cannot keep the log from saying what it asked for.
const MAX_HOST_LINES: usize = 20;

/// The most of a context of `wasi:logging` that is logged, in bytes.
const MAX_CONTEXT: usize = 256;

/// What a stream offers to take at once.
const WINDOW: usize = 64 << 10;

/// Where a line came from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Stdout,
    Stderr,
}

/// Whose output it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The function's own.
    Function,
    /// That of the verifier that stands before it.
    Verifier,
}

/// The levels of `wasi:logging`, less `critical`, which a log has no use for beside `error`.
pub(super) use tracing::Level;

/// What is said instead of one line more than [`MAX_HOST_LINES`].
const MORE_DENIED: &str = "more was denied in this request than is said here";

/// The output of one request's instance.
pub(super) struct GuestOutput {
    function: Arc<str>,
    request_id: Arc<str>,
    ledger: Arc<Ledger>,
    /// Said of a verifier alone.
    is_verifier: Option<bool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The parts of a line for the log that has not ended.
    log: Vec<u8>,
    bytes: usize,
    lines: usize,
    cut: bool,
    host_lines: usize,
}

impl State {
    fn pending(&mut self, source: Source) -> &mut Vec<u8> {
        match source {
            Source::Stdout => &mut self.stdout,
            Source::Stderr => &mut self.stderr,
        }
    }

    /// Whether one more line of `length` bytes may be written.
    fn take(&mut self, length: usize) -> bool {
        if self.lines >= MAX_LINES || self.bytes.saturating_add(length) > MAX_BYTES {
            self.cut = true;
            return false;
        }
        self.lines += 1;
        self.bytes += length;
        true
    }
}

impl GuestOutput {
    pub(super) fn new(function: Arc<str>, request_id: Arc<str>, ledger: Arc<Ledger>, speaker: Speaker) -> Arc<Self> {
        let is_verifier = (speaker == Speaker::Verifier).then_some(true);
        Arc::new(Self { function, request_id, ledger, is_verifier, state: Mutex::default() })
    }

    /// Takes bytes of a stream, as WASI or the contract's `output` passed them, and writes the lines that they complete.
    pub(super) fn write(&self, source: Source, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in part.chunks(MAX_LINE) {
                if state.cut {
                    return;
                }
                let pending = state.pending(source);
                pending.extend_from_slice(piece);
                if pending.ends_with(b"\n") || pending.len() >= MAX_LINE {
                    let line = std::mem::take(pending);
                    self.line(&mut state, source, &line);
                }
            }
        }
    }

    /// Writes a line that came through `wasi:logging`.
    pub(super) fn log(&self, level: Level, context: &str, message: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.log_line(&mut state, level, context.as_bytes(), message.as_bytes());
    }

    /// Takes a part of a line, as the contract's `output` passed it, and writes the line with its last.
    pub(super) fn log_part(&self, level: Level, last: bool, part: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = std::mem::take(&mut state.log);
        // More than this of a line is never written.
        let room = (MAX_CONTEXT + 1 + MAX_LINE).saturating_sub(line.len());
        line.extend_from_slice(part.get(..room).unwrap_or(part));
        if !last {
            state.log = line;
            return;
        }
        let mut halves = line.splitn(2, |byte| *byte == 0);
        let first = halves.next().unwrap_or_default();
        match halves.next() {
            Some(message) => self.log_line(&mut state, level, first, message),
            None => self.log_line(&mut state, level, &[], first),
        }
    }

    fn log_line(&self, state: &mut State, level: Level, context: &[u8], message: &[u8]) {
        if state.cut || !is_heard(level) {
            return;
        }
        let context = shortened(context, MAX_CONTEXT);
        let message = printable(message);
        if self.takes(state, context.len() + message.len()) {
            self.emit(level, "log", &context, &message);
        }
    }

    /// The id of the request.
    pub(super) fn request_id(&self) -> &Arc<str> {
        &self.request_id
    }

    /// The ledger of the function.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Says what the guest asked for and did not get: it was not granted, or does not work.
    pub(super) fn denied(&self, text: &str) {
        self.said_by_host(Level::WARN, text);
    }

    /// The same, of what is asked for by many and used by few.
    pub(super) fn denied_quietly(&self, text: &str) {
        self.said_by_host(Level::DEBUG, text);
    }

    fn said_by_host(&self, level: Level, text: &str) {
        if !is_heard(level) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.host_lines > MAX_HOST_LINES {
            return;
        }
        state.host_lines += 1;
        let is_last = state.host_lines > MAX_HOST_LINES;
        drop(state);
        let (level, text) = if is_last { (Level::WARN, MORE_DENIED) } else { (level, text) };
        if self.ledger.logs_output(text.len()) {
            self.emit(level, "host", "", text);
        }
    }

    /// Writes what is left: lines without an end.
    pub(super) fn finish(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for source in [Source::Stdout, Source::Stderr] {
            let rest = std::mem::take(state.pending(source));
            if !rest.is_empty() && !state.cut {
                self.line(&mut state, source, &rest);
            }
        }
    }

    fn line(&self, state: &mut State, source: Source, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = printable(line);
        if !self.takes(state, text.len()) {
            return;
        }
        match source {
            Source::Stdout => self.emit(Level::INFO, "stdout", "", &text),
            Source::Stderr => self.emit(Level::WARN, "stderr", "", &text),
        }
    }

    /// Whether the log takes one more line of `length` bytes, as they are written: of this request, and of the function.
    fn takes(&self, state: &mut State, length: usize) -> bool {
        if !state.take(length) {
            self.say_cut();
            return false;
        }
        self.ledger.logs_output(length)
    }

    fn say_cut(&self) {
        if !self.ledger.logs_output(0) {
            return;
        }
        tracing::warn!(
            target: "vestibule::guest",
            function = &*self.function,
            request_id = &*self.request_id,
            verifier = self.is_verifier,
            "output cut: a request may write {MAX_LINES} lines and {MAX_BYTES} bytes"
        );
    }

    fn emit(&self, level: Level, source: &'static str, context: &str, text: &str) {
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: "vestibule::guest",
                    $level,
                    function = &*self.function,
                    request_id = &*self.request_id,
                    verifier = self.is_verifier,
                    source,
                    context = (!context.is_empty()).then_some(context),
                    "{text}"
                )
            };
        }
        match level {
            Level::TRACE => event!(Level::TRACE),
            Level::DEBUG => event!(Level::DEBUG),
            Level::INFO => event!(Level::INFO),
            Level::WARN => event!(Level::WARN),
            Level::ERROR => event!(Level::ERROR),
        }
    }
}

/// Whether the log takes lines of this level; one that it does not take costs the guest nothing of its share.
fn is_heard(level: Level) -> bool {
    macro_rules! enabled {
        ($level:expr) => {
            tracing::enabled!(target: "vestibule::guest", $level)
        };
    }
    match level {
        Level::TRACE => enabled!(Level::TRACE),
        Level::DEBUG => enabled!(Level::DEBUG),
        Level::INFO => enabled!(Level::INFO),
        Level::WARN => enabled!(Level::WARN),
        Level::ERROR => enabled!(Level::ERROR),
    }
}

/// One of the two streams, as WASI takes it: it may be opened any number of times.
#[derive(Clone)]
pub(super) struct GuestStream {
    pub(super) output: Arc<GuestOutput>,
    pub(super) source: Source,
}

impl IsTerminal for GuestStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > WINDOW {
            return Err(StreamError::trap("more was written than the stream offered to take"));
        }
        self.output.write(self.source, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WINDOW)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestStream {
    async fn ready(&mut self) {}
}

impl AsyncWrite for GuestStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.output.write(self.source, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::metrics::Metrics;

    #[test]
    fn a_flood_is_cut_and_not_kept() {
        let output = GuestOutput::new("f".into(), "r".into(), Metrics::new().function("f"), Speaker::Function);
        for _ in 0..100_000 {
            output.write(Source::Stdout, b"flood flood flood flood\n");
        }
        output.write(Source::Stderr, &[b'x'; 1 << 20]);
        let state = output.state.lock().unwrap();
        assert!(state.cut);
        assert!(state.bytes <= MAX_BYTES && state.lines <= MAX_LINES);
        assert!(state.stdout.len() <= MAX_LINE && state.stderr.len() <= MAX_LINE);
    }

    #[test]
    fn no_more_of_a_line_in_parts_is_kept_than_is_written() {
        let output = GuestOutput::new("f".into(), "r".into(), Metrics::new().function("f"), Speaker::Function);
        for _ in 0..100_000 {
            output.log_part(Level::INFO, false, &[b'x'; 104]);
        }
        assert_eq!(output.state.lock().unwrap().log.len(), MAX_CONTEXT + 1 + MAX_LINE);
        output.log_part(Level::INFO, true, b"");
        assert!(output.state.lock().unwrap().log.is_empty());
    }
}
