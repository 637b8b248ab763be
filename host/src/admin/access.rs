//! Who may ask the operator's listener: whoever names a host that it is known by, and shows the token where there is one.
//! It knows nothing of what is asked.

use std::path::Path;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use http::uri::Authority;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{AdminSettings, Kind, Problem, Secrets, Settings};
use crate::reach::is_loopback_name;
use crate::request::only;

/// What is asked of whoever asks.
pub struct Access {
    settings: AdminSettings,
    token: Token,
}

/// The token that has to be shown.
enum Token {
    /// None.
    NotAsked,
    /// The one with this SHA-256. Of two hashes, how long it takes to compare them says nothing of what was hashed.
    Is([u8; 32]),
    /// One that is not to be had: nobody can show it.
    Missing,
}

/// Why somebody may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The request names no host that the listener is known by.
    Host,
    /// It does not show the token.
    Token,
}

impl Access {
    /// What the settings ask for; `file` is where they are.
    ///
    /// # Errors
    ///
    /// If the secret that they name is not to be had.
    pub fn new(settings: &Settings, secrets: &Secrets, file: &Path) -> Result<Self, Problem> {
        let token = match &settings.admin_access.token {
            Some(name) => {
                let value = secrets.get(name).map_err(|missing| Problem {
                    key: Some("admin_access.token".into()),
                    kind: Kind::Secret,
                    ..Problem::of_file(file, missing.to_string(), missing.fix())
                })?;
                Token::Is(Sha256::digest(value.expose()).into())
            }
            None if settings.admin.ip().is_loopback() => Token::NotAsked,
            // New settings ask for no token, and the socket that is still open is not on the loopback.
            None => Token::Missing,
        };
        Ok(Self { settings: settings.admin_access.clone(), token })
    }

    /// The same where the host runs already: without its secret it lets nobody ask, until that is there.
    pub fn while_running(settings: &Settings, secrets: &Secrets, file: &Path) -> Self {
        Self::new(settings, secrets, file).unwrap_or_else(|problem| {
            tracing::error!("the admin listener answers nobody but probes: {}; {}", problem.message, problem.fix);
            Self { settings: settings.admin_access.clone(), token: Token::Missing }
        })
    }

    /// Whether a request with these headers may be answered. Of a `probe` no token is asked, which orchestrators cannot
    /// show; and where other machines may ask, no host either: probes name the address that the machine happens to have,
    /// and what they are told helps nobody.
    ///
    /// # Errors
    ///
    /// If it may not.
    pub fn admit(&self, headers: &HeaderMap, probe: bool) -> Result<(), Denied> {
        let is_anyones = probe && self.settings.remote;
        if !is_anyones && !self.names_known_host(headers) {
            return Err(Denied::Host);
        }
        match &self.token {
            _ if probe => Ok(()),
            Token::NotAsked => Ok(()),
            Token::Is(digest) if shows(headers, digest) => Ok(()),
            Token::Is(_) | Token::Missing => Err(Denied::Token),
        }
    }

    fn names_known_host(&self, headers: &HeaderMap) -> bool {
        let header = only(headers, &HOST).ok().flatten();
        let authority = header.and_then(|value| Authority::try_from(value.as_bytes()).ok());
        authority.is_some_and(|named| is_loopback_name(named.host()) || self.settings.knows(named.host()))
    }
}

/// Whether the one `Authorization` header shows the token with this hash.
fn shows(headers: &HeaderMap, digest: &[u8; 32]) -> bool {
    let header = only(headers, &AUTHORIZATION).ok().flatten();
    let shown = header.and_then(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
        scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
    });
    shown.is_some_and(|token| <[u8; 32]>::from(Sha256::digest(token)).ct_eq(digest).into())
}
