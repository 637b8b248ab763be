//! Callers for tests: tokens that the host checks as it checks everybody's, by a key that is made for one test. Owns the
//! provider's settings and its tokens; who may call is the policy's business.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value};
use vestibule::Identity;

use crate::Error;

/// The name of the secret with the key.
pub(crate) const SECRET: &str = "VESTIBULE_TEST_CALLERS";

/// Who the tokens say they are from, and for.
const ISSUER: &str = "https://vestibule-test.invalid";
const AUDIENCE: &str = "vestibule-test";

/// How long a token is good.
const TIME: Duration = Duration::from_secs(300);

/// A key for one host's callers.
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| Error::new(format!("no randomness to be had: {error}")))?;
        Ok(Self(random.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The value of the secret.
    pub(crate) fn value(&self) -> &str {
        &self.0
    }

    /// A token of this caller: subject and roles, and the claims as they are.
    pub(crate) fn token(&self, caller: &Identity) -> Result<String, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::new(format!("the caller {:?}: {error}", caller.subject()));
        let mut claims: Map<String, Value> = caller.claims().map_err(|error| wrong(&error))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut say = |name: &str, value: Value| {
            claims.entry(name).or_insert(value);
        };
        say("iss", ISSUER.into());
        say("aud", AUDIENCE.into());
        say("iat", now.as_secs().into());
        say("exp", (now + TIME).as_secs().into());
        if !caller.subject().is_empty() {
            say("sub", caller.subject().into());
        }
        if !caller.roles().is_empty() {
            say("roles", caller.roles().to_vec().into());
        }
        let key = EncodingKey::from_secret(self.0.as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(|error| wrong(&error))
    }
}

/// `[auth.NAME]` of `host.toml` for such tokens.
pub(crate) fn provider() -> toml::Table {
    let text = |text: &str| toml::Value::from(text);
    toml::Table::from_iter([
        ("kind".to_owned(), text("jwt")),
        ("algorithms".to_owned(), toml::Value::Array(vec![text("HS256")])),
        ("secret".to_owned(), text(SECRET)),
        ("issuer".to_owned(), text(ISSUER)),
        ("audience".to_owned(), text(AUDIENCE)),
        ("roles".to_owned(), text("roles")),
    ])
}
