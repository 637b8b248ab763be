//! Deliveries kept in the state's file, and how many of them there is room for. It knows no request and no function.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use redb::{Database, WriteTransaction};

use super::store::{Answer, Found, Key, Store, Trouble};
use super::table;
use crate::observe::metrics::Metrics;
use crate::state::{Broken, Keeper, Part};

/// Deliveries that one transaction forgets, at the most, so that completions never wait for long.
const SWEEP: usize = 1024;

/// A store in the state's file.
pub(crate) struct Embedded {
    keeper: Arc<Keeper>,
    places: Arc<Places>,
}

/// How many deliveries there may be, and are.
pub(crate) struct Places {
    most: u64,
    taken: Mutex<Taken>,
    entries: Gauge,
}

/// Who has taken up how many places. Together they are never more than there may be.
#[derive(Default)]
struct Taken {
    stored: u64,
    claimed: u64,
}

impl Places {
    /// Places for `most` deliveries.
    pub(crate) fn new(most: usize, metrics: &Metrics) -> Arc<Self> {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        Arc::new(Self { most, taken: Mutex::default(), entries: metrics.replay_entries.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<(), Trouble> {
        let mut taken = self.taken();
        if taken.stored.saturating_add(taken.claimed) >= self.most {
            return Err(Trouble::Full);
        }
        taken.claimed += 1;
        Ok(())
    }

    fn give_back(&self) {
        let mut taken = self.taken();
        taken.claimed = taken.claimed.saturating_sub(1);
    }

    /// What was claimed is stored, and so there are as many as this: in one step, so that nobody finds a place in between.
    fn fill(&self, stored: u64) {
        let mut taken = self.taken();
        taken.claimed = taken.claimed.saturating_sub(1);
        taken.stored = stored;
        self.show(stored);
    }

    fn count(&self, stored: u64) {
        self.taken().stored = stored;
        self.show(stored);
    }

    fn show(&self, stored: u64) {
        self.entries.set(i64::try_from(stored).unwrap_or(i64::MAX));
    }
}

impl Part for Places {
    fn begin(&self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        self.count(table::begin(transaction)?);
        Ok(())
    }

    fn sweep(&self, database: &Database, now: u64) -> Result<bool, redb::Error> {
        let swept = table::sweep(database, now, SWEEP)?;
        self.count(swept.stored);
        Ok(swept.count == SWEEP)
    }
}

impl Embedded {
    /// The deliveries that `keeper` has, of which `places` is a part.
    pub(crate) fn new(keeper: Arc<Keeper>, places: Arc<Places>) -> Self {
        Self { keeper, places }
    }
}

impl From<Broken> for Trouble {
    fn from(Broken(why): Broken) -> Self {
        Self::Failed(why)
    }
}

impl Store for Embedded {
    fn claim<'a>(&'a self, key: &'a Key, _lasts: Duration) -> Answer<'a, Found> {
        let key = *key;
        Box::pin(async move {
            let until = self.keeper.read_first(move |database, _now| table::until(database, &key)).await?;
            if until.is_some_and(|until| until > self.keeper.now()) {
                return Ok(Found::Done);
            }
            // From here on nothing is waited for, so that no place is taken for an asker who is gone.
            self.places.take().map(|()| Found::Nothing)
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, keep: Duration) -> Answer<'a, ()> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let (key, until) = (*key, self.keeper.now().saturating_add(keep));
        let places = Arc::clone(&self.places);
        Box::pin(async move {
            let write = move |transaction: &WriteTransaction, _now| table::insert(transaction, &key, until);
            let settled = move |stored: &u64| places.fill(*stored);
            self.keeper.write_first(write, settled).await?;
            Ok(())
        })
    }

    fn release(&self, _key: &Key) {
        self.places.give_back();
    }
}

#[cfg(test)]
mod tests;
