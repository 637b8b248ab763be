//! Makes a key for a caller, and the lines of `host.toml` by which the host knows it: its hash, never the key itself.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// What stands before a key, so that people and programs that look for leaked secrets know what they have found.
const PREFIX: &str = "vestibule_";

/// As many random bytes as nobody guesses.
const RANDOM: usize = 32;

/// A new key.
///
/// # Errors
/// If there is no randomness to be had.
pub(crate) fn new_key() -> Result<Zeroizing<String>, getrandom::Error> {
    let mut random = Zeroizing::new([0; RANDOM]);
    getrandom::fill(&mut *random)?;
    Ok(Zeroizing::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(*random))))
}

/// The lines for `host.toml` that let a key in: the provider, the caller's name, roles and scopes, the key.
pub(crate) fn key_lines(provider: &str, name: &str, roles: &[String], scopes: &[String], key: &str) -> String {
    let mut entry = toml::Table::new();
    entry.insert("name".into(), name.into());
    entry.insert("sha256".into(), hex::encode(Sha256::digest(key)).into());
    for (name, list) in [("roles", roles), ("scopes", scopes)] {
        if !list.is_empty() {
            entry.insert(name.into(), list.to_vec().into());
        }
    }
    format!("\n[[auth.{provider}.keys]]\n{entry}")
}
