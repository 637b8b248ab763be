//! A plan: the same scheme as its description, with every default filled in and every contradiction ruled out, so that
//! the engine has no case that "cannot happen". Owns its shape; `check.rs` makes it. Knows nothing of secrets' values.

use crate::description::{Description, Encoding, Field, SecretEncoding, TimestampSource, TimestampUnit};
use crate::header::{Header, Headers};
use crate::template::Template;
use crate::{Problem, check};

/// A description that makes sense. Header names are in lower case.
pub(crate) struct Plan {
    /// What proves that the sender knows the secret; nothing if the scheme is `none`.
    pub(crate) proof: Option<Proof>,
    pub(crate) require: Vec<String>,
    pub(crate) id: Option<Field>,
    pub(crate) signs_id: bool,
    pub(crate) event: Option<Field>,
}

/// Where the proof is, and of which kind.
pub(crate) struct Proof {
    pub(crate) header: String,
    pub(crate) prefix: String,
    /// Empty if the header is not a list.
    pub(crate) separator: String,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// The secret itself.
    Token,
    /// A keyed hash of the content.
    Mac(MacPlan),
}

pub(crate) struct MacPlan {
    pub(crate) hash: Hash,
    pub(crate) encoding: Encoding,
    pub(crate) secret_encoding: SecretEncoding,
    pub(crate) content: Template,
    pub(crate) timestamp: Option<(TimestampSource, TimestampUnit)>,
    pub(crate) id: Option<SignedId>,
}

/// An id that is part of the signed content.
pub(crate) struct SignedId {
    pub(crate) header: String,
    /// The byte that must not be in it, see [`Template::id_terminator`].
    pub(crate) terminator: u8,
}

/// A hash that keys can be used with.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    /// The length of its signatures, in bytes.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Plan {
    /// Checks a description; all problems at once.
    pub(crate) fn new(description: &Description) -> Result<Self, Vec<Problem>> {
        check::plan(description)
    }

    /// Whether every header that the proof is made of is there, however often.
    pub(crate) fn is_complete(&self, headers: &dyn Headers) -> bool {
        let is_there = |name: &str| headers.get(name) != Header::Missing;
        let Some(proof) = &self.proof else {
            return true;
        };
        let others = match &proof.kind {
            Kind::Token => true,
            Kind::Mac(mac) => {
                let timestamp = match &mac.timestamp {
                    Some((TimestampSource::Header(name), _)) => is_there(name),
                    Some((TimestampSource::Item(_), _)) | None => true,
                };
                timestamp && mac.id.as_ref().is_none_or(|id| is_there(&id.header))
            }
        };
        is_there(&proof.header) && others
    }
}
