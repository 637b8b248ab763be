//! Answers with 16 MiB, or with as many bytes as `?bytes=` says. Past its policy's `response_limit` the host has to
//! answer 502 instead.

use vestibule::{Event, Response};

const DEFAULT_BYTES: usize = 16 << 20;

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, std::num::ParseIntError> {
    let bytes = event.query("bytes").map_or(Ok(DEFAULT_BYTES), str::parse)?;
    Ok(Response::bytes(vec![b'x'; bytes]))
}
