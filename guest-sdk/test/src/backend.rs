//! Who serves: the command `host`, or the host as a library. Owns that both do the same; how each does it is its own business.

use crate::answer::{Raw, Record};
use crate::command::Command;
#[cfg(feature = "in-process")]
use crate::in_process::InProcess;
use crate::request::Outgoing;
use crate::site::Site;
use crate::{Answer, Error};

/// The series that counts sandboxes.
pub(crate) const INSTANCES: &str = "vestibule_instances_created_total";

/// Who serves a test's functions. Both are the whole host, with every gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// The command that `VESTIBULE_HOST` names, else `host` on `PATH`: `host serve` on a free port of this machine. The test
    /// compiles nothing of the host.
    Command,
    /// The host as a library, in the test's own process: no sockets, no other process. Compiles the whole host once.
    #[cfg(feature = "in-process")]
    InProcess,
}

/// The command; with the feature `in-process`, the library.
impl Default for Backend {
    #[cfg(feature = "in-process")]
    fn default() -> Self {
        Self::InProcess
    }

    #[cfg(not(feature = "in-process"))]
    fn default() -> Self {
        Self::Command
    }
}

/// What a host does for a test.
pub(crate) trait Serves: Send + Sync {
    /// Sends a request, and returns the answer with what the log says of it.
    fn send(&self, request: &Outgoing) -> Result<(Raw, Vec<Record>), Error>;

    /// The value of a series; 0 if nothing has moved it yet.
    fn metric(&self, series: &str) -> Result<u64, Error>;

    /// How many sandboxes of functions there have been.
    fn instances(&self) -> Result<u64, Error> {
        self.metric(INSTANCES)
    }

    /// What keeps functions from being served.
    fn problems(&self) -> Vec<String>;

    /// The value at a key of a store.
    fn value(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, Error>;

    /// The keys of a store, sorted.
    fn keys(&self, store: &str) -> Result<Vec<String>, Error>;

    /// Puts a value at a key of a store.
    fn put(&self, store: &str, key: &str, value: &[u8]) -> Result<(), Error>;
}

/// A host that runs.
pub(crate) struct Running(Box<dyn Serves>);

impl Running {
    /// Starts a backend.
    pub(crate) fn start(backend: Backend, site: &Site) -> Result<Self, Error> {
        Ok(Self(match backend {
            Backend::Command => Box::new(Command::start(site)?),
            #[cfg(feature = "in-process")]
            Backend::InProcess => Box::new(InProcess::start(site)?),
        }))
    }

    /// Sends a request and makes the answer of what comes.
    pub(crate) fn deliver(&self, request: &Outgoing) -> Result<Answer, Error> {
        let (raw, records) = self.send(request)?;
        let problems = if raw.status == 503 { self.problems() } else { Vec::new() };
        Ok(Answer::new(raw, records, problems))
    }
}

impl std::ops::Deref for Running {
    type Target = dyn Serves;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
