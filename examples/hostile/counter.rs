//! Counts its calls in a static, which only an instance that is used a second time could remember. Every answer has to
//! be 1.

use std::sync::atomic::{AtomicU32, Ordering};

use vestibule::{Event, Response};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[vestibule::handler]
fn handle(_event: Event) -> Response {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    Response::text(calls.to_string())
}
