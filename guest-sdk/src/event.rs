//! The request that a handler answers, with typed ways to read it. Owns reading only: the host has already checked
//! size, signature and caller, and nothing here checks them again.

use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::error::{Error, Part};
use crate::query;

/// One request, exactly as it came in.
///
/// Its `Debug` form leaves out what may be secret: the query, the values of headers, the body.
#[derive(Clone)]
pub struct Event {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) subpath: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) client: String,
    /// The query decoded, once it has been asked for. Decoding in place would need a copy for every call instead.
    pub(crate) queries: OnceLock<Vec<(String, String)>>,
}

impl Event {
    /// The HTTP method, in the case in which it was sent: `GET`, `POST`, or an extension method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as received: percent-encoded, with the host's prefix if there is one, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the function's own route: percent-encoded, starting with `/`; empty if nothing follows. For a
    /// function `/api` and the path `/api/notes/7` it is `/notes/7`; for `/api/` it is `/`.
    pub fn subpath(&self) -> &str {
        &self.subpath
    }

    /// The value of a `[name]` or `[...name]` segment of the function's route, percent-decoded. A catch-all's value is
    /// its segments joined with `/`.
    pub fn param(&self, name: &str) -> Option<&str> {
        query::first(&self.params, name)
    }

    /// All parameters of the route, in its order.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        query::slices(&self.params)
    }

    /// The first value of a name in the query: `Some("")` for a name without a value, `None` if the name is not there.
    ///
    /// `+` is read as a space and `%XX` as a byte; bytes that are not UTF-8 become U+FFFD.
    ///
    /// ```
    /// # use vestibule::Event;
    /// let event = Event::get("/search?q=caf%C3%A9+noir");
    /// assert_eq!(event.query("q"), Some("café noir"));
    /// ```
    pub fn query(&self, name: &str) -> Option<&str> {
        query::first(self.decoded(), name)
    }

    /// Every value of a name in the query, in order.
    pub fn query_all(&self, name: &str) -> impl Iterator<Item = &str> {
        query::all(self.decoded(), name)
    }

    /// All names and values of the query, decoded, in order.
    pub fn queries(&self) -> impl Iterator<Item = (&str, &str)> {
        query::slices(self.decoded())
    }

    /// The query as a struct: a field for each name, `Option` for one that may be absent, `Vec` for one that may repeat.
    ///
    /// ```
    /// # use vestibule::Event;
    /// #[derive(serde::Deserialize)]
    /// struct Page { number: u32, size: Option<u32> }
    ///
    /// let page: Page = Event::get("/list?number=3").query_as()?;
    /// assert_eq!((page.number, page.size), (3, None));
    /// # Ok::<(), vestibule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a field is missing or its value does not parse; the text names it.
    pub fn query_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        query::typed(self.query.as_bytes()).map_err(|reason| Error::new(Part::Query, reason))
    }

    /// The query string as received, without the `?`; empty if there is none.
    pub fn query_string(&self) -> &str {
        &self.query
    }

    /// The value of the first header of this name; case does not matter. A value that is not UTF-8 is read as Latin-1.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_all(name).next()
    }

    /// The values of every header of this name, in order; case does not matter.
    pub fn header_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers: names in lower case, in the order of arrival, a repeated header once for each time it came.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        query::slices(&self.headers)
    }

    /// The value of a cookie, as it was sent: nothing is decoded, and quotes around it stay.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// All cookies, as names and values, in order.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.header_all("cookie")
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()))
    }

    /// The body: exactly the bytes that came, which are the bytes whose signature was checked. Empty if there is none.
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
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.body).map_err(|reason| Error::new(Part::Body, reason))
    }

    /// The body read as JSON, whatever its `content-type` says: webhooks are sent under several.
    ///
    /// ```
    /// # use vestibule::Event;
    /// let event = Event::post("/total", r#"{"prices": [3, 4]}"#);
    /// let body: serde_json::Value = event.json()?;
    /// assert_eq!(body["prices"][1], 4);
    /// # Ok::<(), vestibule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the body is not JSON, or not of this shape; the text says where.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|reason| Error::new(Part::Body, reason))
    }

    /// The body of an HTML form as a struct, with fields as in [`Event::query_as`].
    ///
    /// # Errors
    /// When the `content-type` names another format (a form with files is sent as `multipart/form-data`), when a field
    /// is missing or its value does not parse.
    pub fn form<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        const FORM: &str = "application/x-www-form-urlencoded";
        let sent = self.header("content-type").map(|value| value.split(';').next().unwrap_or(value).trim());
        if let Some(other) = sent.filter(|essence| !essence.eq_ignore_ascii_case(FORM)) {
            return Err(Error::new(Part::Body, format_args!("sent as `{other}`, send a form as `{FORM}`")));
        }
        query::typed(&self.body).map_err(|reason| Error::new(Part::Body, reason))
    }

    /// The client's IP address, without a port: `192.0.2.7` or `2001:db8::7`.
    pub fn client(&self) -> &str {
        &self.client
    }

    fn decoded(&self) -> &[(String, String)] {
        self.queries.get_or_init(|| query::pairs(&self.query))
    }
}

/// Making events, for tests.
impl Event {
    /// An event without headers and body, from `127.0.0.1`. `target` is a path with or without a query.
    ///
    /// ```
    /// # use vestibule::Event;
    /// let event = Event::new("DELETE", "/api/notes/7").with_subpath("/notes/7").with_header("If-Match", "\"3\"");
    /// assert_eq!(event.header("if-match"), Some("\"3\""));
    /// ```
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.into(),
            path: path.into(),
            subpath: String::new(),
            params: Vec::new(),
            query: query.into(),
            headers: Vec::new(),
            body: Vec::new(),
            client: "127.0.0.1".into(),
            queries: OnceLock::new(),
        }
    }

    /// A `GET` event.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A `POST` event.
    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", target).with_body(body)
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

    /// Adds a route parameter, decoded.
    pub fn with_param(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Sets what follows the function's own route.
    pub fn with_subpath(mut self, subpath: &str) -> Self {
        self.subpath = subpath.into();
        self
    }

    /// Sets the client's address.
    pub fn with_client(mut self, client: &str) -> Self {
        self.client = client.into();
        self
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers().map(|(name, _)| name).collect();
        f.debug_struct("Event")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &names)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
