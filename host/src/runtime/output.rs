//! What a guest says: lines on its standard output, its standard error and through `wasi:logging`, as events in the
//! host's log that name the function and the request. Bounded per request; a guest cannot forge a line of its own.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Bytes of output that one request may put into the log; what follows is dropped and said so once.
const MAX_BYTES: usize = 64 << 10;

/// Lines of output that one request may put into the log.
const MAX_LINES: usize = 500;

/// The longest line; a longer one is cut into lines.
const MAX_LINE: usize = 8 << 10;

/// What a stream offers to take at once.
const WINDOW: usize = 64 << 10;

/// Where a line came from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Stdout,
    Stderr,
}

/// The levels of `wasi:logging`, less `critical`, which a log has no use for beside `error`.
pub(super) use tracing::Level;

/// The output of one request's instance.
pub(super) struct GuestOutput {
    function: Arc<str>,
    request_id: Arc<str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    bytes: usize,
    lines: usize,
    cut: bool,
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
    pub(super) fn new(function: Arc<str>, request_id: Arc<str>) -> Arc<Self> {
        Arc::new(Self { function, request_id, state: Mutex::default() })
    }

    /// Takes bytes of a stream and writes the lines that they complete.
    fn write(&self, source: Source, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if state.cut {
                return;
            }
            for piece in part.chunks(MAX_LINE) {
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
        if state.cut {
            return;
        }
        if !state.take(message.len().saturating_add(context.len()).min(MAX_LINE)) {
            self.say_cut();
            return;
        }
        let message = printable(message.as_bytes());
        let context = printable(context.as_bytes());
        self.emit(level, "log", &context, &message);
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
        if !state.take(line.len()) {
            self.say_cut();
            return;
        }
        let text = printable(line);
        match source {
            Source::Stdout => self.emit(Level::INFO, "stdout", "", &text),
            Source::Stderr => self.emit(Level::WARN, "stderr", "", &text),
        }
    }

    fn say_cut(&self) {
        tracing::warn!(
            target: "vestibule::guest",
            function = &*self.function,
            request_id = &*self.request_id,
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

/// `bytes` as text in one line: what is not UTF-8 is replaced, control characters (a line break, a terminal's escape)
/// and the characters that turn the direction of text are escaped, and it is cut at the longest line.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let bytes = bytes.get(..MAX_LINE).unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    for character in String::from_utf8_lossy(bytes).chars() {
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (character.is_control() && character != '\t') || turns {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
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

    #[test]
    fn a_guest_cannot_forge_a_line_or_drive_a_terminal() {
        assert_eq!(printable(b"ok\nINFO forged \x1b[31m\xff"), "ok\\nINFO forged \\u{1b}[31m\u{fffd}");
        assert_eq!(printable("a\u{202e}b".as_bytes()), "a\\u{202e}b");
    }

    #[test]
    fn a_flood_is_cut_and_not_kept() {
        let output = GuestOutput::new("f".into(), "r".into());
        for _ in 0..100_000 {
            output.write(Source::Stdout, b"flood flood flood flood\n");
        }
        output.write(Source::Stderr, &[b'x'; 1 << 20]);
        let state = output.state.lock().unwrap();
        assert!(state.cut);
        assert!(state.bytes <= MAX_BYTES && state.lines <= MAX_LINES);
        assert!(state.stdout.len() <= MAX_LINE && state.stderr.len() <= MAX_LINE);
    }
}
