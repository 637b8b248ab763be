//! Events and contexts for tests: what a handler is called with, put together by hand. Owns how a test writes them down; what
//! the host would make of a real request is the host's business, and [`webhook`](super::webhook) asks the crate that it asks.

use std::sync::OnceLock;

use serde::Serialize;

use crate::{Context, Event, Trigger};

/// An event to fill in: a `GET` of `/` from `127.0.0.1`, without query, headers and body. Everything of it is set by the methods
/// of [`Event`] that are called `with_`.
///
/// ```
/// use vestibule::testing::mock_http_event;
///
/// let event = mock_http_event()
///     .with_method("PUT")
///     .with_path("/orders/7")
///     .with_param("id", "7")
///     .with_query("notify", "by mail")
///     .with_header("If-Match", "\"3\"")
///     .with_json(&serde_json::json!({ "status": "SHIPPED" }));
/// assert_eq!(event.query("notify"), Some("by mail"));
/// assert_eq!(event.header("content-type"), Some("application/json"));
/// ```
pub fn mock_http_event() -> Event {
    Event::get("/")
}

/// A context to fill in: a call over HTTP with ten seconds left, of a function whose policy asks for no signature and no
/// caller. Everything of it is set by the methods of [`Context`] that are called `with_`.
///
/// ```
/// use vestibule::Identity;
/// use vestibule::testing::mock_context;
///
/// let ada = Identity::new("company", "ada").with_role("editor").with_claims(r#"{"email":"ada@example.com"}"#);
/// let context = mock_context().with_function("orders").with_identity(ada);
/// assert!(context.has_role("editor"));
/// ```
pub fn mock_context() -> Context {
    Context::default()
}

/// More of what tests set; compiled on every target but WebAssembly.
impl Event {
    /// Sets the method, in the case in which it is given.
    pub fn with_method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    /// Sets the path, and the query if it has one: what comes after a `?`, as it stands.
    pub fn with_path(mut self, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        self.path = path.into();
        match query {
            Some(query) => self.with_query_string(query),
            None => self,
        }
    }

    /// Adds a name and a value to the query; both are encoded.
    pub fn with_query(self, name: &str, value: &str) -> Self {
        let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        let query = if self.query.is_empty() { pair } else { format!("{}&{pair}", self.query) };
        self.with_query_string(&query)
    }

    /// Sets the query as it would come: encoded, without the `?`.
    pub fn with_query_string(mut self, query: &str) -> Self {
        self.query = query.into();
        // What was read of the query before is no longer so.
        self.queries = OnceLock::new();
        self
    }

    /// Adds a cookie, as a browser sends it: all in one header.
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        match self.headers.iter_mut().find(|(header, _)| header == "cookie") {
            Some((_, sent)) => sent.push_str(&format!("; {name}={value}")),
            None => self.headers.push(("cookie".into(), format!("{name}={value}"))),
        }
        self
    }

    /// Sets the body to the value as JSON, and `content-type` unless there is one.
    ///
    /// # Panics
    /// If JSON cannot express the value.
    #[track_caller]
    pub fn with_json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.typed("application/json").with_body(body),
            Err(reason) => panic!("the body of the event as JSON: {reason}"),
        }
    }

    /// Sets the body to a form of these names and values, and `content-type` unless there is one.
    pub fn with_form(self, pairs: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.typed("application/x-www-form-urlencoded").with_body(body)
    }

    fn typed(self, content_type: &str) -> Self {
        if self.header("content-type").is_some() { self } else { self.with_header("content-type", content_type) }
    }
}

/// More of what tests set; compiled on every target but WebAssembly.
impl Context {
    /// Sets the request's id.
    pub fn with_request_id(mut self, id: &str) -> Self {
        self.request_id = id.into();
        self
    }

    /// Sets the function's name.
    pub fn with_function(mut self, name: &str) -> Self {
        self.function = name.into();
        self
    }

    /// Sets the component's version.
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = version.into();
        self
    }

    /// Sets what caused the call.
    pub fn with_trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_encoded_and_what_was_read_before_is_forgotten() {
        let event = mock_http_event().with_path("/search?lang=en");
        assert_eq!(event.query("q"), None);
        let event = event.with_query("q", "a&b=c d").with_query("q", "é");
        assert_eq!(event.query_string(), "lang=en&q=a%26b%3Dc+d&q=%C3%A9");
        assert_eq!(event.query_all("q").collect::<Vec<_>>(), ["a&b=c d", "é"]);
        assert_eq!(event.clone().with_path("/other").query("lang"), Some("en"));
        assert_eq!(event.with_path("/other?x").query("lang"), None);
    }

    #[test]
    fn a_body_says_of_what_type_it_is_unless_the_test_does() {
        let event = mock_http_event().with_json(&[1, 2]);
        assert_eq!((event.header("content-type"), event.body()), (Some("application/json"), b"[1,2]".as_slice()));
        let event = mock_http_event().with_header("Content-Type", "application/vnd.api+json").with_json(&1);
        assert_eq!(event.header_all("content-type").collect::<Vec<_>>(), ["application/vnd.api+json"]);
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Form {
            name: String,
        }
        let event = mock_http_event().with_form(&[("name", "Ada & Co")]);
        assert_eq!(event.form(), Ok(Form { name: "Ada & Co".into() }));
    }

    #[test]
    fn cookies_come_in_one_header() {
        let event = mock_http_event().with_cookie("session", "abc").with_cookie("theme", "dark");
        assert_eq!(event.header_all("cookie").count(), 1);
        assert_eq!((event.cookie("session"), event.cookie("theme")), (Some("abc"), Some("dark")));
    }

    #[test]
    fn a_context_keeps_what_it_is_given() {
        let context = mock_context()
            .with_request_id("r-1")
            .with_function("orders/[id]")
            .with_version("v")
            .with_trigger(Trigger::Schedule("@daily".into()));
        assert_eq!((context.request_id(), context.function(), context.version()), ("r-1", "orders/[id]", "v"));
        assert_eq!(context.trigger(), &Trigger::Schedule("@daily".into()));
    }
}
