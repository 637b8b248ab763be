//! The answer that a handler gives. Owns sensible defaults (status and `content-type`) and the writing of JSON; leaves
//! it to the host to refuse a status or a header that HTTP does not allow, so that one place decides.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Part};
use crate::query;

/// A function's answer: a status, headers and a body.
///
/// ```
/// use vestibule::Response;
///
/// let response = Response::json(&["a", "b"]).with_status(201).with_header("location", "/letters/2");
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.body_text(), Ok(r#"["a","b"]"#));
/// ```
///
/// The host writes `content-length`, `connection` and `x-request-id` itself. It answers 502 instead of a response with
/// a status outside 200 to 599, with a header that HTTP does not allow, or with a body larger than the policy's
/// `response_limit`.
#[derive(Clone, Debug)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Why the response could not be made, if it could not. Kept here so that a chain of calls needs no `?` in its
    /// middle; whoever takes the response out of the handler finds it.
    failure: Option<Error>,
}

impl Response {
    /// An empty response with this status, 200 to 599.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), failure: None }
    }

    /// Status 204: done, and there is nothing to say.
    pub fn empty() -> Self {
        Self::new(204)
    }

    /// Status 200 with `text/plain; charset=utf-8`.
    pub fn text(text: impl Into<String>) -> Self {
        Self::content("text/plain; charset=utf-8", text.into().into_bytes())
    }

    /// Status 200 with `text/html; charset=utf-8`. Nothing is escaped.
    pub fn html(html: impl Into<String>) -> Self {
        Self::content("text/html; charset=utf-8", html.into().into_bytes())
    }

    /// Status 200 with `application/octet-stream`; for anything else add [`with_header`](Self::with_header).
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::content("application/octet-stream", bytes.into())
    }

    /// Status 200 with `application/json` and the value as JSON.
    ///
    /// A value that JSON cannot express (a map whose keys are not strings, a `Serialize` that fails) makes the handler
    /// fail when it returns this response, whatever its status.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::content("application/json", body),
            Err(reason) => Self::failed(Error::new(Part::Body, reason)),
        }
    }

    /// Status 303: the answer is found with `GET` at `location`. Add `with_status(308)` for a resource that has moved
    /// for good and is to be asked with the same method.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::new(303).with_header("location", location)
    }

    /// Sets the status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets a header, in place of one of the same name. `set-cookie` alone may repeat, so it is added.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if !name.eq_ignore_ascii_case("set-cookie") {
            self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        }
        self.headers.push((name, value.into()));
        self
    }

    /// Sets a cookie for the browser session and the whole site, with what a session cookie ought to have:
    /// `Path=/; HttpOnly; Secure; SameSite=Lax`. Write other attributes with `with_header("set-cookie", …)`.
    ///
    /// A name or a value with characters that cookies do not have (`;`, `,`, `"`, spaces, controls, non-ASCII) makes
    /// the handler fail when it returns this response: what was meant as a value would be read as attributes.
    pub fn with_cookie(self, name: &str, value: &str) -> Self {
        if name.is_empty() || !name.bytes().all(is_token_char) {
            return self.or_failed(Error::new(Part::Cookie, format_args!("{name:?} is no name for a cookie")));
        }
        if !value.bytes().all(is_cookie_octet) {
            let reason = format_args!("the value of {name:?} has characters that need encoding first");
            return self.or_failed(Error::new(Part::Cookie, reason));
        }
        self.with_header("set-cookie", format!("{name}={value}; Path=/; HttpOnly; Secure; SameSite=Lax"))
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
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

    /// The body as text, for tests.
    ///
    /// # Errors
    /// When the body is not UTF-8.
    pub fn body_text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.body).map_err(|reason| Error::new(Part::Body, reason))
    }

    /// The body read as JSON, for tests.
    ///
    /// # Errors
    /// When the body is not JSON, or not of this shape; the text says where.
    pub fn body_json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|reason| Error::new(Part::Body, reason))
    }

    fn content(content_type: &str, body: Vec<u8>) -> Self {
        Self { body, ..Self::new(200).with_header("content-type", content_type) }
    }

    fn failed(error: Error) -> Self {
        Self { failure: Some(error), ..Self::new(500) }
    }

    /// Keeps the first failure: later ones tend to follow from it.
    fn or_failed(self, error: Error) -> Self {
        if self.failure.is_some() { self } else { Self::failed(error) }
    }

    /// The response, unless it could not be made.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// What a cookie's value consists of (RFC 6265, section 4.1.1).
fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

/// What a cookie's name consists of: the characters of a token (RFC 9110, section 5.6.2).
fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_status_and_content_type() {
        for (response, status, content_type) in [
            (Response::text("a"), 200, Some("text/plain; charset=utf-8")),
            (Response::html("<p>"), 200, Some("text/html; charset=utf-8")),
            (Response::bytes([1, 2]), 200, Some("application/octet-stream")),
            (Response::json(&1), 200, Some("application/json")),
            (Response::new(404), 404, None),
            (Response::empty(), 204, None),
            (Response::redirect("/next"), 303, None),
        ] {
            assert_eq!((response.status(), response.header("Content-Type")), (status, content_type));
        }
        assert_eq!(Response::redirect("/next").header("location"), Some("/next"));
    }

    #[test]
    fn a_header_replaces_its_namesake() {
        let response = Response::json("x").with_header("Content-Type", "application/problem+json");
        assert_eq!(response.headers().collect::<Vec<_>>(), [("Content-Type", "application/problem+json")]);
    }

    #[test]
    fn cookies_add_up() {
        let response = Response::empty()
            .with_cookie("session", "abc")
            .with_cookie("theme", "dark")
            .with_header("Set-Cookie", "old=; Max-Age=0");
        assert_eq!(
            response.headers().map(|(_, value)| value).collect::<Vec<_>>(),
            [
                "session=abc; Path=/; HttpOnly; Secure; SameSite=Lax",
                "theme=dark; Path=/; HttpOnly; Secure; SameSite=Lax",
                "old=; Max-Age=0",
            ]
        );
    }

    #[test]
    fn a_cookie_cannot_smuggle_attributes() {
        for (name, value) in [("a", "1; Domain=evil.example"), ("a", "é"), ("a", "\r\n"), ("a b", "1"), ("", "1")] {
            let error = Response::text("ok").with_cookie(name, value).checked().unwrap_err().to_string();
            assert!(error.starts_with("cookie: "), "{error}");
            assert!(!error.contains("evil"), "a value may be secret: {error}");
        }
    }

    #[test]
    fn a_failure_outlives_what_follows() {
        let response = Response::text("ok").with_cookie("", "1").with_status(200).with_cookie("b", " ");
        let error = response.checked().unwrap_err();
        assert_eq!(error.to_string(), "cookie: \"\" is no name for a cookie");
    }

    #[test]
    fn what_was_made_is_passed_on() {
        let response = Response::json(&[1, 2]).with_status(201).checked().unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.body_json::<Vec<u8>>(), Ok(vec![1, 2]));
        assert!(Response::bytes([0xff]).body_text().is_err());
    }
}
