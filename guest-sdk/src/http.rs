//! Requests to other servers, as far as the function's policy grants them. Owns what an author touches of them; which are
//! granted, and what limits they have, is the host's business alone.
//!
//! ```
//! use vestibule::{Event, Response, http};
//!
//! #[vestibule::handler]
//! fn handle(_event: Event) -> Result<Response, Box<dyn std::error::Error>> {
//!     let rates: serde_json::Value = http::get("https://rates.example/latest")?.successful()?.json()?;
//!     Ok(Response::json(&rates["EUR"]))
//! }
//! # vestibule::testing::http::answer("GET", "https://rates.example/latest", http::Response::new(200).with_body(r#"{"EUR": 1}"#));
//! # assert_eq!(handle(Event::get("/")).unwrap().body_text(), Ok("1"));
//! ```
//!
//! with, in the function's policy:
//!
//! ```toml
//! [grants]
//! http = ["https://rates.example"]
//! ```
//!
//! [`get`] and [`post`] send at once; a [`Request`] is put together first. On every target but WebAssembly nothing is ever
//! sent: tests say what is answered, with [`testing::http`](crate::testing::http).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error as Unreadable, Part};
use crate::query;

/// Asks for what is at `url`.
///
/// # Errors
/// When there is no answer. An answer whose status says that something went wrong is an answer; see
/// [`Response::successful`].
pub fn get(url: impl Into<String>) -> Result<Response, Error> {
    Request::get(url).send()
}

/// Sends `body` to `url`, without saying of what type it is; for that, put a [`Request`] together.
///
/// # Errors
/// As of [`get`].
pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Result<Response, Error> {
    Request::post(url, body).send()
}

/// One request.
///
/// ```
/// # use vestibule::http::{Request, Response};
/// # vestibule::testing::http::answer("POST", "https://api.example/notes", Response::new(201));
/// let answer = Request::new("POST", "https://api.example/notes")
///     .with_header("authorization", "Bearer 7f3c")
///     .with_json(&["milk", "bread"])
///     .send()?;
/// assert_eq!(answer.status(), 201);
/// # Ok::<(), vestibule::http::Error>(())
/// ```
///
/// The host writes `host`, `content-length` and `connection` itself, and adds the trace that the event belongs to.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Option<Duration>,
    /// Why it could not be made, so that a chain of calls needs no `?` in its middle.
    failure: Option<String>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
            failure: None,
        }
    }

    /// A `GET` request.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST` request.
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", url).with_body(body)
    }

    /// Adds a header.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to the value as JSON, and `content-type` with it. A value that JSON cannot express is found when the
    /// request is sent.
    pub fn with_json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body = body,
            Err(reason) => self.failure = Some(format!("body: {reason}")),
        }
        self.with_header("content-type", "application/json")
    }

    /// Sets how long it may take, to the last byte of the answer. The host has a limit of its own besides, and what is left
    /// of the call is the most in any case.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends it and waits for the whole answer. Redirects are not followed.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(self) -> Result<Response, Error> {
        match &self.failure {
            Some(failure) => Err(Error::Invalid(failure.clone())),
            #[cfg(target_family = "wasm")]
            None => crate::bindings::fetch(self),
            #[cfg(not(target_family = "wasm"))]
            None => crate::testing::http::take(self),
        }
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of the first header of this name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        query::slices(&self.headers)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The answer itself if its status is one of success, 200 to 299.
    ///
    /// # Errors
    /// When it is another.
    pub fn successful(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(Error::Status(self.status)) }
    }

    /// The value of the first header of this name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers: names in lower case, in the order of arrival.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        query::slices(&self.headers)
    }

    /// The body, as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, without a copy.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The body as text.
    ///
    /// # Errors
    /// When the body is not UTF-8.
    pub fn text(&self) -> Result<&str, Unreadable> {
        std::str::from_utf8(&self.body).map_err(|reason| Unreadable::new(Part::Body, reason))
    }

    /// The body read as JSON, whatever its `content-type` says.
    ///
    /// # Errors
    /// When the body is not JSON, or not of this shape; the text says where.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        serde_json::from_slice(&self.body).map_err(|reason| Unreadable::new(Part::Body, reason))
    }
}

/// Making answers, for tests.
impl Response {
    /// An answer without headers and body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Sets the body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header; as from the host, its name is kept in lower case.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }
}

/// Why there is no answer, or none that will do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Nothing in the policy grants the request; which, and what to write there.
    Denied(String),
    /// It is no request that can be sent; what is wrong with it.
    Invalid(String),
    /// The name of the server cannot be looked up.
    Dns,
    /// There is no connection to the server to be had.
    Connect,
    /// The server does not show that it is who it should be; why.
    Tls(String),
    /// It took too long. Whether the server has acted on it, nobody knows.
    Timeout,
    /// The request or the answer is larger than the host allows; which.
    TooLarge(String),
    /// What came is no whole answer; what is wrong with it. Whether the server has acted on the request, nobody knows.
    Protocol(String),
    /// Too many requests are on their way already; nothing was sent.
    Busy,
    /// The answer has this status, which is not one of success.
    Status(u16),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(text) => f.write_str(text),
            Self::Invalid(what) => write!(f, "no request that can be sent: {what}"),
            Self::Dns => f.write_str("the server's name cannot be looked up"),
            Self::Connect => f.write_str("cannot connect to the server"),
            Self::Tls(why) => write!(f, "no secure connection to the server: {why}"),
            Self::Timeout => f.write_str("the request took too long"),
            Self::TooLarge(what) => f.write_str(what),
            Self::Protocol(what) => f.write_str(what),
            Self::Busy => f.write_str("too many requests are on their way already"),
            Self::Status(status) => write!(f, "the server answered with status {status}"),
        }
    }
}

impl std::error::Error for Error {}
