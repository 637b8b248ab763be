//! Why a message is refused. Owns the reasons and their words for the log; none holds a signature, a secret or a body.
//! What the sender of the message is told is the host's business: the same for every reason.

use std::time::Duration;

use thiserror::Error;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// A header that the scheme needs is not there.
    #[error("the header {header} is missing")]
    MissingHeader {
        /// Its name.
        header: String,
    },

    /// A header that the scheme reads is there more than once.
    #[error("the header {header} is there more than once")]
    RepeatedHeader {
        /// Its name.
        header: String,
    },

    /// A header that must say something is empty.
    #[error("the header {header} is empty")]
    EmptyHeader {
        /// Its name.
        header: String,
    },

    /// The signature header holds nothing with the prefix of the scheme's signatures.
    #[error("the header {header} holds no signature that starts with \"{prefix}\"")]
    NoSignature {
        /// Its name.
        header: String,
        /// What a signature starts with.
        prefix: String,
    },

    /// None of the signatures in the header has the scheme's encoding and length.
    #[error("the header {header} holds no signature of {length} bytes in {encoding}")]
    MalformedSignature {
        /// Its name.
        header: String,
        /// The length of the algorithm's signatures in bytes, decoded.
        length: usize,
        /// How they are written.
        encoding: &'static str,
    },

    /// The list in the signature header has not exactly one item with the timestamp.
    #[error("the header {header} holds {count} items that start with \"{item}\"; one is expected")]
    TimestampItems {
        /// The signature header's name.
        header: String,
        /// What the item with the timestamp starts with.
        item: String,
        /// How many such items there are.
        count: usize,
    },

    /// The timestamp is not written as the scheme writes it.
    #[error("the timestamp in the header {header} is not {expected}")]
    MalformedTimestamp {
        /// The header that holds it.
        header: String,
        /// How the scheme writes it.
        expected: &'static str,
    },

    /// The id holds the text that marks its end, so the signature could belong to another message.
    #[error("the id in the header {header} holds \"{terminator}\", which marks its end in what is signed")]
    AmbiguousId {
        /// The header that holds it.
        header: String,
        /// What must not be in it.
        terminator: char,
    },

    /// The signature is made with none of the secrets, or over something else.
    #[error("no signature matches")]
    Mismatch,

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
            Self::MissingHeader { .. } => "missing_header",
            Self::RepeatedHeader { .. } => "repeated_header",
            Self::EmptyHeader { .. } => "empty_header",
            Self::NoSignature { .. } | Self::MalformedSignature { .. } => "malformed_signature",
            Self::TimestampItems { .. } | Self::MalformedTimestamp { .. } => "malformed_timestamp",
            Self::AmbiguousId { .. } => "ambiguous_id",
            Self::Mismatch => "mismatch",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
        }
    }
}
