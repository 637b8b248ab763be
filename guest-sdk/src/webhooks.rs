//! Webhooks that a function sends: signed by the host, with a secret that the function never has. Owns what is signed and what
//! comes of it; how a scheme signs is the host's business, and in a native test that of the crate `signatures`. What is signed
//! is sent by [`http`].

use std::fmt;

use crate::http::{self, Request, Response};
use crate::query;

#[cfg(target_family = "wasm")]
mod component;
#[cfg(not(target_family = "wasm"))]
mod native;

#[cfg(target_family = "wasm")]
use component as signer;
#[cfg(not(target_family = "wasm"))]
use native as signer;

/// Signs a payload as the scheme of this name does (`standardwebhooks`, `github`, `stripe`, …), with a secret that the
/// function's policy grants with `sign = ["NAME"]` under `[grants]`. For what a scheme wants to know beside the payload, see
/// [`Webhook`].
///
/// # Errors
/// If the secret is not granted for that, or the scheme cannot sign this. The text says what is missing.
pub fn sign(scheme: &str, secret: &str, payload: impl Into<Vec<u8>>) -> Result<Signed, Error> {
    Webhook::new(payload).sign(scheme, secret)
}

/// Signs a payload as [`sign`](fn@sign) does and posts it to `url`, as JSON. The answer is whatever the receiver says:
/// [`successful`](Response::successful) tells whether it took it.
///
/// Beside `sign = ["NAME"]` the function's policy grants the receiver, with `http = ["https://…"]`.
///
/// ```
/// use vestibule::{http, testing, webhooks};
///
/// testing::grant_sign("NOTIFY_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
/// testing::http::answer("POST", "https://hooks.example/orders", http::Response::new(204));
/// let payload = r#"{"type":"order.shipped"}"#;
/// webhooks::send("https://hooks.example/orders", "standardwebhooks", "NOTIFY_SECRET", payload)?;
/// assert!(testing::http::sent()[0].header("webhook-signature").is_some());
/// # Ok::<(), webhooks::Error>(())
/// ```
///
/// # Errors
/// If it cannot be signed, or there is no answer.
pub fn send(url: &str, scheme: &str, secret: &str, payload: impl Into<Vec<u8>>) -> Result<Response, Error> {
    Webhook::new(payload).with_url(url).send(scheme, secret)
}

/// What is to be sent, before it is signed.
///
/// ```
/// use vestibule::testing;
/// use vestibule::webhooks::Webhook;
///
/// testing::grant_sign("NOTIFY_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
/// let webhook = Webhook::new(r#"{"type":"order.shipped"}"#).with_id("msg_1").with_timestamp(1_760_000_000);
/// let signed = webhook.sign("standardwebhooks", "NOTIFY_SECRET")?;
/// assert_eq!(signed.header("webhook-id"), Some("msg_1"));
/// assert!(signed.header("webhook-signature").is_some_and(|signature| signature.starts_with("v1,")));
/// # Ok::<(), vestibule::webhooks::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Webhook {
    payload: Vec<u8>,
    method: Option<String>,
    url: Option<String>,
    id: Option<String>,
    event_type: Option<String>,
    timestamp: Option<u64>,
    key_id: Option<String>,
    content_secret: Option<String>,
}

impl Webhook {
    /// One with this payload, to be sent with `POST`, now.
    pub fn new(payload: impl Into<Vec<u8>>) -> Self {
        Self { payload: payload.into(), ..Self::default() }
    }

    /// Sets the method, for schemes that sign it.
    pub fn with_method(mut self, method: &str) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Sets the URL to which it will be sent, for schemes that sign it.
    pub fn with_url(mut self, url: &str) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the delivery's id, for schemes that send it outside of the payload. Without one, where it is signed, it has one that
    /// nothing else has.
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the kind of event, for schemes that send it in a header.
    pub fn with_event_type(mut self, event_type: &str) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets when it is signed, in seconds since the Unix epoch.
    pub fn with_timestamp(mut self, timestamp: u64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Sets the name of the key, for schemes that send one.
    pub fn with_key_id(mut self, key_id: &str) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// Sets the name of the secret that is a part of what is signed, for schemes that sign one with a private key.
    pub fn with_content_secret(mut self, name: &str) -> Self {
        self.content_secret = Some(name.into());
        self
    }

    /// Signs it, see [`sign`](fn@sign).
    ///
    /// # Errors
    /// If the secret is not granted for that, or the scheme cannot sign this. The text says what is missing.
    pub fn sign(self, scheme: &str, secret: &str) -> Result<Signed, Error> {
        signer::sign(self, scheme, secret).map_err(Error::NotSigned)
    }

    /// Signs it and sends it to its URL, see [`send`]. It is sent as JSON, unless the scheme says otherwise.
    ///
    /// # Errors
    /// If it has no URL, cannot be signed, or there is no answer.
    pub fn send(self, scheme: &str, secret: &str) -> Result<Response, Error> {
        let url = self.url.clone().ok_or_else(|| Error::NotSigned("the webhook has no URL to be sent to".into()))?;
        let method = self.method.clone().unwrap_or_else(|| "POST".into());
        let Signed { headers, payload, url: changed } = self.sign(scheme, secret)?;
        let is_typed = headers.iter().any(|(name, _)| name == "content-type");
        let mut request = Request::new(method, changed.unwrap_or(url)).with_body(payload);
        if !is_typed {
            request = request.with_header("content-type", "application/json");
        }
        let request = headers.into_iter().fold(request, |request, (name, value)| request.with_header(name, value));
        request.send().map_err(Error::NotSent)
    }
}

/// What to send: headers, body, and the URL where the scheme signs inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
    url: Option<String>,
}

impl Signed {
    /// The headers to send with it, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        query::slices(&self.headers)
    }

    /// The value of a header; the name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body to send: the payload, unless the scheme signs inside of it.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The URL to send it to, where it is another than the one that was given: for schemes that sign inside of it.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

/// Why a webhook was not signed or not sent. Holds no part of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It was not signed, and so not sent; what is missing.
    NotSigned(String),
    /// It was signed, and there is no answer.
    NotSent(http::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSigned(why) => f.write_str(why),
            Self::NotSent(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// So that one `?` is enough for both: `webhooks::send(…)?.successful()?`.
impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        Self::NotSent(error)
    }
}
