//! What the author of a verifier touches: the [`Request`] that it is asked about, the [`Secret`]s that its policy names,
//! and what it [`Accepted`]. Owns these records and what may be returned; does not know what the host makes of them.

#[cfg(target_family = "wasm")]
pub(crate) mod bindings;

use std::fmt::{self, Display};
use std::time::SystemTime;

/// A request of which nobody knows yet whether it is genuine.
///
/// For a test, [`Request::post`] makes one that names no secret, now; the methods that start with `with_` add the rest.
///
/// ```
/// use vestibule::verifier::Request;
///
/// let request = Request::post("/hook?a=1", "{}").with_header("X-Signature", "abc").with_secret("BANK", "hunter2");
/// assert_eq!((request.path(), request.query()), ("/hook", "a=1"));
/// assert_eq!(request.header("x-signature"), Some("abc"));
/// assert_eq!(request.secrets()[0].value(), b"hunter2");
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) now: SystemTime,
}

impl Request {
    /// The HTTP method, in the case in which it was sent.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL, for schemes that sign it. Where the policy has a `url` or the host a `public_url`, it is the URL as the sender
    /// saw it; else it is path and query alone, for the name of a host is never taken from the request.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The path as received: percent-encoded, with the host's prefix if there is one.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query string, raw, without the `?`; empty if there is none.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The value of a header, if it came exactly once; `name` in any case. What decides something must not be there twice:
    /// nobody knows at which of the two another program looks.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    /// All headers in the order of arrival, names in lower case, repeated ones as often as they came.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The body: exactly the bytes that came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The secrets that the policy names, in its order. Any of them may have signed, so that keys can be changed.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The host's clock.
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// A `POST` for tests; what follows a `?` in `target` is the query.
    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: "POST".into(),
            url: target.into(),
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
            body: body.into(),
            secrets: Vec::new(),
            now: SystemTime::now(),
        }
    }

    /// Adds a header, for tests.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Adds a secret, for tests.
    pub fn with_secret(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.secrets.push(Secret { name: name.into(), value: value.into() });
        self
    }

    /// Sets the URL as the sender saw it, for tests.
    pub fn with_url(mut self, url: &str) -> Self {
        self.url = url.into();
        self
    }

    /// Sets the host's clock, for tests.
    pub fn with_now(mut self, now: SystemTime) -> Self {
        self.now = now;
        self
    }
}

/// A secret that the policy names.
#[derive(Clone)]
pub struct Secret {
    pub(crate) name: String,
    pub(crate) value: Vec<u8>,
}

impl Secret {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value, never empty. Compare what is made of it in constant time, and write it nowhere.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

/// Shows the name alone.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is known of a genuine request; its function finds it in [`Context::delivery`](crate::Context::delivery).
///
/// Only what the signature covers belongs here: what it does not cover can be changed by whoever sends the request again.
///
/// ```
/// use vestibule::verifier::Accepted;
///
/// let accepted = Accepted::new().with_id("evt_1").with_timestamp(1_760_000_000).with_secret("BANK_SECRET");
/// assert_eq!(accepted.id(), Some("evt_1"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    pub(crate) id: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) timestamp: Option<u64>,
    pub(crate) secret: Option<String>,
}

impl Accepted {
    /// A genuine request of which nothing else is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sender's id of this delivery.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The kind of event.
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// When the sender signed it, in seconds since the Unix epoch.
    pub fn timestamp(&self) -> Option<u64> {
        self.timestamp
    }

    /// The name of the secret that matched.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    /// Sets the sender's id of this delivery: 1 to 256 bytes without control characters.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the kind of event: 1 to 256 bytes without control characters.
    pub fn with_event_type(mut self, event_type: impl Into<String>) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets when the sender signed it, in seconds since the Unix epoch. The host refuses what is too far from its clock.
    pub fn with_timestamp(mut self, timestamp: u64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Sets the name of the secret that matched: one of [`Request::secrets`].
    pub fn with_secret(mut self, name: impl Into<String>) -> Self {
        self.secret = Some(name.into());
        self
    }
}

/// Implemented for what a verifier may return.
#[diagnostic::on_unimplemented(
    message = "a verifier cannot return `{Self}`",
    label = "this is not a `Result<Accepted, E>`",
    note = "write `-> Result<Accepted, E>` with an `E` that implements `Display`, such as `&'static str`"
)]
pub trait Verdict {
    /// What is accepted, or why it is refused, for the log.
    ///
    /// # Errors
    /// What the verifier returned as an error.
    fn verdict(self) -> Result<Accepted, String>;
}

impl<E: Display> Verdict for Result<Accepted, E> {
    fn verdict(self) -> Result<Accepted, String> {
        self.map_err(|error| format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_came_twice_has_no_value() {
        let request = Request::post("/", "").with_header("X-Signature", "one");
        assert_eq!(request.header("x-SIGNATURE"), Some("one"));
        assert_eq!(request.header("x-other"), None);
        let request = request.with_header("x-signature", "two");
        assert_eq!(request.header("x-signature"), None);
        assert_eq!(request.headers().collect::<Vec<_>>(), [("x-signature", "one"), ("x-signature", "two")]);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", Request::post("/", "").with_secret("BANK", "hunter2"));
        assert!(shown.contains("BANK") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn every_error_that_can_be_displayed_refuses() {
        assert_eq!(Err::<Accepted, _>("no signature").verdict().unwrap_err(), "no signature");
        let boxed: Box<dyn std::error::Error> = "boxed".into();
        assert_eq!(Err::<Accepted, _>(boxed).verdict().unwrap_err(), "boxed");
        assert_eq!(Ok::<_, String>(Accepted::new().with_id("1")).verdict().unwrap().id(), Some("1"));
    }
}
