//! Answers with a status that HTTP does not have: 99, or what `?status=` says. The host has to answer 502.

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, std::num::ParseIntError> {
    let status = event.query("status").map_or(Ok(99), str::parse)?;
    Ok(Response::text("which status is this?").with_status(status))
}
