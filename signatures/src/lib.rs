//! Webhook signature schemes as data: verify what a provider sent, sign what you send.
//!
//! Providers sign in dozens of ways that are all made of the same few parts: a header, a list in it or not, an encoding,
//! an algorithm, the bytes that are signed, a timestamp. A [`Description`] names those parts, in the words that a policy
//! file uses; a [`Scheme`] is one or more descriptions under a name; [`schemes`] are the known ones. One engine reads
//! them all: [`Verifier`] checks a message, [`sign`] makes one that such a check accepts.
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//!
//! use signatures::{Message, Secret, SignRequest, Verifier, scheme, sign};
//!
//! let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
//! let body = br#"{"id":"evt_1","type":"invoice.paid"}"#;
//!
//! let stripe = scheme("stripe")?;
//! let secret = Secret::new("STRIPE_WEBHOOK_SECRET", *b"whsec_example");
//! let signed = sign(stripe, Some(&secret), &SignRequest::new(body, now))?;
//!
//! let verifier = Verifier::new(stripe, vec![secret])?;
//! let accepted = verifier.verify(&Message::new(&signed.headers, &signed.body), now)?;
//! assert_eq!(accepted.event_type.as_deref(), Some("invoice.paid"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What holds for every scheme, so that no row of the table has to say it:
//!
//! * The algorithm comes from the description, never from the message.
//! * An empty secret is an error when the verifier is made; it never verifies anything.
//! * Every secret is tried on every signature of the header, in constant time and without stopping at a match.
//! * A timestamp counts only if the signature covers it, and then it is bounded in the past *and* in the future.
//! * A header that decides something must be there exactly once.
//! * The signed content is put together in one pass; what a sender writes into an id or a body is never read as a
//!   template.
//!
//! The crate does no input or output and reads no clock. It knows nothing of HTTP beyond [`Message`], and keeps nothing:
//! for a replay check it makes the key ([`Verifier::replay_key`]).
//!
//! Reading order: [`description`](Description), then `providers/` (the table), `check.rs` (what must hold before
//! a description is used), `verify.rs` and `prove.rs`, `sign/`, `handshake/`; the other files are the parts that these are made of.

mod age;
mod algorithm;
mod check;
mod claim;
mod content;
mod delivery;
mod description;
mod encoding;
mod expectation;
mod explain;
mod field;
mod form;
mod handshake;
mod header;
mod jwt;
mod key;
mod keys;
mod message;
mod payload;
mod plan;
mod problem;
mod prove;
mod providers;
mod public_key;
mod refused;
mod replay;
mod rfc3339;
mod scheme;
mod secret;
mod sign;
mod sns;
mod template;
mod time;
mod verify;

pub use age::{Age, DEFAULT_TOLERANCE};
pub use algorithm::{Algorithm, Encoding, SecretEncoding, TimestampUnit};
pub use delivery::{Id, label};
pub use description::{BodyHash, Description, Expectation, KeyName};
pub use explain::{Explanation, SignedPart};
pub use field::Field;
pub use handshake::{
    Answer, Duty, Handshake, HandshakeSetup, LONGEST_ECHO, Responder, UnknownHandshake, handshake, handshakes,
};
pub use header::{Header, Headers};
pub use jwt::{ClaimHash, HashEncoding, Jwt, JwtAlgorithm};
pub use message::Message;
pub use problem::{Problem, SetupError};
pub use providers::{scheme, schemes};
pub use refused::Refused;
pub use scheme::{Overrides, Scheme, UnknownScheme};
pub use secret::Secret;
pub use sign::{SignError, SignRequest, Signed, sign};
pub use time::instant;
pub use verify::{Accepted, MatchedSecret, Setup, Verifier};
