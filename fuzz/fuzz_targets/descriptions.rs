//! Schemes that a policy describes, and what is signed by them.

#![no_main]

#[path = "../../signatures/tests/suite/chance/descriptions.rs"]
mod descriptions;
#[path = "../../signatures/tests/suite/chance/keys.rs"]
mod keys;
#[path = "../../tests/host/properties/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| descriptions::check(data));
