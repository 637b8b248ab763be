//! Standard output, standard error and the lines of the log of a component, in place of wasi-libc's and `wasi:logging`:
//! bytes go to the host a few at a time, as plain numbers. WASI takes them from memory, and a component that shows its memory
//! to its host consists of three core modules instead of one, each of which costs every request.
//!
//! The standard library reaches the streams through a function of C, which is defined here. A linker takes them from a
//! library only where nobody else has them, so with this, WASI is imported by nobody but who uses something else of it.

#[cfg(any(test, target_os = "wasi"))]
use std::fmt::{self, Write as _};

#[cfg(target_os = "wasi")]
use crate::log::Level;

/// Words in which bytes of a stream are handed over: with the other two arguments, as many as a call takes without memory.
const WORDS: usize = 14;

/// Words in which a part of a line is: there are three other arguments.
#[cfg(any(test, target_os = "wasi"))]
const LINE_WORDS: usize = 13;

/// Bytes of one call for a stream.
#[cfg(any(test, target_os = "wasi"))]
const BYTES: usize = WORDS * size_of::<u64>();

/// Bytes of one call for a line.
#[cfg(any(test, target_os = "wasi"))]
const LINE_BYTES: usize = LINE_WORDS * size_of::<u64>();

/// Bytes as the contract has them: little-endian, the first byte lowest, filled up with zeros.
fn packed<const WORDS: usize>(bytes: &[u8]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, part) in words.iter_mut().zip(bytes.chunks(size_of::<u64>())) {
        *word = part.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    words
}

/// A line on its way: it is handed over in parts as it is put together, so it is nowhere as a whole.
#[cfg(any(test, target_os = "wasi"))]
struct Line<F: FnMut(bool, u8, [u64; LINE_WORDS])> {
    part: [u8; LINE_BYTES],
    length: usize,
    hand_over: F,
}

#[cfg(any(test, target_os = "wasi"))]
impl<F: FnMut(bool, u8, [u64; LINE_WORDS])> Line<F> {
    /// Hands over the line that `from` and the message make.
    fn write(from: &str, message: fmt::Arguments<'_>, hand_over: F) {
        let mut line = Self { part: [0; LINE_BYTES], length: 0, hand_over };
        // What a `Display` of the author's fails to write is missing in the line; the line still says what there is.
        let _ = line.write_str(from).and_then(|()| line.write_str("\0")).and_then(|()| line.write_fmt(message));
        line.pass(true);
    }

    fn pass(&mut self, last: bool) {
        // A part has at most 104 bytes.
        (self.hand_over)(last, self.length as u8, packed(self.part.get(..self.length).unwrap_or(&self.part)));
        self.length = 0;
    }
}

#[cfg(any(test, target_os = "wasi"))]
impl<F: FnMut(bool, u8, [u64; LINE_WORDS])> fmt::Write for Line<F> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Bytes and not characters: the host puts the parts together again.
        let mut text = text.as_bytes();
        while !text.is_empty() {
            if self.length == LINE_BYTES {
                self.pass(false);
            }
            let taken = text.len().min(LINE_BYTES - self.length);
            let (now, later) = text.split_at(taken);
            if let Some(room) = self.part.get_mut(self.length..self.length + taken) {
                room.copy_from_slice(now);
            }
            self.length += taken;
            text = later;
        }
        Ok(())
    }
}

/// Writes one line to the log.
#[cfg(target_os = "wasi")]
pub(crate) fn log(level: Level, from: &str, message: fmt::Arguments<'_>) {
    use bindings::vestibule::function::output;

    let level = match level {
        Level::Trace => output::Level::Trace,
        Level::Debug => output::Level::Debug,
        Level::Info => output::Level::Info,
        Level::Warn => output::Level::Warn,
        Level::Error => output::Level::Error,
    };
    Line::write(from, message, |last, length, [a, b, c, d, e, f, g, h, i, j, k, l, m]| {
        output::log(level, last, length, (a, b, c, d, e, f, g, h, i, j, k, l, m));
    });
}

#[cfg(target_os = "wasi")]
mod c {
    #![allow(unsafe_code, reason = "functions of C, under their names; each says why it holds")]

    use std::ffi::c_int;
    use std::slice;

    use super::bindings::vestibule::function::output::{Stream, write as hand_over};
    use super::{BYTES, packed};

    /// The `write` of C, for the two streams that are open: -1 for any other, as no file and no socket ever is.
    ///
    /// # Safety
    /// There are `length` bytes at `bytes`.
    // SAFETY: the name is C's, and so are the arguments and what it does.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn write(descriptor: c_int, bytes: *const u8, length: usize) -> isize {
        let stream = match descriptor {
            1 => Stream::Stdout,
            2 => Stream::Stderr,
            _ => return -1,
        };
        if length == 0 {
            return 0;
        }
        // SAFETY: the caller's promise; and where there are bytes, they are somewhere.
        for part in unsafe { slice::from_raw_parts(bytes, length) }.chunks(BYTES) {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = packed(part);
            // A part has at most 112 bytes.
            hand_over(stream, part.len() as u8, (a, b, c, d, e, f, g, h, i, j, k, l, m, n));
        }
        // No slice is longer than `isize` can say.
        length as isize
    }
}

/// What `wit-bindgen` generates, unread by people. A world of its own, as handlers and verifiers are of different ones; the
/// environment's too.
#[cfg(target_os = "wasi")]
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated: the canonical ABI is raw pointers, and it keeps no house rules"
)]
pub(crate) mod bindings {
    wit_bindgen::generate!({
        inline: "
            package vestibule:sdk;
            world speaker {
                import vestibule:function/output@0.1.0;
                import vestibule:function/environment@0.1.0;
            }
        ",
        path: "../wit",
        generate_all,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_the_lowest() {
        assert_eq!(packed(b"\x01\x02"), [0x0201, 0]);
        assert_eq!(packed(b"\xff\0\0\0\0\0\0\x80\x7f"), [0x8000_0000_0000_00ff, 0x7f, 0]);
    }

    #[test]
    fn every_byte_comes_back() {
        let bytes: Vec<u8> = (0..BYTES as u8).map(|byte| byte.wrapping_mul(37)).collect();
        for length in 0..=BYTES {
            let unpacked: Vec<u8> = packed::<WORDS>(&bytes[..length]).into_iter().flat_map(u64::to_le_bytes).collect();
            assert_eq!(unpacked[..length], bytes[..length]);
            assert!(unpacked[length..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_line_comes_whole_whatever_its_length() {
        for length in [0, 1, LINE_BYTES - 6, LINE_BYTES - 5, LINE_BYTES - 4, LINE_BYTES * 2, LINE_BYTES * 3 - 5, 5000] {
            let message = "é".repeat(length / 2) + &"x".repeat(length % 2);
            let mut line = Vec::new();
            let mut ends = Vec::new();
            Line::write("from", format_args!("{}{message}", 7), |last, part, words| {
                assert!(usize::from(part) <= LINE_BYTES && (last || usize::from(part) == LINE_BYTES));
                line.extend_from_slice(&words.map(u64::to_le_bytes).as_flattened()[..usize::from(part)]);
                ends.push(last);
            });
            assert_eq!(String::from_utf8(line), Ok(format!("from\x007{message}")));
            assert_eq!(ends.iter().position(|last| *last), Some(ends.len() - 1));
        }
    }

    #[test]
    fn a_line_that_cannot_be_formatted_ends_all_the_same() {
        struct Broken;
        impl fmt::Display for Broken {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        let mut parts = Vec::new();
        Line::write("from", format_args!("a{Broken}b"), |last, part, _| parts.push((last, part)));
        assert_eq!(parts, [(true, 6)]);
    }
}
