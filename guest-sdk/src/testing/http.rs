//! Answers to requests that a function sends in a test. What a test sets up is its thread's own, and so is what was sent.
//!
//! ```
//! use vestibule::http;
//! use vestibule::testing::http::{answer, sent};
//!
//! answer("GET", "https://api.example/notes", http::Response::new(200).with_body("[]"));
//! assert_eq!(http::get("https://api.example/notes").unwrap().body(), b"[]");
//! assert_eq!(sent()[0].url(), "https://api.example/notes");
//! // An answer is for one request, and what is not set up is not granted.
//! assert!(matches!(http::get("https://api.example/notes"), Err(http::Error::Denied(_))));
//! ```
//!
//! A request that has to be sent, in so many words, is [`expect`]ed: the test fails if it is not.

use std::cell::{Cell, RefCell};
use std::fmt::{self, Write as _};
use std::rc::Rc;

use serde::Serialize;
use serde_json::Value;

use crate::http::{Error, Request, Response};

/// An answer, and the requests that it is for.
struct Prepared {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Wanted>,
    result: Result<Response, Error>,
    /// For how many requests more.
    left: Rc<Cell<usize>>,
    /// How many came past these.
    more: Rc<Cell<usize>>,
}

/// What a request's body has to be.
enum Wanted {
    Bytes(Vec<u8>),
    Json(Value),
}

thread_local! {
    static PREPARED: RefCell<Vec<Prepared>> = const { RefCell::new(Vec::new()) };
    static SENT: RefCell<Vec<Request>> = const { RefCell::new(Vec::new()) };
    /// What was sent that nothing was prepared for, with why.
    static UNEXPECTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Has the next request of this method to this URL answered with `response`. Several for the same are used in turn. That no
/// such request comes is nothing to the test; see [`expect`].
pub fn answer(method: &str, url: &str, response: Response) {
    prepare(Expectation::new(method, url), Ok(response));
}

/// Has the next request of this method to this URL fail.
pub fn fail(method: &str, url: &str, error: Error) {
    prepare(Expectation::new(method, url), Err(error));
}

/// The requests that were sent since this was last asked, in order.
pub fn sent() -> Vec<Request> {
    SENT.take()
}

/// Begins to say which request has to be sent, and what is answered.
///
/// ```
/// use vestibule::http::{Request, Response};
/// use vestibule::testing::http::expect;
///
/// let mail = expect("POST", "https://mail.example/send")
///     .with_header("authorization", "Bearer 7f3c")
///     .with_json(&serde_json::json!({ "to": "ada@example.com" }))
///     .answer(Response::new(202));
/// // … what the handler does …
/// # Request::post("https://mail.example/send", "").with_header("Authorization", "Bearer 7f3c")
/// #     .with_json(&serde_json::json!({ "to": "ada@example.com" })).send().unwrap();
/// // `mail` is dropped at the end of the test, which fails if the request was not sent.
/// assert!(mail.is_met());
/// ```
pub fn expect(method: &str, url: &str) -> Expectation {
    Expectation::new(method, url)
}

/// A request that has to be sent, see [`expect`].
#[must_use = "say what is answered: .answer(Response::new(200))"]
pub struct Expectation {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Wanted>,
    times: usize,
}

impl Expectation {
    fn new(method: &str, url: &str) -> Self {
        Self { method: method.into(), url: url.into(), headers: Vec::new(), body: None, times: 1 }
    }

    /// The request has a header of this name with this value.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The request has exactly this body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(Wanted::Bytes(body.into()));
        self
    }

    /// The request has this JSON as its body, in whatever order its members stand.
    ///
    /// # Panics
    /// If JSON cannot express the value.
    #[track_caller]
    pub fn with_json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.body = Some(Wanted::Json(value)),
            Err(reason) => panic!("the expected body as JSON: {reason}"),
        }
        self
    }

    /// The request is sent so many times.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// It is answered with this.
    pub fn answer(self, response: Response) -> Expected {
        self.expected(Ok(response))
    }

    /// It fails.
    pub fn fail(self, error: Error) -> Expected {
        self.expected(Err(error))
    }

    fn expected(self, result: Result<Response, Error>) -> Expected {
        let times = self.times;
        let (what, left, more) = prepare(self, result);
        Expected { what, times, left, more }
    }
}

/// A request that is expected. When this is dropped, the request has to have been sent.
#[must_use = "bind it, `let sent = expect(…)…;`: where it is dropped, the request has to have been sent"]
#[derive(Debug)]
pub struct Expected {
    what: String,
    times: usize,
    left: Rc<Cell<usize>>,
    /// How often it was sent past that.
    more: Rc<Cell<usize>>,
}

impl Expected {
    /// Whether it has been sent as often as was expected.
    pub fn is_met(&self) -> bool {
        self.left.get() == 0 && self.more.get() == 0
    }

    /// It has been sent as often as was expected: what dropping this says, said now.
    ///
    /// # Panics
    /// If it has not; the message says what was sent that nobody expected.
    #[track_caller]
    pub fn assert_met(&self) {
        if !self.is_met() {
            let times = self.times;
            let done = times - self.left.get() + self.more.get();
            let mut text = format!("{} was to be sent {times} time(s), and was {done} time(s)", self.what);
            UNEXPECTED.with_borrow(|all| all.iter().for_each(|sent| text.push_str(&format!("\nunexpected: {sent}"))));
            panic!("{text}");
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        // A test that fails already says why itself.
        if !std::thread::panicking() {
            self.assert_met();
        }
    }
}

/// Sets an answer up. Returns what it is for, in words, for how many requests more, and how many came past these.
fn prepare(expectation: Expectation, result: Result<Response, Error>) -> (String, Rc<Cell<usize>>, Rc<Cell<usize>>) {
    let Expectation { method, url, headers, body, times } = expectation;
    let left = Rc::new(Cell::new(times));
    let more = Rc::new(Cell::new(0));
    let prepared = Prepared { method, url, headers, body, result, left: Rc::clone(&left), more: Rc::clone(&more) };
    let what = prepared.to_string();
    PREPARED.with_borrow_mut(|all| all.push(prepared));
    (what, left, more)
}

/// Takes back all that was set up, and forgets what was sent.
pub(super) fn clear() {
    PREPARED.take();
    SENT.take();
    UNEXPECTED.take();
}

/// What is answered to `request`.
pub(crate) fn take(request: Request) -> Result<Response, Error> {
    let result = PREPARED.with_borrow(|all| {
        let found = all.iter().find(|one| one.left.get() > 0 && one.differs(&request).is_none());
        found.map(|one| {
            one.left.set(one.left.get() - 1);
            one.result.clone()
        })
    });
    let result = result.unwrap_or_else(|| {
        // The same as one that was expected, once too often.
        PREPARED.with_borrow(|all| {
            if let Some(one) = all.iter().find(|one| one.differs(&request).is_none()) {
                one.more.set(one.more.get() + 1);
            }
        });
        Err(unexpected(&request))
    });
    SENT.with_borrow_mut(|sent| sent.push(request));
    result
}

fn unexpected(request: &Request) -> Error {
    let Request { method, url, .. } = request;
    let mut text = format!("this test answers no {method} {url}: say vestibule::testing::http::answer(…) before it");
    PREPARED.with_borrow(|all| {
        for one in all.iter().filter(|one| one.left.get() > 0) {
            let _ = match one.differs(request) {
                Some(how) => write!(text, "; it answers {one}, but {how}"),
                None => write!(text, "; it answers {one}"),
            };
        }
    });
    UNEXPECTED.with_borrow_mut(|all| all.push(text.clone()));
    Error::Denied(text)
}

impl Prepared {
    /// In what the request is another one.
    fn differs(&self, request: &Request) -> Option<String> {
        if self.method != request.method || self.url != request.url {
            return Some("that is another request".into());
        }
        for (name, value) in &self.headers {
            if !request.headers().any(|(key, held)| key.eq_ignore_ascii_case(name) && held == value) {
                return Some(format!("the header {name} is {:?}", request.header(name).unwrap_or("missing")));
            }
        }
        let is_same = match &self.body {
            None => true,
            Some(Wanted::Bytes(bytes)) => *bytes == request.body,
            Some(Wanted::Json(value)) => {
                serde_json::from_slice::<Value>(&request.body).is_ok_and(|sent| sent == *value)
            }
        };
        (!is_same).then(|| format!("the body is {}", String::from_utf8_lossy(&request.body)))
    }
}

/// What it is for, in words.
impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, " with {name}: {value}"))?;
        match &self.body {
            None => Ok(()),
            Some(Wanted::Bytes(bytes)) => write!(f, " with the body {}", String::from_utf8_lossy(bytes)),
            Some(Wanted::Json(value)) => write!(f, " with the body {value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{get, post};

    #[test]
    fn answers_are_used_in_turn() {
        answer("GET", "https://a.example/", Response::new(200).with_body("one"));
        answer("GET", "https://b.example/", Response::new(404));
        answer("GET", "https://a.example/", Response::new(200).with_body("two"));
        fail("POST", "https://a.example/", Error::Timeout);
        assert_eq!(get("https://a.example/").unwrap().text(), Ok("one"));
        assert_eq!(get("https://a.example/").unwrap().text(), Ok("two"));
        assert_eq!(get("https://b.example/").unwrap().successful().unwrap_err(), Error::Status(404));
        assert_eq!(post("https://a.example/", "x").unwrap_err(), Error::Timeout);
        let urls: Vec<String> =
            sent().iter().map(|request| format!("{} {}", request.method(), request.url())).collect();
        let expected =
            ["GET https://a.example/", "GET https://a.example/", "GET https://b.example/", "POST https://a.example/"];
        assert_eq!(urls, expected);
        assert!(sent().is_empty());
    }

    #[test]
    fn what_is_sent_too_often_was_not_expected() {
        let sent = expect("POST", "https://a.example/").answer(Response::new(204));
        post("https://a.example/", "mail").unwrap();
        sent.assert_met();
        // A handler that does not look at errors sends its mail twice.
        let _ = post("https://a.example/", "mail");
        assert!(!sent.is_met());
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sent.assert_met())).unwrap_err();
        let said = said.downcast_ref::<String>().unwrap();
        assert!(said.contains("was to be sent 1 time(s), and was 2 time(s)"), "{said}");
        std::mem::forget(sent);
        let never = expect("GET", "https://b.example/").times(0).answer(Response::new(200));
        let _ = get("https://b.example/");
        assert!(!never.is_met());
        std::mem::forget(never);
    }

    #[test]
    fn what_is_not_set_up_is_denied_and_says_what_to_write() {
        let error = get("https://a.example/").unwrap_err();
        assert!(matches!(&error, Error::Denied(text) if text.contains("GET https://a.example/")), "{error}");
    }

    #[test]
    fn a_request_says_what_it_sends() {
        answer("PUT", "https://a.example/", Response::new(204));
        Request::new("PUT", "https://a.example/").with_header("X-One", "1").with_json(&[1, 2]).send().unwrap();
        let all = sent();
        assert_eq!((all[0].header("x-one"), all[0].body()), (Some("1"), b"[1,2]".as_slice()));
        assert_eq!(all[0].header("content-type"), Some("application/json"));
    }

    #[test]
    fn a_body_that_is_no_json_is_not_sent() {
        let unsayable = std::collections::BTreeMap::from([(vec![1], 1)]);
        let error = Request::get("https://a.example/").with_json(&unsayable).send().unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(sent().is_empty());
    }

    #[test]
    fn an_expected_request_is_matched_to_the_letter() {
        let url = "https://a.example/";
        let mail =
            expect("POST", url).with_header("X-Key", "1").with_json(&serde_json::json!({"a": 1, "b": 2})).times(2);
        let mail = mail.answer(Response::new(202));
        let send = |key: &str, body: &str| Request::post(url, body).with_header("x-key", key).send();
        let refused = send("2", "{}").unwrap_err().to_string();
        assert!(refused.contains(r#"but the header X-Key is "2""#), "{refused}");
        let refused = send("1", "[]").unwrap_err().to_string();
        assert!(refused.contains("but the body is []"), "{refused}");
        assert_eq!(send("1", r#"{"b":2,"a":1}"#).unwrap().status(), 202);
        assert!(!mail.is_met());
        assert_eq!(send("1", r#"{"a":1,"b":2}"#).unwrap().status(), 202);
        mail.assert_met();
    }

    #[test]
    #[should_panic(expected = "unexpected: this test answers no GET https://b.example/")]
    fn what_was_expected_and_not_sent_fails_the_test() {
        let _mail = expect("POST", "https://a.example/").answer(Response::new(202));
        assert!(get("https://b.example/").is_err());
    }

    #[test]
    #[should_panic(expected = "POST https://a.example/ was to be sent 2 time(s), and was 1 time(s)")]
    fn what_was_sent_too_seldom_fails_the_test() {
        let _mail = expect("POST", "https://a.example/").times(2).answer(Response::new(202));
        post("https://a.example/", "x").unwrap();
    }
}
