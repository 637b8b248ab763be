//! The other direction: what a sender of a scheme makes of a body, for outgoing webhooks, the command line and mocks in
//! tests. Owns nothing of a scheme: it follows the same plan as the verifier, so what it signs verifies.

mod draft;
mod private_key;

use std::borrow::Cow;
use std::time::SystemTime;

use thiserror::Error;

use self::draft::Draft;
use crate::delivery::LONGEST_LABEL;
use crate::plan::Plan;
use crate::{Problem, Scheme, Secret, SetupError};

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// The method with which it will be sent.
    pub method: &'a str,
    /// The URL to which it will be sent, for schemes that sign it.
    pub url: &'a str,
    /// The body, byte for byte as it will be sent; schemes whose signature is in the body put it in there.
    pub body: &'a [u8],
    /// When it is signed; schemes without a timestamp do not use it.
    pub timestamp: SystemTime,
    /// The delivery's id, for schemes that send it outside of the payload. Required by those that sign it there.
    pub id: Option<&'a str>,
    /// The kind of event, for schemes that send it in a header.
    pub event_type: Option<&'a str>,
    /// The name of the key, for schemes that send one.
    pub key_id: Option<&'a str>,
    /// The secret that is a part of the content, for schemes that sign one with a private key.
    pub content_secret: Option<&'a Secret>,
}

impl<'a> SignRequest<'a> {
    /// A request to send with `POST`, without URL, id and event type.
    pub fn new(body: &'a [u8], timestamp: SystemTime) -> Self {
        Self {
            method: "POST",
            url: "/",
            body,
            timestamp,
            id: None,
            event_type: None,
            key_id: None,
            content_secret: None,
        }
    }
}

/// A signed message: what to send instead of the bare body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// The headers to send, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body to send: the one that was given, unless the scheme puts the signature into it.
    pub body: Cow<'a, [u8]>,
    /// The URL to send it to: the one that was given, unless the scheme puts the signature or a hash into it.
    pub url: Cow<'a, str>,
}

/// Why something cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// The scheme or the secret cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),

    /// The scheme signs something that is not given.
    #[error("the scheme \"{scheme}\" signs {what}; give one")]
    Needed {
        /// The scheme's name.
        scheme: String,
        /// What is missing: `the delivery's id` or `the URL`.
        what: &'static str,
    },

    /// The scheme has no header for this.
    #[error("the scheme \"{scheme}\" sends no {what} in a header{instead}; leave it out")]
    NoHeader {
        /// The scheme's name.
        scheme: String,
        /// What there is no header for: `id` or `event type`.
        what: &'static str,
        /// Where it is instead, in words; empty if nowhere.
        instead: String,
    },

    /// The text cannot be the value of a header, or the scheme forbids a character in it.
    #[error(
        "the {what} must be 1 to {LONGEST_LABEL} visible ASCII characters{}",
        forbidden.map(|c| format!(" without \"{c}\"")).unwrap_or_default()
    )]
    Value {
        /// Whose text: `id`, `event type` or `key id`.
        what: &'static str,
        /// The character that marks the end of the id in what is signed.
        forbidden: Option<char>,
    },

    /// The scheme puts something into the body, and there is no place for it.
    #[error("the scheme \"{scheme}\" signs inside the body; {wanted}")]
    Body {
        /// The scheme's name.
        scheme: String,
        /// What the body must be.
        wanted: &'static str,
    },

    /// The timestamp cannot be written.
    #[error("the timestamp must be between the years 1970 and 9999")]
    Timestamp,
}

/// A message that a receiver of this scheme accepts. A scheme with several forms signs in its usual one.
///
/// `secret` is for every scheme but `none`; where the receiver has a public key, it is the private one, in PEM (PKCS #8),
/// and for Ed25519 in hex or Base64 as well. Headers that the scheme requires and that nothing in the request speaks of
/// are `example`.
pub fn sign<'a>(scheme: &Scheme, secret: Option<&Secret>, request: &SignRequest<'a>) -> Result<Signed<'a>, SignError> {
    let description = scheme.usual();
    let plan = Plan::new(description).map_err(|problems| SetupError { problems })?;
    let mut draft = Draft::new(scheme.name(), &plan, request)?;
    match (&plan.proof, secret) {
        (Some(proof), Some(secret)) => draft.sign(&plan, proof, description, secret)?,
        (None, None) => {}
        (proof, _) => {
            let message = match proof {
                Some(_) => "are missing; a signature needs one",
                None => "are not used by this scheme; leave them out",
            };
            return Err(setup("secrets", message));
        }
    }
    Ok(draft.finish(&plan))
}

fn setup(key: &str, message: impl Into<String>) -> SignError {
    SignError::Setup(SetupError { problems: vec![Problem::new(key, message)] })
}
