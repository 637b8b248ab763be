//! The one error type of the crate: a part of the event, or of the answer, that does not read or write as what the
//! author asked for. Its text names the part; for parts of the event it may quote the client's own input.

use std::fmt;

use crate::response::Response;

/// Says which part could not be read or written, and why.
///
/// Returned from a handler it is logged and the client gets status 500. A malformed request is the client's mistake,
/// though; turned into a [`Response`] the error is a 400 that says what is wrong with it:
///
/// ```
/// use vestibule::{Event, Response};
///
/// fn handle(event: Event) -> Response {
///     match event.json::<Vec<u32>>() {
///         Ok(numbers) => Response::json(&numbers.iter().sum::<u32>()),
///         Err(error) => error.into(),
///     }
/// }
///
/// assert_eq!(handle(Event::post("/sum", "[1, 2]")).body_text(), Ok("3"));
/// assert_eq!(handle(Event::post("/sum", "[1, ")).status(), 400);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    part: Part,
    reason: String,
}

/// Where the trouble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The request's query string.
    Query,
    /// The body, of a request or of a response.
    Body,
    /// The claims of the caller's token.
    Claims,
    /// A cookie to be set.
    Cookie,
}

impl Error {
    pub(crate) fn new(part: Part, reason: impl fmt::Display) -> Self {
        Self { part, reason: reason.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Query => "query",
            Part::Body => "body",
            Part::Claims => "claims",
            Part::Cookie => "cookie",
        };
        write!(f, "{part}: {}", self.reason)
    }
}

impl std::error::Error for Error {}

/// Status 400 and `{"error": "…"}` with the error's text.
impl From<Error> for Response {
    fn from(error: Error) -> Self {
        Self::json(&serde_json::json!({ "error": error.to_string() })).with_status(400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_part() {
        assert_eq!(Error::new(Part::Query, "`page` is missing").to_string(), "query: `page` is missing");
    }

    #[test]
    fn as_a_response_it_is_a_400_in_json() {
        let response = Response::from(Error::new(Part::Body, "not JSON"));
        assert_eq!(response.status(), 400);
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.body_text(), Ok(r#"{"error":"body: not JSON"}"#));
    }
}
