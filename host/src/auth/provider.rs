//! One provider, whatever its callers show.

use std::sync::Arc;

use http::HeaderName;

use super::caller::{Caller, Denied};
use super::credentials::{ApiKeys, Passwords};
use super::session::Sessions;
use super::shown::Shown;
use super::supposed::Stand;
use super::token::TokenProvider;

/// Somebody who vouches for callers, ready to check what they show.
pub(super) struct Provider {
    /// As `host.toml` names it.
    pub(super) name: String,
    /// The word for its kind.
    pub(super) kind: &'static str,
    pub(super) by: By,
}

/// What is checked.
pub(super) enum By {
    /// A signed token.
    Token(Box<TokenProvider>),
    /// A key that was given to the caller.
    ApiKey(ApiKeys),
    /// A name and a password.
    Password(Passwords),
    /// The cookie of a Redwood application.
    Session(Sessions),
    /// Nothing: this is who is calling.
    Supposed(Stand),
}

/// Where callers show what they have.
pub(super) enum Shows<'a> {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`.
    Password,
    /// This header.
    Header(&'a HeaderName),
    /// This cookie.
    Cookie(&'a str),
    /// Nowhere: they need not show anything.
    Nowhere,
}

impl Provider {
    /// Where its callers show what they have.
    pub(super) fn shows(&self) -> Shows<'_> {
        match &self.by {
            By::Token(_) => Shows::Bearer,
            By::ApiKey(keys) => keys.header.as_ref().map_or(Shows::Bearer, Shows::Header),
            By::Password(_) => Shows::Password,
            By::Session(sessions) => Shows::Cookie(sessions.cookie()),
            By::Supposed(_) => Shows::Nowhere,
        }
    }

    /// Whether the `auth-provider` header means it: by its name, or by what Redwood's clients call providers of its kind.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let usual = match self.kind {
            "azure-ad" => "azureActiveDirectory",
            "dbauth" => "dbAuth",
            "netlify-identity" => "netlify",
            kind => kind,
        };
        self.name == name || usual == name
    }

    /// Checks what was shown, and says whose it is.
    pub(super) async fn identify(&self, shown: Shown<'_>) -> Result<Arc<Caller>, Denied> {
        match (&self.by, shown) {
            (By::Token(provider), Shown::Bearer(token)) => provider.identify(&self.name, token).await,
            (By::ApiKey(keys), Shown::Bearer(key)) => keys.identify(&self.name, key.as_bytes()),
            (By::ApiKey(keys), Shown::Key(key)) => keys.identify(&self.name, key),
            (By::Password(passwords), Shown::Password(pair)) => passwords.identify(&self.name, pair),
            (By::Session(sessions), Shown::Cookie(cookie)) => sessions.identify(&self.name, cookie),
            (By::Supposed(stand), Shown::Nothing) => Ok(Arc::clone(&stand.caller)),
            // What is shown was taken from where this provider's callers show it.
            _ => Err(Denied::Invalid(format!("`{}` does not take what was shown", self.name))),
        }
    }
}
