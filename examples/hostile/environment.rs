//! Answers its environment, one variable a line; `?name=` asks for one, `?set=` sets that one first, or removes it with
//! `?unset`. Uses nothing but the standard library, and so has to do without WASI.

use std::env;

use vestibule::{Event, Response};

#[vestibule::handler]
#[allow(unsafe_code, reason = "a component has one thread, so nobody else reads the environment")]
fn handle(event: Event) -> Result<Response, Box<dyn std::error::Error>> {
    let name = event.query("name").unwrap_or_default();
    if let Some(value) = event.query("set") {
        // SAFETY: there is one thread.
        unsafe { env::set_var(name, value) };
    }
    if event.query("unset").is_some() {
        // SAFETY: as above.
        unsafe { env::remove_var(name) };
    }
    if event.query("all").is_none() {
        return Ok(Response::text(env::var(name)?));
    }
    Ok(Response::text(env::vars().map(|(name, value)| format!("{name}={value}\n")).collect::<String>()))
}
