//! Webhooks for tests, signed by the crate that the host checks them with. Owns how a test says what is sent; how a scheme
//! signs and what of a delivery it tells is that crate's business. It knows no host: to send one, see the crate
//! `vestibule-test`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signatures::{Message, Overrides, Scheme, Secret, Setup, SignRequest, Verifier};

use crate::{Context, Delivery, Event};

/// The name of the secret, where the test gives none.
const SECRET: &str = "WEBHOOK_SECRET";

/// Where it is sent, where the test does not say.
const URL: &str = "https://localhost/webhook";

/// A webhook as a sender of this scheme signs it: `github`, `stripe`, `standardwebhooks`, Redwood's `sha256Verifier`, …
///
/// [`build`](SignedWebhook::build) makes of it what a handler is called with: the event, whose headers are really signed, and
/// the context with the delivery that the host would have found in it.
///
/// ```
/// use vestibule::testing::mock_signed_webhook;
///
/// let (event, context) = mock_signed_webhook("github", "s3cret", r#"{"ref":"refs/heads/main"}"#)
///     .with_event_type("push")
///     .with_id("72d3162e")
///     .with_path("/github-webhook")
///     .build();
/// assert!(event.header("x-hub-signature-256").is_some());
/// let delivery = context.delivery().unwrap();
/// assert_eq!((delivery.event_type(), delivery.id()), (Some("push"), Some("72d3162e")));
/// ```
///
/// A native test calls the handler, and it is the host that refuses what is signed wrongly, before there is a handler to call:
/// what a wrong signature comes to is tested with the built component, see the crate `vestibule-test`.
pub fn mock_signed_webhook(scheme: &str, secret: &str, payload: impl Into<Vec<u8>>) -> SignedWebhook {
    SignedWebhook {
        scheme: scheme.into(),
        secret: secret.into(),
        payload: payload.into(),
        method: "POST".into(),
        url: URL.into(),
        secret_name: SECRET.into(),
        overrides: Overrides::default(),
        headers: Vec::new(),
        id: None,
        event_type: None,
        timestamp: None,
        key_id: None,
        content_secret: None,
        public_key: None,
    }
}

/// A webhook that is being put together, see [`mock_signed_webhook`].
#[derive(Clone)]
#[must_use = "build() makes an event and a context of it"]
pub struct SignedWebhook {
    scheme: String,
    secret: Vec<u8>,
    payload: Vec<u8>,
    method: String,
    url: String,
    secret_name: String,
    overrides: Overrides,
    headers: Vec<(String, String)>,
    id: Option<String>,
    event_type: Option<String>,
    timestamp: Option<u64>,
    key_id: Option<String>,
    content_secret: Option<Vec<u8>>,
    public_key: Option<String>,
}

/// A webhook that has been signed: what a sender sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The headers: those of the signature first, then those that the test gave. Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body: the payload, unless the scheme puts the signature into it.
    pub body: Vec<u8>,
    /// The URL: the one that was given, unless the scheme puts something into it.
    pub url: String,
}

impl Sent {
    /// Path and query of the URL.
    pub fn target(&self) -> &str {
        self.url.get(target_start(&self.url)..).filter(|target| !target.is_empty()).unwrap_or("/")
    }
}

impl SignedWebhook {
    /// Sets the payload, in place of the one that it was made with.
    pub fn with_payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.payload = payload.into();
        self
    }

    /// Sets the sender's id of the delivery, for schemes that send it outside of the payload. Without one, schemes that sign it
    /// sign `test`.
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the kind of event, for schemes that send it in a header.
    pub fn with_event_type(mut self, event_type: &str) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets when it is signed, in seconds since the Unix epoch; now, if nothing is said.
    pub fn with_timestamp(mut self, seconds: u64) -> Self {
        self.timestamp = Some(seconds);
        self
    }

    /// Sets the header that the signature is in, as `header = "…"` of a policy does.
    pub fn with_signature_header(mut self, name: &str) -> Self {
        self.overrides.header = Some(name.into());
        self
    }

    /// Sets the issuer of a signed token, as `issuer = "…"` of a policy does.
    pub fn with_issuer(mut self, issuer: &str) -> Self {
        self.overrides.issuer = Some(issuer.into());
        self
    }

    /// Adds a header that the sender sends besides.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Sets the method, for schemes that sign it; `POST`, if nothing is said.
    pub fn with_method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    /// Sets the URL to which it is sent, as the sender knows it; some schemes sign it.
    pub fn with_url(mut self, url: &str) -> Self {
        self.url = url.into();
        self
    }

    /// Sets path and query of the URL.
    pub fn with_path(mut self, target: &str) -> Self {
        let start = target_start(&self.url);
        self.url.truncate(start);
        self.url.push_str(target);
        self
    }

    /// Sets the name that the secret has in the policy: the one that the delivery tells. `WEBHOOK_SECRET`, if nothing is said.
    pub fn with_secret_name(mut self, name: &str) -> Self {
        self.secret_name = name.into();
        self
    }

    /// Sets the name of the key, for schemes that send one.
    pub fn with_key_id(mut self, key_id: &str) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// Sets the secret that is a part of what is signed, for schemes that sign one with a private key.
    pub fn with_content_secret(mut self, secret: &str) -> Self {
        self.content_secret = Some(secret.into());
        self
    }

    /// Sets the public key to the private one that the webhook is signed with, for schemes that have such a pair.
    pub fn with_public_key(mut self, key: &str) -> Self {
        self.public_key = Some(key.into());
        self
    }

    /// Signs it.
    ///
    /// # Errors
    /// If there is no such scheme, or it cannot sign this: the text says what is missing. It holds no secret.
    pub fn sign(&self) -> Result<Sent, String> {
        self.signed(&self.scheme()?, self.now())
    }

    /// What a handler is called with: the event, and the context with the delivery that the host would have found. Headers in
    /// which the sender shows the secret itself are left out of the event, as the host does.
    ///
    /// # Panics
    /// If it cannot be signed.
    #[track_caller]
    pub fn build(&self) -> (Event, Context) {
        match self.parts() {
            Ok(parts) => parts,
            Err(problem) => panic!("mock_signed_webhook({:?}, …): {problem}", self.scheme),
        }
    }

    fn parts(&self) -> Result<(Event, Context), String> {
        let now = self.now();
        let scheme = self.scheme()?;
        let sent = self.signed(&scheme, now)?;
        let secret = Secret::new(&self.secret_name, self.secret.clone());
        let setup = match &self.public_key {
            Some(key) => Setup { public_keys: vec![key.clone()], ..Setup::default() },
            None if scheme.checks_nothing() => Setup::default(),
            None => Setup::from(vec![secret]),
        };
        let verifier = Verifier::new(&scheme, setup).map_err(|error| error.to_string())?;
        let headers: Vec<(&str, &str)> = sent.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let headers = &headers[..];
        let message = Message { method: &self.method, url: &sent.url, ..Message::new(&headers, &sent.body) };
        let accepted = verifier.verify(&message, now).map_err(|refused| refused.to_string())?;

        let mut delivery = Delivery::new(scheme.name());
        delivery.id = accepted.id.map(|id| id.value);
        delivery.event_type = accepted.event_type;
        delivery.timestamp = accepted.timestamp;
        delivery.secret = accepted.secret.map(|secret| secret.name).unwrap_or_default();

        let shown = |name: &str| !scheme.secret_headers().any(|secret| secret.eq_ignore_ascii_case(name));
        let event = sent
            .headers
            .iter()
            .filter(|(name, _)| shown(name))
            .fold(Event::new(&self.method, sent.target()).with_body(sent.body.clone()), |event, (name, value)| {
                event.with_header(name, value)
            });
        Ok((event, super::mock_context().with_delivery(delivery)))
    }

    fn scheme(&self) -> Result<Scheme, String> {
        let scheme = signatures::scheme(&self.scheme).map_err(|unknown| unknown.to_string())?.clone();
        let problems = |problems: Vec<signatures::Problem>| {
            problems.iter().map(|problem| format!("{} {}", problem.key, problem.message)).collect::<Vec<_>>().join("; ")
        };
        scheme.with(&self.overrides).map_err(problems)
    }

    fn signed(&self, scheme: &Scheme, now: SystemTime) -> Result<Sent, String> {
        let secret = Secret::new(&self.secret_name, self.secret.clone());
        let content_secret = self.content_secret.as_ref().map(|value| Secret::new("CONTENT_SECRET", value.clone()));
        let request = SignRequest {
            method: &self.method,
            url: &self.url,
            id: self.id.as_deref().or(scheme.wants_id().then_some("test")),
            event_type: self.event_type.as_deref(),
            key_id: self.key_id.as_deref(),
            content_secret: content_secret.as_ref(),
            ..SignRequest::new(&self.payload, now)
        };
        let secret = (!scheme.checks_nothing()).then_some(&secret);
        let signed = signatures::sign(scheme, secret, &request).map_err(|error| error.to_string())?;
        let mut headers = signed.headers;
        headers.extend(self.headers.iter().cloned());
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".into(), "application/json".into()));
        }
        Ok(Sent { headers, body: signed.body.into_owned(), url: signed.url.into_owned() })
    }

    fn now(&self) -> SystemTime {
        self.timestamp.map_or_else(SystemTime::now, |seconds| UNIX_EPOCH + Duration::from_secs(seconds))
    }
}

/// Where path and query of a URL begin.
fn target_start(url: &str) -> usize {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url.get(host..).and_then(|rest| rest.find(['/', '?'])).map_or(url.len(), |at| host + at)
}

/// Shows what is sent, not with which secret.
impl std::fmt::Debug for SignedWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedWebhook").field("scheme", &self.scheme).field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_with_a_shared_secret_makes_what_its_receiver_accepts() {
        for name in
            ["github", "stripe", "slack", "standardwebhooks", "twilio", "sha256Verifier", "jwtVerifier", "gitlab"]
        {
            let webhook =
                mock_signed_webhook(name, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", r#"{"id":"evt_1","type":"a.b"}"#);
            let (event, context) = webhook.with_path("/hooks?x=1").with_secret_name("KEY").build();
            assert_eq!((event.method(), event.path()), ("POST", "/hooks"), "{name}");
            let delivery = context.delivery().unwrap();
            assert_eq!((delivery.scheme(), delivery.secret()), (name, "KEY"));
        }
    }

    #[test]
    fn a_delivery_tells_what_the_scheme_tells() {
        let webhook = mock_signed_webhook("stripe", "whsec_x", r#"{"id":"evt_1","type":"invoice.paid"}"#);
        let (_, context) = webhook.with_timestamp(1_760_000_000).build();
        let delivery = context.delivery().unwrap();
        assert_eq!((delivery.id(), delivery.event_type()), (Some("evt_1"), Some("invoice.paid")));
        assert_eq!(delivery.timestamp(), Some(1_760_000_000));
    }

    #[test]
    fn a_secret_that_is_sent_itself_is_not_the_handlers_business() {
        let webhook = mock_signed_webhook("gitlab", "hunter2", "{}");
        assert!(webhook.sign().unwrap().headers.iter().any(|(_, value)| value == "hunter2"));
        assert!(webhook.build().0.headers().all(|(_, value)| value != "hunter2"));
    }

    #[test]
    fn a_policys_header_counts() {
        let webhook = mock_signed_webhook("sha256Verifier", "s", "{}").with_signature_header("X-Webhook-Signature");
        assert!(webhook.build().0.header("x-webhook-signature").is_some_and(|value| value.starts_with("sha256=")));
    }

    #[test]
    #[should_panic(expected = "did you mean \"github\"?")]
    fn an_unknown_scheme_names_the_nearest() {
        let _ = mock_signed_webhook("githup", "s", "{}").build();
    }

    #[test]
    fn what_cannot_be_signed_says_why_and_shows_no_secret() {
        let error = mock_signed_webhook("stripe", "hunter2", "{}").with_event_type("x").sign().unwrap_err();
        assert!(error.contains("event type") && !error.contains("hunter2"), "{error}");
        assert!(!format!("{:?}", mock_signed_webhook("github", "hunter2", "{}")).contains("hunter2"));
    }
}
