//! The tests of the schemes, in one binary. `vectors` are messages of other implementations, `by_hand` builds expected
//! values from the definitions, `received` whole messages, `defects` are mistakes known from other libraries,
//! `descriptions` is what a policy may say, `handshakes` is what is asked beside events, `properties` and `chance` are
//! everything else that a machine can think of.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests may stop at the first surprise, as tests may"
)]

mod by_hand;
mod chance;
mod defects;
mod descriptions;
mod handshakes;
mod properties;
mod received;
mod support;
mod vectors;
