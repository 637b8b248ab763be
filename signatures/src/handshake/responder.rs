//! A handshake with what it needs, ready to answer messages. Owns the order: is it meant, is the token right, then the
//! answer. Keeps nothing between messages and does nothing itself: what has to be done besides answering, it says.

use std::fmt;

use super::{Form, Handshake};
use crate::key::{Key, Tag};
use crate::message::Message;
use crate::{Problem, Refused, Secret, SetupError};

/// What a responder is made of, besides the handshake.
#[derive(Debug, Default)]
pub struct HandshakeSetup {
    /// The secrets of the scheme. Where an answer is made with one, it is the first.
    pub secrets: Vec<Secret>,
    /// The sender's name for the key, for answers that have it.
    pub key_id: Option<String>,
    /// The token that the sender has to show, where one does.
    pub token: Option<Secret>,
}

/// A handshake that can be answered. Secrets are wiped when it is dropped.
pub struct Responder {
    handshake: &'static Handshake,
    key: Option<Key>,
    key_id: String,
    token: Option<Tag>,
}

/// What to answer to a handshake.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// What the body is; nothing if there is no body.
    pub content_type: Option<&'static str>,
    /// More headers, names in lower case; values are visible ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What has to be done besides.
    pub duty: Option<Duty>,
}

/// What has to be done besides answering.
#[derive(Debug)]
pub enum Duty {
    /// The operator is to learn of this URL: whoever opens it says yes. Nobody is to open it by itself.
    Tell(String),
    /// Keep this secret, with which events will be signed, if there is none; and answer only when it is kept.
    Keep(Secret),
}

impl Responder {
    /// Prepares a handshake.
    ///
    /// The error lists everything that it needs and does not have, or has and does not need.
    pub fn new(handshake: &'static Handshake, setup: HandshakeSetup) -> Result<Self, SetupError> {
        let name = handshake.name();
        let mut problems = Vec::new();
        let mut problem = |key: &str, message: String| problems.push(Problem::new(key, message));
        let mut key = None;
        if let Some((algorithm, encoding)) = handshake.key {
            match setup.secrets.first().map(|secret| secret.decode(encoding)) {
                None => problem(
                    "handshake",
                    format!("the answer of the handshake \"{name}\" is made with a secret, and `secrets` names none"),
                ),
                Some(Err(message)) => problem("secrets", message),
                Some(Ok(bytes)) => key = Key::shared(algorithm, &bytes),
            }
        }
        if handshake.names_key && setup.key_id.is_none() {
            problem("handshake", format!("the answer of the handshake \"{name}\" names the key; write key_id"));
        }
        let mut token = None;
        match (&setup.token, handshake.uses_token()) {
            (None, true) => problem(
                "handshake_token",
                format!(
                    "is missing; the handshake \"{name}\" shows a token, and without it anybody could be the sender"
                ),
            ),
            (Some(_), false) => {
                problem("handshake_token", format!("the handshake \"{name}\" shows no token; remove it"));
            }
            (None, false) => {}
            (Some(secret), true) => match secret.token() {
                Ok(text) => token = Some(Tag::of_token(text.as_bytes())),
                Err(message) => problem("handshake_token", message),
            },
        }
        if problems.is_empty() {
            Ok(Self { handshake, key, key_id: setup.key_id.unwrap_or_default(), token })
        } else {
            Err(SetupError { problems })
        }
    }

    /// The handshake.
    pub fn handshake(&self) -> &'static Handshake {
        self.handshake
    }

    /// The answer to a message; nothing if it is no handshake. Where the provider signs its handshake
    /// ([`Handshake::is_signed`]), only messages are to be answered whose signature is right.
    ///
    /// # Errors
    ///
    /// If it is one, but not as its provider sends them.
    pub fn answer(&self, message: &Message<'_>) -> Result<Option<Answer>, Refused> {
        let Some(Form { reply, .. }) = self.handshake.form(message)? else {
            return Ok(None);
        };
        if let Some(place) = &self.handshake.token {
            let shown = place.read(message)?.unwrap_or_default();
            let is_right = self.token.as_ref().is_some_and(|token| token.equals(&Tag::of_token(&shown)).into());
            if !is_right {
                return Err(Refused::OtherToken { place: place.to_string() });
            }
        }
        reply.answer(self, message).map(Some)
    }

    /// The tag of a value; nothing if there is no key, which [`Responder::new`] sees to.
    pub(super) fn tag(&self, value: &[u8]) -> Option<Tag> {
        self.key.as_ref()?.tag([value].into_iter())
    }

    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }
}

impl Answer {
    /// An answer with nothing but a status.
    pub(super) fn new(status: u16) -> Self {
        Self { status, content_type: None, headers: Vec::new(), body: Vec::new(), duty: None }
    }

    pub(super) fn text(text: String) -> Self {
        Self { content_type: Some("text/plain; charset=utf-8"), body: text.into_bytes(), ..Self::new(200) }
    }

    pub(super) fn json(value: &serde_json::Value) -> Self {
        Self { content_type: Some("application/json"), body: value.to_string().into_bytes(), ..Self::new(200) }
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("handshake", &self.handshake.name()).finish_non_exhaustive()
    }
}

/// An answer may hold a secret, which no log should.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}
