//! `DELETE`: removes a note.

use vestibule::Response;

pub(crate) fn note() -> Response {
    Response::empty()
}
