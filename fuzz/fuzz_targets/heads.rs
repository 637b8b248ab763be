//! The rules of a request's head.

#![no_main]

#[path = "../../tests/host/properties/heads.rs"]
mod heads;
#[path = "../../tests/host/properties/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| heads::check(data));
