//! Fails with a text that no client may see. The host has to answer 500 without it, and log it.

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(_event: Event) -> Result<Response, &'static str> {
    Err("the database at db.internal refused the password correct-horse-battery-staple")
}
