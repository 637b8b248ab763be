//! What a guest is told: the request and what the gates found out, in the contract's terms. It is made of an admitted
//! request alone, and it carries the permit for the instance that will see it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Version};

use crate::auth::Auth;
use crate::body::{Rest, Whole};
use crate::config::Limits;
use crate::function::Function;
use crate::limit::{Admitted, Permit};
use crate::outbound::Trace;
use crate::replay::Claim;
use crate::request::RequestId;
use crate::verify::Check;

/// What caused the call. The contract names more; this host makes these.
#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    /// A request over HTTP.
    Http,
}

/// A webhook that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The scheme's name; `custom` for one that the policy describes, `component` for a verifier of its own.
    pub scheme: String,
    /// The sender's id of the delivery.
    pub id: Option<String>,
    /// The kind of event.
    pub event_type: Option<String>,
    /// When it was signed, in Unix seconds.
    pub timestamp: Option<u64>,
    /// The name of the secret that matched.
    pub secret: String,
}

/// A caller who was identified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider, as `host.toml` names it.
    pub provider: String,
    /// Who it is: the `sub` of a token, the name of a key or of a user, the id in a session; empty if nothing says.
    pub subject: String,
    /// The caller's roles.
    pub roles: Vec<String>,
    /// All claims, or the session, as the text of a JSON object.
    pub claims: String,
}

/// One call that is due.
pub struct Event {
    head: Box<Parts>,
    subpath: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) body: Whole,
    /// A body that still comes, until somebody takes it; then the other is empty.
    rest: Mutex<Option<Box<Rest>>>,
    pub(crate) client: String,
    pub(crate) trigger: Trigger,
    pub(crate) delivery: Option<Box<Delivery>>,
    pub(crate) identity: Option<Box<Identity>>,
    function: Arc<Function>,
    id: RequestId,
    deadline_unix_ms: u64,
    _permit: Permit,
}

impl Event {
    /// Makes the event of an admitted request, with the `rest` of a body that still comes, and hands out the claim on its
    /// delivery to whoever learns how the call ends. The deadline runs from now.
    pub fn new(admitted: Admitted, rest: Option<Box<Rest>>) -> (Self, Option<Claim>) {
        let (claimed, permit) = admitted.into_parts();
        let (authorized, claim) = claimed.into_parts();
        let (verified, identity) = authorized.into_parts();
        let (routed, body, delivery) = verified.into_parts();
        let (inbound, function, place) = routed.into_parts();
        let deadline = SystemTime::now() + function.policy.limits.timeout;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let event = Self {
            head: inbound.head,
            subpath: place.subpath,
            params: place.params,
            body,
            // Never in the place of one that a gate has looked at.
            rest: Mutex::new(rest.filter(|_| function.takes_body_in_parts())),
            client: inbound.client.to_string(),
            trigger: Trigger::Http,
            delivery,
            identity,
            function,
            id: inbound.id,
            deadline_unix_ms: u64::try_from(deadline).unwrap_or(u64::MAX),
            _permit: permit,
        };
        (event, claim)
    }

    /// The function that is to be called.
    pub fn function(&self) -> &Arc<Function> {
        &self.function
    }

    /// What bounds the call.
    pub fn limits(&self) -> &Limits {
        &self.function.policy.limits
    }

    pub(crate) fn request_id(&self) -> &RequestId {
        &self.id
    }

    pub(crate) fn method(&self) -> &Method {
        &self.head.method
    }

    pub(crate) fn path(&self) -> &str {
        self.head.uri.path()
    }

    pub(crate) fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// Path and query as received.
    pub(crate) fn target(&self) -> Option<&PathAndQuery> {
        self.head.uri.path_and_query()
    }

    /// Takes the body, if it is one that still comes.
    pub(crate) fn take_rest(&self) -> Option<Box<Rest>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether its client can be given an answer in pieces: it wants the body, and its protocol tells an answer that broke
    /// off from one that ended.
    pub(crate) fn takes_pieces(&self) -> bool {
        self.head.version > Version::HTTP_10 && self.head.method != Method::HEAD
    }

    pub(crate) fn subpath(&self) -> &str {
        &self.subpath
    }

    pub(crate) fn deadline_unix_ms(&self) -> u64 {
        self.deadline_unix_ms
    }

    /// The trace that the request belongs to.
    pub(crate) fn trace(&self) -> Option<Box<Trace>> {
        Trace::of(&self.head.headers).map(Box::new)
    }

    /// The headers that are the guest's business, as text.
    pub(crate) fn headers(&self) -> Vec<(&str, Cow<'_, str>)> {
        self.shown().map(|(name, value)| (name.as_str(), text(value.as_bytes()))).collect()
    }

    /// The headers that are the guest's business. Those about the connection have ended at the host by now (`head`), and
    /// those in which a webhook's sender or a caller shows a secret itself end here.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let headers = &self.head.headers;
        let hides_authorization = self.function.auth.as_ref().is_some_and(Auth::hides_authorization);
        let secret = self.function.verification.as_ref().map(Check::secret_headers).unwrap_or_default();
        headers
            .iter()
            .filter(move |(name, _)| !secret.contains(name) && !self.function.hidden.contains(name))
            .filter(move |(name, _)| !hides_authorization || **name != AUTHORIZATION)
    }
}

/// A header's value as text: UTF-8, or else Latin-1, in which every sequence of bytes is text.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_not_utf8_is_read_as_latin1() {
        assert_eq!(text("gr\u{fc}n".as_bytes()), "gr\u{fc}n");
        assert_eq!(text(b"gr\xfcn"), "gr\u{fc}n");
        assert_eq!(text(b"\xff\xfe"), "\u{ff}\u{fe}");
    }
}
