//! What is weak about those who vouch for callers.

use std::path::Path;

use super::{is_short, warning};
use crate::config::{KeySource, Problems, ProviderSettings, Secrets, Settings};

/// The shortest key of HS256, in bytes (RFC 7518, section 3.2: as long as the hash).
const SHORTEST_KEY: usize = 32;

/// Warns of every provider that is weak; `file` is where the settings are.
pub(super) fn check(file: &Path, settings: &Settings, secrets: &Secrets, warnings: &mut Problems) {
    for (name, provider) in &settings.providers {
        let key = |key: &str| format!("auth.{name}.{key}");
        if has_short_key(provider, secrets) {
            let message = format!(
                "the key of HS256 has fewer than {SHORTEST_KEY} bytes: whoever has one token can find it by trying, and \
                 then make tokens"
            );
            let fix = "have the issuer use a longer one, as openssl rand -hex 32 makes it";
            warnings.push(warning(file, None, &key("secret"), message, fix));
        }
        if provider.audience.is_empty() {
            let message = "tokens that the issuer made for anybody else's service are taken as well";
            let fix = "write audience = \"…\", what `aud` of the tokens for this host says";
            warnings.push(warning(file, None, &key("audience"), message, fix));
        }
    }
}

fn has_short_key(provider: &ProviderSettings, secrets: &Secrets) -> bool {
    matches!(&provider.key, KeySource::Secret(name) if is_short(secrets, name, SHORTEST_KEY))
}
