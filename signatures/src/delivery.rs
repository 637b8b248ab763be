//! What a message says about itself: its id and the kind of its event. Owns where these are looked up and what may pass
//! as one. Knows nothing of signatures.

use crate::Refused;
use crate::field::Field;
use crate::jwt::{self, Claims};
use crate::message::Message;

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
pub(crate) fn find(field: &Field, message: &Message<'_>, claims: Option<&Claims>) -> Result<Option<String>, Refused> {
    if let Field::Claim(name) = field {
        return Ok(claims.and_then(|claims| jwt::text(claims, name)).as_deref().and_then(label));
    }
    match field.read(message) {
        Ok(value) => Ok(value.and_then(|value| std::str::from_utf8(&value).ok().and_then(label))),
        // The body says nothing that everybody reads in the same way.
        Err(Refused::Unreadable { .. }) => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// The text, if it can go into a store, a log and a guest: not empty, not long, no control characters.
pub fn label(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= LONGEST_LABEL;
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
