//! Callers who were given something: a key, of which the host keeps the hash, or a name with a password. What is shown is
//! compared in constant time, and with every one that there is.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderName;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::caller::{Caller, Denied};
use crate::config::{ApiKeySettings, BasicSettings, Holder, Secrets};
use crate::event::Identity;

/// The lengths that a key may have, in bytes: a shorter one could be guessed, of which its hash would not keep anybody.
pub(crate) const KEY_LENGTH: std::ops::RangeInclusive<usize> = 16..=512;

/// The longest name and password, in Base64.
const MAX_PASSWORD: usize = 1024;

type Hash = [u8; 32];

/// Callers who show a key.
pub(super) struct ApiKeys {
    /// Where they show it; none for the bearer token of `Authorization`.
    pub(super) header: Option<HeaderName>,
    keys: Vec<(Hash, Arc<Caller>)>,
}

/// Callers who show a name and a password.
pub(super) struct Passwords {
    users: Vec<(String, Hash, Arc<Caller>)>,
}

impl ApiKeys {
    /// Callers of the provider `name`.
    pub(super) fn new(name: &str, settings: &ApiKeySettings) -> Result<Self, String> {
        let header = settings.header.as_deref().map(HeaderName::try_from).transpose();
        Ok(Self {
            header: header.map_err(|_| "`header` is not the name of a header")?,
            keys: settings.keys.iter().map(|key| (key.hash, caller(name, &key.holder))).collect(),
        })
    }

    /// Whose key this is; `name` is the provider's.
    pub(super) fn identify(&self, name: &str, key: &[u8]) -> Result<Arc<Caller>, Denied> {
        let invalid = |why: &str| Denied::Invalid(format!("key of `{name}` refused: {why}"));
        if !KEY_LENGTH.contains(&key.len()) {
            return Err(invalid("it is too short or too long for a key"));
        }
        let shown: Hash = Sha256::digest(key).into();
        let mut found = None;
        for (hash, caller) in &self.keys {
            if bool::from(hash.ct_eq(&shown)) {
                found = Some(caller);
            }
        }
        found.cloned().ok_or_else(|| invalid("nobody has it"))
    }
}

impl Passwords {
    /// Callers of the provider `name`, with their passwords.
    pub(super) fn new(name: &str, settings: &BasicSettings, secrets: &Secrets) -> Result<Self, String> {
        let mut users = Vec::new();
        for user in &settings.users {
            let value = secrets.get(&user.secret).map_err(|missing| format!("{missing}; {}", missing.fix()))?;
            let hash = Sha256::digest(value.expose()).into();
            users.push((user.holder.name.clone(), hash, caller(name, &user.holder)));
        }
        Ok(Self { users })
    }

    /// Whose name and password these are, in Base64 as `Authorization` has them; `name` is the provider's.
    pub(super) fn identify(&self, name: &str, shown: &str) -> Result<Arc<Caller>, Denied> {
        let invalid = |why: &str| Denied::Invalid(format!("password of `{name}` refused: {why}"));
        if shown.len() > MAX_PASSWORD {
            return Err(invalid("it is too long"));
        }
        let decoded = BASE64_STANDARD.decode(shown).map_err(|_| invalid("it is not Base64"))?;
        let decoded = Zeroizing::new(decoded);
        let colon = decoded.iter().position(|byte| *byte == b':').ok_or_else(|| invalid("there is no colon in it"))?;
        let (user, password) = decoded.split_at(colon);
        let password: Hash = Sha256::digest(password.get(1..).unwrap_or_default()).into();
        let mut found = None;
        for (own, hash, caller) in &self.users {
            let is_user = Choice::from(u8::from(own.as_bytes() == user));
            if bool::from(is_user & hash.ct_eq(&password)) {
                found = Some(caller);
            }
        }
        found.cloned().ok_or_else(|| invalid("the name or the password is wrong"))
    }
}

fn caller(provider: &str, holder: &Holder) -> Arc<Caller> {
    Arc::new(Caller {
        identity: Identity {
            provider: provider.to_owned(),
            subject: holder.name.clone(),
            roles: holder.roles.clone(),
            claims: "{}".to_owned(),
        },
        scopes: holder.scopes.clone(),
    })
}
