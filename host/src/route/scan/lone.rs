//! A component that lies in no functions folder: the route that it would serve, and its policy. The rules of names are those
//! of a folder that holds nothing else; what else lies beside it means nothing.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::super::pattern::{Pattern, PatternError};
use super::Found;
use super::walk::{COMPONENT, INDEX, VERIFIER};

/// Why a file would serve nothing.
#[derive(Debug, Error)]
pub enum LoneError {
    /// Its name is no text.
    #[error("its name is not UTF-8, which no route can be")]
    NotUtf8,
    /// It is no component, by its name.
    #[error("a component's name ends with {COMPONENT}")]
    NoComponent,
    /// It is a verifier.
    #[error("it is a verifier, which serves nothing: functions are, whose policies name it")]
    Verifier,
    /// Its name can be no route.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// The function of the component `name` in `folder`, with the policy beside it.
///
/// # Errors
///
/// See [`LoneError`]. Whether it can be read is not looked at.
pub fn lone(folder: &Path, name: &Path) -> Result<Found, LoneError> {
    let text = name.to_str().ok_or(LoneError::NotUtf8)?;
    if text.ends_with(VERIFIER) {
        return Err(LoneError::Verifier);
    }
    let stem = text.strip_suffix(COMPONENT).ok_or(LoneError::NoComponent)?;
    let pattern = Pattern::parse(if stem == INDEX { "" } else { stem })?;
    let policy = PathBuf::from(name).with_extension("toml");
    // What is there and leads nowhere is a policy that cannot be read, and no missing one.
    let has_policy = folder.join(&policy).symlink_metadata().is_ok();
    Ok(Found { pattern, file: name.to_owned(), policy: has_policy.then_some(policy) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_anywhere_is_a_function_with_its_policy_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let found = |name: &str| lone(folder.path(), Path::new(name));
        assert_eq!(found("pay.wasm").unwrap().policy, None);
        std::fs::write(folder.path().join("pay.toml"), "").unwrap();
        assert_eq!(found("pay.wasm").unwrap().policy, Some("pay.toml".into()));
        assert_eq!(found("index.wasm").unwrap().pattern.name(), "index");
        std::os::unix::fs::symlink("gone", folder.path().join("index.toml")).unwrap();
        assert_eq!(found("index.wasm").unwrap().policy, Some("index.toml".into()));
        for none in ["bank.verifier.wasm", "pay.wat", "[1].wasm"] {
            assert!(found(none).is_err(), "{none}");
        }
    }
}
