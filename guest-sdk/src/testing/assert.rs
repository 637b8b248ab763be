//! Assertions about answers: each names what it looked for and shows the whole answer. Owns their words; what a right answer
//! is, is the test's business.

use serde_json::Value;

use super::wrong::{self, show};
use crate::Response;

/// Assertions, for tests; each returns the answer, so that they can be chained.
///
/// ```
/// use vestibule::Response;
///
/// let answer = Response::json(&serde_json::json!({ "message": "20 / 5 = 4", "quotient": 4 }));
/// answer
///     .assert_status(200)
///     .assert_header("content-type", "application/json")
///     .assert_json_includes(&serde_json::json!({ "quotient": 4 }))
///     .assert_body_contains("=");
/// ```
///
/// # Panics
/// All of them, if it is not so; the message shows the whole answer.
impl Response {
    /// The answer has this status.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        self.holds(wrong::status(self.status(), status))
    }

    /// A header has this value; where there are several of the name, one of them.
    #[track_caller]
    pub fn assert_header(&self, name: &str, value: &str) -> &Self {
        self.holds(wrong::header(self.headers(), name, value))
    }

    /// There is no such header.
    #[track_caller]
    pub fn assert_no_header(&self, name: &str) -> &Self {
        self.holds(wrong::no_header(self.headers(), name))
    }

    /// The body is exactly this.
    #[track_caller]
    pub fn assert_body(&self, body: impl AsRef<[u8]>) -> &Self {
        self.holds(wrong::body(self.body(), body.as_ref()))
    }

    /// The body, read as text, has this in it.
    #[track_caller]
    pub fn assert_body_contains(&self, part: &str) -> &Self {
        self.holds(wrong::body_contains(self.body(), part))
    }

    /// The body is this JSON, in whatever order its members stand.
    #[track_caller]
    pub fn assert_json(&self, expected: &Value) -> &Self {
        self.holds(wrong::json(self.body(), expected))
    }

    /// The body is JSON that has all members of this object with these values, and those of the objects in it; it may have
    /// more. A list is compared whole.
    #[track_caller]
    pub fn assert_json_includes(&self, part: &Value) -> &Self {
        self.holds(wrong::json_includes(self.body(), part))
    }

    #[track_caller]
    fn holds(&self, wrong: Option<String>) -> &Self {
        if let Some(what) = wrong {
            panic!("{what}, of the answer\n{}", show(self.status(), self.headers(), self.body()));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What an assertion says that does not hold.
    fn said(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
        *std::panic::catch_unwind(assertion).unwrap_err().downcast().unwrap()
    }

    fn answer() -> Response {
        Response::json(&json!({ "order": { "id": 7, "lines": [1, 2] }, "new": true })).with_status(201)
    }

    #[test]
    fn what_is_so_is_passed_on() {
        answer()
            .assert_status(201)
            .assert_header("Content-Type", "application/json")
            .assert_no_header("location")
            .assert_json(&json!({ "new": true, "order": { "lines": [1, 2], "id": 7 } }))
            .assert_json_includes(&json!({ "order": { "id": 7 } }))
            .assert_body_contains("\"id\":7");
        Response::text("as it is").assert_body("as it is");
    }

    #[test]
    fn what_is_not_so_names_what_was_looked_for_and_shows_the_answer() {
        fn case(words: &str, answer: Response, assertion: impl Fn(&Response) + std::panic::RefUnwindSafe) {
            let text = said(std::panic::AssertUnwindSafe(|| assertion(&answer)));
            assert!(text.contains(words) && text.contains("content-type: "), "{words}: {text}");
        }
        fn asserted(_: &Response) {}

        case("the status is 201, expected 200", answer(), |it| asserted(it.assert_status(200)));
        case("the header etag is missing", answer(), |it| asserted(it.assert_header("etag", "1")));
        case("the header Content-Type is there", answer(), |it| asserted(it.assert_no_header("Content-Type")));
        case("the body is another than expected", answer(), |it| asserted(it.assert_body("{}")));
        case("does not contain \"id: 7\"", answer(), |it| asserted(it.assert_body_contains("id: 7")));
        case("the body is another JSON", answer(), |it| asserted(it.assert_json(&json!({ "new": true }))));
        case("$.order.lines of the JSON body", answer(), |it| {
            asserted(it.assert_json_includes(&json!({ "order": { "lines": [1] } })));
        });
        case("the body is no JSON", Response::text("x"), |it| asserted(it.assert_json(&json!(1))));
    }
}
