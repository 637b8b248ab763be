//! What a running host is made of: the routes, the engine, the permits, the series. Made once, shared by all requests.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use crate::config::ServerSettings;
use crate::function::Entry;
use crate::limit::HostPermits;
use crate::observe::metrics::Metrics;
use crate::route::Table;
use crate::runtime::Runtime;

/// A host without its sockets.
pub struct App {
    /// Routes, and what is behind them.
    pub table: Table<Entry>,
    /// Limits and times of the server.
    pub server: ServerSettings,
    /// Instances at once.
    pub permits: HostPermits,
    /// The engine.
    pub runtime: Runtime,
    /// The series.
    pub metrics: Arc<Metrics>,
    /// The calls that run, whether or not their clients are still there.
    pub calls: TaskTracker,
}

impl App {
    /// Puts a host together.
    pub fn new(table: Table<Entry>, server: ServerSettings, runtime: Runtime, metrics: Arc<Metrics>) -> Arc<Self> {
        let permits = HostPermits::new(server.concurrency, server.permit_wait);
        Arc::new(Self { table, server, permits, runtime, metrics, calls: TaskTracker::new() })
    }
}
