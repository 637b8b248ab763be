//! The environment of a component, in place of wasi-libc's: the variables that its policy grants, read from the host a few
//! bytes at a time when one is first asked for, for the reason for which [`output`](crate::output) writes so.
//!
//! The standard library reaches the environment through four functions of C, which are defined here, all of them: what one
//! sets another has to get. A panic asks for `RUST_BACKTRACE`, so every function has them.

#![allow(unsafe_code, reason = "the environment of C is pointers; each block says why it holds")]

use std::ffi::{CStr, c_char};
use std::ptr;

/// The variables as C has them: pointers to texts `NAME=value`, and a null pointer after the last. The texts stay where they
/// are as long as the component runs, whatever is set later: somebody may have asked where they are.
struct Variables(Vec<*mut c_char>);

// SAFETY: what the pointers point to is never freed and never written, so it does not matter who follows them.
unsafe impl Send for Variables {}

impl Variables {
    /// None yet, not even the null pointer.
    #[cfg(target_os = "wasi")]
    const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads all of them; `word` has the eight bytes that begin at an offset.
    fn read(word: impl Fn(u32) -> u64) -> Self {
        let mut block = Vec::new();
        loop {
            match word(block.len() as u32) {
                0 => break,
                bytes => block.extend_from_slice(&bytes.to_le_bytes()),
            }
        }
        // The zero byte of the last text may have been the first of the eight.
        block.push(0);
        let texts = block.leak().split_inclusive_mut(|byte| *byte == 0);
        // The others of the last words are no texts.
        let texts = texts.filter(|text| text.len() > 1 && text.ends_with(&[0]));
        Self(texts.map(|text| text.as_mut_ptr().cast()).chain([ptr::null_mut()]).collect())
    }

    fn place(&self, name: &[u8]) -> Option<usize> {
        self.0.iter().filter(|text| !text.is_null()).position(|text| {
            // SAFETY: each pointer but the last is to a text that ends with a zero byte.
            let text = unsafe { CStr::from_ptr(*text) }.to_bytes();
            text.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"="))
        })
    }

    /// Where the value of a variable is; null if it is not set.
    fn get(&self, name: &[u8]) -> *mut c_char {
        let text = self.place(name).and_then(|place| self.0.get(place));
        // What follows the name is `=`, so the place behind that is within the text.
        text.map_or(ptr::null_mut(), |text| text.wrapping_add(name.len() + 1))
    }

    fn set(&mut self, name: &[u8], value: &[u8], overwrite: bool) {
        let place = self.place(name);
        if place.is_some() && !overwrite {
            return;
        }
        let mut text = Vec::with_capacity(name.len() + value.len() + 2);
        for part in [name, b"=", value, b"\0"] {
            text.extend_from_slice(part);
        }
        let last = self.0.len().saturating_sub(1);
        if let Some(entry) = self.0.get_mut(place.unwrap_or(last)) {
            *entry = text.leak().as_mut_ptr().cast();
        }
        if place.is_none() {
            self.0.push(ptr::null_mut());
        }
    }

    fn unset(&mut self, name: &[u8]) {
        // The last one comes to stand in its place, and the null pointer where that was.
        let Some(place) = self.place(name) else { return };
        self.0.pop();
        let last = self.0.pop().unwrap_or(ptr::null_mut());
        if let Some(entry) = self.0.get_mut(place) {
            *entry = last;
        }
        self.0.push(ptr::null_mut());
    }
}

/// Whether C allows this as a name; `getenv` finds nothing under others, the rest refuses them.
#[cfg(any(test, target_os = "wasi"))]
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| *byte != b'=')
}

#[cfg(target_os = "wasi")]
mod c {
    use std::ffi::{CStr, c_char, c_int};
    use std::sync::{Mutex, PoisonError};

    use super::{Variables, is_name};
    use crate::output::bindings::vestibule::function::environment;

    /// None until somebody asks.
    static VARIABLES: Mutex<Variables> = Mutex::new(Variables::none());

    fn with<T>(then: impl FnOnce(&mut Variables) -> T) -> T {
        let mut variables = VARIABLES.lock().unwrap_or_else(PoisonError::into_inner);
        // Once read, there is a null pointer at least.
        if variables.0.is_empty() {
            *variables = Variables::read(environment::read);
        }
        then(&mut variables)
    }

    /// The bytes of a text of C.
    ///
    /// # Safety
    /// It is one.
    unsafe fn text<'a>(text: *const c_char) -> &'a [u8] {
        // SAFETY: the caller's promise.
        unsafe { CStr::from_ptr(text) }.to_bytes()
    }

    /// The `getenv` of C.
    ///
    /// # Safety
    /// The name is a text of C.
    // SAFETY: the name of the function is C's, and so are the argument and what it does.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn getenv(name: *const c_char) -> *mut c_char {
        // SAFETY: the caller's promise.
        let name = unsafe { text(name) };
        with(|variables| variables.get(name))
    }

    /// The `setenv` of C.
    ///
    /// # Safety
    /// Name and value are texts of C.
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn setenv(name: *const c_char, value: *const c_char, overwrite: c_int) -> c_int {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { (text(name), text(value)) };
        if !is_name(name) {
            return -1;
        }
        with(|variables| variables.set(name, value, overwrite != 0));
        0
    }

    /// The `unsetenv` of C.
    ///
    /// # Safety
    /// The name is a text of C.
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn unsetenv(name: *const c_char) -> c_int {
        // SAFETY: the caller's promise.
        let name = unsafe { text(name) };
        if !is_name(name) {
            return -1;
        }
        with(|variables| variables.unset(name));
        0
    }

    /// What wasi-libc has for `environ`: where all pointers are, until something is set or unset.
    // SAFETY: the name is wasi-libc's, and so is what it does.
    #[unsafe(no_mangle)]
    extern "C" fn __wasilibc_get_environ() -> *mut *mut c_char {
        with(|variables| variables.0.as_mut_ptr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &'static [u8]) -> Variables {
        Variables::read(|offset| {
            let mut word = [0; 8];
            let rest = block.get(offset as usize..).unwrap_or_default();
            word[..rest.len().min(8)].copy_from_slice(&rest[..rest.len().min(8)]);
            u64::from_le_bytes(word)
        })
    }

    fn value<'a>(variables: &Variables, name: &str) -> Option<&'a str> {
        let value = variables.get(name.as_bytes());
        // SAFETY: it is null, or a text that is never freed.
        (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_str().unwrap())
    }

    #[test]
    fn all_variables_are_read_wherever_their_words_end() {
        // 8, 16 and 24 bytes, and those between: the end of a text is that of a word, or not.
        for block in [
            &b"A=12345\0"[..],
            b"A=12345\0B=\0",
            b"A=12345\0B=12345\0",
            b"A=12345\0B=1234567\0C=\0",
            b"A=12345\0LONGER_THAN_A_WORD=longer than a word\0",
            b"A=12345\0EMPTY=\0LOG_LEVEL=debug\0LONG=a value of more than eight bytes: \xc3\xa9\0",
        ] {
            let variables = read(block);
            let count = block.iter().filter(|byte| **byte == 0).count();
            assert_eq!(variables.0.len(), count + 1);
            assert!(variables.0[count].is_null() && variables.0[..count].iter().all(|text| !text.is_null()));
            assert_eq!(value(&variables, "A"), Some("12345"));
        }
        let variables = read(b"A=12345\0LONGER_THAN_A_WORD=longer than a word\0");
        assert_eq!(value(&variables, "LONGER_THAN_A_WORD"), Some("longer than a word"));
        for name in ["", "a", "LONGER", "A=1", "B"] {
            assert_eq!(value(&variables, name), None, "{name}");
        }
        assert!(read(b"").0.len() == 1 && read(b"").0[0].is_null());
    }

    #[test]
    fn what_is_set_is_there_until_it_is_unset() {
        let mut variables = read(b"A=1\0B=2\0");
        variables.set(b"C", b"3", true);
        variables.set(b"A", b"one", true);
        variables.set(b"B", b"two", false);
        assert_eq!(["A", "B", "C"].map(|name| value(&variables, name)), [Some("one"), Some("2"), Some("3")]);
        assert_eq!(variables.0.len(), 4);
        variables.unset(b"A");
        variables.unset(b"D");
        assert_eq!(["A", "B", "C"].map(|name| value(&variables, name)), [None, Some("2"), Some("3")]);
        assert!(variables.0.len() == 3 && variables.0[2].is_null());
        assert!(!is_name(b"") && !is_name(b"A=B") && is_name(b"A"));
    }
}
