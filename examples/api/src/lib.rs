//! A small REST API in one function: `/api/notes` and `/api/notes/ID`. This file is its front door, so that every call
//! passes the same checks; what each method does is in a file of its own.
//!
//! The notes are a fixed list. Every request has an instance of its own, which keeps nothing, so writing answers as a
//! real API would and changes nothing.

mod methods {
    pub(crate) mod delete;
    pub(crate) mod get;
    pub(crate) mod post;
    pub(crate) mod put;
}
mod notes;

use methods::{delete, get, post, put};
use serde_json::json;
use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Response {
    let path: Vec<&str> = event.subpath().trim_matches('/').split('/').collect();
    let response = match path.as_slice() {
        ["notes"] => match event.method() {
            "GET" | "HEAD" => get::all(),
            "POST" => post::note(&event),
            _ => not_allowed("GET, HEAD, POST"),
        },
        ["notes", id] => match (notes::find(id), event.method()) {
            (None, _) => not_found(),
            (Some(note), "GET" | "HEAD") => get::one(note),
            (Some(note), "PUT") => put::note(note, &event),
            (Some(_), "DELETE") => delete::note(),
            (Some(_), _) => not_allowed("GET, HEAD, PUT, DELETE"),
        },
        _ => not_found(),
    };
    // What every answer of an API ought to say.
    response.with_header("cache-control", "no-store").with_header("x-content-type-options", "nosniff")
}

fn not_found() -> Response {
    Response::json(&json!({ "error": "not found" })).with_status(404)
}

fn not_allowed(allowed: &str) -> Response {
    Response::json(&json!({ "error": "method not allowed" })).with_status(405).with_header("allow", allowed)
}

#[cfg(test)]
mod tests;
