//! A host for one test, as a test puts it together and asks it. Owns the order of things: what is said before it starts, and
//! that it ends with the last that has it. Who serves is a backend's business.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vestibule::testing::{SignedWebhook, mock_signed_webhook};
use vestibule::{Event, Identity};

use crate::backend::{Backend, Running};
use crate::request::Outgoing;
use crate::site::{Function, Plan, Site};
use crate::{Answer, Error, Request, caller};

/// A host that serves. It ends when the last clone of it is dropped.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    running: Running,
    key: caller::Key,
    vouched: std::collections::BTreeSet<String>,
    signature: Option<SignedWebhook>,
    caller: Option<Identity>,
}

impl Host {
    /// Starts to put a host together that serves this component: below the folder that `VESTIBULE_FUNCTIONS` names, or a path
    /// from the crate's folder or the project's. Its policy is the file beside it, `divide.toml` beside `divide.wasm`, unless
    /// [`policy`](Builder::policy) says another.
    pub fn with(component: impl Into<PathBuf>) -> Builder {
        Builder {
            plan: Plan {
                functions: vec![Function { component: component.into(), route: None, policy: None }],
                ..Plan::default()
            },
            signature: None,
            caller: None,
            backend: Backend::default(),
        }
    }
}

/// A host that is being put together. [`start`](Self::start) starts it; so does asking it something.
#[derive(Clone)]
#[must_use = "start() starts it; so does a request, as .get(\"/divide\").send()"]
pub struct Builder {
    plan: Plan,
    signature: Option<SignedWebhook>,
    caller: Option<Identity>,
    backend: Backend,
}

/// What is said before it starts.
impl Builder {
    /// Adds one more function, with the policy beside it. [`route`](Self::route) and [`policy`](Self::policy) speak of the
    /// function that was named last.
    pub fn and(mut self, component: impl Into<PathBuf>) -> Self {
        self.plan.functions.push(Function { component: component.into(), route: None, policy: None });
        self
    }

    /// Serves the function under another name than its file's: `orders/[id]`.
    pub fn route(self, route: &str) -> Self {
        self.last(|function| function.route = Some(route.trim_matches('/').into()))
    }

    /// Sets the text of the function's policy, in place of the file's.
    pub fn policy(self, text: &str) -> Self {
        self.last(|function| function.policy = Some(text.into()))
    }

    fn last(mut self, change: impl FnOnce(&mut Function)) -> Self {
        if let Some(function) = self.plan.functions.last_mut() {
            change(function);
        }
        self
    }

    /// Gives the host a secret. It has no others: neither the environment's nor those of a `.env`.
    pub fn secret(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.plan.secrets.insert(name.into(), value.into());
        self
    }

    /// Sets the text of `host.toml`. What it says of addresses, secrets and the cache is left out.
    pub fn settings(mut self, text: &str) -> Self {
        self.plan.settings = text.into();
        self
    }

    /// Puts a value into a store before the host starts.
    pub fn store(mut self, store: &str, key: &str, value: impl Into<Vec<u8>>) -> Self {
        self.plan.seeds.entry(store.into()).or_default().insert(key.into(), value.into());
        self
    }

    /// Puts a value into a store as JSON before the host starts.
    ///
    /// # Panics
    /// If JSON cannot express the value.
    #[track_caller]
    pub fn store_json<T: Serialize + ?Sized>(self, store: &str, key: &str, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.store(store, key, bytes),
            Err(reason) => panic!("the value of {key:?} as JSON: {reason}"),
        }
    }

    /// Lets callers of this provider be sent, also where the settings define it: the test's own key takes the place of the
    /// provider's.
    pub fn vouch(mut self, provider: &str) -> Self {
        self.plan.providers.insert(provider.into());
        self
    }

    /// Signs every request as a sender of this scheme does, with the value of the secret.
    pub fn signed(mut self, scheme: &str, secret: &str) -> Self {
        self.signature = Some(mock_signed_webhook(scheme, secret, []));
        self
    }

    /// Sends every request as this caller, see [`Request::caller`].
    pub fn caller(mut self, caller: Identity) -> Self {
        self.plan.providers.insert(caller.provider().into());
        self.caller = Some(caller);
        self
    }

    /// Chooses who serves; see [`Backend`].
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Starts the host.
    ///
    /// # Panics
    /// If it does not start; the message says why.
    #[track_caller]
    pub fn start(self) -> Host {
        self.try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts the host.
    ///
    /// # Errors
    /// If a component is missing, there is no command to start, or the settings are wrong. What is wrong with a policy is none:
    /// the function answers 503 then, and [`Host::problems`] say why.
    pub fn try_start(self) -> Result<Host, Error> {
        let Self { plan, signature, caller, backend } = self;
        let site = Site::of(plan)?;
        let running = Running::start(backend, &site)?;
        let Site { key, vouched, .. } = site;
        Ok(Host(Arc::new(Inner { running, key, vouched, signature, caller })))
    }

    /// Starts the host for one `GET`.
    pub fn get(self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// Starts the host for one `POST`.
    pub fn post(self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// Starts the host for one request; `path` may have a query.
    pub fn request(self, method: &str, path: &str) -> Request {
        Request::new(self.try_start(), Event::new(method, path))
    }
}

impl Host {
    /// A `GET`.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A `POST`, whose body is said next: `.body(…)`, `.json(…)`, `.webhook(…)`.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// Any request; `path` may have a query.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.event(Event::new(method, path))
    }

    /// A request with method, path, query, headers and body of this event: one fixture for unit tests and these.
    pub fn event(&self, event: Event) -> Request {
        Request::new(Ok(self.clone()), event)
    }

    /// How many sandboxes of functions there have been.
    ///
    /// # Panics
    /// If the host does not say.
    #[track_caller]
    pub fn instances(&self) -> u64 {
        told(self.0.running.instances())
    }

    /// The value of a series of the host's metrics, written as there with its labels; 0 if nothing has moved it yet.
    ///
    /// # Panics
    /// If the host does not say.
    #[track_caller]
    pub fn metric(&self, series: &str) -> u64 {
        told(self.0.running.metric(series))
    }

    /// What keeps functions from being served.
    pub fn problems(&self) -> Vec<String> {
        self.0.running.problems()
    }

    /// A store, as functions that are granted it have it. It is there without a grant.
    pub fn store(&self, name: &str) -> Store {
        Store { host: self.clone(), name: name.into() }
    }

    pub(crate) fn usual(&self) -> (Option<SignedWebhook>, Option<Identity>) {
        (self.0.signature.clone(), self.0.caller.clone())
    }

    pub(crate) fn deliver(&self, request: &Outgoing) -> Result<Answer, Error> {
        self.0.running.deliver(request)
    }

    pub(crate) fn has_several_providers(&self) -> bool {
        self.0.vouched.len() > 1
    }

    pub(crate) fn token(&self, caller: &Identity) -> Result<String, Error> {
        if self.0.vouched.contains(caller.provider()) {
            return self.0.key.token(caller);
        }
        let (provider, subject) = (caller.provider(), caller.subject());
        Err(Error::new(format!(
            "the caller {subject:?} is of the provider {provider:?}, for which this host's test does not vouch: name it under \
             [auth] in the policy, or say .vouch({provider:?}) before the host starts"
        )))
    }
}

/// A store of a host under test: to be looked into, and to be filled. With the backend that starts the command, each call ends
/// the host, and the next request starts it anew on what it had kept.
pub struct Store {
    host: Host,
    name: String,
}

/// # Panics
/// All of them, if the store does not do it: the name is none for a store, the value too large.
impl Store {
    /// The value at a key, if there is one.
    #[track_caller]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        told(self.host.0.running.value(&self.name, key))
    }

    /// The value at a key read as JSON, if there is one.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let value = self.get(key)?;
        told(
            serde_json::from_slice(&value).map(Some).map_err(|error| {
                Error::new(format!("the value of {key:?} in {:?} is not that JSON: {error}", self.name))
            }),
        )
    }

    /// All keys, sorted.
    #[track_caller]
    pub fn keys(&self) -> Vec<String> {
        told(self.host.0.running.keys(&self.name))
    }

    /// Puts a value at a key.
    #[track_caller]
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) {
        told(self.host.0.running.put(&self.name, key, value.as_ref()));
    }
}

#[track_caller]
fn told<T>(done: Result<T, Error>) -> T {
    done.unwrap_or_else(|error| panic!("{error}"))
}
