//! Stores kept in the state's file (redb). It knows no guest and no policy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use redb::{Database, WriteTransaction};

use super::store::{Answer, Backend, Name, Page, Quotas, Trouble, too_many_bytes};
use super::table::{self, NEVER, Tables, Written};
use crate::observe::metrics::{Metrics, StoreLabels};
use crate::state::{Broken, Keeper, Part};

/// Keys that one transaction forgets, at the most, so that writes never wait for long.
const SWEEP: usize = 1024;

/// What an entry of a batch takes in memory besides its key and its value, in bytes.
const ENTRY: usize = 64;

/// The stores as a part of the state's file.
pub(crate) struct Stores {
    keys: Family<StoreLabels, Gauge>,
    bytes: Family<StoreLabels, Gauge>,
}

impl Stores {
    /// Has `metrics` say how full they are, as of the latest sweep.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self { keys: metrics.store_keys.clone(), bytes: metrics.store_bytes.clone() }
    }
}

impl Part for Stores {
    fn begin(&self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        table::begin(transaction)
    }

    fn sweep(&self, database: &Database, now: u64) -> Result<bool, redb::Error> {
        let is_more = table::sweep(database, now, SWEEP)? == SWEEP;
        for (store, keys, bytes) in table::usages(database)? {
            let labels = StoreLabels { store };
            self.keys.get_or_create(&labels).set(i64::try_from(keys).unwrap_or(i64::MAX));
            self.bytes.get_or_create(&labels).set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
        Ok(is_more)
    }
}

/// A backend in the state's file.
pub(crate) struct Embedded {
    keeper: Arc<Keeper>,
    quotas: Quotas,
}

impl From<Broken> for Trouble {
    fn from(Broken(why): Broken) -> Self {
        Self::Unavailable(why)
    }
}

impl Embedded {
    /// The stores that `keeper` has, each within `quotas`.
    pub(crate) fn new(keeper: Arc<Keeper>, quotas: Quotas) -> Self {
        Self { keeper, quotas }
    }

    fn read<'a, T: Send + 'static>(
        &'a self,
        read: impl FnOnce(&Database, u64) -> Result<T, redb::Error> + Send + 'static,
    ) -> Answer<'a, T> {
        Box::pin(async move { Ok(self.keeper.read(read).await?) })
    }

    /// Changes the tables by something of `size` bytes, with the time and the quotas at hand.
    fn write<'a, T: Send + 'static>(
        &'a self,
        size: usize,
        change: impl FnOnce(&mut Tables<'_>, u64, &Quotas) -> Written<T> + Send + 'static,
    ) -> Answer<'a, T> {
        let quotas = self.quotas;
        let make = move |transaction: &WriteTransaction, now| change(&mut Tables::open(transaction)?, now, &quotas);
        Box::pin(async move { self.keeper.write(size, make).await? })
    }
}

/// When what is kept for so long from `now` on has its end.
fn end(now: u64, keep: Option<Duration>) -> u64 {
    let Some(keep) = keep else { return NEVER };
    now.saturating_add(u64::try_from(keep.as_millis()).unwrap_or(u64::MAX))
}

impl Backend for Embedded {
    fn get<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, Option<Vec<u8>>> {
        let store = Arc::clone(store);
        self.read(move |database, now| table::look(database, (&store, &key), now, <[u8]>::to_vec))
    }

    fn exists<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, bool> {
        let store = Arc::clone(store);
        self.read(move |database, now| Ok(table::look(database, (&store, &key), now, |_| ())?.is_some()))
    }

    fn set<'a>(&'a self, store: &'a Name, key: String, value: Vec<u8>, keep: Option<Duration>) -> Answer<'a, ()> {
        let store = Arc::clone(store);
        self.write(key.len() + value.len(), move |tables, now, quotas| {
            tables.set(&store, std::iter::once((key.as_str(), value.as_slice())), end(now, keep), quotas)
        })
    }

    fn delete<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, ()> {
        self.delete_many(store, vec![key])
    }

    fn increment<'a>(&'a self, store: &'a Name, key: String, delta: u64, keep: Option<Duration>) -> Answer<'a, u64> {
        let store = Arc::clone(store);
        self.write(key.len(), move |tables, now, quotas| {
            tables.increment((&store, &key), delta, (now, end(now, keep)), quotas)
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        store: &'a Name,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        keep: Option<Duration>,
    ) -> Answer<'a, bool> {
        let store = Arc::clone(store);
        let size = key.len() + expected.as_ref().map_or(0, Vec::len) + value.len();
        self.write(size, move |tables, now, quotas| {
            tables.compare_and_set((&store, &key), expected.as_deref(), &value, (now, end(now, keep)), quotas)
        })
    }

    fn list<'a>(&'a self, store: &'a Name, cursor: Option<u64>) -> Answer<'a, Page> {
        let store = Arc::clone(store);
        let read = move |database: &Database, now| table::list(database, &store, cursor, now);
        Box::pin(async move { Ok(self.keeper.read_much(read).await?) })
    }

    fn get_many<'a>(&'a self, store: &'a Name, keys: Vec<String>, most: usize) -> Answer<'a, Vec<Option<Vec<u8>>>> {
        let store = Arc::clone(store);
        Box::pin(async move {
            let read = move |database: &Database, now| table::look_many(database, &store, &keys, (now, most));
            self.keeper.read_much(read).await?.ok_or_else(|| too_many_bytes(most))
        })
    }

    fn set_many<'a>(&'a self, store: &'a Name, entries: Vec<(String, Vec<u8>)>) -> Answer<'a, ()> {
        let store = Arc::clone(store);
        // Where a key is there twice, the last counts.
        let entries: BTreeMap<String, Vec<u8>> = entries.into_iter().collect();
        let size = entries.iter().map(|(key, value)| ENTRY + key.len() + value.len()).sum();
        self.write(size, move |tables, _now, quotas| {
            let entries = entries.iter().map(|(key, value)| (key.as_str(), value.as_slice()));
            tables.set(&store, entries, NEVER, quotas)
        })
    }

    fn delete_many<'a>(&'a self, store: &'a Name, keys: Vec<String>) -> Answer<'a, ()> {
        let store = Arc::clone(store);
        self.write(keys.iter().map(|key| ENTRY + key.len()).sum(), move |tables, _now, _quotas| {
            for key in &keys {
                tables.remove(&store, key)?;
            }
            Ok(Ok(()))
        })
    }
}

#[cfg(test)]
mod tests;
