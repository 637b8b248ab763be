//! `GET` (and `HEAD`): reads all notes, or one.

use vestibule::Response;

use crate::notes::{NOTES, Note};

pub(crate) fn all() -> Response {
    Response::json(&NOTES)
}

pub(crate) fn one(note: &Note) -> Response {
    Response::json(note)
}
