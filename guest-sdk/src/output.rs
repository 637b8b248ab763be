//! Standard output and standard error of a component, in place of wasi-libc's: bytes go to the host a few at a time, as
//! plain numbers. WASI's streams take them from memory, and a component that shows its memory to its host consists of three
//! core modules instead of one, each of which costs every request. Knows nothing of lines.
//!
//! The standard library reaches both through two functions of C, which are defined here. A linker takes them from a
//! library only where nobody else has them, so with these, WASI is imported by nobody but who uses something else of it.

/// Words in which bytes are handed over: with the other two arguments, as many as a call takes without memory.
const WORDS: usize = 14;

/// Bytes of one call.
#[cfg(any(test, target_os = "wasi"))]
const BYTES: usize = WORDS * size_of::<u64>();

/// Bytes as the contract has them: little-endian, the first byte lowest, filled up with zeros.
fn packed(bytes: &[u8]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, part) in words.iter_mut().zip(bytes.chunks(size_of::<u64>())) {
        *word = part.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    words
}

#[cfg(target_os = "wasi")]
mod c {
    #![allow(unsafe_code, reason = "functions of C, under their names; each says why it holds")]

    use std::ffi::{c_char, c_int};
    use std::{ptr, slice};

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

    /// The `getenv` of C: the environment is empty. A panic asks for `RUST_BACKTRACE`, so every function would import it.
    // SAFETY: the name is C's, and so are the argument, which is not read, and the answer, that there is no such variable.
    #[unsafe(no_mangle)]
    extern "C" fn getenv(_name: *const c_char) -> *mut c_char {
        ptr::null_mut()
    }
}

/// What `wit-bindgen` generates, unread by people. A world of its own, as handlers and verifiers are of different ones.
#[cfg(target_os = "wasi")]
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated: the canonical ABI is raw pointers, and it keeps no house rules"
)]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package vestibule:sdk;
            world speaker {
                import vestibule:function/output@0.1.0;
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
        assert_eq!(packed(b"\x01\x02")[..2], [0x0201, 0]);
        assert_eq!(packed(b"\xff\0\0\0\0\0\0\x80\x7f")[..3], [0x8000_0000_0000_00ff, 0x7f, 0]);
    }

    #[test]
    fn every_byte_comes_back() {
        let bytes: Vec<u8> = (0..BYTES as u8).map(|byte| byte.wrapping_mul(37)).collect();
        for length in 0..=BYTES {
            let unpacked: Vec<u8> = packed(&bytes[..length]).into_iter().flat_map(u64::to_le_bytes).collect();
            assert_eq!(unpacked[..length], bytes[..length]);
            assert!(unpacked[length..].iter().all(|byte| *byte == 0));
        }
    }
}
