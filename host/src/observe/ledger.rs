//! What is counted of one function, for as long as the functions folder has it. Whoever counts holds the ledger itself,
//! so a call that goes on after its function was removed moves series that nobody shows any more, and brings none back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

use super::share::Share;

/// From a tenth of a millisecond to ten seconds: a small function takes tens of microseconds in its sandbox, the
/// default timeout is ten seconds.
const BUCKETS: [f64; 14] = [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.05, 0.1, 0.5, 1.0, 2.5, 10.0];

/// The series of one function; of what is for no function, the series without a name.
pub struct Ledger {
    name: Arc<str>,
    requests: Counts<Status>,
    refusals: Counts<(&'static str, &'static str)>,
    outcomes: Counts<&'static str>,
    verified: Counts<String>,
    sent: Counts<&'static str>,
    request_seconds: Histogram,
    instance_seconds: Histogram,
    share: Share,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Ledger {
    /// The ledger of the function `name`, with nothing in it.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            requests: Counts::default(),
            refusals: Counts::default(),
            outcomes: Counts::default(),
            verified: Counts::default(),
            sent: Counts::default(),
            request_seconds: Histogram::new(BUCKETS),
            instance_seconds: Histogram::new(BUCKETS),
            share: Share::default(),
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, status: StatusCode, took: Duration) {
        self.requests.add(Status::of(status));
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, stage: &'static str, reason: &'static str) {
        self.refusals.add((stage, reason));
    }

    /// Counts what a call came to.
    pub(crate) fn called(&self, outcome: &'static str, took: Duration) {
        self.outcomes.add(outcome);
        self.instance_seconds.observe(took.as_secs_f64());
    }

    /// Counts what the host answered in the function's stead.
    pub(crate) fn answered_by_host(&self, outcome: &'static str) {
        self.outcomes.add(outcome);
    }

    /// Counts a webhook whose signature was right, by the name of the secret that made it: one of those that the policy
    /// names, so that an operator sees when an old one is no longer used.
    pub(crate) fn verified(&self, secret: &str) {
        self.verified.add(secret.to_owned());
    }

    /// Counts a request that the function sent to another server.
    pub(crate) fn sent(&self, outcome: &'static str) {
        self.sent.add(outcome);
    }

    /// Counts a request that nobody answered.
    pub(crate) fn unanswered(&self, outcome: &'static str) {
        self.outcomes.add(outcome);
    }

    /// Whether the log takes one more refusal at the gate `stage`.
    pub(crate) fn logs_refusal(&self, stage: &'static str) -> bool {
        self.share.takes_refusal(stage)
    }

    /// Whether the log takes one more line of `length` bytes that the function writes.
    pub(crate) fn logs_output(&self, length: usize) -> bool {
        self.share.takes_output(length)
    }

    /// Says what was left out of the log since this was last said, if anything was.
    pub(super) fn say_left_out(&self) {
        let left_out = self.share.left_out();
        if left_out.is_empty() {
            return;
        }
        let parts: Vec<String> = left_out.iter().map(|(what, count)| format!("{what} {count}")).collect();
        tracing::info!(
            target: "vestibule::access",
            function = (!self.name.is_empty()).then_some(&*self.name),
            lines = left_out.values().sum::<u64>(),
            "left out: {}",
            parts.join(", ")
        );
    }
}

/// A function that is forgotten leaves nothing unsaid.
impl Drop for Ledger {
    fn drop(&mut self) {
        self.say_left_out();
    }
}

/// A status as a label. A function may answer with any of 400; those without a meaning of their own share the label of
/// their class, as `2xx`, so that no function makes more than some sixty series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Known(u16),
    Class(u16),
}

impl Status {
    fn of(status: StatusCode) -> Self {
        match status.canonical_reason() {
            Some(_) => Self::Known(status.as_u16()),
            None => Self::Class(status.as_u16() / 100),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

/// Counters by their labels other than the function.
struct Counts<L>(Mutex<BTreeMap<L, u64>>);

impl<L> Default for Counts<L> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<L: Ord + Clone> Counts<L> {
    fn add(&self, labels: L) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(labels).or_default() += 1;
    }

    fn all(&self) -> BTreeMap<L, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes the series of all `ledgers`.
pub(super) fn encode(ledgers: &[Arc<Ledger>], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Requests answered, by function and status";
    counters(encoder, ("requests", help), ledgers, |ledger| {
        ledger.requests.all().into_iter().map(|(status, count)| (vec![("status", status.to_string())], count)).collect()
    })?;
    let help = "Requests turned away before a sandbox existed, by function, gate and reason";
    counters(encoder, ("refusals", help), ledgers, |ledger| {
        let labels = |(stage, reason): (&str, &str)| vec![("stage", stage.to_owned()), ("reason", reason.to_owned())];
        ledger.refusals.all().into_iter().map(|(refusal, count)| (labels(refusal), count)).collect()
    })?;
    let help =
        "Calls of functions, what the host answered in their stead, and requests that nobody answered, by outcome";
    counters(encoder, ("outcomes", help), ledgers, |ledger| {
        let labels = |outcome: &str| vec![("outcome", outcome.to_owned())];
        ledger.outcomes.all().into_iter().map(|(outcome, count)| (labels(outcome), count)).collect()
    })?;
    let help = "Webhooks whose signature was right, by function and the name of the secret";
    counters(encoder, ("verified", help), ledgers, |ledger| {
        let labels = |secret: String| vec![("secret", secret)];
        ledger.verified.all().into_iter().map(|(secret, count)| (labels(secret), count)).collect()
    })?;
    let help = "Requests that functions sent to other servers, by function and what they came to";
    counters(encoder, ("outbound_requests", help), ledgers, |ledger| {
        let labels = |outcome: &str| vec![("outcome", outcome.to_owned())];
        ledger.sent.all().into_iter().map(|(outcome, count)| (labels(outcome), count)).collect()
    })?;
    let help = "From the arrival of a request's head to its answer";
    histograms(encoder, ("request_duration", help), ledgers, |ledger| &ledger.request_seconds)?;
    let help = "From the making of a sandbox to the end of the call";
    histograms(encoder, ("instance_duration", help), ledgers, |ledger| &ledger.instance_seconds)
}

type Labels = Vec<(&'static str, String)>;

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    ledgers: &[Arc<Ledger>],
    counts: impl Fn(&Ledger) -> Vec<(Labels, u64)>,
) -> fmt::Result {
    let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for ledger in ledgers {
        for (others, count) in counts(ledger) {
            let mut labels = function_label(ledger);
            labels.extend(others);
            ConstCounter::new(count).encode(encoder.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

fn histograms(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    ledgers: &[Arc<Ledger>],
    histogram: impl Fn(&Ledger) -> &Histogram,
) -> fmt::Result {
    let mut encoder = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    // How long it takes to find no function is of no use to anybody.
    for ledger in ledgers.iter().filter(|ledger| !ledger.name.is_empty()) {
        histogram(ledger).encode(encoder.encode_family(&function_label(ledger))?)?;
    }
    Ok(())
}

fn function_label(ledger: &Ledger) -> Labels {
    vec![("function", ledger.name.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_without_a_meaning_share_a_label() {
        let label = |status| Status::of(StatusCode::from_u16(status).unwrap()).to_string();
        assert_eq!((label(200), label(404), label(599)), ("200".into(), "404".into(), "5xx".into()));
        let labels: std::collections::BTreeSet<_> = (200..=599).map(label).collect();
        assert!(labels.len() < 70, "{}", labels.len());
    }
}
