//! What holds for whatever comes. Each property is a plain function of bytes: here it is run on bytes made by chance, in
//! `fuzz/` on bytes that are made to reach further.

mod descriptions;
mod keys;
mod messages;
mod tokens;
#[path = "../../../../tests/host/properties/words.rs"]
mod words;

use proptest::prelude::*;

/// Bytes of which many are such that choose a word, and few a byte of its own.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![12 => 0..80u8, 1 => any::<u8>()], 0..64)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn a_message_without_the_key_is_refused(data in choices()) {
        messages::check(&data);
    }

    #[test]
    fn a_description_is_refused_or_sound(data in choices()) {
        descriptions::check(&data);
    }

    #[test]
    fn a_token_that_is_accepted_says_what_it_must(data in choices()) {
        tokens::check(&data);
    }
}
