//! The other direction: the headers that a sender of a scheme puts on a body, for outgoing webhooks, the command line
//! and mocks in tests. Owns nothing of a scheme: it follows the same plan as the verifier, so what it signs verifies.

use std::time::SystemTime;

use thiserror::Error;

use crate::delivery::LONGEST_LABEL;
use crate::description::{Field, TimestampSource};
use crate::plan::{Kind, MacPlan, Plan, Proof};
use crate::template::Values;
use crate::{Problem, Scheme, Secret, SetupError};

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
    /// The body, byte for byte as it will be sent.
    pub body: &'a [u8],
    /// When it is signed; schemes without a timestamp do not use it.
    pub timestamp: SystemTime,
    /// The delivery's id, for schemes that send it in a header. Required by those that sign it.
    pub id: Option<&'a str>,
    /// The kind of event, for schemes that send it in a header.
    pub event_type: Option<&'a str>,
}

impl<'a> SignRequest<'a> {
    /// A request without id and event type.
    pub fn new(body: &'a [u8], timestamp: SystemTime) -> Self {
        Self { body, timestamp, id: None, event_type: None }
    }
}

/// Why something cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// The scheme or the secret cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),

    /// The scheme signs an id and none is given.
    #[error("the scheme \"{scheme}\" signs the delivery's id; give an id")]
    IdNeeded {
        /// The scheme's name.
        scheme: String,
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
        /// Whose text: `id` or `event type`.
        what: &'static str,
        /// The character that marks the end of the id in what is signed.
        forbidden: Option<char>,
    },

    /// The timestamp cannot be written.
    #[error("the timestamp must be between the years 1970 and 9999")]
    Timestamp,
}

/// The headers that make a receiver of this scheme accept the body. A scheme with several forms signs in its first.
///
/// `secret` is for every scheme but `none`. Headers that the scheme requires and that nothing in the request speaks of
/// are `example`.
pub fn sign(
    scheme: &Scheme,
    secret: Option<&Secret>,
    request: &SignRequest<'_>,
) -> Result<Vec<(String, String)>, SignError> {
    let plan = Plan::new(scheme.first()).map_err(|problems| SetupError { problems })?;
    let mut headers = Vec::new();

    let forbidden = plan.proof.as_ref().and_then(Proof::forbidden_in_id);
    let signs_id_header = forbidden.is_some();
    if signs_id_header && request.id.is_none() {
        return Err(SignError::IdNeeded { scheme: scheme.name().to_owned() });
    }
    for (what, value, field, forbidden) in
        [("id", request.id, &plan.id, forbidden), ("event type", request.event_type, &plan.event, None)]
    {
        let Some(value) = value else { continue };
        let instead = match field {
            Some(Field::Header(name)) => {
                let value = checked(what, value, forbidden)?;
                headers.push((name.clone(), value.to_owned()));
                continue;
            }
            Some(Field::Json(path)) => format!(" but as {path} in the JSON body"),
            None => String::new(),
        };
        return Err(SignError::NoHeader { scheme: scheme.name().to_owned(), what, instead });
    }

    match (&plan.proof, secret) {
        (Some(proof), Some(secret)) => proof.sign(secret, request, &mut headers)?,
        (None, None) => {}
        (proof, _) => {
            let message = match proof {
                Some(_) => "are missing; a signature needs one",
                None => "are not used by this scheme; leave them out",
            };
            return Err(setup(Problem::new("secrets", message)));
        }
    }
    for name in plan.require {
        if !headers.iter().any(|(existing, _)| *existing == name) {
            headers.push((name, "example".to_owned()));
        }
    }
    Ok(headers)
}

impl Proof {
    /// The character that must not be in the id; nothing if the id is not part of the signed content.
    fn forbidden_in_id(&self) -> Option<char> {
        match &self.kind {
            Kind::Token => None,
            Kind::Mac(mac) => mac.id.as_ref().map(|id| id.terminator.into()),
        }
    }

    /// Adds the headers of the proof.
    fn sign(
        &self,
        secret: &Secret,
        request: &SignRequest<'_>,
        headers: &mut Vec<(String, String)>,
    ) -> Result<(), SignError> {
        let mut value = String::new();
        match &self.kind {
            Kind::Token => {
                let token = secret.token().map_err(|m| setup(Problem::new("secrets", m)))?;
                value.push_str(&self.prefix);
                value.push_str(token);
            }
            Kind::Mac(mac) => {
                let key = self.key(secret).map_err(setup)?;
                let timestamp = match &mac.timestamp {
                    Some((_, unit)) => unit.format(request.timestamp).ok_or(SignError::Timestamp)?,
                    None => String::new(),
                };
                let content = Values {
                    body: request.body,
                    timestamp: timestamp.as_bytes(),
                    id: request.id.unwrap_or_default().as_bytes(),
                };
                let tag = key.tag(mac.content.pieces(&content));
                value.push_str(&self.prefix);
                value.push_str(&mac.encoding.encode(tag.as_bytes()));
                value = self.with_timestamp(mac, &timestamp, value, headers);
            }
        }
        headers.push((self.header.clone(), value));
        Ok(())
    }

    /// The signature header's value with the timestamp in it; or the timestamp in a header of its own.
    fn with_timestamp(
        &self,
        mac: &MacPlan,
        timestamp: &str,
        signature: String,
        headers: &mut Vec<(String, String)>,
    ) -> String {
        match &mac.timestamp {
            Some((TimestampSource::Item(item), _)) => {
                format!("{item}{timestamp}{}{signature}", self.separator)
            }
            Some((TimestampSource::Header(name), _)) => {
                headers.push((name.clone(), timestamp.to_owned()));
                signature
            }
            None => signature,
        }
    }
}

/// The text, if it can be sent in a header and comes back the same.
fn checked<'a>(what: &'static str, value: &'a str, forbidden: Option<char>) -> Result<&'a str, SignError> {
    let is_sendable = (1..=LONGEST_LABEL).contains(&value.len())
        && value.trim() == value
        && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        && !forbidden.is_some_and(|c| value.contains(c));
    is_sendable.then_some(value).ok_or(SignError::Value { what, forbidden })
}

fn setup(problem: Problem) -> SignError {
    SignError::Setup(SetupError { problems: vec![problem] })
}
