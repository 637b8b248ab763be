//! One request on its way, until its answer has come whole or nobody wants it any more: its places among those on their way,
//! what it came to, and its line in the log.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::failure::Failure;
use crate::observe::ledger::Ledger;
use crate::observe::outbound::{self, Record};

/// Who sends a request.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) function: Arc<str>,
    pub(super) ledger: Arc<Ledger>,
}

/// One request on its way. When it is dropped, it is counted and logged.
pub(super) struct Exchange {
    sender: Sender,
    request_id: Arc<str>,
    method: Method,
    /// Without its path, in which some servers want a secret.
    origin: String,
    began: Instant,
    pub(super) status: Option<StatusCode>,
    /// Bytes of the answer's body.
    pub(super) received: u64,
    end: Option<End>,
    /// Given back when the exchange is over.
    pub(super) places: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

enum End {
    Whole,
    Failed(Failure),
}

impl Exchange {
    pub(super) fn new(sender: Sender, request_id: Arc<str>, method: Method, origin: String) -> Self {
        let began = Instant::now();
        Self { sender, request_id, method, origin, began, status: None, received: 0, end: None, places: None }
    }

    /// The answer has come whole.
    pub(super) fn complete(&mut self) {
        self.end.get_or_insert(End::Whole);
        self.places = None;
    }

    /// There will be no more of it.
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.end.get_or_insert_with(|| End::Failed(failure.clone()));
        self.places = None;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let (outcome, reason) = match &self.end {
            Some(End::Whole) => ("ok", None),
            Some(End::Failed(failure)) => (failure.outcome(), Some(failure)),
            // The function did not want the rest, or has come to its end.
            None => ("dropped", None),
        };
        self.sender.ledger.sent(outcome);
        // What was denied is said by whoever knows the policy.
        if matches!(reason, Some(Failure::Barred(_))) {
            return;
        }
        outbound::log(&Record {
            request_id: &self.request_id,
            function: &self.sender.function,
            method: self.method.as_str(),
            origin: &self.origin,
            status: self.status.map(|status| status.as_u16()),
            outcome,
            reason: reason.map(|failure| failure as &dyn std::fmt::Display),
            received: self.received,
            took: self.began.elapsed(),
        });
    }
}
