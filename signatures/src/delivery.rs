//! What a message says about itself: its id and the kind of its event. Owns where these are looked up and what may pass
//! as one. Knows nothing of signatures.

use crate::description::Field;
use crate::header::at_most_one;
use crate::verify::Message;
use crate::{Refused, payload};

/// The longest id or event type that is handed on, in bytes. Real ones are below 80; a longer one would only burden the
/// stores and logs that keep it.
pub(crate) const LONGEST_LABEL: usize = 256;

/// The sender's id of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    /// The id: 1 to 256 bytes without control characters.
    pub value: String,
    /// Whether the signature covers it. One that it does not cover can be changed by whoever sends the message again.
    pub signed: bool,
}

/// The field's value in a message that has been verified; nothing if it is not there or is no [`label`].
pub(crate) fn find(field: &Field, message: &Message<'_>) -> Result<Option<String>, Refused> {
    match field {
        Field::Json(path) => Ok(payload::find(message.body, path)),
        Field::Header(name) => {
            let value = at_most_one(message.headers, name)?;
            Ok(value.and_then(|value| std::str::from_utf8(value).ok()).and_then(label))
        }
    }
}

/// The text, if it can go into a store, a log and a guest: not empty, not long, no control characters.
pub(crate) fn label(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= LONGEST_LABEL;
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
