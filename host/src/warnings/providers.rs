//! What is weak about those who vouch for callers.

use std::path::Path;

use super::{SHORTEST_SECRET, is_short, warning};
use crate::config::{Algorithm, KeySource, Problems, Secrets, Settings, Shows, TokenSettings};

/// Warns of every provider that is weak; `file` is where the settings are.
pub(super) fn check(file: &Path, settings: &Settings, secrets: &Secrets, warnings: &mut Problems) {
    for (name, provider) in &settings.providers {
        let mut warn = |key: &str, message: &str, fix: &str| {
            warnings.push(warning(file, None, &format!("auth.{name}.{key}"), message, fix));
        };
        match &provider.shows {
            Shows::Token(token) => tokens(provider.kind, token, secrets, &mut warn),
            Shows::Basic(basic) => {
                for user in basic.users.iter().filter(|user| is_short(secrets, &user.secret, SHORTEST_SECRET)) {
                    let message = format!(
                        "the password of {:?} has fewer than {SHORTEST_SECRET} bytes: it can be found by trying",
                        user.holder.name
                    );
                    warn("users.secret", &message, "make a longer one, as openssl rand -hex 16 does");
                }
            }
            Shows::Session(_) => warn(
                "accept_forgeable_cookie",
                "whoever has a session of the application can change the id in it, and then is somebody else",
                "use signed tokens where one user must not act for another",
            ),
            Shows::ApiKey(_) => {}
        }
    }
}

fn tokens(kind: &str, token: &TokenSettings, secrets: &Secrets, warn: &mut impl FnMut(&str, &str, &str)) {
    if let (KeySource::Secret(name), Some(shortest)) = (&token.key, shortest_key(token))
        && is_short(secrets, name, shortest)
    {
        let message = format!(
            "the key has fewer than {shortest} bytes, as many as the hash: whoever has one token can find it by trying, and \
             then make tokens"
        );
        warn("secret", &message, "have the issuer use a longer one, as openssl rand -hex 32 makes it");
    }
    // Its tokens name nobody, and its secret is the site's own.
    if kind == "netlify-identity" || !token.audience.is_empty() || !token.parties.is_empty() {
        return;
    }
    let message = "tokens that the issuer made for anybody else's service are taken as well";
    match kind {
        "clerk" => warn("authorized_parties", message, "write authorized_parties = [\"…\"], the origins of your pages"),
        _ => warn("audience", message, "write audience = \"…\", what `aud` of the tokens for this host says"),
    }
}

/// The shortest key of the provider's algorithms, in bytes (RFC 7518, section 3.2: as long as the hash).
fn shortest_key(token: &TokenSettings) -> Option<usize> {
    let length = |algorithm: &Algorithm| match algorithm {
        Algorithm::Hs256 => Some(32),
        Algorithm::Hs384 => Some(48),
        Algorithm::Hs512 => Some(64),
        _ => None,
    };
    token.algorithms.iter().filter_map(length).max()
}
