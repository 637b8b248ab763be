//! The state's file while it is open. Reads happen where they are asked for; all writes on one thread, which puts what has
//! come meanwhile into one commit. What is read and written is others' business.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use redb::{Database, WriteTransaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::clock::{Clock, Wall};
use super::queue::{Asked, Change, Room, Waiting};
use super::{NotOpened, file};

/// Reads of stores that go on at once on threads that may be held up; one of them brings up to 8 MiB.
const READS: usize = 8;

/// How often it is looked whether something has had its time, and whether a file that failed works again.
const PACE: Duration = Duration::from_secs(5);

/// A read that takes so long has waited for the disk, or has read much.
const SLOW: Duration = Duration::from_millis(1);

/// For how long after such a one none holds up a thread that answers requests.
const WARY: Duration = Duration::from_secs(1);

/// What is said of a database that makes redb panic. A file that somebody else writes to can be in a state of which redb thinks
/// that it cannot be.
const CONTRADICTS: &str = "its content contradicts itself";

/// A part of what the file holds.
pub(crate) trait Part: Send + Sync {
    /// The file was opened, or opened again: makes the part's tables, and learns what is in them.
    fn begin(&self, transaction: &WriteTransaction) -> Result<(), redb::Error>;

    /// Forgets some of what has had its time `now`, in Unix milliseconds. Returns whether there may be more: it is to take
    /// small steps, so that writes never wait for long.
    fn sweep(&self, database: &Database, now: u64) -> Result<bool, redb::Error>;
}

/// The file does not work; why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) String);

/// The file, open. It is closed when nobody has this any more, and the thread has written what it was given.
pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    room: Room,
    reads: Arc<Semaphore>,
    changes: Sender<Box<dyn Change>>,
}

/// What the thread has of it as well.
pub(crate) struct Shared {
    path: Box<Path>,
    /// None after a failure, until it could be opened again.
    database: ArcSwapOption<Database>,
    clock: Clock,
    parts: Box<[Arc<dyn Part>]>,
    /// When a read was slow for the last time.
    slow: ArcSwapOption<Instant>,
    /// Whether the last write failed; said once.
    is_failing: AtomicBool,
}

impl Keeper {
    /// Opens the file at `path`, or makes it, with its `parts`. The time comes from `wall`.
    pub(crate) fn open(path: &Path, wall: Wall, parts: Box<[Arc<dyn Part>]>) -> Result<Arc<Self>, NotOpened> {
        let opened = file::open(path, &parts)?;
        let clock = Clock::new(wall);
        clock.at_least(opened.latest);
        let shared = Arc::new(Shared {
            path: path.into(),
            database: ArcSwapOption::from_pointee(opened.database),
            clock,
            parts,
            slow: ArcSwapOption::empty(),
            is_failing: AtomicBool::new(false),
        });
        let (changes, incoming) = channel();
        let writer = Arc::clone(&shared);
        let spawned = thread::Builder::new().name("state".into()).spawn(move || writer.run(&incoming));
        spawned.map_err(|error| file::without_thread(path, &error))?;
        Ok(Arc::new(Self { shared, room: Room::new(), reads: Arc::new(Semaphore::new(READS)), changes }))
    }

    /// Now, in Unix milliseconds, by a clock that is never set back.
    pub(crate) fn now(&self) -> u64 {
        self.shared.clock.now()
    }

    /// Reads little, given the time in Unix milliseconds: right here, as what is asked for is in memory nearly always, and
    /// another thread takes longer to wake than that takes to read. Where it was not in memory of late, elsewhere.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database, u64) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Broken> {
        if self.is_wary() { self.read_much(read).await } else { self.read_here(read) }
    }

    /// The same for what must wait for no store, and is small.
    pub(crate) async fn read_first<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database, u64) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Broken> {
        if self.is_wary() { self.read_elsewhere(read, None).await } else { self.read_here(read) }
    }

    /// Reads much, given the time in Unix milliseconds: on a thread that may be held up, few at once. Who has to wait for that
    /// and ends has read nothing.
    pub(crate) async fn read_much<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database, u64) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Broken> {
        // The semaphore is never closed.
        let turn = Arc::clone(&self.reads).acquire_owned().await.ok();
        self.read_elsewhere(read, turn).await
    }

    /// Whether a read was slow a moment ago.
    fn is_wary(&self) -> bool {
        self.shared.slow.load().as_ref().is_some_and(|slow| slow.elapsed() < WARY)
    }

    fn read_here<T>(&self, read: impl FnOnce(&Database, u64) -> Result<T, redb::Error>) -> Result<T, Broken> {
        let (shared, began) = (&self.shared, Instant::now());
        let done = catch_unwind(AssertUnwindSafe(|| shared.read(read)));
        if began.elapsed() >= SLOW {
            shared.slow.store(Some(Arc::new(Instant::now())));
        }
        done.unwrap_or_else(|_panic| Err(Broken(CONTRADICTS.to_owned())))
    }

    async fn read_elsewhere<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database, u64) -> Result<T, redb::Error> + Send + 'static,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<T, Broken> {
        let shared = Arc::clone(&self.shared);
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            shared.read(read)
        });
        read.await.map_err(|error| Broken(error.to_string()))?
    }

    /// Writes what `make` makes of `size` bytes, given the time in Unix milliseconds. When this has answered well, it is on
    /// disk. Whoever does not wait for that has it written, or not.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        size: usize,
        make: impl FnOnce(&WriteTransaction, u64) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Broken> {
        let taken = self.room.take(size).await.ok_or_else(gone)?;
        self.ask(make, |_: &T| (), Some(taken)).await
    }

    /// The same for what is small and waits for no store. Once it has been asked for, it is written even if nobody waits any
    /// more; then, and before this answers, `settled` hears of it.
    pub(crate) async fn write_first<T: Send + 'static>(
        &self,
        make: impl FnOnce(&WriteTransaction, u64) -> Result<T, redb::Error> + Send + 'static,
        settled: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, Broken> {
        self.ask(make, settled, None).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        make: impl FnOnce(&WriteTransaction, u64) -> Result<T, redb::Error> + Send + 'static,
        settled: impl FnOnce(&T) + Send + 'static,
        taken: Option<OwnedSemaphorePermit>,
    ) -> Result<T, Broken> {
        let (answer, written) = oneshot::channel();
        let asked = Asked::new(make, settled, answer, taken);
        self.changes.send(Box::new(asked)).map_err(|_unsent| gone())?;
        written.await.map_err(|_unanswered| gone())?
    }
}

fn gone() -> Broken {
    Broken("the thread that writes it has ended".into())
}

impl Shared {
    fn database(&self) -> Result<Arc<Database>, Broken> {
        let database = self.database.load_full();
        database.ok_or_else(|| Broken(format!("{} could not be written", self.path.display())))
    }

    fn read<T>(&self, read: impl FnOnce(&Database, u64) -> Result<T, redb::Error>) -> Result<T, Broken> {
        let database = self.database()?;
        read(&database, self.clock.now()).map_err(|error| Broken(error.to_string()))
    }

    /// Writes what comes, until nobody is left who could send anything.
    fn run(&self, changes: &Receiver<Box<dyn Change>>) {
        let (mut next, mut waiting) = (Instant::now() + PACE, Waiting::default());
        loop {
            if waiting.is_empty() {
                match changes.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    Ok(first) => waiting.put(first),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            changes.try_iter().for_each(|change| waiting.put(change));
            let group = waiting.group();
            if !group.is_empty() {
                self.write(group);
            }
            if Instant::now() >= next {
                // Where more have had their time than one step takes, it goes on after the writes that wait.
                next = if self.tend() { Instant::now() } else { Instant::now() + PACE };
            }
        }
    }

    fn write(&self, mut group: Vec<Box<dyn Change>>) {
        let now = self.clock.now();
        // One commit in one phase: guests choose what is written, but neither when the host crashes nor what of a page is on
        // the disk by then, which is what a second phase is against.
        let committed = self.attempt(|database| {
            let transaction = database.begin_write()?;
            for change in &mut group {
                change.make(&transaction, now)?;
            }
            file::touch(&transaction, now)?;
            transaction.commit()?;
            Ok(())
        });
        for change in group {
            change.settle(committed.clone());
        }
    }

    /// Forgets what has had its time, and opens what has failed. Returns whether there is more to do at once.
    pub(crate) fn tend(&self) -> bool {
        if self.database.load().is_none() {
            self.open_again();
        }
        let now = self.clock.now();
        let mut more = false;
        for part in &self.parts {
            more |= self.attempt(|database| part.sweep(database, now)).unwrap_or(false);
        }
        more
    }

    /// Writes to the database. What has failed once is not written to again before it has been opened anew: nobody can
    /// tell what state it is in.
    pub(crate) fn attempt<T>(&self, write: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Broken> {
        let database = self.database()?;
        let written = catch_unwind(AssertUnwindSafe(|| write(&database)));
        let error = match written {
            Ok(Ok(done)) => {
                self.is_failing.store(false, Ordering::Relaxed);
                return Ok(done);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_panic) => CONTRADICTS.to_owned(),
        };
        self.database.store(None);
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            tracing::error!(file = %self.path.display(), "the state file cannot be written: {error}");
        }
        Err(Broken(error))
    }

    fn open_again(&self) {
        match file::open(&self.path, &self.parts) {
            Ok(opened) => {
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
