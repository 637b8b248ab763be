//! The framing of HTTP/1.1 against hyper's reading of the same bytes.

#![no_main]

#[path = "../../tests/host/properties/framing.rs"]
mod framing;
#[path = "../../tests/host/properties/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| framing::check(data));
