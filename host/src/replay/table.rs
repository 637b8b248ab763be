//! What the state's file holds of deliveries, and what is ever asked of the database about them.

use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _};
use redb::{StorageError, TableDefinition, WriteTransaction};

use super::store::Key;

/// Until when a delivery is remembered, in Unix milliseconds.
const UNTIL: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("replay.1.until");

/// The same by time, so that what has had its time is found without looking at the rest.
const BY_TIME: TableDefinition<'_, (u64, &[u8; 32]), ()> = TableDefinition::new("replay.1.by_time");

/// What a sweep came to.
pub(super) struct Swept {
    /// How many were forgotten.
    pub(super) count: usize,
    /// How many are left.
    pub(super) stored: u64,
}

/// Makes the tables where they are not there, and returns how many deliveries they hold.
pub(super) fn begin(transaction: &WriteTransaction) -> Result<u64, redb::Error> {
    transaction.open_table(BY_TIME)?;
    Ok(transaction.open_table(UNTIL)?.len()?)
}

/// Until when a delivery is remembered, if it is.
pub(super) fn until(database: &Database, key: &Key) -> Result<Option<u64>, redb::Error> {
    let until = database.begin_read()?.open_table(UNTIL)?;
    Ok(until.get(key)?.map(|until| until.value()))
}

/// Has a delivery remembered until its time, and returns how many there are now.
pub(super) fn insert(transaction: &WriteTransaction, key: &Key, time: u64) -> Result<u64, redb::Error> {
    let mut until = transaction.open_table(UNTIL)?;
    let mut by_time = transaction.open_table(BY_TIME)?;
    // One that has had its time and was not forgotten yet.
    let before = until.insert(key, time)?.map(|before| before.value());
    if let Some(before) = before {
        by_time.remove((before, key))?;
    }
    by_time.insert((time, key), ())?;
    Ok(until.len()?)
}

/// Forgets deliveries whose time is over, `most` of them at the most.
pub(super) fn sweep(database: &Database, now: u64, most: usize) -> Result<Swept, redb::Error> {
    let read = database.begin_read()?;
    let by_time = read.open_table(BY_TIME)?;
    let over = by_time.range(..=(now, &[0xff; 32]))?.take(most);
    let over = over.map(|entry| entry.map(|(entry, _)| (entry.value().0, *entry.value().1)));
    let over: Vec<(u64, Key)> = over.collect::<Result<_, StorageError>>()?;
    if over.is_empty() {
        return Ok(Swept { count: 0, stored: read.open_table(UNTIL)?.len()? });
    }
    drop((by_time, read));
    let transaction = database.begin_write()?;
    let stored = {
        let mut until = transaction.open_table(UNTIL)?;
        let mut by_time = transaction.open_table(BY_TIME)?;
        for (time, key) in &over {
            until.remove(key)?;
            by_time.remove((*time, key))?;
        }
        until.len()?
    };
    transaction.commit()?;
    Ok(Swept { count: over.len(), stored })
}
