//! How calls fail: each way with its own name for log and metric, and with what the client is told, which is the status and
//! no more.

use http::StatusCode;
use http::header::RETRY_AFTER;

use super::{Reply, Settled, fixed, retry_after};
use crate::request::RequestId;
use crate::runtime::Outcome;

/// A call that came to no answer, and what its client is told.
pub(crate) struct Failure {
    /// For log and metric; each way to fail has its own.
    pub(crate) outcome: &'static str,
    /// Why. For the log alone.
    pub(crate) reason: String,
    status: StatusCode,
    text: &'static str,
}

impl Failure {
    pub(super) fn new(
        outcome: &'static str,
        status: StatusCode,
        text: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self { outcome, reason: reason.into(), status, text }
    }

    pub(super) fn bad_response(reason: impl Into<String>) -> Self {
        Self::new("bad_response", StatusCode::BAD_GATEWAY, "the function gave no valid answer", reason)
    }

    pub(super) fn overloaded(outcome: &'static str, reason: impl Into<String>) -> Self {
        Self::new(outcome, StatusCode::SERVICE_UNAVAILABLE, "overloaded", reason)
    }

    /// What its client gets.
    pub(crate) fn reply(&self, id: &RequestId) -> Reply {
        let mut reply = fixed(self.status, self.text, id);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            reply.headers_mut().insert(RETRY_AFTER, retry_after());
        }
        reply
    }

    pub(super) fn settled(self, id: &RequestId) -> Settled {
        Settled { outcome: self.outcome, reply: self.reply(id), reason: Some(self.reason) }
    }
}

/// How a call failed; none where it did not.
pub(super) fn failure(outcome: Outcome) -> Option<Failure> {
    let internal = |outcome, reason: String| {
        Some(Failure::new(outcome, StatusCode::INTERNAL_SERVER_ERROR, "the function failed", reason))
    };
    match outcome {
        Outcome::Answer(_) | Outcome::HttpAnswer(_) | Outcome::Streamed => None,
        Outcome::NoAnswer => internal("no_answer", "the guest ended without an answer".into()),
        Outcome::BadAnswer(reason) => Some(Failure::bad_response(reason)),
        Outcome::Error(error) => internal("error", error),
        Outcome::Trap(how) => internal("trap", how),
        Outcome::OutOfMemory => internal(
            "out_of_memory",
            "the guest was refused memory past its policy's `memory` and did not go on".into(),
        ),
        Outcome::Timeout => Some(Failure::new(
            "timeout",
            StatusCode::GATEWAY_TIMEOUT,
            "the function took too long",
            "the guest was still running at its policy's `timeout`",
        )),
        // Its client has the head by now.
        Outcome::NotTaken => Some(Failure::new(
            "not_taken",
            StatusCode::GATEWAY_TIMEOUT,
            "the function took too long",
            "at the policy's `timeout`, the client had not taken what there was of the answer",
        )),
        Outcome::ResponseTooLarge => Some(Failure::new(
            "response_too_large",
            StatusCode::BAD_GATEWAY,
            "the function's answer is too large",
            "the answer is larger than the policy's `response_limit`, or a log line than any should be",
        )),
        Outcome::NoSandbox => Some(Failure::overloaded(
            "no_sandbox",
            "the pool had no sandbox left: components of many memories took more than their share",
        )),
        Outcome::Instantiation(how) => internal("instantiation", how),
    }
}
