//! Never returns and never waits. The host has to end the call at its policy's timeout, and answer 504.

use std::hint::black_box;

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(_event: Event) -> Response {
    let mut turns = 0_u64;
    while black_box(true) {
        turns = turns.wrapping_add(1);
    }
    Response::text(turns.to_string())
}
