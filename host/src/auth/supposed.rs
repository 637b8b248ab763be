//! A caller who is supposed to be calling, for whoever tries a function out at the command line: what an identity file says,
//! read with the rules of the provider that stands for it. It replaces what a caller would show and nothing else: roles and
//! scopes are asked of this caller as of any other. Only [`Providers::suppose`](super::Providers) puts one in force, when the
//! providers of one call are made; no request and no setting of a running host can.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::caller::Caller;
use super::claims::{self, Claims};
use super::session;
use crate::config::{AuthPolicy, ProviderSettings, Shows};
use crate::event::Identity;

/// What to write in an identity file.
const FORM: &str =
    "write {\"subject\": \"ada\", \"roles\": [\"editor\"]}, or the claims of a token as {\"sub\": \"ada\"}";

/// Who is supposed to be calling.
#[derive(Clone, Debug, PartialEq)]
pub struct Supposed {
    provider: Option<String>,
    says: Says,
}

#[derive(Clone, Debug, PartialEq)]
enum Says {
    /// What the function is to learn, word for word.
    Identity(Written),
    /// What a token would say, or a session.
    Claims(Claims),
}

/// An identity as a file has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    provider: Option<String>,
    subject: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    claims: Claims,
}

/// A supposed caller in the place of what a provider checks.
pub(super) struct Stand {
    pub(super) caller: Arc<Caller>,
    /// Whether callers of the provider show what is good for other functions as well.
    pub(super) hides_authorization: bool,
}

impl Supposed {
    /// Reads an identity: `subject` with perhaps `provider`, `roles`, `scopes` and `claims`, or the claims of a token.
    ///
    /// # Errors
    ///
    /// If it is neither; says what to write.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let claims: Claims = serde_json::from_slice(text).map_err(|error| format!("{error}; {FORM}"))?;
        // No provider's tokens have these.
        if !claims.contains_key("subject") && !claims.contains_key("claims") {
            return Ok(Self::claims(claims));
        }
        let written = Written::deserialize(Value::Object(claims)).map_err(|error| format!("{error}; {FORM}"))?;
        Ok(Self { provider: written.provider.clone(), says: Says::Identity(written) })
    }

    /// Whoever would have shown these claims.
    pub fn claims(claims: Claims) -> Self {
        Self { provider: None, says: Says::Claims(claims) }
    }

    /// The provider that vouches for the caller: the one that the identity names, else the only one of the policy.
    ///
    /// # Errors
    ///
    /// If the policy does not have it, or has several and none is named.
    pub fn provider<'p>(&self, policy: &'p AuthPolicy) -> Result<&'p str, String> {
        let names = || policy.providers.join(", ");
        match (&self.provider, policy.providers.as_slice()) {
            (Some(named), providers) => {
                providers.iter().find(|name| *name == named).map(String::as_str).ok_or_else(|| {
                    format!("the function takes no callers of the provider it names; write one of {}", names())
                })
            }
            (None, [only]) => Ok(only),
            (None, _) => Err(format!(
                "the function has several providers, so the identity has to say whose it is: \"provider\", one of {}, beside \
                 \"subject\"",
                names()
            )),
        }
    }

    /// The caller, as the provider `name` with these settings would have identified it.
    pub(super) fn stand(&self, name: &str, settings: &ProviderSettings) -> Result<Stand, String> {
        let caller = match (&self.says, &settings.shows) {
            (Says::Identity(written), _) => Caller {
                identity: Identity {
                    provider: name.to_owned(),
                    subject: written.subject.clone(),
                    roles: written.roles.clone(),
                    claims: Value::Object(written.claims.clone()).to_string(),
                },
                scopes: written.scopes.clone(),
            },
            (Says::Claims(claims), Shows::Token(token)) => claims::caller(name, claims.clone(), &token.claims),
            (Says::Claims(claims), Shows::Session(session)) => session::caller(name, claims.clone(), session)?,
            (Says::Claims(_), Shows::ApiKey(_) | Shows::Basic(_)) => {
                return Err(format!(
                    "callers of `{name}` have no claims; write {{\"subject\": \"NAME\", \"roles\": []}}"
                ));
            }
        };
        let hides_authorization = match &settings.shows {
            Shows::Basic(_) => true,
            Shows::ApiKey(keys) => keys.header.is_none(),
            Shows::Token(_) | Shows::Session(_) => false,
        };
        Ok(Stand { caller: Arc::new(caller), hides_authorization })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(providers: &[&str]) -> AuthPolicy {
        let providers = providers.iter().map(|name| (*name).to_owned()).collect();
        AuthPolicy { providers, roles: Vec::new(), scopes: Vec::new(), optional: false }
    }

    #[test]
    fn an_identity_is_written_out_or_is_the_claims_of_a_token() {
        let written =
            Supposed::parse(br#"{"subject": "ada", "roles": ["editor"], "claims": {"name": "Ada"}}"#).unwrap();
        assert!(matches!(&written.says, Says::Identity(own) if own.subject == "ada" && own.roles == ["editor"]));
        let claims = Supposed::parse(br#"{"sub": "ada", "roles": ["editor"]}"#).unwrap();
        assert!(matches!(&claims.says, Says::Claims(own) if own["sub"] == "ada"));
        for wrong in [&b"[]"[..], b"{", b"\"ada\"", br#"{"subject": "ada", "role": "x"}"#, br#"{"claims": {}}"#] {
            let said = Supposed::parse(wrong).unwrap_err();
            assert!(said.contains("{\"subject\": \"ada\""), "{said}");
        }
    }

    #[test]
    fn the_provider_is_the_named_one_or_the_only_one() {
        let ada = Supposed::parse(br#"{"subject": "ada"}"#).unwrap();
        let of_b = Supposed::parse(br#"{"subject": "ada", "provider": "b"}"#).unwrap();
        assert_eq!(ada.provider(&policy(&["a"])), Ok("a"));
        assert!(ada.provider(&policy(&["a", "b"])).unwrap_err().contains("one of a, b"));
        assert_eq!(of_b.provider(&policy(&["a", "b"])), Ok("b"));
        assert!(of_b.provider(&policy(&["a"])).unwrap_err().contains("one of a"));
    }
}
