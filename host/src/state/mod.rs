//! The one file with what must outlive the host: opened when the first function needs it, and tried again now and then where
//! that failed. A function that needs it is not served without it. What is kept in it, deliveries and stores, is the business
//! of [`replay`] and [`kv`]; it knows no request and no policy. Where the settings name a server
//! that several hosts share, that stands for the file: reached or not, it is there, and what needs it says what it lacks.
//!
//! | file | owns |
//! |---|---|
//! | `file` | opening it, and what is said where that fails |
//! | `keeper` | reads where they are asked for, and the one thread that writes |
//! | `queue` | how much may wait to be written, and what goes into one commit |
//! | `clock` | how long "a day" is when clocks are set |

mod clock;
mod file;
mod keeper;
mod queue;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use self::keeper::{Broken, Keeper, Part};
use crate::config::{Problem, Secrets, StateSettings};
use crate::kv;
use crate::observe::metrics::Metrics;
use crate::remote::{Remote, UsedFor};
use crate::replay::{self, Deliveries};

/// How long a file that could not be opened is left alone. A host that is being replaced may hold it for a while; one that
/// is damaged is read whole each time.
const PAUSE: Duration = Duration::from_secs(5);

/// The state's file, opened or not.
pub struct StateFile {
    settings: StateSettings,
    metrics: Arc<Metrics>,
    /// Whether it may be opened at all, or only looked at.
    is_used: bool,
    /// The server that stands for it, if one does.
    server: Option<Server>,
    tried: Mutex<Option<Tried>>,
}

/// A server, over two connections: what functions keep in their stores must not hold up what requests ask.
struct Server {
    gates: Arc<Remote>,
    /// Connected when it is first asked.
    stores: Arc<Remote>,
}

/// What is in it.
#[derive(Clone)]
struct Opened {
    deliveries: Arc<Deliveries>,
    stores: Arc<dyn kv::Backend>,
}

/// What came of opening it.
enum Tried {
    Opened(Opened),
    Failed(NotOpened, Instant),
}

/// Why the state's file cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOpened {
    path: PathBuf,
    pub(crate) message: String,
    pub(crate) fix: &'static str,
}

impl std::fmt::Display for NotOpened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, message, fix } = self;
        write!(f, "the state file {}: {message}; {fix}", path.display())
    }
}

impl std::error::Error for NotOpened {}

impl NotOpened {
    /// The same of a function whose policy `file` has at `key`, in `line`, what needs it; `what` cannot be done without it.
    pub fn problem(self, file: &Path, (key, line): (&str, Option<usize>), what: &str) -> Problem {
        let Self { path, message, fix } = self;
        let message = format!("{what}: the state file {}: {message}", path.display());
        Problem { key: Some(key.into()), line, ..Problem::of_file(file, message, fix) }
    }
}

impl StateFile {
    /// The file that the settings name; nothing is opened yet. A server is connected to from here on.
    pub fn new(settings: StateSettings, secrets: &Secrets, metrics: Arc<Metrics>) -> Self {
        let server = settings.redis.as_ref().map(|place| {
            let remote = |used_for| Remote::new(place, secrets, used_for, &metrics);
            let (gates, stores) = (remote(UsedFor::Gates), remote(UsedFor::Stores));
            gates.begin();
            Server { gates, stores }
        });
        Self { settings, metrics, is_used: true, server, tried: Mutex::new(None) }
    }

    /// The same for whoever serves nothing: the file is neither made nor opened, so that a host which has it is not
    /// disturbed. What can be told from outside, as that its folder may not be written to, is told all the same.
    pub fn unused(settings: StateSettings, metrics: Arc<Metrics>) -> Self {
        Self { settings, metrics, is_used: false, server: None, tried: Mutex::new(None) }
    }

    /// The server on which several hosts count together, if the settings name one.
    pub fn remote(&self) -> Option<&Arc<Remote>> {
        self.server.as_ref().map(|server| &server.gates)
    }

    /// Goes over to what the secrets say now of where the server is.
    pub fn follow(&self, secrets: &Secrets) {
        if let (Some(server), Some(place)) = (&self.server, &self.settings.redis) {
            server.gates.follow(place, secrets);
            server.stores.follow(place, secrets);
        }
    }

    /// The deliveries that have run. Opens the file if nobody has yet.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, now or when this was last tried.
    pub fn deliveries(&self) -> Result<Arc<Deliveries>, NotOpened> {
        self.opened().map(|opened| opened.deliveries)
    }

    /// The stores of functions. Opens the file if nobody has yet.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, now or when this was last tried.
    pub fn stores(&self) -> Result<Arc<dyn kv::Backend>, NotOpened> {
        self.opened().map(|opened| opened.stores)
    }

    fn opened(&self) -> Result<Opened, NotOpened> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        match tried.get_or_insert_with(|| self.open()) {
            Tried::Opened(opened) => Ok(opened.clone()),
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
        let StateSettings { path, replay_entries, redis, .. } = &self.settings;
        if let Some(Server { gates, stores }) = &self.server {
            return Tried::Opened(Opened {
                deliveries: Deliveries::new(Box::new(replay::Shared::new(Arc::clone(gates)))),
                stores: Arc::new(kv::Shared::new(Arc::clone(stores), self.settings.quotas())),
            });
        }
        if !self.is_used {
            let looked = if redis.is_some() { Ok(()) } else { file::look(path) };
            return match looked {
                Ok(()) => Tried::Opened(Opened {
                    deliveries: Deliveries::new(Box::new(replay::Unused)),
                    stores: Arc::new(kv::Unused),
                }),
                Err(why) => Tried::Failed(why, Instant::now()),
            };
        }
        let places = replay::Places::new(*replay_entries, &self.metrics);
        let parts: [Arc<dyn Part>; 2] = [Arc::clone(&places) as _, Arc::new(kv::Stores::new(&self.metrics))];
        match Keeper::open(path, Box::new(SystemTime::now), parts.into()) {
            Ok(keeper) => Tried::Opened(Opened {
                deliveries: Deliveries::new(Box::new(replay::Embedded::new(Arc::clone(&keeper), places))),
                stores: Arc::new(kv::Embedded::new(keeper, self.settings.quotas())),
            }),
            Err(why) => Tried::Failed(why, Instant::now()),
        }
    }
}
