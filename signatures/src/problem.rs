//! What is wrong with the settings of a verifier. Owns the wording's shape: every problem names the key to change; it
//! never holds a secret's value. Knows nothing of messages.

use std::fmt;

/// One thing to put right before a verifier can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, as in a policy's `[verify]` table: `secrets`, `tolerance`, `scheme.header`, …
    pub key: String,
    /// What is wrong with it and what to write instead. Names secrets, never shows them.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }

    /// A problem with one key of a description, which a policy has below `scheme`.
    pub(crate) fn with(key: &str, message: impl Into<String>) -> Self {
        Self::new(format!("scheme.{key}"), message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// Why a verifier could not be made: everything that is wrong, not only the first thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError {
    /// In the order in which they were found; never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for SetupError {}
