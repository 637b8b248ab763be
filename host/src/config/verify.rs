//! `[verify]` of a policy: which signature a webhook must have. It knows no scheme, except that "none" is none;
//! whether a name stands for a scheme is found out by whoever checks signatures.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::document::Section;
use super::key::Read;
use super::policy_keys::{SCHEME, SECRETS, TOLERANCE, VERIFY};
use super::problem::{Problems, Wrong};
use super::units::article;

/// The words for a scheme that checks nothing: ours, and the one that Redwood's users know.
const NO_SCHEME: [&str; 2] = ["none", "skipVerifier"];

/// How a webhook's signature is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyPolicy {
    /// How the sender signs.
    pub scheme: SchemeChoice,
    /// The names of the secrets that a signature may be made with; at least one.
    pub secrets: Vec<String>,
    /// How far a signed timestamp may be from now; none for the scheme's own tolerance.
    pub tolerance: Option<Duration>,
    /// The line of `scheme` in the policy, for whoever finds out that there is no such scheme.
    pub line: Option<usize>,
}

/// A signature scheme as the policy has it, known or not.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemeChoice {
    /// By its name, which nobody has looked up yet. Never a name for no scheme.
    Named(String),
    /// Described in the policy, in a table that nobody has looked into yet.
    Described(toml::Table),
}

/// `[verify]` as a policy has it.
pub(super) enum Verify {
    /// It says that there is nothing to check.
    Nothing,
    /// It says what to check.
    Signature(VerifyPolicy),
}

impl Verify {
    /// The policy, if there is something to check.
    pub(super) fn into_policy(self) -> Option<VerifyPolicy> {
        match self {
            Self::Nothing => None,
            Self::Signature(policy) => Some(policy),
        }
    }
}

/// Reads the table: none if it is not as it must be, which the problems then say.
pub(super) fn read(table: &mut Section<'_>, problems: &mut Problems) -> Option<Verify> {
    let line = table.line_of("scheme");
    let scheme = table.take_or_missing(&SCHEME, r#"write scheme = "github", or whoever sends"#, problems);
    let nothing = matches!(&scheme, Some(SchemeChoice::Named(name)) if NO_SCHEME.contains(&name.as_str()));
    let secrets = if nothing {
        for unused in ["secrets", "tolerance"] {
            table.refuse(unused, "of no use with a scheme that checks nothing", "remove it", problems);
        }
        None
    } else {
        let fix = r#"write secrets = ["NAME"], with the name under which the secret is kept"#;
        table.take_or_missing(&SECRETS, fix, problems)
    };
    let tolerance = table.take(&TOLERANCE, problems);
    table.finish(&VERIFY, None, problems);
    match (scheme, secrets) {
        _ if nothing => Some(Verify::Nothing),
        (Some(scheme), Some(secrets)) => Some(Verify::Signature(VerifyPolicy { scheme, secrets, tolerance, line })),
        _ => None,
    }
}

/// Reads a scheme: a name, or a table that is kept as it is.
pub(super) fn read_scheme(value: &Spanned<DeValue<'_>>) -> Read<SchemeChoice> {
    let wrong =
        |message: String| vec![Wrong::new(message, r#"write a scheme's name, "github", or a table [verify.scheme]"#)];
    match value.get_ref() {
        DeValue::String(name) if name.is_empty() => Err(wrong("empty".to_owned())),
        DeValue::String(name) => Ok(SchemeChoice::Named(name.to_string())),
        DeValue::Table(_) => toml::Table::deserialize(ValueDeserializer::from(value.clone()))
            .map(SchemeChoice::Described)
            .map_err(|error| wrong(error.message().to_owned())),
        other => Err(wrong(format!("{} stands where a scheme is wanted", article(other)))),
    }
}
