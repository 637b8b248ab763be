//! Callers who have the session cookie of a Redwood application (dbAuth), in the form that it has now and in the one that
//! it had before version 7. The cookie is encrypted with the application's `SESSION_SECRET`; nothing shows that it was not
//! changed, which the settings had to accept.

use std::sync::Arc;

use aes::Aes256;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use md5::{Digest, Md5};
use serde_json::Value;
use zeroize::Zeroizing;

use super::caller::{Caller, Denied};
use super::claims::{self, Claims};
use crate::config::{Secret, SessionSettings};
use crate::event::Identity;

/// The longest cookie, in bytes: browsers keep 4096.
const MAX_COOKIE: usize = 8 << 10;

/// What a cookie of the older form begins with, as OpenSSL writes it, and how long the salt after it is.
const SALTED: &[u8] = b"Salted__";
const SALT: usize = 8;

/// The length of a key, in bytes.
const KEY: usize = 32;

/// Callers with a session.
pub(super) struct Sessions {
    settings: SessionSettings,
    secret: Zeroizing<Vec<u8>>,
}

impl Sessions {
    /// # Errors
    ///
    /// If the secret is no key.
    pub(super) fn new(settings: &SessionSettings, secret: &Secret) -> Result<Self, String> {
        let secret = Zeroizing::new(secret.expose().to_vec());
        if secret.len() < KEY {
            return Err(format!("{} is shorter than {KEY} bytes, which Redwood does not take", settings.secret));
        }
        Ok(Self { settings: settings.clone(), secret })
    }

    /// The cookie's name.
    pub(super) fn cookie(&self) -> &str {
        &self.settings.cookie
    }

    /// Whose session this is; `name` is the provider's.
    pub(super) fn identify(&self, name: &str, cookie: &str) -> Result<Arc<Caller>, Denied> {
        // One text for all of it: how far a changed cookie gets says something of what is in it.
        let invalid =
            || Denied::Invalid(format!("session of `{name}` refused: the cookie is not one of this application"));
        let session = self.open(cookie).ok_or_else(invalid)?;
        caller(name, session, &self.settings).map(Arc::new).map_err(Denied::Invalid)
    }

    /// The session in a cookie. After it, Redwood puts `;` and a token of its own.
    fn open(&self, cookie: &str) -> Option<Claims> {
        if cookie.len() > MAX_COOKIE {
            return None;
        }
        let plain = match cookie.split_once('|') {
            Some((text, iv)) => self.decrypt(text, iv),
            None => self.decrypt_older(cookie),
        }?;
        let text = std::str::from_utf8(&plain).ok()?;
        serde_json::from_str(text.split(';').next()?).ok()
    }

    fn decrypt(&self, text: &str, iv: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (text, iv) = (BASE64_STANDARD.decode(text).ok()?, BASE64_STANDARD.decode(iv).ok()?);
        // The first 32 characters; Redwood takes only secrets in which each is one byte.
        aes(self.secret.get(..KEY)?, &iv, text)
    }

    /// The older form: key and vector are made of secret and salt as OpenSSL once did (`EVP_BytesToKey`, MD5, one round).
    fn decrypt_older(&self, cookie: &str) -> Option<Zeroizing<Vec<u8>>> {
        let salted = BASE64_STANDARD.decode(cookie).ok()?;
        let (salt, text) = salted.strip_prefix(SALTED)?.split_at_checked(SALT)?;
        let mut made = Zeroizing::new(Vec::with_capacity(3 * 16));
        let mut last: Vec<u8> = Vec::new();
        while made.len() < KEY + 16 {
            last = Md5::new().chain_update(&last).chain_update(&*self.secret).chain_update(salt).finalize().to_vec();
            made.extend_from_slice(&last);
        }
        let (key, iv) = made.split_at_checked(KEY)?;
        aes(key, iv, text.to_vec())
    }
}

/// The caller whose session this is; `name` is the provider's.
pub(super) fn caller(name: &str, session: Claims, settings: &SessionSettings) -> Result<Caller, String> {
    let subject = match claims::at(&session, &settings.subject) {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(format!("session of `{name}` refused: it has no id of its user")),
    };
    let claims = Value::Object(session).to_string();
    // No roles: whoever can change the cookie could give himself some.
    let identity = Identity { provider: name.to_owned(), subject, roles: Vec::new(), claims };
    Ok(Caller { identity, scopes: Vec::new() })
}

fn aes(key: &[u8], iv: &[u8], mut text: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = Decryptor::<Aes256>::new_from_slices(key, iv).ok()?;
    let length = cipher.decrypt_padded::<Pkcs7>(&mut text).ok()?.len();
    let mut plain = Zeroizing::new(text);
    plain.truncate(length);
    Some(plain)
}
