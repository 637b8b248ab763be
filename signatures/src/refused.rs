//! Why a message is refused. Owns the reasons and their words for the log; none holds a signature, a secret or a body.
//! What the sender of the message is told is the host's business: the same for every reason.

use std::time::Duration;

use thiserror::Error;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// Something that the scheme needs is not there.
    #[error("{place} is missing")]
    Missing {
        /// Where it should be.
        place: String,
    },

    /// Something that the scheme reads is there more than once, so that nobody can say which counts.
    #[error("{place} is there more than once")]
    Repeated {
        /// Where.
        place: String,
    },

    /// There is more to check than any sender sends: signatures, parameters of a form, elements of a list.
    #[error("{place} holds more than any sender sends")]
    TooMany {
        /// Where.
        place: String,
    },

    /// Something that must say something is empty.
    #[error("{place} is empty")]
    Empty {
        /// Where.
        place: String,
    },

    /// Something in the body cannot be read, or could be read in two ways.
    #[error("{place} cannot be read, or could be read in two ways")]
    Unreadable {
        /// Where.
        place: String,
    },

    /// The message says that it is signed in another way than the scheme's.
    #[error("{place} says something else than the scheme expects")]
    Unexpected {
        /// Where.
        place: String,
    },

    /// What decides the message's age is not among what the sender signed.
    #[error("{place} is not among the signed headers")]
    NotSigned {
        /// Where.
        place: String,
    },

    /// The scheme signs the parameters of a form, and the body is none.
    #[error("the content-type does not say that the body is a form, and the scheme signs nothing else of it")]
    NoForm,

    /// The scheme signs the URL, and nobody has said which one that is.
    #[error("the scheme signs the URL, and the public URL of this host is not known")]
    UrlUnknown,

    /// There is nothing with the prefix of the scheme's signatures.
    #[error("{place} holds no signature that starts with \"{prefix}\"")]
    NoSignature {
        /// Where it should be.
        place: String,
        /// What a signature starts with.
        prefix: String,
    },

    /// There are signatures, but none under the name of the key that is expected.
    #[error("{place} does not name the key that is expected")]
    OtherKey {
        /// Where the name should be.
        place: String,
    },

    /// None of the signatures has the scheme's encoding and length.
    #[error("{place} holds no signature in {encoding}{}", length.map(|l| format!(", {l} bytes long")).unwrap_or_default())]
    MalformedSignature {
        /// Where it should be.
        place: String,
        /// The length of the algorithm's signatures in bytes, decoded, if all have one length.
        length: Option<usize>,
        /// How they are written.
        encoding: &'static str,
    },

    /// The token is no JSON Web Token, or one with extensions.
    #[error("the token is not a JSON Web Token as the scheme expects it")]
    MalformedToken,

    /// The token is signed with an algorithm that the scheme does not allow.
    #[error("the token's algorithm is not one of the scheme's")]
    TokenAlgorithm,

    /// A claim of the token, which is genuine, is not as it must be.
    #[error("the token's claim {claim} {problem}")]
    Claim {
        /// Its name.
        claim: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// The hash of the body, which is signed, is that of another body.
    #[error("the body is not the one whose hash is signed")]
    BodyHash,

    /// The list with the signature has not exactly one item with the timestamp.
    #[error("the signature's list holds {count} items that start with \"{item}\"; one is expected")]
    TimestampItems {
        /// What the item with the timestamp starts with.
        item: String,
        /// How many such items there are.
        count: usize,
    },

    /// The timestamp is not written as the scheme writes it.
    #[error("the timestamp in {place} is not {expected}")]
    MalformedTimestamp {
        /// What holds it.
        place: String,
        /// How the scheme writes it.
        expected: &'static str,
    },

    /// The id holds the text that marks its end, so the signature could belong to another message.
    #[error("the id in {place} holds \"{terminator}\", which marks its end in what is signed")]
    AmbiguousId {
        /// What holds it.
        place: String,
        /// What must not be in it.
        terminator: char,
    },

    /// There are several messages in one body, which count only together.
    #[error("there are several messages in the body, and which of them have run before cannot be told")]
    Several,

    /// The signature is made with none of the secrets, or over something else.
    #[error("no signature matches")]
    Mismatch,

    /// What the sender of a handshake shows is not the token that was agreed on.
    #[error("{place} is not the token that the policy names")]
    OtherToken {
        /// Where the token should be.
        place: String,
    },

    /// What a handshake asks for would put something into the answer that belongs in none.
    #[error("{place} is nothing that is sent back: too long, or with characters that no challenge has")]
    NotEchoed {
        /// Where it is.
        place: String,
    },

    /// The message is genuine but older than allowed: a replay, a slow sender, or a clock that is wrong.
    #[error("signed {} s ago, more than the {} s allowed", age.as_secs(), tolerance.as_secs())]
    Stale {
        /// How old it is.
        age: Duration,
        /// How old it may be.
        tolerance: Duration,
    },

    /// The message is genuine but from further in the future than allowed: a clock is wrong.
    #[error("signed {} s in the future, more than the {} s allowed", ahead.as_secs(), tolerance.as_secs())]
    Future {
        /// How far in the future it is.
        ahead: Duration,
        /// How far it may be.
        tolerance: Duration,
    },
}

impl Refused {
    /// A short name of the reason, for metrics; it stays the same from version to version.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Repeated { .. } => "repeated",
            Self::TooMany { .. } => "too_many",
            Self::Empty { .. } => "empty",
            Self::Unreadable { .. } | Self::NoForm => "unreadable",
            Self::Unexpected { .. } => "unexpected",
            Self::NotSigned { .. } => "not_signed",
            Self::UrlUnknown => "url_unknown",
            Self::NoSignature { .. } | Self::MalformedSignature { .. } => "malformed_signature",
            Self::OtherKey { .. } => "other_key",
            Self::MalformedToken => "malformed_token",
            Self::TokenAlgorithm => "token_algorithm",
            Self::Claim { .. } => "claim",
            Self::BodyHash => "body_hash",
            Self::TimestampItems { .. } | Self::MalformedTimestamp { .. } => "malformed_timestamp",
            Self::AmbiguousId { .. } => "ambiguous_id",
            Self::Several => "several",
            Self::Mismatch => "mismatch",
            Self::OtherToken { .. } => "other_token",
            Self::NotEchoed { .. } => "not_echoed",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
        }
    }
}
