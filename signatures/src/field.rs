//! Where something stands in a message: a header, a parameter, a member of the body. Owns the words for such places and
//! the reading of each, with the rule that what decides something is there exactly once. Knows nothing of what a value
//! means.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::header::at_most_one;
use crate::message::Message;
use crate::{Refused, form, payload};

/// A place in a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// `{ header = "…" }`
    Header(String),
    /// `{ headers = ["…", "…"] }`: several headers, any of which may be missing. For signatures only.
    Headers(Vec<String>),
    /// `{ query = "…" }`: a parameter of the URL.
    Query(String),
    /// `{ form = "…" }`: a parameter of a body that is a form.
    Form(String),
    /// `{ form-last = "…" }`: the last parameter of this name, where the sender's own libraries read it so.
    FormLast(String),
    /// `{ json = "data.id" }`: a string or whole number in the JSON body, by the names of the objects' members from the
    /// outside in, with dots between them; a number is the place in a list, from 0.
    Json(String),
    /// `{ item = "t=" }`: the item of the signature's list that starts with this; exactly one. For timestamps only.
    Item(String),
    /// `{ claim = "jti" }`: a claim of the token. With `jwt` only.
    Claim(String),
}

impl Field {
    /// The value in a message; nothing if it is not there. Items and claims are read by whoever reads lists and tokens.
    pub(crate) fn read<'m>(&self, message: &Message<'m>) -> Result<Option<Cow<'m, [u8]>>, Refused> {
        match self {
            Self::Header(name) => Ok(at_most_one(message.headers, name)?.map(Cow::Borrowed)),
            Self::Query(name) => self.sole(form::find(message.query().as_bytes(), name)),
            Self::Form(name) => self.sole(form::find(message.body, name)),
            Self::FormLast(name) => Ok(form::find_last(message.body, name)),
            Self::Json(path) => match payload::find(message.body, path) {
                Ok(found) => Ok(found.map(bytes)),
                Err(payload::Unreadable) => Err(Refused::Unreadable { place: self.to_string() }),
            },
            Self::Headers(_) | Self::Item(_) | Self::Claim(_) => Ok(None),
        }
    }

    /// The value in a message, which must be there and say something.
    pub(crate) fn filled<'m>(&self, message: &Message<'m>) -> Result<Cow<'m, [u8]>, Refused> {
        let value = self.read(message)?.ok_or_else(|| self.missing())?;
        if value.is_empty() { Err(self.empty()) } else { Ok(value) }
    }

    /// Whether it is there, however often.
    pub(crate) fn is_there(&self, message: &Message<'_>) -> bool {
        match self {
            Self::Headers(names) => names.iter().any(|name| message.has_header(name)),
            Self::Header(name) => message.has_header(name),
            Self::Item(_) | Self::Claim(_) => true,
            Self::Query(_) | Self::Form(_) | Self::FormLast(_) | Self::Json(_) => {
                !matches!(self.read(message), Ok(None) | Err(Refused::Unreadable { .. }))
            }
        }
    }

    fn sole<T>(&self, found: Result<Option<T>, form::Repeated>) -> Result<Option<T>, Refused> {
        found.map_err(|form::Repeated| Refused::Repeated { place: self.to_string() })
    }

    pub(crate) fn missing(&self) -> Refused {
        Refused::Missing { place: self.to_string() }
    }

    pub(crate) fn empty(&self) -> Refused {
        Refused::Empty { place: self.to_string() }
    }
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The place in words, for a log: `the header x-signature`.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "the header {name}"),
            Self::Headers(names) => match names.as_slice() {
                [first, .., last] if names.len() > 3 => write!(f, "the headers {first} to {last}"),
                names => write!(f, "the headers {}", names.join(", ")),
            },
            Self::Query(name) => write!(f, "the query parameter {name}"),
            Self::Form(name) | Self::FormLast(name) => write!(f, "the form field {name}"),
            Self::Json(path) => write!(f, "{path} in the body"),
            Self::Item(item) => write!(f, "the item {item}"),
            Self::Claim(name) => write!(f, "the claim {name}"),
        }
    }
}
