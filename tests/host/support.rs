//! A host for one test. What a test calls:
//!
//! ```ignore
//! let host = host()                                   // a host of its own, that is being put together
//!     .function("orders/[id]", "echo", PUBLIC)        // a route's file, a component, a policy's text
//!     .secret("GITHUB", "hunter2")                    // what policies name
//!     .settings("[server]\npermit_wait = \"0ms\"")    // host.toml
//!     .start();                                       // loads the folder as `serve` does
//! let answer = host.send(post("/orders/7", "{}").with("x-note", "twice")).await;
//! assert_eq!(answer.status, 200);
//! host.instances();                                   // how many sandboxes there have been
//! host.metric("vestibule_refusals_total{…}");         // any series
//! log::access(answer.id());                           // what the log says of that request
//! ```
//!
//! Components are those of `examples/`, built by `./just examples`; of the hostile ones the name alone is enough.
//! Compiled, they are kept in `target/test-cache`, which all tests share.

pub(crate) mod body;
pub(crate) mod issuer;
pub(crate) mod log;
#[allow(dead_code, reason = "the tests of the binary use more of it")]
pub(crate) mod redis;
pub(crate) mod server;
pub(crate) mod token;
pub(crate) mod verifier;
pub(crate) mod wat;

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use signatures::{Secret, SignRequest};
use vestibule_host::function::{Entry, Function};
use vestibule_host::testing::{self, Site};

pub(crate) use vestibule_host::testing::LOCAL;

pub(crate) use self::body::Body;

/// The policy of a function that anyone may call.
pub(crate) const PUBLIC: &str = "access = \"public\"\n";

/// Another machine (RFC 5737 keeps this address for examples).
pub(crate) const REMOTE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// Sandboxes of a host at once, where a test does not say: few, as each reserves address space.
const SANDBOXES: u32 = 8;

/// Starts to put a host together.
pub(crate) fn host() -> Builder {
    log::capture();
    let mut site = Site::new().unwrap();
    site.cache(&root().join("target/test-cache"));
    site.sandboxes(SANDBOXES);
    site.verifiers(0);
    Builder(site)
}

/// The bytes of a built component: an example's name, or a hostile one's.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let built = root().join("target/functions");
    let file = [built.join("hostile"), built].map(|folder| folder.join(format!("{name}.wasm")));
    let file = file.iter().find(|file| file.exists());
    let file = file.unwrap_or_else(|| panic!("no component `{name}` in target/functions: run ./just examples first"));
    fs::read(file).unwrap()
}

/// A file of `target/functions`, as an example's policy.
pub(crate) fn built(name: &str) -> PathBuf {
    root().join("target/functions").join(name)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A host that is being put together.
pub(crate) struct Builder(Site);

impl Builder {
    /// Puts `component` into the folder as `route.wasm`, with `policy` beside it.
    pub(crate) fn function(self, route: &str, component: &str, policy: &str) -> Self {
        self.file(&format!("{route}.wasm"), crate::support::component(component)).file(&format!("{route}.toml"), policy)
    }

    /// Puts a file into the functions folder.
    pub(crate) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.0.file(path, bytes).unwrap();
        self
    }

    /// Puts a link into the functions folder, that leads to `target` from its own folder.
    pub(crate) fn link(self, target: &str, path: &str) -> Self {
        let path = self.0.functions().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    /// The text of `host.toml`; `[secrets]` and `[cache]` are added.
    pub(crate) fn settings(mut self, text: &str) -> Self {
        self.0.settings(text);
        self
    }

    /// Gives the host a secret.
    pub(crate) fn secret(self, name: &str, value: &str) -> Self {
        self.0.secret(name, value).unwrap();
        self
    }

    /// Sandboxes of the pool, fewer than the host's `concurrency` perhaps.
    pub(crate) fn sandboxes(mut self, count: u32) -> Self {
        self.0.sandboxes(count);
        self
    }

    /// Sandboxes of the pool for verifiers; none, where a test does not say.
    pub(crate) fn verifiers(mut self, count: u32) -> Self {
        self.0.verifiers(count);
        self
    }

    /// Loads the folder, as `serve` does.
    pub(crate) fn start(self) -> Host {
        Host(self.0.start().unwrap_or_else(|error| panic!("{error:#}")))
    }
}

/// A host that answers.
pub(crate) struct Host(testing::Host);

/// What it is made of.
impl std::ops::Deref for Host {
    type Target = testing::Host;

    fn deref(&self) -> &testing::Host {
        &self.0
    }
}

impl Host {
    /// Sends a request from this machine.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from(request, LOCAL).await
    }

    /// Sends a request from `client`.
    pub(crate) async fn send_from(&self, request: Request<Body>, client: IpAddr) -> Answer {
        let answer = self.0.send(request, client).await.unwrap();
        Answer { status: answer.status, headers: answer.headers, body: answer.body }
    }

    /// How many of them, besides, were of verifiers.
    pub(crate) fn verifier_instances(&self) -> u64 {
        self.metric("vestibule_verifier_instances_created_total")
    }

    /// How many calls of a function have come to `outcome`.
    pub(crate) fn outcomes(&self, function: &str, outcome: &str) -> u64 {
        self.metric(&format!("vestibule_outcomes_total{{function=\"{function}\",outcome=\"{outcome}\"}}"))
    }

    /// The function of this name, which must be served.
    pub(crate) fn ready(&self, name: &str) -> Arc<Function> {
        let live = self.app.live();
        let mut functions = live.table.iter().filter_map(|(_, entry)| match entry {
            Entry::Ready(function) => Some(Arc::clone(function)),
            Entry::NotLoaded { .. } => None,
        });
        functions.find(|function| &*function.name == name).unwrap_or_else(|| panic!("{name}: {}", self.problems))
    }

    /// Writes a file of the functions folder, or another one if the path leads there (`../host.toml`).
    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.functions().join(path), bytes).unwrap();
    }

    /// Removes a file of the functions folder.
    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.functions().join(path)).unwrap();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The one value of a header, if it is there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next().map(|value| value.to_str().unwrap());
        assert_eq!(values.next(), None, "{name} came more than once");
        first
    }

    /// The request's id, by which the log knows it.
    pub(crate) fn id(&self) -> &str {
        self.header("x-request-id").expect("every answer names its request")
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {:?}", self.status, self.body))
    }
}

/// A request without a body.
pub(crate) fn get(target: &str) -> Request<Body> {
    request(Method::GET, target, Body::whole(""))
}

/// A request with a body in one piece.
pub(crate) fn post(target: &str, body: impl Into<Bytes>) -> Request<Body> {
    request(Method::POST, target, Body::whole(body))
}

/// Any request. It names `localhost` as its host.
pub(crate) fn request(method: Method, target: &str, body: Body) -> Request<Body> {
    Request::builder().method(method).uri(target).header(HOST, "localhost:8080").body(body).unwrap()
}

/// What a test adds to a request.
pub(crate) trait With: Sized {
    /// Adds a header after those that are there.
    fn with(self, name: &str, value: impl AsRef<[u8]>) -> Self;

    /// Puts a header in the place of those of its name.
    fn with_only(self, name: &str, value: &str) -> Self;

    /// Adds the headers that a sender of `scheme` signs `body` with, `now`.
    fn signed(self, scheme: &str, secret: &str, body: &[u8], now: SystemTime) -> Self;
}

impl With for Request<Body> {
    fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        self.headers_mut().append(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    fn with_only(mut self, name: &str, value: &str) -> Self {
        self.headers_mut().remove(name);
        self.with(name, value)
    }

    fn signed(self, scheme: &str, secret: &str, body: &[u8], now: SystemTime) -> Self {
        let scheme = signatures::scheme(scheme).unwrap();
        let secret = Secret::new("NAME", secret);
        let headers = signatures::sign(scheme, Some(&secret), &SignRequest::new(body, now)).unwrap().headers;
        headers.iter().fold(self, |request, (name, value)| request.with(name, value))
    }
}
