//! The series that `/metrics` shows, in the text format of Prometheus. Labels take values from small fixed sets and from
//! the names of the functions folder, never from a request.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From a tenth of a millisecond to ten seconds: a small function takes tens of microseconds in its sandbox, the
/// default timeout is ten seconds.
const BUCKETS: [f64; 14] = [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.05, 0.1, 0.5, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    function: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    function: String,
    stage: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    function: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FunctionLabels {
    function: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

/// All series of a host.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    outcomes: Family<OutcomeLabels, Counter>,
    request_seconds: Family<FunctionLabels, Histogram>,
    instance_seconds: Family<FunctionLabels, Histogram>,
    functions: Family<StateLabels, Gauge>,
    /// Sandboxes made, one for each store.
    pub(crate) instances_created: Counter,
    /// Calls that run now.
    instances_running: Gauge,
    /// Connections that are open now.
    pub(crate) connections: Gauge,
}

/// The series of one function that every request of it moves.
#[derive(Clone)]
pub struct FunctionMetrics {
    name: String,
    request_seconds: Histogram,
    instance_seconds: Histogram,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All series, at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("vestibule");
        let metrics = Self {
            requests: Family::default(),
            refusals: Family::default(),
            outcomes: Family::default(),
            request_seconds: Family::new_with_constructor(histogram),
            instance_seconds: Family::new_with_constructor(histogram),
            functions: Family::default(),
            instances_created: Counter::default(),
            instances_running: Gauge::default(),
            connections: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered, by function and status", metrics.requests.clone());
        registry.register(
            "refusals",
            "Requests turned away before a sandbox existed, by function, gate and reason",
            metrics.refusals.clone(),
        );
        registry.register("outcomes", "Calls of functions, by what they came to", metrics.outcomes.clone());
        registry.register("instances_created", "Sandboxes made", metrics.instances_created.clone());
        registry.register("instances_running", "Calls that run now", metrics.instances_running.clone());
        registry.register("connections_open", "Connections that are open now", metrics.connections.clone());
        registry.register(
            "functions",
            "Functions of the folder, by whether they are served",
            metrics.functions.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "From the arrival of a request's head to its answer",
            Unit::Seconds,
            metrics.request_seconds.clone(),
        );
        registry.register_with_unit(
            "instance_duration",
            "From the making of a sandbox to the end of the call",
            Unit::Seconds,
            metrics.instance_seconds.clone(),
        );
        Self { registry, ..metrics }
    }

    /// The series of the function `name`.
    pub fn function(&self, name: &str) -> FunctionMetrics {
        let labels = FunctionLabels { function: name.to_owned() };
        FunctionMetrics {
            name: name.to_owned(),
            request_seconds: self.request_seconds.get_or_create_owned(&labels),
            instance_seconds: self.instance_seconds.get_or_create_owned(&labels),
        }
    }

    /// Says how many functions of the folder are served, how many of them by an older component than the one in the folder,
    /// and how many are not served.
    pub fn set_functions(&self, served: usize, outdated: usize, not_loaded: usize) {
        for (state, count) in [("served", served), ("outdated", outdated), ("not_loaded", not_loaded)] {
            self.functions.get_or_create(&StateLabels { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Counts an answer; `function` is none where no function was found.
    pub(crate) fn answered(&self, function: Option<&FunctionMetrics>, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { function: name_of(function), status }).inc();
        if let Some(function) = function {
            function.request_seconds.observe(took.as_secs_f64());
        }
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, function: Option<&FunctionMetrics>, stage: &'static str, reason: &'static str) {
        self.refusals.get_or_create(&RefusalLabels { function: name_of(function), stage, reason }).inc();
    }

    /// Counts what a call came to.
    pub(crate) fn called(&self, function: &FunctionMetrics, outcome: &'static str, took: Duration) {
        self.outcomes.get_or_create(&OutcomeLabels { function: function.name.clone(), outcome }).inc();
        function.instance_seconds.observe(took.as_secs_f64());
    }

    /// Counts a call as running until the guard is dropped, whatever ends it.
    pub(crate) fn running(&self) -> Running {
        self.instances_running.inc();
        Running(self.instances_running.clone())
    }

    /// How many sandboxes there have been.
    pub fn instances_created(&self) -> u64 {
        self.instances_created.get()
    }

    /// All series as text.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A call that runs.
pub(crate) struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn name_of(function: Option<&FunctionMetrics>) -> String {
    function.map(|function| function.name.clone()).unwrap_or_default()
}
