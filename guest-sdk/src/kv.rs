//! Stores of keys and values, which outlive the request and are shared with every function that is granted them. Owns what an
//! author touches; the stores are the host's, or in a native test this thread's own.
//!
//! A policy grants stores by name:
//!
//! ```toml
//! [grants]
//! kv = ["orders"]
//! ```
//!
//! ```
//! use std::time::Duration;
//! use vestibule::kv;
//!
//! # fn main() -> Result<(), kv::Error> {
//! let orders = kv::open("orders")?;
//! orders.set("42", "placed")?;
//! orders.set_for("42/offer", "ten percent off", Duration::from_secs(3600))?;
//! assert_eq!(orders.get("42")?.as_deref(), Some(&b"placed"[..]));
//! assert_eq!(orders.increment("seen", 1)?, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What a call promises
//! When a call that writes has returned, no crash of the host can undo it. What one call has written, every later read sees, in
//! whatever function. A call that returns an error has changed nothing, unless the error says that the store does not work.
//!
//! # In a native test
//! Every store is there, is empty at first, and belongs to the thread: two tests, which run on a thread each, share nothing.
//! A test fills it as a function does, and reads what the function left in it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(target_family = "wasm")]
mod host;
#[cfg(not(target_family = "wasm"))]
mod native;

#[cfg(target_family = "wasm")]
use host as backend;
#[cfg(not(target_family = "wasm"))]
use native as backend;
#[cfg(not(target_family = "wasm"))]
pub(crate) use native::clear;

/// Opens a store that the function's policy grants.
///
/// # Errors
/// If it does not, or the name is none for a store.
pub fn open(name: &str) -> Result<Store, Error> {
    let error = |cause| Error { store: name.to_owned(), cause };
    Ok(Store { bucket: backend::Bucket::open(name).map_err(error)?, name: name.to_owned() })
}

/// A store. Keys are texts of 1024 bytes at the most, values any bytes, 1 MiB of them unless whoever runs the host says
/// otherwise.
pub struct Store {
    name: String,
    bucket: backend::Bucket,
}

/// Shows which store it is.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.name).finish()
    }
}

impl Store {
    /// The value at a key, if there is one.
    ///
    /// # Errors
    /// If the key is too long, or the store does not work.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.told(self.bucket.get(key))
    }

    /// The value at a key, read as JSON.
    ///
    /// # Errors
    /// As [`get`](Self::get), and if what is there does not read as a `T`.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.get(key)?.map(|value| self.read_json(key, &value)).transpose()
    }

    /// Puts a value at a key, in the place of what is there. It stays until it is removed.
    ///
    /// # Errors
    /// If key or value are too large, the store is full or does not work.
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        self.told(self.bucket.set(key, value.as_ref()))
    }

    /// Puts a value at a key for so long, to the millisecond; then it is gone.
    ///
    /// # Errors
    /// As [`set`](Self::set), and if the time is zero or more than ten years.
    pub fn set_for(&self, key: &str, value: impl AsRef<[u8]>, time: Duration) -> Result<(), Error> {
        self.told(self.bucket.set_for(key, value.as_ref(), milliseconds(time)))
    }

    /// Puts a value at a key, as JSON.
    ///
    /// # Errors
    /// As [`set`](Self::set), and if JSON cannot express the value.
    pub fn set_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.set(key, self.write_json(key, value)?)
    }

    /// Removes a key. That it is not there is no error.
    ///
    /// # Errors
    /// If the key is too long, or the store does not work.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        self.told(self.bucket.delete(key))
    }

    /// Whether there is a value at a key.
    ///
    /// # Errors
    /// If the key is too long, or the store does not work.
    pub fn exists(&self, key: &str) -> Result<bool, Error> {
        self.told(self.bucket.exists(key))
    }

    /// Adds to the number at a key and returns the sum, in one step: however many do so at once, none is lost. A key that is
    /// not there begins at 0. The number is kept as decimal digits.
    ///
    /// # Errors
    /// If something else is there, the sum would be more than 9223372036854775807, or as [`set`](Self::set).
    pub fn increment(&self, key: &str, delta: u64) -> Result<u64, Error> {
        self.told(self.bucket.increment(key, delta))
    }

    /// The same, of what is counted for a time, from the first on: a key that is not there gets this time to live.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # fn main() -> Result<(), vestibule::kv::Error> {
    /// let tries = vestibule::kv::open("tries")?;
    /// let is_too_often = tries.increment_for("ada", 1, Duration::from_secs(60))? > 5;
    /// # assert!(!is_too_often);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`increment`](Self::increment), and if the time is zero or more than ten years.
    pub fn increment_for(&self, key: &str, delta: u64, time: Duration) -> Result<u64, Error> {
        self.told(self.bucket.increment_for(key, delta, milliseconds(time)))
    }

    /// Puts a value at a key if nothing is there, in one step. Returns whether it did: of many who try, one did.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_if_absent(&self, key: &str, value: impl AsRef<[u8]>) -> Result<bool, Error> {
        self.told(self.bucket.compare_and_set(key, None, value.as_ref(), None))
    }

    /// Puts a value at a key if what is there is exactly `expected`, in one step. Returns whether it did.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn compare_and_set(&self, key: &str, expected: &[u8], value: impl AsRef<[u8]>) -> Result<bool, Error> {
        self.told(self.bucket.compare_and_set(key, Some(expected), value.as_ref(), None))
    }

    /// Changes the JSON value at a key, and returns the new one. `change` gets what is there, if anything is, and is asked
    /// again where somebody else has changed it meanwhile: nobody's change is lost. An error of it changes nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), vestibule::kv::Error> {
    /// let visits = vestibule::kv::open("visits")?;
    /// let add = |names: Option<Vec<String>>| {
    ///     let mut names = names.unwrap_or_default();
    ///     names.push("Ada".to_owned());
    ///     Ok::<_, vestibule::kv::Error>(names)
    /// };
    /// assert_eq!(visits.update_json("today", add)?, ["Ada"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// That of `change`, or as [`get_json`](Self::get_json) and [`set_json`](Self::set_json).
    pub fn update_json<T, E>(&self, key: &str, mut change: impl FnMut(Option<T>) -> Result<T, E>) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<Error>,
    {
        loop {
            let before = self.get(key)?;
            let known = before.as_deref().map(|value| self.read_json(key, value)).transpose()?;
            let new = change(known)?;
            let value = self.write_json(key, &new)?;
            if self.told(self.bucket.compare_and_set(key, before.as_deref(), &value, None))? {
                return Ok(new);
            }
        }
    }

    /// All keys, in no order that means anything; they are asked for page by page. A key that is there all the while is among
    /// them, whatever is written meanwhile. Nothing more comes after an error.
    pub fn keys(&self) -> Keys<'_> {
        Keys { store: self, page: Vec::new().into_iter(), next: Some(None) }
    }

    /// The values at these keys, in their order: 1024 keys and 8 MiB of values at the most.
    ///
    /// # Errors
    /// If it is more, a key is too long, or the store does not work.
    pub fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        self.told(self.bucket.get_many(&keys))
    }

    /// Puts values at keys, all or none: 1024 keys and 8 MiB of values at the most.
    ///
    /// # Errors
    /// If it is more, or as [`set`](Self::set).
    pub fn set_many<V: AsRef<[u8]>>(&self, entries: &[(&str, V)]) -> Result<(), Error> {
        let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_ref().to_vec()));
        self.told(self.bucket.set_many(&entries.collect::<Vec<_>>()))
    }

    /// Removes these keys, all or none: 1024 at the most.
    ///
    /// # Errors
    /// If they are more, one is too long, or the store does not work.
    pub fn delete_many(&self, keys: &[&str]) -> Result<(), Error> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        self.told(self.bucket.delete_many(&keys))
    }

    fn told<T>(&self, done: Result<T, Cause>) -> Result<T, Error> {
        done.map_err(|cause| Error { store: self.name.clone(), cause })
    }

    fn read_json<T: DeserializeOwned>(&self, key: &str, value: &[u8]) -> Result<T, Error> {
        self.told(serde_json::from_slice(value).map_err(|error| Cause::not_json(key, &error)))
    }

    fn write_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<Vec<u8>, Error> {
        self.told(serde_json::to_vec(value).map_err(|error| Cause::not_json(key, &error)))
    }
}

/// The whole milliseconds of a time, begun ones included.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// The keys of a store, one after the other.
#[derive(Debug)]
pub struct Keys<'s> {
    store: &'s Store,
    page: std::vec::IntoIter<String>,
    /// What the next page is asked for with; none if there is no next page.
    next: Option<Option<u64>>,
}

impl Iterator for Keys<'_> {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(key) = self.page.next() {
                return Some(Ok(key));
            }
            let cursor = self.next.take()?;
            match self.store.told(self.store.bucket.list(cursor)) {
                Ok((keys, cursor)) => {
                    self.page = keys.into_iter();
                    self.next = cursor.map(Some);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Says what a store did not do, why, and what to write if that is all that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    store: String,
    cause: Cause,
}

/// Why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    NotGranted,
    NoName,
    Other(String),
}

impl Cause {
    fn not_json(key: &str, error: &serde_json::Error) -> Self {
        Self::Other(format!("the value of {key:?} as JSON: {error}"))
    }
}

impl Error {
    /// Whether the function's policy does not grant the store.
    pub fn is_not_granted(&self) -> bool {
        self.cause == Cause::NotGranted
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, cause } = self;
        match cause {
            Cause::NotGranted => {
                write!(
                    f,
                    "the store {store:?} is not granted: write kv = [{store:?}] under [grants] in the function's policy"
                )
            }
            Cause::NoName => write!(
                f,
                "{store:?} is not the name of a store: write a letter or digit, then letters, digits, - _ and ., all lower-case, \
                 64 at most"
            ),
            Cause::Other(text) => write!(f, "the store {store:?}: {text}"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests;
