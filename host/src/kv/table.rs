//! What the state's file holds of stores, and each step on it. All that is ever asked of the database about stores is here.

use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, StorageError, Table, TableDefinition, WriteTransaction,
};

use super::store::{LARGEST_NUMBER, PAGE_KEYS, Page, Quota, Quotas, Trouble};

/// A store's name and a key of it.
type At = (&'static str, &'static str);

/// A key's number, until when it is there (in Unix milliseconds), and its value.
const ENTRIES: TableDefinition<'_, At, (u64, u64, &[u8])> = TableDefinition::new("kv.1.entries");

/// The keys of each store by their numbers, which rise: a list goes on where it was, whatever is written meanwhile.
const ORDER: TableDefinition<'_, (&str, u64), (u64, &str)> = TableDefinition::new("kv.1.order");

/// Those that have an end by their time, so that what has had it is found without looking at the rest.
const BY_TIME: TableDefinition<'_, (u64, &str, u64), ()> = TableDefinition::new("kv.1.by_time");

/// How many keys a store has, how many bytes with their values, and the number that its latest key got.
const STORES: TableDefinition<'_, &str, (u64, u64, u64)> = TableDefinition::new("kv.1.stores");

/// The end of what has none.
pub(super) const NEVER: u64 = u64::MAX;

/// What came of something that was to be written.
pub(super) type Written<T> = Result<Result<T, Trouble>, redb::Error>;

/// Makes the tables where they are not there.
pub(super) fn begin(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    Tables::open(transaction).map(drop)
}

/// What `with` makes of the value at a key, if there is one at this time.
pub(super) fn look<T>(
    database: &Database,
    (store, key): (&str, &str),
    now: u64,
    with: impl FnOnce(&[u8]) -> T,
) -> Result<Option<T>, redb::Error> {
    let entries = database.begin_read()?.open_table(ENTRIES)?;
    let entry = entries.get((store, key))?;
    Ok(entry.and_then(|entry| {
        let (_, until, value) = entry.value();
        (until > now).then(|| with(value))
    }))
}

/// The values at these keys, all of one moment; none if they come to more than `most` bytes.
pub(super) fn look_many(
    database: &Database,
    store: &str,
    keys: &[String],
    (now, most): (u64, usize),
) -> Result<Option<Vec<Option<Vec<u8>>>>, redb::Error> {
    let entries = database.begin_read()?.open_table(ENTRIES)?;
    let (mut values, mut sum) = (Vec::with_capacity(keys.len()), 0_usize);
    for key in keys {
        let entry = entries.get((store, key.as_str()))?;
        let found = entry.as_ref().map(|entry| entry.value()).filter(|(_, until, _)| *until > now);
        sum = sum.saturating_add(found.map_or(0, |(_, _, value)| value.len()));
        if sum > most {
            return Ok(None);
        }
        values.push(found.map(|(_, _, value)| value.to_vec()));
    }
    Ok(Some(values))
}

/// The keys of a store whose numbers follow `cursor`.
pub(super) fn list(database: &Database, store: &str, cursor: Option<u64>, now: u64) -> Result<Page, redb::Error> {
    let Some(first) = cursor.unwrap_or(0).checked_add(1) else { return Ok(Page::default()) };
    let order = database.begin_read()?.open_table(ORDER)?;
    let mut page = Page::default();
    let mut latest = None;
    for (looked_at, entry) in order.range((store, first)..=(store, u64::MAX))?.enumerate() {
        if looked_at == PAGE_KEYS {
            page.cursor = latest;
            break;
        }
        let (at, entry) = entry?;
        let (until, key) = entry.value();
        latest = Some(at.value().1);
        if until > now {
            page.keys.push(key.to_owned());
        }
    }
    Ok(page)
}

/// How many keys each store has, and how many bytes with their values.
pub(super) fn usages(database: &Database) -> Result<Vec<(String, u64, u64)>, redb::Error> {
    let stores = database.begin_read()?.open_table(STORES)?;
    let usages = stores.iter()?.map(|entry| {
        entry.map(|(store, usage)| {
            let (keys, bytes, _) = usage.value();
            (store.value().to_owned(), keys, bytes)
        })
    });
    Ok(usages.collect::<Result<_, StorageError>>()?)
}

/// Forgets what has had its time, `most` keys of it at the most; returns how many they were.
pub(super) fn sweep(database: &Database, now: u64, most: usize) -> Result<usize, redb::Error> {
    let over = {
        let by_time = database.begin_read()?.open_table(BY_TIME)?;
        let over = by_time.range(..(now.saturating_add(1), "", 0))?.take(most);
        let over = over.map(|entry| entry.map(|(entry, _)| (entry.value().1.to_owned(), entry.value().2)));
        over.collect::<Result<Vec<(String, u64)>, StorageError>>()?
    };
    if !over.is_empty() {
        let transaction = database.begin_write()?;
        let mut tables = Tables::open(&transaction)?;
        for (store, number) in &over {
            let key = tables.order.get((store.as_str(), *number))?.map(|entry| entry.value().1.to_owned());
            if let Some(key) = key {
                tables.remove(store, &key)?;
            }
        }
        drop(tables);
        transaction.commit()?;
    }
    Ok(over.len())
}

/// The tables in a transaction that writes.
pub(super) struct Tables<'t> {
    entries: Table<'t, At, (u64, u64, &'static [u8])>,
    order: Table<'t, (&'static str, u64), (u64, &'static str)>,
    by_time: Table<'t, (u64, &'static str, u64), ()>,
    stores: Table<'t, &'static str, (u64, u64, u64)>,
}

/// A key that is there, with its end, whether that has come or not.
struct There {
    number: u64,
    until: u64,
    size: u64,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            entries: transaction.open_table(ENTRIES)?,
            order: transaction.open_table(ORDER)?,
            by_time: transaction.open_table(BY_TIME)?,
            stores: transaction.open_table(STORES)?,
        })
    }

    /// The value at a key, if it is there at this time, with its end.
    fn value(&self, store: &str, key: &str, now: u64) -> Result<Option<(Vec<u8>, u64)>, redb::Error> {
        let entry = self.entries.get((store, key))?;
        let entry = entry.as_ref().map(|entry| entry.value()).filter(|(_, until, _)| *until > now);
        Ok(entry.map(|(_, until, value)| (value.to_vec(), until)))
    }

    fn there(&self, store: &str, key: &str) -> Result<Option<There>, redb::Error> {
        let entry = self.entries.get((store, key))?;
        Ok(entry.map(|entry| {
            let (number, until, value) = entry.value();
            There { number, until, size: size(key, value) }
        }))
    }

    pub(super) fn usage(&self, store: &str) -> Result<(u64, u64, u64), redb::Error> {
        Ok(self.stores.get(store)?.map_or((0, 0, 0), |usage| usage.value()))
    }

    /// Sets all of these until their end, or, if there is no room for all, none. No key is among them twice.
    pub(super) fn set<'k>(
        &mut self,
        store: &str,
        entries: impl Iterator<Item = (&'k str, &'k [u8])> + Clone,
        until: u64,
        quotas: &Quotas,
    ) -> Written<()> {
        let (mut keys, mut gone, mut come) = (0_u64, 0_u64, 0_u64);
        for (key, value) in entries.clone() {
            let there = self.there(store, key)?;
            keys += u64::from(there.is_none());
            gone = gone.saturating_add(there.map_or(0, |there| there.size));
            come = come.saturating_add(size(key, value));
        }
        let (there, bytes, _) = self.usage(store)?;
        if keys > 0 && there.saturating_add(keys) > quotas.keys {
            return Ok(Err(Trouble::Full(Quota::Keys)));
        }
        if come > gone && bytes.saturating_sub(gone).saturating_add(come) > quotas.bytes {
            return Ok(Err(Trouble::Full(Quota::Bytes)));
        }
        for (key, value) in entries {
            self.put(store, key, value, until)?;
        }
        Ok(Ok(()))
    }

    fn put(&mut self, store: &str, key: &str, value: &[u8], until: u64) -> Result<(), redb::Error> {
        let there = self.there(store, key)?;
        let (mut keys, mut bytes, mut latest) = self.usage(store)?;
        let number = match &there {
            Some(there) => {
                bytes = bytes.saturating_sub(there.size);
                there.number
            }
            None => {
                keys = keys.saturating_add(1);
                latest = latest.saturating_add(1);
                latest
            }
        };
        bytes = bytes.saturating_add(size(key, value));
        let before = there.map(|there| there.until);
        self.entries.insert((store, key), (number, until, value))?;
        if before != Some(until) {
            self.order.insert((store, number), (until, key))?;
            if let Some(before) = before.filter(|before| *before != NEVER) {
                self.by_time.remove((before, store, number))?;
            }
            if until != NEVER {
                self.by_time.insert((until, store, number), ())?;
            }
        }
        self.stores.insert(store, (keys, bytes, latest))?;
        Ok(())
    }

    /// Removes a key; that there is none is well.
    pub(super) fn remove(&mut self, store: &str, key: &str) -> Result<(), redb::Error> {
        let Some(there) = self.there(store, key)? else { return Ok(()) };
        let (keys, bytes, latest) = self.usage(store)?;
        self.entries.remove((store, key))?;
        self.order.remove((store, there.number))?;
        if there.until != NEVER {
            self.by_time.remove((there.until, store, there.number))?;
        }
        // A store that is empty goes on counting: a cursor of before must not lead past what comes.
        self.stores.insert(store, (keys.saturating_sub(1), bytes.saturating_sub(there.size), latest))?;
        Ok(())
    }

    /// Adds to the number at a key, which begins at 0 and is there `until` then.
    pub(super) fn increment(
        &mut self,
        (store, key): (&str, &str),
        delta: u64,
        (now, until): (u64, u64),
        quotas: &Quotas,
    ) -> Written<u64> {
        let (number, until) = match self.value(store, key, now)? {
            None => (Some(0), until),
            Some((value, until)) => (number(&value), until),
        };
        let sum = number.and_then(|number| number.checked_add(delta)).filter(|sum| *sum <= LARGEST_NUMBER);
        let Some(sum) = sum else { return Ok(Err(Trouble::NotANumber)) };
        let digits = sum.to_string();
        let set = self.set(store, std::iter::once((key, digits.as_bytes())), until, quotas)?;
        Ok(set.map(|()| sum))
    }

    /// Sets a value until its end if exactly this one is there, or none. Returns whether it was.
    pub(super) fn compare_and_set(
        &mut self,
        (store, key): (&str, &str),
        expected: Option<&[u8]>,
        value: &[u8],
        (now, until): (u64, u64),
        quotas: &Quotas,
    ) -> Written<bool> {
        if self.value(store, key, now)?.as_ref().map(|(value, _)| value.as_slice()) != expected {
            return Ok(Ok(false));
        }
        let set = self.set(store, std::iter::once((key, value)), until, quotas)?;
        Ok(set.map(|()| true))
    }
}

/// What a key and its value count for.
fn size(key: &str, value: &[u8]) -> u64 {
    u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX)
}

/// The number that these are the decimal digits of: no sign, no zeros before it, nothing beside it.
fn number(digits: &[u8]) -> Option<u64> {
    let is_plain = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    std::str::from_utf8(digits).ok().filter(|_| is_plain)?.parse().ok().filter(|number| *number <= LARGEST_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_digits_and_nothing_else() {
        for (text, expected) in [("0", 0), ("7", 7), ("120", 120), ("9223372036854775807", LARGEST_NUMBER)] {
            assert_eq!(number(text.as_bytes()), Some(expected), "{text}");
        }
        for text in
            ["", "-1", "+1", "01", "00", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "99999999999999999999", "x"]
        {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(number(b"\xff"), None);
    }
}
