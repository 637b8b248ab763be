//! JSON Web Tokens against a plain reading of them.

#![no_main]

#[path = "../../signatures/tests/suite/chance/tokens.rs"]
mod tokens;
#[path = "../../tests/host/properties/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tokens::check(data));
