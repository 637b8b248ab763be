//! `POST`: takes a new note and says where it is.

use vestibule::{Event, Response};

use crate::notes::{Draft, NOTES};

pub(crate) fn note(event: &Event) -> Response {
    let draft = match Draft::read(event) {
        Ok(draft) => draft,
        Err(refusal) => return refusal,
    };
    let id = NOTES.iter().map(|note| note.id).max().unwrap_or(0) + 1;
    let location = format!("{}/{id}", event.path().trim_end_matches('/'));
    Response::json(&draft.into_json(id)).with_status(201).with_header("location", location)
}
