//! The stores of the host, by `wasi:keyvalue` and what the contract adds to it.

use super::Cause;
use crate::bindings::bindings::vestibule::function::keyvalue;
use crate::bindings::bindings::wasi::keyvalue::{atomics, batch, store};

pub(super) struct Bucket(store::Bucket);

impl From<store::Error> for Cause {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::AccessDenied => Self::NotGranted,
            store::Error::NoSuchStore => Self::NoName,
            store::Error::Other(text) => Self::Other(text),
        }
    }
}

impl Bucket {
    pub(super) fn open(name: &str) -> Result<Self, Cause> {
        Ok(Self(store::open(name)?))
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Cause> {
        Ok(self.0.get(key)?)
    }

    pub(super) fn set(&self, key: &str, value: &[u8]) -> Result<(), Cause> {
        Ok(self.0.set(key, value)?)
    }

    pub(super) fn set_for(&self, key: &str, value: &[u8], milliseconds: u64) -> Result<(), Cause> {
        Ok(keyvalue::set_for(&self.0, key, value, milliseconds)?)
    }

    pub(super) fn delete(&self, key: &str) -> Result<(), Cause> {
        Ok(self.0.delete(key)?)
    }

    pub(super) fn exists(&self, key: &str) -> Result<bool, Cause> {
        Ok(self.0.exists(key)?)
    }

    pub(super) fn increment(&self, key: &str, delta: u64) -> Result<u64, Cause> {
        Ok(atomics::increment(&self.0, key, delta)?)
    }

    pub(super) fn increment_for(&self, key: &str, delta: u64, milliseconds: u64) -> Result<u64, Cause> {
        Ok(keyvalue::increment_for(&self.0, key, delta, milliseconds)?)
    }

    pub(super) fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        milliseconds: Option<u64>,
    ) -> Result<bool, Cause> {
        Ok(keyvalue::compare_and_set(&self.0, key, expected, value, milliseconds)?)
    }

    pub(super) fn list(&self, cursor: Option<u64>) -> Result<(Vec<String>, Option<u64>), Cause> {
        let page = self.0.list_keys(cursor)?;
        Ok((page.keys, page.cursor))
    }

    pub(super) fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Cause> {
        let pairs = batch::get_many(&self.0, keys)?;
        Ok(pairs.into_iter().map(|pair| pair.map(|(_, value)| value)).collect())
    }

    pub(super) fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), Cause> {
        Ok(batch::set_many(&self.0, entries)?)
    }

    pub(super) fn delete_many(&self, keys: &[String]) -> Result<(), Cause> {
        Ok(batch::delete_many(&self.0, keys)?)
    }
}
