//! The series that `/metrics` shows, in the text format of Prometheus. Labels take values from small fixed sets and from
//! the names of the functions folder, never from a request.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::ledger::{self, Ledger};
use super::queue::Queue;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct UseLabels {
    pub(crate) used_for: &'static str,
}

/// The name of a store, which policies have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct StoreLabels {
    pub(crate) store: String,
}

/// All series of a host.
pub struct Metrics {
    registry: Registry,
    ledgers: Arc<Ledgers>,
    functions: Family<StateLabels, Gauge>,
    /// Sandboxes of functions made, one for each store.
    pub(crate) instances_created: Counter,
    /// Sandboxes made for verifiers, which run before a request is accepted: the only ones that a refused request has.
    pub(crate) verifier_instances_created: Counter,
    /// Calls that run now.
    instances_running: Gauge,
    /// Connections that are open now.
    pub(crate) connections: Gauge,
    /// Deliveries that are remembered.
    pub(crate) replay_entries: Gauge,
    /// Whether the state's server is connected, by what it is used for.
    pub(crate) state_up: Family<UseLabels, Gauge>,
    /// Requests whose rate this host decided alone, as the state's server did not answer.
    pub(crate) rates_alone: Counter,
    /// Keys of each store.
    pub(crate) store_keys: Family<StoreLabels, Gauge>,
    /// Bytes of each store.
    pub(crate) store_bytes: Family<StoreLabels, Gauge>,
}

/// The ledgers of the functions that the folder has, and that of what is for none of them.
#[derive(Debug)]
struct Ledgers {
    functions: RwLock<BTreeMap<String, Arc<Ledger>>>,
    nobody: Arc<Ledger>,
}

impl Ledgers {
    fn all(&self) -> Vec<Arc<Ledger>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&self.nobody).chain(functions.values()).map(Arc::clone).collect()
    }
}

impl Collector for Ledgers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        ledger::encode(&self.all(), &mut encoder)
    }
}

/// The lines that the log dropped.
struct DroppedLines(Queue);

impl fmt::Debug for DroppedLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DroppedLines").field(&self.0.dropped()).finish()
    }
}

impl Collector for DroppedLines {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Lines that were left out of the log as nobody read it fast enough";
        let dropped = ConstCounter::new(self.0.dropped());
        let encoder = encoder.encode_descriptor("log_lines_dropped", help, None, dropped.metric_type())?;
        dropped.encode(encoder)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All series, at zero.
    pub fn new() -> Self {
        let ledgers = Ledgers { functions: RwLock::default(), nobody: Arc::new(Ledger::new("")) };
        let mut metrics = Self {
            registry: Registry::with_prefix("vestibule"),
            ledgers: Arc::new(ledgers),
            functions: Family::default(),
            instances_created: Counter::default(),
            verifier_instances_created: Counter::default(),
            instances_running: Gauge::default(),
            connections: Gauge::default(),
            replay_entries: Gauge::default(),
            state_up: Family::default(),
            rates_alone: Counter::default(),
            store_keys: Family::default(),
            store_bytes: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("instances_created", "Sandboxes of functions made", metrics.instances_created.clone());
        registry.register(
            "verifier_instances_created",
            "Sandboxes made for verifiers, before it is known whether their requests are accepted",
            metrics.verifier_instances_created.clone(),
        );
        registry.register("instances_running", "Calls that run now", metrics.instances_running.clone());
        registry.register("connections_open", "Connections that are open now", metrics.connections.clone());
        registry.register(
            "replay_entries",
            "Deliveries that are remembered, so that they are not run again",
            metrics.replay_entries.clone(),
        );
        let help = "Whether the state's server is connected, by what it is used for";
        registry.register("state_up", help, metrics.state_up.clone());
        let help = "Requests whose rate this host decided alone, as the state's server did not answer";
        registry.register("rates_alone", help, metrics.rates_alone.clone());
        registry.register("store_keys", "Keys that a store holds", metrics.store_keys.clone());
        registry.register("store_bytes", "Bytes of a store's keys and values", metrics.store_bytes.clone());
        registry.register(
            "functions",
            "Functions of the folder, by whether they are served",
            metrics.functions.clone(),
        );
        registry.register_collector(Box::new(Arc::clone(&metrics.ledgers)));
        metrics
    }

    /// Adds the series of the lines that `log` dropped.
    pub fn count_dropped_lines(&mut self, log: Queue) {
        self.registry.register_collector(Box::new(DroppedLines(log)));
    }

    /// The ledger of the function `name`, the same one until [`Metrics::keep`] forgets it.
    pub fn function(&self, name: &str) -> Arc<Ledger> {
        let mut functions = self.ledgers.functions.write().unwrap_or_else(PoisonError::into_inner);
        let ledger = functions.entry(name.to_owned()).or_insert_with(|| Arc::new(Ledger::new(name)));
        Arc::clone(ledger)
    }

    /// The ledger of what is for no function.
    pub fn nobody(&self) -> &Arc<Ledger> {
        &self.ledgers.nobody
    }

    /// Forgets the ledgers of all functions but those that `is_there`. What still runs of the others counts no more.
    pub fn keep(&self, is_there: impl Fn(&str) -> bool) {
        let mut functions = self.ledgers.functions.write().unwrap_or_else(PoisonError::into_inner);
        functions.retain(|name, _| is_there(name));
    }

    /// Says in the log what was left out of it since this was last said, in a line for each function.
    pub fn say_left_out(&self) {
        self.ledgers.all().iter().for_each(|ledger| ledger.say_left_out());
    }

    /// Says how many functions of the folder are served, how many of them by an older component than the one in the folder,
    /// and how many are not served.
    pub fn set_functions(&self, served: usize, outdated: usize, not_loaded: usize) {
        for (state, count) in [("served", served), ("outdated", outdated), ("not_loaded", not_loaded)] {
            self.functions.get_or_create(&StateLabels { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
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
