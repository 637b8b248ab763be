//! Webhook signature schemes as data: verify what a provider sent, sign what you send.
//!
//! Providers sign in dozens of ways that are all made of the same few parts: a header, a list in it or not, an encoding,
//! an algorithm, the bytes that are signed, a timestamp. A [`Description`] names those parts, in the words that a policy
//! file uses; a [`Scheme`] is one or more descriptions under a name; [`schemes`] are the known ones. One engine reads
//! them all: [`Verifier`] checks a message, [`sign`] makes the headers that such a check accepts.
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
//! let headers = sign(stripe, Some(&secret), &SignRequest::new(body, now))?;
//!
//! let verifier = Verifier::new(stripe, vec![secret], None)?;
//! let accepted = verifier.verify(&Message { headers: &headers, body }, now)?;
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
//! The crate does no input or output and reads no clock; it also builds for `wasm32-wasip2`. It knows nothing of HTTP
//! beyond [`Headers`], and nothing of replay: it says what a replay check needs ([`Accepted::id`], [`Scheme::binds_body`]).
//!
//! Reading order: [`description`](Description), then `providers.rs` (the table), `check.rs` (what must hold before
//! a description is used), `verify.rs` and `prove.rs`, `sign.rs`; the other files are the parts that these are made of.

mod check;
mod delivery;
mod description;
mod encoding;
mod header;
mod key;
mod payload;
mod plan;
mod problem;
mod prove;
mod providers;
mod refused;
mod rfc3339;
mod scheme;
mod secret;
mod sign;
mod template;
mod time;
mod verify;

pub use delivery::Id;
pub use description::{Algorithm, Description, Encoding, Field, SecretEncoding, TimestampSource, TimestampUnit};
pub use header::{Header, Headers};
pub use problem::{Problem, SetupError};
pub use providers::{scheme, schemes};
pub use refused::Refused;
pub use scheme::{Scheme, UnknownScheme};
pub use secret::Secret;
pub use sign::{SignError, SignRequest, sign};
pub use time::DEFAULT_TOLERANCE;
pub use verify::{Accepted, MatchedSecret, Message, Verifier};
