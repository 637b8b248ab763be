//! What a running host is made of: the routes, the engine, the permits, the series. Made once, shared by all requests;
//! what a reload changes is swapped in one piece.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_util::task::TaskTracker;

use crate::admin::Access;
use crate::config::{ProxySettings, ServerSettings};
use crate::function::Entry;
use crate::handshake::Windows;
use crate::limit::HostPermits;
use crate::observe::metrics::Metrics;
use crate::outbound::Outbound;
use crate::room::Room;
use crate::route::Table;
use crate::runtime::Runtime;

/// What a reload replaces: all of it at once, so that no request sees a part of the old and a part of the new.
pub struct Live {
    /// Routes, and what is behind them.
    pub table: Table<Entry>,
    /// Limits and times of the server. What of them is read at the start alone stays as it was.
    pub server: ServerSettings,
    /// Who may say for whom a request is sent.
    pub proxies: ProxySettings,
    /// Who may ask the operator's listener.
    pub admin: Arc<Access>,
}

/// A host without its sockets.
pub struct App {
    live: ArcSwap<Live>,
    /// Instances of functions at once.
    pub permits: HostPermits,
    /// Instances of verifiers at once.
    pub verifiers: HostPermits,
    /// Bytes of bodies at once.
    pub room: Room,
    /// Bytes of answers at once.
    pub answers: Room,
    /// The engine.
    pub runtime: Arc<Runtime>,
    /// What functions send requests with.
    pub outbound: Arc<Outbound>,
    /// The series.
    pub metrics: Arc<Metrics>,
    /// When secrets may arrive in handshakes.
    pub windows: Windows,
    /// The calls that run, whether or not their clients are still there.
    pub calls: TaskTracker,
}

impl App {
    /// Puts a host together.
    pub fn new(live: Live, runtime: Arc<Runtime>, outbound: Arc<Outbound>, metrics: Arc<Metrics>) -> Arc<Self> {
        let permits = HostPermits::new(live.server.concurrency);
        let verifiers = HostPermits::new(runtime.verifiers());
        let room = Room::new(live.server.body_bytes);
        let answers = Room::new(live.server.answer_bytes);
        let (live, calls) = (ArcSwap::from_pointee(live), TaskTracker::new());
        let windows = Windows::default();
        Arc::new(Self { live, permits, verifiers, room, answers, runtime, outbound, metrics, windows, calls })
    }

    /// What is in force. A request asks once, and ends on what it began with.
    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// Puts something else in force.
    pub(crate) fn replace(&self, live: Live) {
        self.live.store(Arc::new(live));
    }
}
