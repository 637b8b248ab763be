//! Example secrets, for trying out: made at random in the form that they are wanted in, and kept in the project's `.env`
//! alone. Nothing prints one.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use signatures::SecretEncoding;
use zeroize::Zeroizing;

use super::error::Error;

/// As many random bytes as nobody guesses, and as no scheme finds too short.
const RANDOM: usize = 32;

/// A secret with its name. Its value is wiped when this is dropped.
pub(super) struct Example {
    name: String,
    /// None for one that only somebody else has; then what it would be.
    value: Result<Zeroizing<String>, &'static str>,
}

impl Example {
    /// One that was made already.
    pub(super) fn of(name: String, value: Zeroizing<String>) -> Self {
        Self { name, value: Ok(value) }
    }

    /// One that cannot be made here: `what` says what belongs there.
    pub(super) fn missing(name: String, what: &'static str) -> Self {
        Self { name, value: Err(what) }
    }

    /// A new one, in the form that a scheme wants; of a pair, `user` is what stands before the password.
    ///
    /// # Errors
    /// If there is no randomness to be had.
    pub(super) fn random(name: String, encoding: SecretEncoding, user: &str) -> Result<Self, Error> {
        let mut random = Zeroizing::new([0; RANDOM]);
        getrandom::fill(&mut *random)
            .map_err(|error| Error::Failed(format!("there is no randomness to be had: {error}")))?;
        let value = match encoding {
            SecretEncoding::Base64 => BASE64_STANDARD.encode(*random),
            SecretEncoding::Whsec | SecretEncoding::WhsecOrText => format!("whsec_{}", BASE64_STANDARD.encode(*random)),
            SecretEncoding::Text | SecretEncoding::Hex | SecretEncoding::Sha1 => {
                format!("{user}{}", hex::encode(*random))
            }
        };
        Ok(Self::of(name, Zeroizing::new(value)))
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its value; none of one that only somebody else has.
    #[cfg(test)]
    pub(super) fn value(&self) -> Option<&str> {
        self.value.as_ref().ok().map(|value| value.as_str())
    }

    /// Its line in a file of `NAME=value` lines.
    fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(match &self.value {
            Ok(value) => format!("{}='{}'\n", self.name, **value),
            Err(what) => format!("# {}=''     # {what}\n", self.name),
        })
    }
}

/// A file of `NAME=value` lines with these secrets in it, and the names of those that it had before.
pub(super) fn with(existing: Option<&str>, secrets: &[Example]) -> (String, Vec<String>) {
    let mut text = match existing {
        Some(text) => text.to_owned(),
        None => "# Secrets for trying out. This file stays on this machine: .gitignore names it.\n".to_owned(),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut kept = Vec::new();
    for secret in secrets {
        let is_it = |line: &str| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").map_or(line, str::trim_start);
            line.split_once('=').is_some_and(|(name, _)| name.trim_end() == secret.name)
        };
        if existing.is_some_and(|text| text.lines().any(is_it)) {
            kept.push(secret.name.clone());
        } else {
            text.push_str(&secret.line());
        }
    }
    (text, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> Example {
        Example::of(name.into(), Zeroizing::new("s3cret".into()))
    }

    #[test]
    fn secrets_are_added_to_what_is_there_and_never_changed() {
        let (new, kept) = with(None, &[example("A_SECRET")]);
        assert!(new.starts_with('#') && new.ends_with("\nA_SECRET='s3cret'\n"), "{new}");
        assert_eq!(kept.len(), 0);
        let (more, kept) = with(Some("A_SECRET=x\nexport B='y'"), &[example("A_SECRET"), example("B"), example("C")]);
        assert_eq!(more, "A_SECRET=x\nexport B='y'\nC='s3cret'\n");
        assert_eq!(kept, ["A_SECRET", "B"]);
        // A comment is no secret, nor is a name that only begins in the same way.
        let (more, kept) = with(Some("# C=1\nC_OLD=2\n"), &[example("C")]);
        assert_eq!((more.as_str(), kept.len()), ("# C=1\nC_OLD=2\nC='s3cret'\n", 0));
        let (missing, _) = with(Some(""), &[Example::missing("K".into(), "the sender's")]);
        assert_eq!(missing, "# K=''     # the sender's\n");
    }

    #[test]
    fn no_two_are_the_same() {
        let one = || Example::random("A".into(), SecretEncoding::Whsec, "").unwrap();
        assert_ne!(one().value(), one().value());
        assert!(one().value().unwrap().starts_with("whsec_"));
    }
}
