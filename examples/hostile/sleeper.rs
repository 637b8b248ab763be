//! Waits as many milliseconds as `?ms=` says, 1000 by default, then says so. A guest that waits must not hold a thread
//! of the host.

use std::num::ParseIntError;
use std::time::Duration;

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, ParseIntError> {
    let ms = event.query("ms").map_or(Ok(1000), str::parse)?;
    std::thread::sleep(Duration::from_millis(ms));
    Ok(Response::text(format!("slept {ms} ms")))
}
