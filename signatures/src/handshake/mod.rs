//! Handshakes: what a provider asks before it sends events, or beside them, to learn whether somebody is there who wants
//! them. A [`Handshake`] is a row of data, as a scheme is: which messages are one, and what is answered; [`handshakes`]
//! are the known ones. Owns the rows' type and how they are found. Knows nothing of HTTP beyond [`Message`], and keeps
//! nothing.
//!
//! | file | owns |
//! |---|---|
//! | `rows` | the table |
//! | `mark` | which messages are meant |
//! | `reply` | what is answered, with the rule for what may be echoed |
//! | `responder` | a row with its secrets, ready to answer |

mod mark;
mod reply;
mod responder;
mod rows;

use std::fmt;
use std::sync::LazyLock;

use self::mark::Mark;
use self::reply::Reply;
pub use self::responder::{Answer, Duty, HandshakeSetup, Responder};
use crate::Refused;
use crate::algorithm::{Algorithm, SecretEncoding};
use crate::field::Field;
use crate::message::Message;
use crate::scheme::nearest;

/// The longest value that is echoed, in bytes: room for any challenge, and for little else.
pub const LONGEST_ECHO: usize = 1024;

/// What one provider asks, and how it is answered.
///
/// Anyone may send a handshake that is not signed: its answer shows nothing but what the asker has sent, or what the
/// provider itself would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    name: &'static str,
    title: &'static str,
    note: &'static str,
    is_signed: bool,
    /// With what secrets become a key, if the answer shows that the secret is known.
    key: Option<(Algorithm, SecretEncoding)>,
    /// Whether the answer names the key.
    names_key: bool,
    /// Where the sender shows the token that was agreed on for the handshake.
    token: Option<Field>,
    forms: Vec<Form>,
}

/// One kind of message that a handshake consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    method: &'static str,
    /// A message that has the method and all of these is meant.
    marks: Vec<Mark>,
    reply: Reply,
}

impl Handshake {
    /// Its name: `slack`, `meta`, …
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Who asks, in words.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// What its users should know; empty if there is nothing.
    pub fn notes(&self) -> &'static str {
        self.note
    }

    /// Whether the provider signs it like any event, so that it is answered after the signature has been checked.
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Whether the answer is made with one of the secrets with which events are signed.
    pub fn uses_secret(&self) -> bool {
        self.key.is_some()
    }

    /// Whether the sender shows a token that was agreed on for the handshake.
    pub fn uses_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether the secret with which events will be signed arrives in it.
    pub fn brings_secret(&self) -> bool {
        self.forms.iter().any(|form| matches!(form.reply, Reply::Keep(_)))
    }

    /// Whether a message is one, or looks like one and cannot be said to be none. Where the provider does not sign its
    /// handshake, this needs no body.
    pub fn recognises(&self, message: &Message<'_>) -> bool {
        !matches!(self.form(message), Ok(None))
    }

    /// The form in which a message is a handshake; nothing if it is none.
    fn form(&self, message: &Message<'_>) -> Result<Option<&Form>, Refused> {
        for form in &self.forms {
            if form.method == message.method && form.has_marks(message)? {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }
}

impl Form {
    fn has_marks(&self, message: &Message<'_>) -> Result<bool, Refused> {
        for mark in &self.marks {
            if !mark.is_on(message)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The handshake of this name; the error names those that are spelt like it.
pub fn handshake(name: &str) -> Result<&'static Handshake, UnknownHandshake> {
    let names = || handshakes().map(Handshake::name);
    handshakes()
        .find(|handshake| handshake.name == name)
        .ok_or_else(|| UnknownHandshake { name: name.to_owned(), nearest: nearest(name, names()) })
}

/// All known handshakes, in the order of their names.
pub fn handshakes() -> impl Iterator<Item = &'static Handshake> {
    HANDSHAKES.iter()
}

static HANDSHAKES: LazyLock<Vec<Handshake>> = LazyLock::new(|| {
    let mut handshakes = rows::rows();
    handshakes.sort_by_key(|handshake| handshake.name);
    handshakes
});

/// There is no handshake of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHandshake {
    /// The name that was asked for.
    pub name: String,
    /// The known names that are spelt most like it; none if none is like it.
    pub nearest: Vec<&'static str>,
}

impl fmt::Display for UnknownHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no handshake \"{}\"; ", self.name)?;
        if self.nearest.is_empty() {
            let names: Vec<&str> = handshakes().map(Handshake::name).collect();
            write!(f, "the known ones are {}", names.join(", "))
        } else {
            write!(f, "did you mean \"{}\"?", self.nearest.join("\" or \""))
        }
    }
}

impl std::error::Error for UnknownHandshake {}
