//! The authenticated caller and the claims of the caller's token. Owns reading them; the host has checked the token
//! and keeps it.

use std::fmt;

use serde::Deserialize;

use crate::error::{Error, Part};

/// A caller whom the host has identified: by a token, a key, a password or a session.
///
/// Its `Debug` form leaves out the claims, which hold what the provider chose to put there.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    pub(crate) provider: String,
    pub(crate) subject: String,
    pub(crate) roles: Vec<String>,
    /// The text of a JSON object.
    pub(crate) claims: String,
}

impl Identity {
    /// A caller without roles and claims, for tests.
    pub fn new(provider: &str, subject: &str) -> Self {
        Self { provider: provider.into(), subject: subject.into(), roles: Vec::new(), claims: "{}".into() }
    }

    /// The provider that vouched for the caller, as `host.toml` names it.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Who the caller is: the token's `sub`, empty if it has none; the name of a key or of a user; the id in a session.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The caller's roles, from the claim that the provider's settings name.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Whether the caller has this role, in exactly this spelling.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    /// All claims of the token as a struct, or as a `serde_json::Value`.
    ///
    /// ```
    /// # use vestibule::Identity;
    /// #[derive(serde::Deserialize)]
    /// struct Claims { email: String, plan: Option<String> }
    ///
    /// let identity = Identity::new("demo", "user-1").with_claims(r#"{"email": "ada@example.com"}"#);
    /// let claims: Claims = identity.claims()?;
    /// assert_eq!(claims.email, "ada@example.com");
    /// assert_eq!(claims.plan, None);
    /// # Ok::<(), vestibule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the claims are not of this shape; the text names the claim.
    pub fn claims<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_str(&self.claims).map_err(|reason| Error::new(Part::Claims, reason))
    }

    /// One claim, if the token has it and it is of this shape.
    ///
    /// ```
    /// # use vestibule::Identity;
    /// let identity = Identity::new("demo", "user-1").with_claims(r#"{"email_verified": true}"#);
    /// assert_eq!(identity.claim::<bool>("email_verified"), Some(true));
    /// ```
    pub fn claim<T: for<'a> Deserialize<'a>>(&self, name: &str) -> Option<T> {
        let mut claims: serde_json::Map<String, serde_json::Value> = self.claims().ok()?;
        serde_json::from_value(claims.remove(name)?).ok()
    }

    /// Adds a role, for tests.
    pub fn with_role(mut self, role: &str) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Sets the claims, for tests: the text of a JSON object.
    pub fn with_claims(mut self, json: &str) -> Self {
        self.claims = json.into();
        self
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("provider", &self.provider)
            .field("subject", &self.subject)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Identity {
        Identity::new("demo", "user-1")
            .with_role("admin")
            .with_role("editor")
            .with_claims(r#"{"email": "ada@example.com", "app": {"plan": "pro"}, "age": 36}"#)
    }

    #[test]
    fn roles_are_compared_exactly() {
        assert!(ada().has_role("editor"));
        assert!(!ada().has_role("Editor"));
        assert!(!ada().has_role("edit"));
        assert_eq!(ada().roles(), ["admin", "editor"]);
    }

    #[test]
    fn claims_read_as_a_struct_and_as_a_value() {
        #[derive(Deserialize)]
        struct Claims<'a> {
            email: &'a str,
        }
        let ada = ada();
        assert_eq!(ada.claims::<Claims<'_>>().unwrap().email, "ada@example.com");
        assert_eq!(ada.claims::<serde_json::Value>().unwrap()["app"]["plan"], "pro");
    }

    #[test]
    fn a_missing_claim_is_named() {
        #[derive(Debug, Deserialize)]
        struct Claims {
            #[expect(dead_code, reason = "only its absence is looked at")]
            phone: String,
        }
        let error = ada().claims::<Claims>().unwrap_err().to_string();
        assert!(error.starts_with("claims: missing field `phone`"), "{error}");
    }

    #[test]
    fn one_claim_is_none_when_absent_or_of_another_shape() {
        assert_eq!(ada().claim::<u32>("age"), Some(36));
        assert_eq!(ada().claim::<String>("age"), None);
        assert_eq!(ada().claim::<u32>("height"), None);
    }

    #[test]
    fn debug_does_not_show_claims() {
        let shown = format!("{:?}", ada());
        assert!(shown.contains("user-1"));
        assert!(!shown.contains("ada@example.com"), "{shown}");
    }
}
