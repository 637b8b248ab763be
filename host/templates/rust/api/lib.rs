//! Notes, as an API in one function: `/NAME/notes` and `/NAME/notes/ID`. This file is its front
//! door, so that every call passes the same checks; `notes.rs` has what is kept.

mod notes;

use notes::{Draft, Notes};
use serde_json::json;
use vestibule::{Event, Response, log};

#[vestibule::handler]
fn handle(event: Event) -> Response {
    let response = answer(&event).unwrap_or_else(|refused| refused);
    // What every answer of an API ought to say.
    response.with_header("cache-control", "no-store")
}

fn answer(event: &Event) -> Result<Response, Response> {
    // What follows the function's own route: "/notes/7" of "/NAME/notes/7".
    let path: Vec<&str> = event.subpath().trim_matches('/').split('/').collect();
    match (path.as_slice(), event.method()) {
        (["notes"], "GET" | "HEAD") => Ok(Response::json(&notes()?.list().map_err(broken)?)),
        (["notes"], "POST") => {
            let note = notes()?.add(Draft::read(event)?).map_err(broken)?;
            let location = format!("{}/{}", event.path().trim_end_matches('/'), note.id);
            Ok(Response::json(&note)
                .with_status(201)
                .with_header("location", location))
        }
        (["notes"], _) => Err(not_allowed("GET, HEAD, POST")),
        (["notes", id], "GET" | "HEAD") => found(notes()?.find(number(id)?)),
        (["notes", id], "PUT") => found(notes()?.replace(number(id)?, Draft::read(event)?)),
        (["notes", id], "DELETE") => {
            let is_there = notes()?.remove(number(id)?).map_err(broken)?;
            if is_there {
                Ok(Response::empty())
            } else {
                Err(not_found())
            }
        }
        (["notes", _], _) => Err(not_allowed("GET, HEAD, PUT, DELETE")),
        _ => Err(not_found()),
    }
}

fn notes() -> Result<Notes, Response> {
    Notes::open().map_err(broken)
}

/// The number that a path names. What is none is the id of no note.
fn number(id: &str) -> Result<u64, Response> {
    id.parse().map_err(|_| not_found())
}

fn found(note: Result<Option<notes::Note>, vestibule::kv::Error>) -> Result<Response, Response> {
    note.map_err(broken)?
        .map(|note| Response::json(&note))
        .ok_or_else(not_found)
}

fn error(status: u16, text: &str) -> Response {
    Response::json(&json!({ "error": text })).with_status(status)
}

fn not_found() -> Response {
    error(404, "not found")
}

fn not_allowed(allowed: &str) -> Response {
    error(405, "method not allowed").with_header("allow", allowed)
}

/// The store does not work, or the policy does not grant it. The reason is for the log alone.
fn broken(reason: vestibule::kv::Error) -> Response {
    log::error!("{reason}");
    error(500, "the notes cannot be reached")
}

#[cfg(test)]
mod tests;
