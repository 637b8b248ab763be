//! Writes 100,000 lines, or as many as `?lines=` says, before it answers. The host has to keep its log and its memory
//! within bounds.

use std::error::Error;
use std::io::Write;

use vestibule::{Event, Response};

const DEFAULT_LINES: u32 = 100_000;

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, Box<dyn Error>> {
    let lines = event.query("lines").map_or(Ok(DEFAULT_LINES), str::parse)?;
    let mut out = std::io::stdout().lock();
    for line in 0..lines {
        writeln!(out, "line {line} of a flood that nobody asked for")?;
    }
    Ok(Response::text(format!("{lines} lines")))
}
