//! Messages without the key, in every scheme.

#![no_main]

#[path = "../../signatures/tests/suite/chance/keys.rs"]
mod keys;
#[path = "../../signatures/tests/suite/chance/messages.rs"]
mod messages;
#[path = "../../tests/host/properties/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| messages::check(data));
