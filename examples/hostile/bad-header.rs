//! Puts a line break into a header's value, to smuggle in a header of its own. The host has to answer 502.

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(_event: Event) -> Response {
    Response::text("smuggled").with_header("x-note", "first line\r\nset-cookie: session=forged")
}
