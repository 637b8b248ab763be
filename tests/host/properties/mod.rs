//! What holds for whatever comes. Each property is a plain function of bytes: here it is run on bytes made by chance, in
//! `fuzz/` on bytes that are made to reach further.

mod framing;
mod heads;
mod paths;
mod words;

use proptest::prelude::*;

/// Bytes of which many are such that choose a word, and few a byte of its own.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![12 => 0..64u8, 1 => any::<u8>()], 0..64)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn a_path_is_looked_up_as_a_naive_reading_would(data in choices()) {
        paths::check(&data);
    }

    #[test]
    fn a_head_that_is_accepted_has_one_meaning(data in choices()) {
        heads::check(&data);
    }

    #[test]
    fn what_framing_lets_through_hyper_reads_in_the_same_way(data in choices()) {
        framing::check(&data);
    }
}
