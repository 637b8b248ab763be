//! What a handler may return, and how it becomes the two arms of the contract's `result<response, string>`. Knows
//! nothing of the generated bindings.

use std::fmt::Display;

use crate::response::Response;

/// Implemented for what a handler may return.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "this is neither a `Response` nor a `Result<Response, E>`",
    note = "write `-> Result<Response, E>` with an `E` that implements `Display`, such as `Box<dyn std::error::Error>`"
)]
pub trait Answer {
    /// The response to send, or the text of the error to log.
    ///
    /// # Errors
    /// What the handler returned as an error, or the reason why its response could not be made.
    fn answer(self) -> Result<Response, String>;
}

impl Answer for Response {
    fn answer(self) -> Result<Response, String> {
        self.checked().map_err(|error| error.to_string())
    }
}

impl<E: Display> Answer for Result<Response, E> {
    fn answer(self) -> Result<Response, String> {
        match self {
            Ok(response) => response.answer(),
            // The alternate form is where error types that keep a chain of causes write the whole chain.
            Err(error) => Err(format!("{error:#}")),
        }
    }
}

/// Both are answers: an `Err` that is one goes to the client, as [`Context::require_role`](crate::Context::require_role)
/// makes it.
impl Answer for Result<Response, Response> {
    fn answer(self) -> Result<Response, String> {
        self.unwrap_or_else(|answer| answer).answer()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_response_is_an_answer() {
        let answer = Response::text("hi").answer().unwrap();
        assert_eq!(answer.body(), b"hi");
    }

    #[test]
    fn an_error_that_is_an_answer_goes_to_the_client() {
        let answer = Err::<Response, _>(Response::text("no").with_status(403)).answer().unwrap();
        assert_eq!((answer.status(), answer.body()), (403, &b"no"[..]));
    }

    #[test]
    fn every_error_that_can_be_displayed_is_an_answer() {
        fn text(answer: impl Answer) -> String {
            answer.answer().unwrap_err()
        }
        assert_eq!(text(Err::<Response, _>("a str")), "a str");
        assert_eq!(text(Err::<Response, _>(String::from("a string"))), "a string");
        let boxed: Box<dyn std::error::Error> = "boxed".into();
        assert_eq!(text(Err::<Response, _>(boxed)), "boxed");
        let shared: Box<dyn std::error::Error + Send + Sync> = "shared".into();
        assert_eq!(text(Err::<Response, _>(shared)), "shared");
    }

    #[test]
    fn an_error_with_causes_is_written_in_its_alternate_form() {
        struct Chain;
        impl Display for Chain {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(if f.alternate() { "outer: inner" } else { "outer" })
            }
        }
        assert_eq!(Err::<Response, _>(Chain).answer().unwrap_err(), "outer: inner");
    }

    #[test]
    fn a_response_that_could_not_be_made_is_an_error() {
        let keys_that_json_has_not = BTreeMap::from([((1, 2), "pair")]);
        let response = Response::json(&keys_that_json_has_not).with_status(200);
        assert!(response.answer().unwrap_err().contains("key must be a string"));
    }
}
