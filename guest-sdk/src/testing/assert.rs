//! Assertions about answers: each names what it looked for and shows the whole answer. Owns their words; what a right answer
//! is, is the test's business.

use std::fmt::Write as _;

use serde_json::Value;

use crate::Response;

/// Bytes of a body that are shown.
const SHOWN: usize = 8 << 10;

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
        if self.status() != status {
            panic!("the status is {}, expected {status}, of the answer\n{}", self.status(), self.shown());
        }
        self
    }

    /// A header has this value; where there are several of the name, one of them.
    #[track_caller]
    pub fn assert_header(&self, name: &str, value: &str) -> &Self {
        if !self.headers().any(|(key, held)| key.eq_ignore_ascii_case(name) && held == value) {
            let is = self.header(name).map_or("missing".to_owned(), |held| format!("{held:?}"));
            panic!("the header {name} is {is}, expected {value:?}, of the answer\n{}", self.shown());
        }
        self
    }

    /// There is no such header.
    #[track_caller]
    pub fn assert_no_header(&self, name: &str) -> &Self {
        if self.header(name).is_some() {
            panic!("the header {name} is there, of the answer\n{}", self.shown());
        }
        self
    }

    /// The body is exactly this.
    #[track_caller]
    pub fn assert_body(&self, body: impl AsRef<[u8]>) -> &Self {
        if self.body() != body.as_ref() {
            let expected = String::from_utf8_lossy(body.as_ref());
            panic!("the body is another than expected,\n{expected}\nof the answer\n{}", self.shown());
        }
        self
    }

    /// The body, read as text, has this in it.
    #[track_caller]
    pub fn assert_body_contains(&self, part: &str) -> &Self {
        if !String::from_utf8_lossy(self.body()).contains(part) {
            panic!("the body does not contain {part:?}, of the answer\n{}", self.shown());
        }
        self
    }

    /// The body is this JSON, in whatever order its members stand.
    #[track_caller]
    pub fn assert_json(&self, expected: &Value) -> &Self {
        let found = self.json_body();
        if &found != expected {
            panic!("the body is another JSON than expected,\n{expected:#}\nof the answer\n{}", self.shown());
        }
        self
    }

    /// The body is JSON that has all members of this object with these values, and those of the objects in it; it may have
    /// more. A list is compared whole.
    #[track_caller]
    pub fn assert_json_includes(&self, part: &Value) -> &Self {
        if let Some(path) = missing(&self.json_body(), part, "$") {
            panic!("{path} of the JSON body is another than in\n{part:#}\nof the answer\n{}", self.shown());
        }
        self
    }

    #[track_caller]
    fn json_body(&self) -> Value {
        self.body_json()
            .unwrap_or_else(|error| panic!("the body is no JSON ({error}), of the answer\n{}", self.shown()))
    }

    /// The whole answer, as one reads it on a wire.
    fn shown(&self) -> String {
        show(self.status(), self.headers(), self.body())
    }
}

/// An answer, as one reads it on a wire. The crate `vestibule-test` shows its answers with it too.
#[doc(hidden)]
pub fn show<'a>(status: u16, headers: impl Iterator<Item = (&'a str, &'a str)>, body: &[u8]) -> String {
    let mut text = format!("{status}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    let start = body.get(..SHOWN).unwrap_or(body);
    let _ = write!(text, "\n{}", String::from_utf8_lossy(start));
    if body.len() > start.len() {
        let _ = write!(text, "… ({} bytes)", body.len());
    }
    text
}

/// Where `found` has not what `part` has.
#[doc(hidden)]
pub fn missing(found: &Value, part: &Value, path: &str) -> Option<String> {
    match (found, part) {
        (Value::Object(found), Value::Object(part)) => part.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match found.get(name) {
                Some(found) => missing(found, value, &path),
                None => Some(path),
            }
        }),
        _ => (found != part).then(|| path.to_owned()),
    }
}
