//! The part of `[verify]` that is about a verifier of one's own: which component it is, and what it may use up. It knows
//! nothing of the component, nor of where it is.

use std::path::{Component, PathBuf};
use std::time::Duration;

use signatures::DEFAULT_TOLERANCE;
use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::key::{Defaulted, Read};
use super::policy_keys as keys;
use super::problem::{Problems, Wrong, quoted};
use super::units::Size;
use super::values;
use crate::route::VERIFIER;

/// The component that decides whether a webhook is genuine.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifierPolicy {
    /// Its file, from the policy's folder.
    pub component: PathBuf,
    /// The names of the secrets that it gets.
    pub secrets: Vec<String>,
    /// How far a timestamp that it returns may be from now.
    pub tolerance: Duration,
    /// What it may use up.
    pub limits: VerifierLimits,
    /// Where all this stands, for whoever finds something wrong with it.
    pub lines: VerifierLines,
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

/// Lines of a policy's `[verify]`, counted from 1; none for what is not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifierLines {
    /// That of `component`.
    pub component: Option<usize>,
    /// That of `secrets`.
    pub secrets: Option<usize>,
    /// That of `memory`.
    pub memory: Option<usize>,
}

/// What only a verifier of one's own has of `[verify]`.
pub(super) struct Own {
    component: Option<PathBuf>,
    limits: VerifierLimits,
    lines: VerifierLines,
}

impl Own {
    /// Reads it, if `wanted`; else none of its keys may be there.
    pub(super) fn read(table: &mut Section<'_>, wanted: bool, problems: &mut Problems) -> Option<Self> {
        if !wanted {
            for unused in ["component", "timeout", "memory", "concurrency"] {
                let fix = r#"remove it, or write scheme = "component" if a verifier of your own decides"#;
                table.refuse(unused, "is about a verifier of your own, and the scheme is another", fix, problems);
            }
            return None;
        }
        let lines = VerifierLines {
            component: table.line_of("component"),
            secrets: table.line_of("secrets"),
            memory: table.line_of("memory"),
        };
        let fix = r#"write component = "NAME.verifier.wasm", a file beside this one"#;
        Some(Self {
            component: table.take_or_missing(&keys::COMPONENT, fix, problems),
            limits: VerifierLimits {
                timeout: table.take(&keys::VERIFIER_TIMEOUT, problems).unwrap_or(keys::VERIFIER_TIMEOUT.default()),
                memory: table.take(&keys::VERIFIER_MEMORY, problems).unwrap_or(keys::VERIFIER_MEMORY.default()),
                concurrency: table
                    .take(&keys::VERIFIER_CONCURRENCY, problems)
                    .unwrap_or(keys::VERIFIER_CONCURRENCY.default()),
            },
            lines,
        })
    }

    /// Joins it with what every scheme has.
    pub(super) fn policy(self, secrets: Option<Vec<String>>, tolerance: Option<Duration>) -> Option<VerifierPolicy> {
        Some(VerifierPolicy {
            component: self.component?,
            secrets: secrets.unwrap_or_default(),
            tolerance: tolerance.unwrap_or(DEFAULT_TOLERANCE),
            limits: self.limits,
            lines: self.lines,
        })
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
