//! `[verify]` of a policy: which signature a webhook must have. It knows no scheme: whether a name stands for one, and
//! what goes with it, is found out by whoever checks signatures.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use signatures::{Field, Handshake, Overrides, Scheme};
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::document::Section;
use super::key::Read;
use super::policy_keys as keys;
use super::problem::{Problems, Wrong};
use super::units::article;
use super::values;
use super::verifier::{self, VerifierPolicy};

/// The word for a verifier of one's own.
const COMPONENT: &str = "component";

/// How a webhook's signature is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyPolicy {
    /// How the sender signs.
    pub scheme: Scheme,
    /// The names of the secrets that a signature may be made with; none only where there are public keys instead.
    pub secrets: Vec<String>,
    /// The sender's public keys, as they are written.
    pub public_keys: Vec<String>,
    /// The sender's name for the key.
    pub key_id: Option<String>,
    /// The function's URL as the sender knows it, without a query; none for the host's public URL and the path.
    pub url: Option<String>,
    /// How far a signed timestamp may be from now; none for the scheme's own tolerance.
    pub tolerance: Option<Duration>,
    /// What becomes of a delivery that has run before; none for what suits the scheme.
    pub replay: Option<OnReplay>,
    /// What the sender may ask of the host besides; none if the host answers nothing.
    pub handshake: Option<HandshakePolicy>,
    /// Where all this stands, for whoever finds something wrong with the secrets.
    pub lines: Lines,
}

/// What the sender may ask of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct HandshakePolicy {
    /// Which messages are meant, and what is answered.
    pub handshake: &'static Handshake,
    /// The name of the secret that the sender shows, where it shows one.
    pub token: Option<String>,
}

/// What becomes of a delivery that has run before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReplay {
    /// Its sender is told that all is well, and nothing is run.
    Acknowledge,
    /// It is refused.
    Reject,
    /// It is run again.
    Allow,
}

/// The lines of a policy's `[verify]`, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<&'static str, usize>);

impl Lines {
    /// Those of the keys of these `names` in `table`.
    pub(super) fn read(table: &Section<'_>, names: impl Iterator<Item = &'static str>) -> Self {
        Self(names.filter_map(|name| Some((name, table.line_of(name)?))).collect())
    }

    /// Whether a key of the table is written.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The line of a key of the table; that of `scheme` for a key within a described scheme, or one that is not written.
    pub fn of(&self, key: &str) -> Option<usize> {
        self.0.get(key).or_else(|| self.0.get("scheme")).copied()
    }
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
    let names = keys::VERIFY.names();
    let lines = Lines::read(table, names);
    let scheme = match table.take_or_missing(&keys::SCHEME, r#"write scheme = "github", or whoever sends"#, problems) {
        Some(SchemeChoice::Nothing) => {
            for unused in keys::VERIFY.names() {
                table.refuse(unused, "of no use with a scheme that checks nothing", "remove it", problems);
            }
            table.finish(&keys::VERIFY, None, problems);
            return Some(Verify::Nothing);
        }
        Some(SchemeChoice::Component) => {
            let policy = verifier::read(table, lines, problems);
            table.finish(&keys::VERIFY, None, problems);
            return policy.map(|policy| Verify::Component(Box::new(policy)));
        }
        Some(SchemeChoice::Scheme(scheme)) => Some(*scheme),
        // What else is wrong is said all the same.
        None => None,
    };
    signature(table, scheme, lines, problems).map(|policy| Verify::Signature(Box::new(policy)))
}

/// Reads what goes with a scheme.
fn signature(
    table: &mut Section<'_>,
    scheme: Option<Scheme>,
    lines: Lines,
    problems: &mut Problems,
) -> Option<VerifyPolicy> {
    let before = problems.len();
    verifier::refuse(table, problems);
    let overrides = Overrides {
        header: table.take(&keys::HEADER, problems),
        prefix: table.take(&keys::PREFIX, problems),
        issuer: table.take(&keys::ISSUER, problems),
        id: table.take(&keys::ID, problems),
        event: table.take(&keys::EVENT, problems),
        topics: table.take(&keys::TOPIC, problems).unwrap_or_default(),
    };
    let public_keys = table.take(&keys::PUBLIC_KEY, problems).unwrap_or_default();
    let key_id = table.take(&keys::KEY_ID, problems);
    let url = table.take(&keys::URL, problems);
    let tolerance = table.take(&keys::TOLERANCE, problems);
    let replay = table.take(&keys::REPLAY, problems);
    let handshake = read_greeting(table, problems);
    let secrets = if scheme.as_ref().is_some_and(Scheme::uses_secrets) {
        let fix = r#"write secrets = ["NAME"], with the name under which the secret is kept"#;
        table.take_or_missing(&keys::SECRETS, fix, problems)
    } else {
        table.take(&keys::SECRETS, problems)
    };
    table.finish(&keys::VERIFY, None, problems);
    match scheme?.with(&overrides) {
        Ok(scheme) if problems.len() == before => {
            let secrets = secrets.unwrap_or_default();
            Some(VerifyPolicy { scheme, secrets, public_keys, key_id, url, tolerance, replay, handshake, lines })
        }
        Ok(_) => None,
        Err(found) => {
            for signatures::Problem { key, message } in found {
                problems.push(table.problem(&key, Wrong::new(message, "docs/webhooks.md has all schemes")));
            }
            None
        }
    }
}

/// Reads a scheme: a name, or a table that describes one.
pub(super) fn read_scheme(value: &Spanned<DeValue<'_>>) -> Read<SchemeChoice> {
    let wrong =
        |message: String| vec![Wrong::new(message, r#"write a scheme's name, "github", or a table [verify.scheme]"#)];
    match value.get_ref() {
        DeValue::String(name) if name.is_empty() => Err(wrong("empty".to_owned())),
        DeValue::String(name) if name == COMPONENT => Ok(SchemeChoice::Component),
        DeValue::String(name) => match signatures::scheme(name) {
            Ok(scheme) if scheme.checks_nothing() => Ok(SchemeChoice::Nothing),
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

fn read_greeting(table: &mut Section<'_>, problems: &mut Problems) -> Option<HandshakePolicy> {
    let handshake = table.take(&keys::HANDSHAKE, problems);
    let uses_token = handshake.is_some_and(Handshake::uses_token);
    if !uses_token {
        let fix = r#"remove it, or write handshake = "meta""#;
        table.refuse(keys::HANDSHAKE_TOKEN.name, "there is no handshake here that shows a token", fix, problems);
    }
    let token = if uses_token {
        let fix = r#"write handshake_token = "NAME", with the name under which the token is kept"#;
        table.take_or_missing(&keys::HANDSHAKE_TOKEN, fix, problems)
    } else {
        None
    };
    Some(HandshakePolicy { handshake: handshake?, token })
}

/// Reads the name of a handshake.
pub(super) fn read_handshake(value: &Spanned<DeValue<'_>>) -> Read<&'static Handshake> {
    values::text_as(value, |name| {
        signatures::handshake(name)
            .map_err(|unknown| Wrong::new(unknown.to_string(), "docs/webhooks.md has all handshakes"))
    })
}

/// Reads a place in a message.
pub(super) fn read_field(value: &Spanned<DeValue<'_>>) -> Read<Field> {
    Field::deserialize(ValueDeserializer::from(value.clone())).map_err(|error| {
        vec![Wrong {
            at: error.span(),
            ..Wrong::new(error.message(), r#"write a place, as { header = "x-delivery-id" } or { json = "data.id" }"#)
        }]
    })
}

/// Reads a text that may be empty.
pub(super) fn read_prefix(value: &Spanned<DeValue<'_>>) -> Read<String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        other => {
            Err(vec![Wrong::new(format!("{} stands where a text is wanted", article(other)), r#"write "sha256=""#)])
        }
    }
}

/// Reads one public key or several.
pub(super) fn read_public_keys(value: &Spanned<DeValue<'_>>) -> Read<Vec<String>> {
    let keys = values::one_or_more(value)?;
    if keys.iter().any(|key| key.contains("PRIVATE KEY")) {
        let message = "this is a private key; whoever receives has no use for it, and it should not leave its owner";
        return Err(vec![Wrong::new(message, "write the public key, -----BEGIN PUBLIC KEY-----")]);
    }
    Ok(keys)
}
