//! `PUT`: replaces a note.

use vestibule::{Event, Response};

use crate::notes::{Draft, Note};

pub(crate) fn note(note: &Note, event: &Event) -> Response {
    match Draft::read(event) {
        Ok(draft) => Response::json(&draft.into_json(note.id)),
        Err(refusal) => refusal,
    }
}
