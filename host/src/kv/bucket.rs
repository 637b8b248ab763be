//! A store as a function that was granted it has it in hand. Names, keys, values, batches and times to live are held against
//! their bounds here, before any backend is asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::store::{Backend, KEY_BYTES, Name, Page, Quotas, Trouble, too_many_bytes};

/// Keys of one batch, at the most.
const BATCH_KEYS: usize = 1024;

/// Bytes of the values of one batch, at the most: twice the largest value that can be allowed.
const BATCH_BYTES: usize = 8 << 20;

/// The longest time to live: ten years of 365 days.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// One store, for one function.
#[derive(Clone)]
pub struct Bucket {
    name: Name,
    backend: Arc<dyn Backend>,
    largest: usize,
}

/// Shows which store it is.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.name).finish()
    }
}

impl Bucket {
    /// The store `name` of this backend, with values as large as `quotas` allow.
    pub fn new(name: &str, backend: Arc<dyn Backend>, quotas: &Quotas) -> Self {
        Self { name: name.into(), backend, largest: quotas.value }
    }

    /// The store's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value at a key.
    ///
    /// # Errors
    ///
    /// If the key is too long, or the backend does not work.
    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Trouble> {
        check_key(&key)?;
        self.backend.get(&self.name, key).await
    }

    /// Whether there is a value at a key.
    ///
    /// # Errors
    ///
    /// If the key is too long, or the backend does not work.
    pub async fn exists(&self, key: String) -> Result<bool, Trouble> {
        check_key(&key)?;
        self.backend.exists(&self.name, key).await
    }

    /// Whether a value may be put at a key, as far as their sizes go.
    ///
    /// # Errors
    ///
    /// If one of them is too long.
    pub(crate) fn check(&self, key: &str, value: &[u8]) -> Result<(), Trouble> {
        check_key(key)?;
        self.check_value(value)
    }

    /// Puts a value at a key, for as long as `keep`, or for good.
    ///
    /// # Errors
    ///
    /// If something of it is not within its bounds, there is no room, or the backend does not work.
    pub async fn set(&self, key: String, value: Vec<u8>, keep: Option<Duration>) -> Result<(), Trouble> {
        self.check(&key, &value)?;
        check_time(keep)?;
        self.backend.set(&self.name, key, value, keep).await
    }

    /// Removes a key.
    ///
    /// # Errors
    ///
    /// If the key is too long, or the backend does not work.
    pub async fn delete(&self, key: String) -> Result<(), Trouble> {
        check_key(&key)?;
        self.backend.delete(&self.name, key).await
    }

    /// Adds to the number at a key and returns the sum. `keep` counts if the key is not there.
    ///
    /// # Errors
    ///
    /// If something of it is not within its bounds, what is there is no number, there is no room, or the backend does not
    /// work.
    pub async fn increment(&self, key: String, delta: u64, keep: Option<Duration>) -> Result<u64, Trouble> {
        check_key(&key)?;
        check_time(keep)?;
        self.backend.increment(&self.name, key, delta, keep).await
    }

    /// Puts a value at a key if exactly `expected` is there, or nothing is. Returns whether it did.
    ///
    /// # Errors
    ///
    /// If something of it is not within its bounds, there is no room, or the backend does not work.
    pub async fn compare_and_set(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        keep: Option<Duration>,
    ) -> Result<bool, Trouble> {
        check_key(&key)?;
        self.check_value(&value)?;
        check_time(keep)?;
        if expected.as_ref().is_some_and(|expected| expected.len() > BATCH_BYTES) {
            // No value is as large, and so it need not be carried to where one could be.
            return Ok(false);
        }
        self.backend.compare_and_set(&self.name, key, expected, value, keep).await
    }

    /// Some of the keys, from the first one on or after those that `cursor` came with.
    ///
    /// # Errors
    ///
    /// If the backend does not work.
    pub async fn list(&self, cursor: Option<u64>) -> Result<Page, Trouble> {
        self.backend.list(&self.name, cursor).await
    }

    /// The values at these keys, in their order.
    ///
    /// # Errors
    ///
    /// If they are too many, a key is too long, the values come to too much, or the backend does not work.
    pub async fn get_many(&self, keys: Vec<String>) -> Result<Vec<Option<Vec<u8>>>, Trouble> {
        check_batch(keys.iter())?;
        self.backend.get_many(&self.name, keys, BATCH_BYTES).await
    }

    /// Sets all of these, or none.
    ///
    /// # Errors
    ///
    /// If they are too many, something of them is not within its bounds, there is no room, or the backend does not work.
    pub async fn set_many(&self, entries: Vec<(String, Vec<u8>)>) -> Result<(), Trouble> {
        check_batch(entries.iter().map(|(key, _)| key))?;
        entries.iter().try_for_each(|(_, value)| self.check_value(value))?;
        if entries.iter().map(|(_, value)| value.len()).sum::<usize>() > BATCH_BYTES {
            return Err(too_many_bytes(BATCH_BYTES));
        }
        self.backend.set_many(&self.name, entries).await
    }

    /// Removes all of these keys, or none.
    ///
    /// # Errors
    ///
    /// If they are too many, a key is too long, or the backend does not work.
    pub async fn delete_many(&self, keys: Vec<String>) -> Result<(), Trouble> {
        check_batch(keys.iter())?;
        self.backend.delete_many(&self.name, keys).await
    }

    fn check_value(&self, value: &[u8]) -> Result<(), Trouble> {
        if value.len() <= self.largest {
            return Ok(());
        }
        let (has, most) = (value.len(), self.largest);
        Err(Trouble::OutOfBounds(format!("the value has {has} bytes, and state.kv_value in host.toml allows {most}")))
    }
}

fn check_key(key: &str) -> Result<(), Trouble> {
    if key.len() <= KEY_BYTES {
        return Ok(());
    }
    Err(Trouble::OutOfBounds(format!("the key has {} bytes, and {KEY_BYTES} are the most", key.len())))
}

fn check_batch<'k>(keys: impl ExactSizeIterator<Item = &'k String>) -> Result<(), Trouble> {
    if keys.len() > BATCH_KEYS {
        let has = keys.len();
        return Err(Trouble::OutOfBounds(format!("the batch has {has} keys, and {BATCH_KEYS} are the most")));
    }
    keys.into_iter().try_for_each(|key| check_key(key))
}

fn check_time(keep: Option<Duration>) -> Result<(), Trouble> {
    match keep {
        Some(keep) if keep.is_zero() || keep > LONGEST => {
            let message = "a time to live is at least a millisecond, and at most ten years of 365 days";
            Err(Trouble::OutOfBounds(message.to_owned()))
        }
        _ => Ok(()),
    }
}
