//! Signing what functions send, as any scheme does that is known by its name. A secret for it is granted by name, stays in
//! the host, and is in nothing that a function gets back. It knows nothing of how what is signed is sent.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signatures::{Algorithm, Scheme, Secret, SignRequest};

use super::{Denied, Grants};

/// The largest payload that is signed, in bytes: receivers of webhooks take less, and signing is the host's own time.
const LARGEST_PAYLOAD: usize = 1 << 20;

/// The longest text beside the payload, in bytes: the longest URL that most servers take.
const LONGEST_PARAMETER: usize = 8 << 10;

/// The longest name of a scheme that is looked for: all names are compared with one that nobody knows.
const LONGEST_SCHEME: usize = 64;

/// The largest payload, in bytes, that is signed where it is asked for: below it, going elsewhere takes longer than signing.
const QUICK_PAYLOAD: usize = 16 << 10;

/// Whether signing a payload of `length` bytes as the scheme of this name does takes no longer than a request may be held up.
/// With RSA it always may: a signature takes milliseconds.
pub fn is_quick(scheme: &str, length: usize) -> bool {
    length <= QUICK_PAYLOAD
        && known(scheme).is_ok_and(|scheme| {
            let algorithm = scheme.usual().algorithm;
            !matches!(algorithm, Algorithm::RsaSha1 | Algorithm::RsaSha256 | Algorithm::Jwt)
        })
}

/// What a scheme may want to know beside the payload.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parameters<'a> {
    /// The method; `POST` if there is none.
    pub method: Option<&'a str>,
    /// The URL to which it will be sent.
    pub url: Option<&'a str>,
    /// The delivery's id.
    pub id: Option<&'a str>,
    /// The kind of event.
    pub event_type: Option<&'a str>,
    /// When it is signed, in seconds since the Unix epoch; now, if not given.
    pub timestamp: Option<u64>,
    /// The name of the key.
    pub key_id: Option<&'a str>,
    /// The name of the secret that is a part of what is signed.
    pub content_secret: Option<&'a str>,
}

/// What to send.
#[derive(Debug, PartialEq, Eq)]
pub struct Signed {
    /// The headers to send with it, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body to send in place of the payload, for schemes that sign inside of it.
    pub payload: Option<Vec<u8>>,
    /// The URL to send it to in place of the one that was given, for schemes that sign inside of it.
    pub url: Option<String>,
}

/// Why something was not signed.
#[derive(Debug)]
pub enum NotSigned {
    /// The function may not.
    Denied(Denied),
    /// What it asked for cannot be; why, for its author.
    Wrong(String),
}

impl From<Denied> for NotSigned {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl Grants {
    /// Signs `payload` with the secret of this name, `now`, as the scheme of that name does.
    ///
    /// # Errors
    ///
    /// If the function was not granted the secret for that, or the scheme cannot sign what is given.
    pub fn sign(
        &self,
        (secret, scheme): (&str, &str),
        payload: &[u8],
        parameters: Parameters<'_>,
        now: SystemTime,
    ) -> Result<Signed, NotSigned> {
        // Whoever may not use a secret learns nothing else.
        let key = self.signing(secret)?;
        let content_secret = parameters.content_secret.map(|name| self.signing(name)).transpose()?;
        bounded(payload, parameters)?;
        let scheme = known(scheme)?;
        self.may_send(scheme, secret)?;
        let timestamp = match parameters.timestamp {
            None => now,
            Some(seconds) => UNIX_EPOCH
                .checked_add(Duration::from_secs(seconds))
                .ok_or_else(|| NotSigned::Wrong("the timestamp is too far in the future".into()))?,
        };
        let made_up;
        let id = match parameters.id {
            None if scheme.wants_id() => {
                made_up = uuid::Uuid::now_v7().simple().to_string();
                Some(&*made_up)
            }
            given => given,
        };
        let request = SignRequest {
            method: parameters.method.unwrap_or("POST"),
            url: parameters.url.unwrap_or("/"),
            id,
            event_type: parameters.event_type,
            key_id: parameters.key_id,
            content_secret,
            ..SignRequest::new(payload, timestamp)
        };
        let signed = signatures::sign(scheme, Some(key), &request);
        let signatures::Signed { headers, body, url } = signed.map_err(|error| NotSigned::Wrong(error.to_string()))?;
        Ok(Signed { headers, payload: changed(body), url: changed(url) })
    }

    fn signing(&self, name: &str) -> Result<&Secret, Denied> {
        self.sign.get(name).ok_or_else(|| Denied::new("signing with the secret", name, "sign"))
    }

    /// Some schemes prove who sends by sending the secret: for that, a function has to be one that may read it.
    fn may_send(&self, scheme: &Scheme, secret: &str) -> Result<(), NotSigned> {
        let name = scheme.name();
        match scheme.usual().algorithm {
            Algorithm::Token | Algorithm::Basic if !self.secrets.contains_key(secret) => {
                let what = format!("the scheme \"{name}\" sends the secret itself; reading the secret");
                Err(Denied::new(&what, secret, "secrets").into())
            }
            Algorithm::None => Err(NotSigned::Wrong(format!("the scheme \"{name}\" signs nothing"))),
            _ => Ok(()),
        }
    }
}

/// What the scheme put something into; none where it sends what it was given.
fn changed<T: ToOwned + ?Sized>(signed: Cow<'_, T>) -> Option<T::Owned> {
    match signed {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    }
}

fn known(name: &str) -> Result<&'static Scheme, NotSigned> {
    if name.len() > LONGEST_SCHEME {
        return Err(NotSigned::Wrong(format!("no scheme has a name of {} bytes", name.len())));
    }
    signatures::scheme(name).map_err(|unknown| NotSigned::Wrong(unknown.to_string()))
}

fn bounded(payload: &[u8], parameters: Parameters<'_>) -> Result<(), NotSigned> {
    let Parameters { method, url, id, event_type, key_id, .. } = parameters;
    let texts = [("method", method), ("URL", url), ("id", id), ("event type", event_type), ("key id", key_id)];
    let texts = texts.into_iter().map(|(what, text)| (what, text.map_or(0, str::len), LONGEST_PARAMETER));
    for (what, length, most) in texts.chain([("payload", payload.len(), LARGEST_PAYLOAD)]) {
        if length > most {
            return Err(NotSigned::Wrong(format!("the {what} has {length} bytes; {most} are the most")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
