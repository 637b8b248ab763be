//! A plan: the same scheme as its description, with every default filled in and every contradiction ruled out, so that
//! the engine has no case that "cannot happen". Owns its shape; `check.rs` makes it. Knows nothing of secrets' values.

use crate::age::Freshness;
use crate::algorithm::{Algorithm, Encoding, TimestampUnit};
use crate::description::{BodyHash, Description, Expectation, KeyName};
use crate::field::Field;
use crate::jwt::JwtPlan;
use crate::message::Message;
use crate::template::Template;
use crate::{Problem, check};

/// A description that makes sense. Header names are in lower case.
pub(crate) struct Plan {
    /// What proves that the sender knows the secret; nothing if the scheme is `none`.
    pub(crate) proof: Option<Proof>,
    pub(crate) timestamp: Option<TimestampPlan>,
    pub(crate) require: Vec<String>,
    pub(crate) expect: Vec<Expectation>,
    pub(crate) id: Option<Field>,
    pub(crate) signs_id: bool,
    pub(crate) event: Option<Field>,
}

/// Where the proof is, and of which kind.
pub(crate) struct Proof {
    pub(crate) place: Field,
    pub(crate) paired: bool,
    pub(crate) prefix: String,
    /// Empty if there is no list.
    pub(crate) separator: String,
    pub(crate) key_name: Option<KeyName>,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// The secret itself.
    Token,
    /// User and password in Base64.
    Basic,
    /// A token with claims.
    Jwt(Box<JwtPlan>),
    /// A signature over the content.
    Signed(Box<SignedPlan>),
}

pub(crate) struct SignedPlan {
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) content: Template,
    /// Other contents that may have been signed instead.
    pub(crate) also: Vec<Template>,
    pub(crate) each: Option<String>,
    pub(crate) any_port: bool,
    pub(crate) body_hash: Option<BodyHash>,
    /// The id, if it is a part of the content.
    pub(crate) id: Option<SignedId>,
}

/// An id that is part of the signed content.
pub(crate) struct SignedId {
    pub(crate) place: Field,
    /// The byte that must not be in it, see [`Template::id_terminator`].
    pub(crate) terminator: Option<u8>,
}

/// A timestamp that the signature covers.
pub(crate) struct TimestampPlan {
    pub(crate) place: Field,
    pub(crate) unit: TimestampUnit,
    /// Whether it has to end by itself, see [`Template::timestamp_must_end_by_itself`].
    pub(crate) ends_by_itself: bool,
    pub(crate) freshness: Freshness,
}

impl Plan {
    /// Checks a description; all problems at once.
    pub(crate) fn new(description: &Description) -> Result<Self, Vec<Problem>> {
        check::plan(description)
    }

    /// Whether everything that the proof is made of is there, however often, and what the message says of how it is
    /// signed is what this plan is for.
    pub(crate) fn fits(&self, message: &Message<'_>) -> bool {
        let Some(proof) = &self.proof else {
            return true;
        };
        let others = match &proof.kind {
            Kind::Token | Kind::Basic | Kind::Jwt(_) => true,
            Kind::Signed(signed) => {
                let hash = match &signed.body_hash {
                    Some(BodyHash::Query(name)) => Field::Query(name.clone()).is_there(message),
                    None => true,
                };
                hash && signed.id.as_ref().is_none_or(|id| id.place.is_there(message))
            }
        };
        let timestamp = self.timestamp.as_ref().is_none_or(|timestamp| timestamp.place.is_there(message));
        others
            && timestamp
            && proof.place.is_there(message)
            && self.expect.iter().all(|expectation| expectation.check(message).is_ok())
    }
}
