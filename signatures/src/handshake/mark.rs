//! By what a message is known to be a handshake. Owns the three kinds of marks and how each is looked for. What a mark
//! means is the table's business.

use crate::Refused;
use crate::field::Field;
use crate::message::Message;

/// Something that a message has, or has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Something stands there.
    Present(Field),
    /// This stands there.
    Is(Field, &'static str),
    /// Nothing stands there.
    Absent(Field),
}

impl Mark {
    /// Whether a message bears it. Of one that has the place more than once nobody can say.
    ///
    /// A body that is no JSON, or has something else at the place than a text or whole number, bears no mark there: an
    /// event may hold anything.
    pub(super) fn is_on(&self, message: &Message<'_>) -> Result<bool, Refused> {
        let (Self::Present(field) | Self::Is(field, _) | Self::Absent(field)) = self;
        let value = match field.read(message) {
            Ok(value) => value,
            Err(Refused::Unreadable { .. }) => return Ok(false),
            Err(refused) => return Err(refused),
        };
        Ok(match self {
            Self::Present(_) => value.is_some(),
            Self::Is(_, wanted) => value.is_some_and(|value| *value == *wanted.as_bytes()),
            Self::Absent(_) => value.is_none(),
        })
    }
}
