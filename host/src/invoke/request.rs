//! The request of one call, put together of what the command line or an event says. It looks as one that came over a
//! connection of HTTP/1.1: the headers that a client's library writes by itself are there. It checks nothing that a gate
//! checks.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use serde::de::IgnoredAny;

/// The host that a request names if nobody says one: only this machine's people can, so that a function that is open to them
/// alone can be tried out.
const LOCAL: HeaderValue = HeaderValue::from_static("localhost");

/// What is asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Percent-encoded, without the query.
    pub(crate) path: String,
    /// As it goes out, without `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Where it comes from.
    pub(crate) client: IpAddr,
}

impl Asked {
    /// A request from this machine, without headers.
    pub(crate) fn new(method: Method, path: String, query: String, body: Vec<u8>) -> Self {
        Self { method, path, query, headers: HeaderMap::new(), body, client: IpAddr::V4(Ipv4Addr::LOCALHOST) }
    }

    /// Path and query.
    ///
    /// # Errors
    ///
    /// If they cannot stand in a request.
    pub(crate) fn target(&self) -> Result<Uri, String> {
        let text = if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) };
        if !text.starts_with('/') {
            return Err(format!("the path {text:?} does not begin with \"/\""));
        }
        text.parse().map_err(|_| format!("{text:?} holds what has to be percent-encoded, as a blank, which is %20"))
    }

    /// Puts headers in the place of those of their names. One that is there several times stays so.
    pub(crate) fn replace_headers(&mut self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) {
        let mut seen = Vec::new();
        for (name, value) in headers {
            if seen.contains(&name) {
                self.headers.append(name, value);
            } else {
                self.headers.insert(name.clone(), value);
                seen.push(name);
            }
        }
    }

    /// The request, with what clients write by themselves where nobody has said something else.
    ///
    /// # Errors
    ///
    /// If path and query cannot stand in a request.
    pub(crate) fn into_request(mut self) -> Result<Request<Full<Bytes>>, String> {
        let target = self.target()?;
        let content_type = self.content_type();
        let headers = &mut self.headers;
        // Of the body as it is, whatever an event or a file with headers says.
        headers.remove(TRANSFER_ENCODING);
        headers.remove(CONTENT_LENGTH);
        if !self.body.is_empty() {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        }
        let usual = [
            (HOST, Some(LOCAL)),
            (USER_AGENT, Some(HeaderValue::from_static(concat!("host/", env!("CARGO_PKG_VERSION"))))),
            (ACCEPT, Some(HeaderValue::from_static("*/*"))),
            (CONTENT_TYPE, content_type),
        ];
        for (name, value) in usual {
            if let Some(value) = value.filter(|_| !headers.contains_key(&name)) {
                headers.insert(name, value);
            }
        }
        let mut request = Request::new(Full::new(Bytes::from(self.body)));
        *request.method_mut() = self.method;
        *request.uri_mut() = target;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    /// What the body is, if that can be told: JSON is seen, and other text is what curl calls it.
    fn content_type(&self) -> Option<HeaderValue> {
        let text = std::str::from_utf8(&self.body).ok().filter(|text| !text.is_empty())?;
        // A number or a word alone is more likely none.
        let is_json = text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok();
        Some(HeaderValue::from_static(if is_json { "application/json" } else { "application/x-www-form-urlencoded" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> Asked {
        Asked::new(Method::POST, "/a".into(), "b=c".into(), body.into())
    }

    #[test]
    fn it_has_the_headers_that_clients_write_unless_they_are_said() {
        let mut said = asked("{}");
        said.replace_headers([(HOST, HeaderValue::from_static("a.example")), (CONTENT_LENGTH, HeaderValue::from(7))]);
        let request = said.into_request().unwrap();
        assert_eq!(request.uri(), "/a?b=c");
        let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header(HOST).as_deref(), Some("a.example"));
        assert_eq!(header(CONTENT_LENGTH).as_deref(), Some("2"));
        assert_eq!(header(CONTENT_TYPE).as_deref(), Some("application/json"));
        let form = asked("a=b").into_request().unwrap();
        assert_eq!(form.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
        let nothing = asked("").into_request().unwrap();
        assert!(!nothing.headers().contains_key(CONTENT_TYPE) && !nothing.headers().contains_key(CONTENT_LENGTH));
        assert_eq!(nothing.headers()[HOST], "localhost");
    }

    #[test]
    fn headers_take_the_place_of_those_of_their_names() {
        let mut asked = asked("");
        let pair =
            |name: &'static str, value: &'static str| (HeaderName::from_static(name), HeaderValue::from_static(value));
        asked.replace_headers([pair("x-a", "1"), pair("x-b", "1")]);
        asked.replace_headers([pair("x-a", "2"), pair("x-a", "3")]);
        assert_eq!(asked.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(asked.headers["x-b"], "1");
    }

    #[test]
    fn what_cannot_stand_in_a_request_is_named() {
        let target = |path: &str| Asked::new(Method::GET, path.into(), String::new(), Vec::new()).target();
        assert!(target("/a b").unwrap_err().contains("%20"));
        assert!(target("a").unwrap_err().contains("\"/\""));
        assert!(target("http://a.example/").is_err());
        assert_eq!(target("/a%20b").unwrap(), "/a%20b");
    }
}
