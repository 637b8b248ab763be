//! Takes memory until there is none. The host has to refuse it past its policy's `memory`, and answer 500.

use std::hint::black_box;

use vestibule::{Event, Response};

const MIB: usize = 1 << 20;

#[vestibule::handler]
fn handle(_event: Event) -> Response {
    let mut blocks = Vec::new();
    while black_box(true) {
        // Written to, so that the pages are really there.
        blocks.push(black_box(vec![1_u8; MIB]));
    }
    Response::text(blocks.len().to_string())
}
