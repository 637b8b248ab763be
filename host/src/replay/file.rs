//! The one file with the host's state: opened when the first function needs it, and tried again now and then where that
//! failed. A function that needs it is not served without it. It knows no request and no policy.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::embedded::Embedded;
use super::flight::Deliveries;
use super::shared::Shared;
use super::table;
use super::unused::Unused;
use crate::config::{Problem, Secrets, StateSettings};
use crate::observe::metrics::Metrics;
use crate::remote::Remote;

/// How long a file that could not be opened is left alone. A host that is being replaced may hold it for a while; one that
/// is damaged is read whole each time.
const PAUSE: Duration = Duration::from_secs(5);

/// The state's file, opened or not.
pub struct StateFile {
    settings: StateSettings,
    metrics: Arc<Metrics>,
    /// Whether it may be opened at all, or only looked at.
    is_used: bool,
    /// The server that stands for the file, where the settings name one: reached or not, it is there.
    remote: Option<Arc<Remote>>,
    tried: Mutex<Option<Tried>>,
}

/// What came of opening it.
enum Tried {
    Opened(Arc<Deliveries>),
    Failed(NotOpened, Instant),
}

/// Why the state's file cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOpened {
    pub(super) path: PathBuf,
    pub(super) message: String,
    pub(super) fix: &'static str,
}

impl NotOpened {
    /// The same of a function whose policy `file`, at `line`, needs it.
    pub fn problem(self, file: &Path, line: Option<usize>) -> Problem {
        let Self { path, message, fix } = self;
        let message = format!("its deliveries cannot be remembered: the state file {}: {message}", path.display());
        Problem { key: Some("verify.replay".into()), line, ..Problem::of_file(file, message, fix) }
    }
}

impl StateFile {
    /// The file that the settings name; nothing is opened yet. A server is connected to from here on.
    pub fn new(settings: StateSettings, secrets: &Secrets, metrics: Arc<Metrics>) -> Self {
        let remote = settings.redis.as_ref().map(|place| Remote::start(place, secrets, "gates", &metrics));
        Self { settings, metrics, is_used: true, remote, tried: Mutex::new(None) }
    }

    /// The same for whoever serves nothing: the file is neither made nor opened, so that a host which has it is not
    /// disturbed. What can be told from outside, as that its folder may not be written to, is told all the same.
    pub fn unused(settings: StateSettings, metrics: Arc<Metrics>) -> Self {
        Self { settings, metrics, is_used: false, remote: None, tried: Mutex::new(None) }
    }

    /// The server on which several hosts count and remember together, if the settings name one.
    pub fn remote(&self) -> Option<&Arc<Remote>> {
        self.remote.as_ref()
    }

    /// Goes over to what the secrets say now of where the server is.
    pub fn follow(&self, secrets: &Secrets) {
        if let (Some(remote), Some(place)) = (&self.remote, &self.settings.redis) {
            remote.follow(place, secrets);
        }
    }

    /// The deliveries in it. Opens it if nobody has yet.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, now or when this was last tried.
    pub fn deliveries(&self) -> Result<Arc<Deliveries>, NotOpened> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        match tried.get_or_insert_with(|| self.open()) {
            Tried::Opened(deliveries) => Ok(Arc::clone(deliveries)),
            Tried::Failed(why, _) => Err(why.clone()),
        }
    }

    /// Tries again, `at` this moment, where opening it failed a while ago. Returns whether it is open only now.
    pub fn retry(&self, at: Instant) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        match &*tried {
            Some(Tried::Failed(_, last)) if at.saturating_duration_since(*last) >= PAUSE => {}
            _ => return false,
        }
        let opened = self.open();
        let is_open = matches!(opened, Tried::Opened(_));
        *tried = Some(opened);
        if is_open {
            tracing::info!(file = %self.settings.path.display(), "the state file is open");
        }
        is_open
    }

    fn open(&self) -> Tried {
        let StateSettings { path, replay_entries, redis } = &self.settings;
        if let Some(remote) = &self.remote {
            return Tried::Opened(Deliveries::new(Box::new(Shared::new(Arc::clone(remote)))));
        }
        if redis.is_some() {
            return Tried::Opened(Deliveries::new(Box::new(Unused)));
        }
        if !self.is_used {
            return match table::look(path) {
                Ok(()) => Tried::Opened(Deliveries::new(Box::new(Unused))),
                Err(why) => Tried::Failed(why, Instant::now()),
            };
        }
        match Embedded::open(path, *replay_entries, Box::new(SystemTime::now), &self.metrics) {
            Ok(store) => Tried::Opened(Deliveries::new(Box::new(store))),
            Err(why) => Tried::Failed(why, Instant::now()),
        }
    }
}
