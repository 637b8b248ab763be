//! Deliveries kept in a file of the host's own (redb). Reads happen where they are asked for; all writes on one thread,
//! which puts what has come meanwhile into one commit. It knows no request and no function.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use prometheus_client::metrics::gauge::Gauge;
use redb::Database;
use tokio::sync::oneshot;

use super::clock::{Clock, Wall};
use super::file::NotOpened;
use super::store::{Answer, Found, Key, Store, Trouble};
use super::table;
use crate::observe::metrics::Metrics;

/// Completions that share a commit, at the most; there are no more of them than calls that run.
const GROUP: usize = 1024;

/// Deliveries that one transaction forgets, at the most, so that completions never wait for long.
const SWEEP: usize = 1024;

/// How often it is looked whether some have had their time, and whether a store that failed works again.
const PACE: Duration = Duration::from_secs(5);

/// A store in a file.
pub(super) struct Embedded {
    shared: Arc<Shared>,
    writes: Sender<Write>,
}

/// A delivery that is done.
struct Write {
    key: Key,
    /// Until when it is remembered, in Unix milliseconds.
    until: u64,
    written: oneshot::Sender<Result<(), Trouble>>,
}

struct Shared {
    path: Box<Path>,
    /// None after a failure, until it could be opened again.
    database: ArcSwapOption<Database>,
    clock: Clock,
    most: u64,
    places: Mutex<Places>,
    entries: Gauge,
    /// Whether the last write failed; said once.
    is_failing: AtomicBool,
}

/// Who has taken up how many places. Together they are never more than there may be.
#[derive(Default)]
struct Places {
    stored: u64,
    claimed: u64,
}

impl Embedded {
    /// Opens the file at `path`, or makes it. It holds `most` deliveries at the most.
    pub(super) fn open(path: &Path, most: usize, wall: Wall, metrics: &Metrics) -> Result<Self, NotOpened> {
        let opened = table::open(path)?;
        let clock = Clock::new(wall);
        clock.at_least(opened.latest);
        let shared = Arc::new(Shared {
            path: path.into(),
            database: ArcSwapOption::from_pointee(opened.database),
            clock,
            most: u64::try_from(most).unwrap_or(u64::MAX),
            places: Mutex::new(Places { stored: opened.stored, claimed: 0 }),
            entries: metrics.replay_entries.clone(),
            is_failing: AtomicBool::new(false),
        });
        shared.show(opened.stored);
        let (writes, incoming) = channel();
        let writer = Arc::clone(&shared);
        let spawned = thread::Builder::new().name("state".into()).spawn(move || writer.run(&incoming));
        spawned.map_err(|error| NotOpened {
            path: path.to_owned(),
            message: format!("no thread to write it on: {error}"),
            fix: "raise the limit on threads (`ulimit -u`)",
        })?;
        Ok(Self { shared, writes })
    }
}

impl Store for Embedded {
    fn claim<'a>(&'a self, key: &'a Key, _lasts: Duration) -> Answer<'a, Found> {
        let (shared, key) = (Arc::clone(&self.shared), *key);
        Box::pin(async move {
            // It may have to read from the disk, which holds up a thread.
            let found = tokio::task::spawn_blocking(move || shared.find(&key)).await;
            match found.map_err(|error| Trouble::Failed(error.to_string()))?? {
                Found::Done => Ok(Found::Done),
                // From here on nothing is waited for, so that no place is taken for an asker who is gone.
                Found::Nothing => self.shared.take_place().map(|()| Found::Nothing),
            }
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, keep: Duration) -> Answer<'a, ()> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let until = self.shared.clock.now().saturating_add(keep);
        Box::pin(async move {
            let (written, answer) = oneshot::channel();
            let gone = || Trouble::Failed("the thread that writes it has ended".into());
            self.writes.send(Write { key: *key, until, written }).map_err(|_unsent| gone())?;
            answer.await.map_err(|_unanswered| gone())?
        })
    }

    fn release(&self, _key: &Key) {
        let mut places = self.shared.places();
        places.claimed = places.claimed.saturating_sub(1);
    }
}

impl Shared {
    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, stored: u64) {
        self.entries.set(i64::try_from(stored).unwrap_or(i64::MAX));
    }

    fn take_place(&self) -> Result<(), Trouble> {
        let mut places = self.places();
        if places.stored.saturating_add(places.claimed) >= self.most {
            return Err(Trouble::Full);
        }
        places.claimed += 1;
        Ok(())
    }

    fn find(&self, key: &Key) -> Result<Found, Trouble> {
        let Some(database) = self.database.load_full() else {
            return Err(Trouble::Failed(format!("{} could not be written", self.path.display())));
        };
        let until = table::until(&database, key).map_err(|error| Trouble::Failed(error.to_string()))?;
        let now = self.clock.now();
        Ok(if until.is_some_and(|until| until > now) { Found::Done } else { Found::Nothing })
    }

    /// Writes what comes, until nobody is left who could send anything.
    fn run(&self, writes: &Receiver<Write>) {
        let mut next = Instant::now() + PACE;
        loop {
            match writes.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(first) => self.write(std::iter::once(first).chain(writes.try_iter()).take(GROUP).collect()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= next {
                // Where more have had their time than one transaction takes, it goes on after the writes that wait.
                next = if self.tend() { Instant::now() } else { Instant::now() + PACE };
            }
        }
    }

    fn write(&self, group: Vec<Write>) {
        let entries: Vec<(Key, u64)> = group.iter().map(|write| (write.key, write.until)).collect();
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let done = self.attempt(|database| table::insert(database, &entries, self.clock.now()));
        if let Ok(stored) = &done {
            let mut places = self.places();
            places.claimed = places.claimed.saturating_sub(count);
            places.stored = *stored;
            self.show(*stored);
        }
        for write in group {
            // Whoever does not wait for it any more does not want to know.
            let _ = write.written.send(done.clone().map(drop));
        }
    }

    /// Forgets what has had its time, and opens what has failed. Returns whether there is more to do at once.
    fn tend(&self) -> bool {
        if self.database.load().is_none() {
            self.open_again();
        }
        let swept = self.attempt(|database| table::sweep(database, self.clock.now(), SWEEP));
        let Ok(swept) = swept else { return false };
        self.places().stored = swept.stored;
        self.show(swept.stored);
        swept.count == SWEEP
    }

    /// Writes to the database. What has failed once is not written to again before it has been opened anew: nobody can
    /// tell what state it is in.
    fn attempt<T>(&self, write: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Trouble> {
        let Some(database) = self.database.load_full() else {
            return Err(Trouble::Failed(format!("{} could not be written", self.path.display())));
        };
        // A file that somebody else writes to can be in a state of which redb thinks that it cannot be.
        let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| write(&database)));
        let error = match written {
            Ok(Ok(done)) => {
                self.is_failing.store(false, Ordering::Relaxed);
                return Ok(done);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_panic) => "its content contradicts itself".to_owned(),
        };
        self.database.store(None);
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            tracing::error!(file = %self.path.display(), "the state file cannot be written: {error}");
        }
        Err(Trouble::Failed(error))
    }

    fn open_again(&self) {
        match table::open(&self.path) {
            Ok(opened) => {
                self.places().stored = opened.stored;
                self.clock.at_least(opened.latest);
                self.database.store(Some(Arc::new(opened.database)));
                tracing::info!(file = %self.path.display(), "the state file is open again");
            }
            Err(error) => tracing::debug!(file = %self.path.display(), "still not to be opened: {}", error.message),
        }
    }
}

#[cfg(test)]
mod tests;
