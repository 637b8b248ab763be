//! Stores for native tests: in memory, of this thread, without quotas. They keep the host's rules of keys, values, numbers and
//! times, so that a test fails where the function would.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Cause;

/// The longest key, in bytes.
const KEY_BYTES: usize = 1024;

/// The largest value, in bytes: where whoever runs the host does not say otherwise.
const VALUE_BYTES: usize = 1 << 20;

/// The longest time to live, in milliseconds: ten years of 365 days.
const LONGEST: u64 = 10 * 365 * 24 * 60 * 60 * 1000;

/// Keys of one batch, at the most.
const BATCH_KEYS: usize = 1024;

/// Bytes of the values of one batch, at the most.
const BATCH_BYTES: usize = 8 << 20;

struct Entry {
    value: Vec<u8>,
    end: Option<Instant>,
}

type Entries = BTreeMap<String, Entry>;

thread_local! {
    static STORES: RefCell<BTreeMap<String, Entries>> = const { RefCell::new(BTreeMap::new()) };
}

/// Empties all stores of this thread.
pub(crate) fn clear() {
    STORES.take();
}

pub(super) struct Bucket(String);

impl Bucket {
    pub(super) fn open(name: &str) -> Result<Self, Cause> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        let begins = name.bytes().next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
        if begins && name.len() <= 64 && name.bytes().all(is_plain) {
            Ok(Self(name.to_owned()))
        } else {
            Err(Cause::NoName)
        }
    }

    /// What is in the store and has not had its time.
    fn with<T>(&self, act: impl FnOnce(&mut Entries) -> T) -> T {
        STORES.with_borrow_mut(|stores| {
            let entries = stores.entry(self.0.clone()).or_default();
            let now = Instant::now();
            entries.retain(|_, entry| entry.end.is_none_or(|end| end > now));
            act(entries)
        })
    }

    fn put(&self, key: &str, value: &[u8], milliseconds: Option<u64>) -> Result<(), Cause> {
        check_key(key)?;
        check_value(value)?;
        let end = end(milliseconds)?;
        self.with(|entries| entries.insert(key.to_owned(), Entry { value: value.to_vec(), end }));
        Ok(())
    }

    fn add(&self, key: &str, delta: u64, milliseconds: Option<u64>) -> Result<u64, Cause> {
        check_key(key)?;
        let end = end(milliseconds)?;
        self.with(|entries| {
            let entry = entries.entry(key.to_owned());
            let before = match &entry {
                std::collections::btree_map::Entry::Vacant(_) => Some(0),
                std::collections::btree_map::Entry::Occupied(entry) => number(&entry.get().value),
            };
            let sum = before.and_then(|before| before.checked_add(delta)).filter(|sum| i64::try_from(*sum).is_ok());
            let not_a_number = "the value is not a number from 0 to 9223372036854775807 in decimal digits, or would not be one \
                                afterwards";
            let sum = sum.ok_or_else(|| Cause::Other(not_a_number.to_owned()))?;
            entry.or_insert_with(|| Entry { value: Vec::new(), end }).value = sum.to_string().into_bytes();
            Ok(sum)
        })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Cause> {
        check_key(key)?;
        Ok(self.with(|entries| entries.get(key).map(|entry| entry.value.clone())))
    }

    pub(super) fn set(&self, key: &str, value: &[u8]) -> Result<(), Cause> {
        self.put(key, value, None)
    }

    pub(super) fn set_for(&self, key: &str, value: &[u8], milliseconds: u64) -> Result<(), Cause> {
        self.put(key, value, Some(milliseconds))
    }

    pub(super) fn delete(&self, key: &str) -> Result<(), Cause> {
        check_key(key)?;
        self.with(|entries| entries.remove(key));
        Ok(())
    }

    pub(super) fn exists(&self, key: &str) -> Result<bool, Cause> {
        Ok(self.get(key)?.is_some())
    }

    pub(super) fn increment(&self, key: &str, delta: u64) -> Result<u64, Cause> {
        self.add(key, delta, None)
    }

    pub(super) fn increment_for(&self, key: &str, delta: u64, milliseconds: u64) -> Result<u64, Cause> {
        self.add(key, delta, Some(milliseconds))
    }

    pub(super) fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        milliseconds: Option<u64>,
    ) -> Result<bool, Cause> {
        let is_there = self.get(key)?.as_deref() == expected;
        if is_there {
            self.put(key, value, milliseconds)?;
        }
        Ok(is_there)
    }

    pub(super) fn list(&self, _cursor: Option<u64>) -> Result<(Vec<String>, Option<u64>), Cause> {
        Ok((self.with(|entries| entries.keys().cloned().collect()), None))
    }

    pub(super) fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Cause> {
        check_batch(keys.len(), 0)?;
        let values: Vec<Option<Vec<u8>>> = keys.iter().map(|key| self.get(key)).collect::<Result<_, _>>()?;
        check_batch(keys.len(), values.iter().flatten().map(Vec::len).sum())?;
        Ok(values)
    }

    pub(super) fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), Cause> {
        check_batch(entries.len(), entries.iter().map(|(_, value)| value.len()).sum())?;
        entries.iter().try_for_each(|(key, value)| check_key(key).and_then(|()| check_value(value)))?;
        entries.iter().try_for_each(|(key, value)| self.set(key, value))
    }

    pub(super) fn delete_many(&self, keys: &[String]) -> Result<(), Cause> {
        check_batch(keys.len(), 0)?;
        keys.iter().try_for_each(|key| check_key(key))?;
        keys.iter().try_for_each(|key| self.delete(key))
    }
}

fn check_key(key: &str) -> Result<(), Cause> {
    let is_long = key.len() > KEY_BYTES;
    refuse(is_long, || format!("the key has {} bytes, and {KEY_BYTES} are the most", key.len()))
}

fn check_value(value: &[u8]) -> Result<(), Cause> {
    let is_large = value.len() > VALUE_BYTES;
    refuse(is_large, || format!("the value has {} bytes, and {VALUE_BYTES} are the most", value.len()))
}

fn check_batch(keys: usize, bytes: usize) -> Result<(), Cause> {
    let is_large = keys > BATCH_KEYS || bytes > BATCH_BYTES;
    refuse(is_large, || format!("{BATCH_KEYS} keys and {BATCH_BYTES} bytes of values are the most of a batch"))
}

fn end(milliseconds: Option<u64>) -> Result<Option<Instant>, Cause> {
    let Some(milliseconds) = milliseconds else { return Ok(None) };
    let is_none = milliseconds == 0 || milliseconds > LONGEST;
    refuse(is_none, || "a time to live is at least a millisecond, and at most ten years of 365 days".to_owned())?;
    Ok(Instant::now().checked_add(Duration::from_millis(milliseconds)))
}

fn refuse(is_wrong: bool, why: impl FnOnce() -> String) -> Result<(), Cause> {
    if is_wrong { Err(Cause::Other(why())) } else { Ok(()) }
}

fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    let number: u64 = text.parse().ok()?;
    // No sign, no zeros before it.
    (number.to_string() == text).then_some(number)
}
