//! What a message says about itself: its id and the kind of its event. Owns where these are looked up and what may pass
//! as one. Knows nothing of signatures.

use crate::Refused;
use crate::field::Field;
use crate::jwt::{self, Claims};
use crate::message::Message;
use crate::payload;

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

/// The values of these fields in a message that has been verified; nothing where one is not there or is no [`label`].
/// Those that stand in a JSON body are read in one pass.
pub(crate) fn find<const N: usize>(
    fields: [Option<&Field>; N],
    message: &Message<'_>,
    claims: Option<&Claims>,
) -> Result<[Option<String>; N], Refused> {
    let mut labels = [const { None }; N];
    let paths = fields.map(|field| match field {
        Some(Field::Json(path)) => Some(path.as_str()),
        _ => None,
    });
    if paths.iter().any(Option::is_some) {
        // A body that does not say it in a way that everybody reads alike says nothing.
        labels = payload::find_each(message.body, paths).map(|found| found.ok().flatten().as_deref().and_then(label));
    }
    for (found, field) in labels.iter_mut().zip(fields) {
        match field {
            None | Some(Field::Json(_)) => {}
            Some(Field::Claim(name)) => {
                *found = claims.and_then(|claims| jwt::text(claims, name)).as_deref().and_then(label);
            }
            Some(field) => {
                *found = field.read(message)?.and_then(|value| std::str::from_utf8(&value).ok().and_then(label));
            }
        }
    }
    Ok(labels)
}

/// The text, if it can go into a store, a log and a guest: not empty, not long, no control characters.
pub fn label(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= LONGEST_LABEL;
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
