//! Paths and tables against a naive reading.

#![no_main]

#[path = "../../tests/host/properties/paths.rs"]
mod paths;
#[path = "../../tests/host/properties/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| paths::check(data));
