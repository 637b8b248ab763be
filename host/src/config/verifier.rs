//! The part of `[verify]` that is about a verifier of one's own: which component it is, and what it may use up. It knows
//! nothing of the component, nor of where it is.

use std::path::{Component, PathBuf};
use std::time::Duration;

use signatures::DEFAULT_TOLERANCE;
use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::key::Read;
use super::policy_keys as keys;
use super::problem::{Problems, Wrong, quoted};
use super::units::Size;
use super::values;
use super::verify::{Lines, OnReplay};
use crate::route::VERIFIER;

/// The component that decides whether a webhook is genuine.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifierPolicy {
    /// Its file, from the policy's folder.
    pub component: PathBuf,
    /// The names of the secrets that it gets.
    pub secrets: Vec<String>,
    /// The function's URL as the sender knows it, without a query; none for the host's public URL and the path.
    pub url: Option<String>,
    /// How far a timestamp that it returns may be from now.
    pub tolerance: Duration,
    /// What becomes of a delivery that has run before.
    pub replay: OnReplay,
    /// What it may use up.
    pub limits: VerifierLimits,
    /// Where all this stands, for whoever finds something wrong with it.
    pub lines: Lines,
}

/// What a verifier may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierLimits {
    /// Wall-clock and CPU time of instantiating and running it.
    pub timeout: Duration,
    /// All memories and tables of one instance.
    pub memory: Size,
    /// Instances at once.
    pub concurrency: usize,
}

/// The keys that only a verifier of one's own has.
const OWN: [&str; 4] = ["component", "timeout", "memory", "concurrency"];

/// The keys that only schemes have, and where a verifier of one's own has the same from.
const OF_SCHEMES: [(&str, &str); 10] = [
    ("public_key", "remove it: a verifier holds its keys itself, or gets them as `secrets`"),
    ("key_id", "remove it: a verifier chooses among its keys itself"),
    ("topic", "remove it: a verifier knows from whom it takes messages"),
    ("header", "remove it: a verifier gets all headers, and knows which to look at"),
    ("prefix", "remove it: a verifier knows how a signature is written"),
    ("issuer", "remove it: a verifier knows whose tokens it takes"),
    ("id", "remove it: a verifier returns the id itself"),
    ("event", "remove it: a verifier returns the event's kind itself"),
    ("handshake", "remove it: a verifier answers yes or no, and the function what it is asked"),
    ("handshake_token", "remove it: a verifier answers yes or no, and the function what it is asked"),
];

/// Reads what there is to say of a verifier of one's own: none if it is not as it must be, which the problems then say.
pub(super) fn read(table: &mut Section<'_>, lines: Lines, problems: &mut Problems) -> Option<VerifierPolicy> {
    for (unused, fix) in OF_SCHEMES {
        table.refuse(unused, "is about how a scheme signs, and here a verifier of your own decides", fix, problems);
    }
    let fix = r#"write component = "NAME.verifier.wasm", a file beside this one"#;
    let component = table.take_or_missing(&keys::COMPONENT, fix, problems);
    let secrets = table.take(&keys::SECRETS, problems).unwrap_or_default();
    let url = table.take(&keys::URL, problems);
    let tolerance = table.take(&keys::TOLERANCE, problems).unwrap_or(DEFAULT_TOLERANCE);
    let replay = table.take_or_default(&keys::REPLAY, problems);
    let limits = VerifierLimits {
        timeout: table.take_or_default(&keys::VERIFIER_TIMEOUT, problems),
        memory: table.take_or_default(&keys::VERIFIER_MEMORY, problems),
        concurrency: table.take_or_default(&keys::VERIFIER_CONCURRENCY, problems),
    };
    let component = component?;
    Some(VerifierPolicy { component, secrets, url, tolerance, replay, limits, lines })
}

/// Refuses the keys of a verifier of one's own beside a scheme.
pub(super) fn refuse(table: &mut Section<'_>, problems: &mut Problems) {
    for unused in OWN {
        let fix = r#"remove it, or write scheme = "component" if a verifier of your own decides"#;
        table.refuse(unused, "is about a verifier of your own, and the scheme is another", fix, problems);
    }
}

/// Reads the path of a verifier's component: from the policy's folder, and named as no function is.
pub(super) fn read_component(value: &Spanned<DeValue<'_>>) -> Read<PathBuf> {
    values::text_as(value, |text| {
        let path = PathBuf::from(text);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.len() <= VERIFIER.len() || !name.ends_with(VERIFIER) {
            return Err(Wrong::new(
                format!("{} does not end in {VERIFIER}, so it would be a function", quoted(text)),
                "name the file NAME.verifier.wasm, here and in the folder",
            ));
        }
        let is_relative = path.components().all(|step| matches!(step, Component::Normal(_) | Component::ParentDir));
        if !is_relative || text.contains('\0') {
            return Err(Wrong::new(
                format!("{} is not a path from this policy's folder", quoted(text)),
                r#"write component = "NAME.verifier.wasm", or "../NAME.verifier.wasm" for one in the folder above"#,
            ));
        }
        Ok(path)
    })
}
