//! Panics, which is a trap. The host has to answer 500 without the message, which goes to its log.

use vestibule::{Event, Response};

#[vestibule::handler]
#[expect(clippy::panic, reason = "the purpose of this function")]
fn handle(event: Event) -> Response {
    panic!("nobody expected {}", event.method())
}
