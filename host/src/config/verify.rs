//! `[verify]` of a policy: which signature a webhook must have. It knows no scheme, except that "none" is none;
//! whether a name stands for a scheme is found out by whoever checks signatures.

use std::time::Duration;

use serde::Deserialize;
use signatures::Scheme;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::document::Section;
use super::key::Read;
use super::policy_keys::{SCHEME, SECRETS, TOLERANCE, VERIFY};
use super::problem::{Problems, Wrong};
use super::units::article;
use super::verifier::{Own, VerifierPolicy};

/// The words for a scheme that checks nothing: ours, and the one that Redwood's users know.
const NO_SCHEME: [&str; 2] = ["none", "skipVerifier"];

/// The word for a verifier of one's own.
const COMPONENT: &str = "component";

/// How a webhook's signature is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyPolicy {
    /// How the sender signs.
    pub scheme: Scheme,
    /// The names of the secrets that a signature may be made with; at least one.
    pub secrets: Vec<String>,
    /// How far a signed timestamp may be from now; none for the scheme's own tolerance.
    pub tolerance: Option<Duration>,
    /// Where all this stands, for whoever finds something wrong with the secrets.
    pub lines: Lines,
}

/// The lines of a policy's `[verify]`, counted from 1; none for what is not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// That of `scheme`.
    pub scheme: Option<usize>,
    /// That of `secrets`.
    pub secrets: Option<usize>,
    /// That of `tolerance`.
    pub tolerance: Option<usize>,
}

/// What a policy says about the scheme.
#[derive(Clone, Debug)]
pub(super) enum SchemeChoice {
    /// There is nothing to check.
    Nothing,
    /// A verifier of one's own.
    Component,
    /// One of those that are known, or one that the policy describes.
    Scheme(Box<Scheme>),
}

/// `[verify]` as a policy has it.
pub(super) enum Verify {
    /// It says that there is nothing to check.
    Nothing,
    /// It says what to check.
    Signature(Box<VerifyPolicy>),
    /// It says which component checks.
    Component(Box<VerifierPolicy>),
}

impl Verify {
    /// The policy, if there is something to check: of a signature, or of a verifier.
    pub(super) fn into_policy(self) -> (Option<VerifyPolicy>, Option<VerifierPolicy>) {
        match self {
            Self::Nothing => (None, None),
            Self::Signature(policy) => (Some(*policy), None),
            Self::Component(policy) => (None, Some(*policy)),
        }
    }
}

/// Reads the table: none if it is not as it must be, which the problems then say.
pub(super) fn read(table: &mut Section<'_>, problems: &mut Problems) -> Option<Verify> {
    let lines = Lines {
        scheme: table.line_of("scheme"),
        secrets: table.line_of("secrets"),
        tolerance: table.line_of("tolerance"),
    };
    let scheme = table.take_or_missing(&SCHEME, r#"write scheme = "github", or whoever sends"#, problems);
    let nothing = matches!(&scheme, Some(SchemeChoice::Nothing));
    let own = Own::read(table, matches!(&scheme, Some(SchemeChoice::Component)), problems);
    let secrets = if nothing {
        for unused in ["secrets", "tolerance"] {
            table.refuse(unused, "of no use with a scheme that checks nothing", "remove it", problems);
        }
        None
    } else if own.is_some() {
        table.take(&SECRETS, problems)
    } else {
        let fix = r#"write secrets = ["NAME"], with the name under which the secret is kept"#;
        table.take_or_missing(&SECRETS, fix, problems)
    };
    let tolerance = table.take(&TOLERANCE, problems);
    table.finish(&VERIFY, None, problems);
    match (scheme, secrets) {
        (Some(SchemeChoice::Nothing), _) => Some(Verify::Nothing),
        (Some(SchemeChoice::Component), secrets) => Some(Verify::Component(Box::new(own?.policy(secrets, tolerance)?))),
        (Some(SchemeChoice::Scheme(scheme)), Some(secrets)) => {
            Some(Verify::Signature(Box::new(VerifyPolicy { scheme: *scheme, secrets, tolerance, lines })))
        }
        _ => None,
    }
}

/// Reads a scheme: a name, or a table that describes one.
pub(super) fn read_scheme(value: &Spanned<DeValue<'_>>) -> Read<SchemeChoice> {
    let wrong =
        |message: String| vec![Wrong::new(message, r#"write a scheme's name, "github", or a table [verify.scheme]"#)];
    match value.get_ref() {
        DeValue::String(name) if name.is_empty() => Err(wrong("empty".to_owned())),
        DeValue::String(name) if NO_SCHEME.contains(&name.as_ref()) => Ok(SchemeChoice::Nothing),
        DeValue::String(name) if name == COMPONENT => Ok(SchemeChoice::Component),
        DeValue::String(name) => match signatures::scheme(name) {
            Ok(scheme) => Ok(SchemeChoice::Scheme(Box::new(scheme.clone()))),
            Err(unknown) => Err(vec![Wrong::new(unknown.to_string(), "docs/webhooks.md has all schemes")]),
        },
        DeValue::Table(_) => match Scheme::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(scheme) if scheme.checks_nothing() => Err(vec![Wrong::new(
                "it is described as one that checks nothing",
                r#"write scheme = "none", and access = "public" above the tables"#,
            )]),
            Ok(scheme) => Ok(SchemeChoice::Scheme(Box::new(scheme))),
            Err(error) => Err(vec![Wrong {
                at: error.span(),
                ..Wrong::new(error.message(), "docs/webhooks.md has the keys of a scheme that a policy describes")
            }]),
        },
        other => Err(wrong(format!("{} stands where a scheme is wanted", article(other)))),
    }
}
