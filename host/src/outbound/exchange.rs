//! One request on its way, until its answer has come whole or nobody wants it any more: its places among those on their way,
//! which it has for no longer than its time, what it came to, and its line in the log.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, StatusCode};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::AbortOnDropHandle;

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
    pub(super) places: Option<Places>,
    /// The places of an answer that comes: given back when its time is over, whether or not anybody still reads it.
    kept: Option<AbortOnDropHandle<()>>,
}

/// Places among the requests on their way, of the function and of the host.
pub(super) type Places = (OwnedSemaphorePermit, OwnedSemaphorePermit);

enum End {
    Whole,
    Failed(Failure),
}

impl Exchange {
    pub(super) fn new(sender: Sender, request_id: Arc<str>, method: Method, origin: String) -> Self {
        let began = Instant::now();
        let (end, places) = (None, None);
        Self { sender, request_id, method, origin, began, status: None, received: 0, end, places, kept: None }
    }

    /// Keeps the places until then at the most. From here on it is for the function to go on, and it may do something else.
    pub(super) fn keep_until(&mut self, until: tokio::time::Instant, threads: &Handle) {
        let places = self.places.take();
        self.kept = places.map(|places| {
            AbortOnDropHandle::new(threads.spawn(async move {
                tokio::time::sleep_until(until).await;
                drop(places);
            }))
        });
    }

    /// The answer has come whole.
    pub(super) fn complete(&mut self) {
        self.end.get_or_insert(End::Whole);
        (self.places, self.kept) = (None, None);
    }

    /// There will be no more of it.
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.end.get_or_insert_with(|| End::Failed(failure.clone()));
        (self.places, self.kept) = (None, None);
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
