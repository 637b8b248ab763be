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

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::http::{Error, Request, Response};

/// An answer, and the method and the URL that it is for.
struct Expected {
    method: String,
    url: String,
    result: Result<Response, Error>,
}

thread_local! {
    static EXPECTED: RefCell<VecDeque<Expected>> = const { RefCell::new(VecDeque::new()) };
    static SENT: RefCell<Vec<Request>> = const { RefCell::new(Vec::new()) };
}

/// Has the next request of this method to this URL answered with `response`. Several for the same are used in turn.
pub fn answer(method: &str, url: &str, response: Response) {
    expect(method, url, Ok(response));
}

/// Has the next request of this method to this URL fail.
pub fn fail(method: &str, url: &str, error: Error) {
    expect(method, url, Err(error));
}

/// The requests that were sent since this was last asked, in order.
pub fn sent() -> Vec<Request> {
    SENT.take()
}

fn expect(method: &str, url: &str, result: Result<Response, Error>) {
    EXPECTED.with_borrow_mut(|all| all.push_back(Expected { method: method.into(), url: url.into(), result }));
}

/// What is answered to `request`.
pub(crate) fn take(request: Request) -> Result<Response, Error> {
    let found = EXPECTED.with_borrow_mut(|all| {
        let fits = |expected: &Expected| expected.method == request.method && expected.url == request.url;
        all.iter().position(fits).and_then(|at| all.remove(at))
    });
    let missing = || {
        let Request { method, url, .. } = &request;
        Error::Denied(format!("this test answers no {method} {url}: say vestibule::testing::http::answer(…) before it"))
    };
    let result = found.map_or_else(|| Err(missing()), |expected| expected.result);
    SENT.with_borrow_mut(|sent| sent.push(request));
    result
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
}
