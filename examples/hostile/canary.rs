//! Sings when it runs: its first act is a line in the host's log. A test that sends a request which has to be refused
//! looks for the line, and must not find it.

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(_event: Event) -> Response {
    eprintln!("canary: instance started");
    Response::text("the canary ran")
}
