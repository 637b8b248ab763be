//! Calls itself until the stack is used up. The host has to end the call there, and answer 500.

use std::hint::black_box;

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(_event: Event) -> Response {
    Response::text(depth(0).to_string())
}

fn depth(level: u64) -> u64 {
    if black_box(level) == u64::MAX { level } else { depth(level + 1).wrapping_add(black_box(level)) }
}
