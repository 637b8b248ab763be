//! A request to a host under test. Owns how a test writes it down; the webhook's signature is made by the SDK's test kit, the
//! caller's token by [`caller`](crate::caller).

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use serde::Serialize;
use vestibule::testing::{SignedWebhook, mock_signed_webhook};
use vestibule::{Event, Identity};

use crate::{Answer, Error, Host};

/// A request that is being put together. [`send`](Self::send) sends it and waits; so does `.await`, in a test that is `async`.
#[must_use = "send() sends it; so does .await"]
pub struct Request {
    host: Result<Host, Error>,
    event: Event,
    signature: Option<SignedWebhook>,
    /// What it is to say besides.
    details: Details,
    /// Whether the body is the webhook's own.
    carries: bool,
    caller: Option<Identity>,
}

/// What goes to the host.
pub(crate) struct Outgoing {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(host: Result<Host, Error>, event: Event) -> Self {
        let (signature, caller) = match &host {
            Ok(host) => host.usual(),
            Err(_) => (None, None),
        };
        Self { host, event, signature, details: Details::default(), carries: false, caller }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event = self.event.with_header(name, value);
        self
    }

    /// Adds a name and a value to the query; both are encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.event = self.event.with_query(name, value);
        self
    }

    /// Adds a cookie.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        self.event = self.event.with_cookie(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        (self.event, self.carries) = (self.event.with_body(body), false);
        self
    }

    /// Sets the body to the value as JSON, and `content-type` unless there is one.
    ///
    /// # Panics
    /// If JSON cannot express the value.
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        (self.event, self.carries) = (self.event.with_json(value), false);
        self
    }

    /// Sets the body to a form of these names and values, and `content-type` unless there is one.
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        (self.event, self.carries) = (self.event.with_form(pairs), false);
        self
    }

    /// Signs it as a sender of this scheme does, with the value of the secret. See
    /// [`mock_signed_webhook`](vestibule::testing::mock_signed_webhook) for what else a scheme may want to know, and hand that
    /// to [`webhook`](Self::webhook).
    pub fn signed(mut self, scheme: &str, secret: &str) -> Self {
        self.signature = Some(self.details.sign(mock_signed_webhook(scheme, secret, [])));
        self
    }

    /// Sends this webhook: its payload, unless the request has a body of its own, its signature and its headers. Method and path
    /// are the request's.
    pub fn webhook(mut self, webhook: SignedWebhook) -> Self {
        (self.signature, self.carries) = (Some(self.details.sign(webhook)), self.event.body().is_empty());
        self
    }

    /// Does not sign it, whatever the host's requests are otherwise.
    pub fn unsigned(mut self) -> Self {
        self.signature = None;
        self
    }

    /// Sets the kind of event of a signed request, for schemes that send it in a header.
    pub fn event_type(self, event_type: &str) -> Self {
        self.detail(|details| details.event_type = Some(event_type.to_owned()))
    }

    /// Sets the sender's id of the delivery of a signed request, for schemes that send it outside of the payload.
    pub fn delivery_id(self, id: &str) -> Self {
        self.detail(|details| details.id = Some(id.to_owned()))
    }

    /// Sets when a signed request is signed, in seconds since the Unix epoch.
    pub fn signed_at(self, seconds: u64) -> Self {
        self.detail(|details| details.timestamp = Some(seconds))
    }

    /// Sets the header that the signature is in, as `header = "…"` of a policy does.
    pub fn signature_header(self, name: &str) -> Self {
        self.detail(|details| details.header = Some(name.to_owned()))
    }

    /// Before it is signed or after: it counts all the same.
    fn detail(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(&mut self.details);
        self.signature = self.signature.map(|webhook| self.details.sign(webhook));
        self
    }

    /// Sends it as this caller: with a token of the caller's provider, which the host checks. The provider is one that a policy
    /// trusts and the settings do not define, or one that the host is told of with [`vouch`](crate::Builder::vouch).
    pub fn caller(mut self, caller: Identity) -> Self {
        self.caller = Some(caller);
        self
    }

    /// Sends it as nobody, whatever the host's requests are otherwise.
    pub fn anonymous(mut self) -> Self {
        self.caller = None;
        self
    }

    /// Sends it and waits for the answer.
    ///
    /// # Panics
    /// If the host does not start, the request cannot be made, or no answer comes.
    #[track_caller]
    pub fn send(self) -> Answer {
        self.try_send().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends it and waits for the answer.
    ///
    /// # Errors
    /// If the host does not start, the request cannot be made, or no answer comes.
    pub fn try_send(self) -> Result<Answer, Error> {
        let host = self.host.clone()?;
        let outgoing = self.outgoing(&host)?;
        host.deliver(&outgoing)
    }

    fn outgoing(self, host: &Host) -> Result<Outgoing, Error> {
        let Self { mut event, signature, carries, caller, .. } = self;
        if let Some(caller) = caller {
            event = event.with_header("authorization", &format!("Bearer {}", host.token(&caller)?));
            if host.has_several_providers() {
                event = event.with_header("auth-provider", caller.provider());
            }
        }
        let mut target = event.path().to_owned();
        if !event.query_string().is_empty() {
            target = format!("{target}?{}", event.query_string());
        }
        let method = event.method().to_owned();
        let mut headers: Vec<(String, String)> =
            event.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut body = event.into_body();
        if let Some(webhook) = signature {
            let webhook = webhook.with_method(&method).with_path(&target);
            let webhook = if carries { webhook } else { webhook.with_payload(body) };
            let sent = webhook.sign().map_err(|problem| Error::new(format!("the webhook: {problem}")))?;
            // What the test says itself counts.
            let own: Vec<String> = headers.iter().map(|(name, _)| name.clone()).collect();
            target = sent.target().to_owned();
            headers.extend(sent.headers.into_iter().filter(|(name, _)| !own.contains(name)));
            body = sent.body;
        }
        Ok(Outgoing { method, target, headers, body })
    }
}

/// What a test says of a signature beside its scheme.
#[derive(Clone, Default)]
struct Details {
    event_type: Option<String>,
    id: Option<String>,
    timestamp: Option<u64>,
    header: Option<String>,
}

impl Details {
    fn sign(&self, mut webhook: SignedWebhook) -> SignedWebhook {
        if let Some(event_type) = &self.event_type {
            webhook = webhook.with_event_type(event_type);
        }
        if let Some(id) = &self.id {
            webhook = webhook.with_id(id);
        }
        if let Some(timestamp) = self.timestamp {
            webhook = webhook.with_timestamp(timestamp);
        }
        match &self.header {
            Some(header) => webhook.with_signature_header(header),
            None => webhook,
        }
    }
}

/// Sends it on a thread of its own: the future asks for no runtime, and several can be waited for at once.
impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let shared = Arc::new(Mutex::new(Waiting::default()));
        let sender = Arc::clone(&shared);
        let spawned = thread::Builder::new().name("request".into()).spawn(move || {
            let result = self.try_send();
            let mut waiting = sender.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.result = Some(result);
            if let Some(waker) = waiting.waker.take() {
                waker.wake();
            }
        });
        if let Err(error) = spawned {
            let mut waiting = shared.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.result = Some(Err(Error::of("no thread for the request")(error)));
        }
        Box::pin(async move { Sent(shared).await.unwrap_or_else(|error| panic!("{error}")) })
    }
}

#[derive(Default)]
struct Waiting {
    result: Option<Result<Answer, Error>>,
    waker: Option<Waker>,
}

struct Sent(Arc<Mutex<Waiting>>);

impl Future for Sent {
    type Output = Result<Answer, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
