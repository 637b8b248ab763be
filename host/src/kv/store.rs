//! What keeps the stores of functions, as the host asks for it: one trait, so that a file of the host's own and a server that
//! several hosts share can stand behind it. It knows no file, no server, no guest and no policy.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The name of a store: the namespace of its keys. All functions that are granted it share it.
pub type Name = Arc<str>;

/// What a backend answers, in its own time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// What may be in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Bytes of one value.
    pub value: usize,
    /// Keys.
    pub keys: u64,
    /// Bytes of all keys and values together.
    pub bytes: u64,
}

/// Which of the quotas there is no room in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// [`Quotas::keys`].
    Keys,
    /// [`Quotas::bytes`].
    Bytes,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// There is no room for it. What would make nothing larger is still done.
    #[error("the store is full: it holds as {}", .0.said())]
    Full(Quota),
    /// A key, a value, a batch or a time to live is not within its bounds; which, and what they are.
    #[error("{0}")]
    OutOfBounds(String),
    /// What stands at a key to be incremented is not a number, or the sum would be none.
    #[error(
        "the value is not a number from 0 to 9223372036854775807 in decimal digits, or would not be one afterwards"
    )]
    NotANumber,
    /// The backend does not work. Why, is for the log alone: it may name files and addresses.
    #[error("the store does not work at present; the host's log says why")]
    Unavailable(String),
}

impl Quota {
    /// What the store holds as many of as it may, and the setting that says how many that is.
    fn said(self) -> &'static str {
        match self {
            Self::Keys => "many keys as state.kv_keys in host.toml allows",
            Self::Bytes => "many bytes as state.kv_bytes in host.toml allows",
        }
    }
}

/// Some of a store's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The keys, in no order that means anything.
    pub keys: Vec<String>,
    /// What to ask for the next ones with; none if there are none.
    pub cursor: Option<u64>,
}

/// Keeps stores. A store is there as soon as something is asked of it, and empty then.
///
/// Whoever asks has held names, keys, values, batches and times to live against their bounds; a backend holds a store against
/// its quotas of keys and bytes, in the same step in which it writes. A key counts with its own bytes and those of its value,
/// and what has had its time does not count any longer than it takes to sweep it up.
///
/// What one call has written, every later read of any function on any host that shares the backend sees. **When a call that
/// writes has answered, no crash of the host can undo it**; one that has not answered has been done whole or not at all. A
/// call that answers with trouble has changed nothing, except that of [`Trouble::Unavailable`] nobody can say.
///
/// Something set with a time to live is there until that time is over by wall time, and is nowhere to be seen from then on:
/// not by [`get`](Self::get), not in a [`list`](Self::list), not to [`compare_and_set`](Self::compare_and_set). A clock that
/// is set back ends nothing early.
pub trait Backend: Send + Sync {
    /// The value at a key, if there is one.
    fn get<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, Option<Vec<u8>>>;

    /// Whether there is a value at a key.
    fn exists<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, bool>;

    /// Puts a value at a key, in the place of what is there. It stays for as long as `keep`, or for good: a time to live
    /// that the key had is forgotten.
    fn set<'a>(&'a self, store: &'a Name, key: String, value: Vec<u8>, keep: Option<Duration>) -> Answer<'a, ()>;

    /// Removes a key. That there is none is no trouble.
    fn delete<'a>(&'a self, store: &'a Name, key: String) -> Answer<'a, ()>;

    /// Adds `delta` to the number at a key, in one step, and returns the sum. The number is kept as decimal digits, so that
    /// [`get`](Self::get) reads it. A key that is not there begins at 0, and only then `keep` counts: what is there keeps
    /// the time to live that it has, or has none.
    fn increment<'a>(&'a self, store: &'a Name, key: String, delta: u64, keep: Option<Duration>) -> Answer<'a, u64>;

    /// Puts a value at a key as [`set`](Self::set) does, if what is there is exactly `expected` (with none: if nothing is
    /// there), in one step. Returns whether it did.
    fn compare_and_set<'a>(
        &'a self,
        store: &'a Name,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        keep: Option<Duration>,
    ) -> Answer<'a, bool>;

    /// Some of the keys: the first ones, or those that follow the ones with which `cursor` came. At most
    /// [`PAGE_KEYS`], perhaps none although there are more. A cursor means nothing to anybody but the backend, stays good
    /// whatever is written meanwhile, and one that it never gave out is as good as any: it never fails. A key that is there
    /// from the first page to the last is on at least one of them.
    fn list<'a>(&'a self, store: &'a Name, cursor: Option<u64>) -> Answer<'a, Page>;

    /// The values at these keys, in their order. Where they come to more than `most` bytes, none: [`Trouble::OutOfBounds`].
    fn get_many<'a>(&'a self, store: &'a Name, keys: Vec<String>, most: usize) -> Answer<'a, Vec<Option<Vec<u8>>>>;

    /// Sets all of these as [`set`](Self::set) does, for good, or none of them. Where a key is there twice, the last counts.
    fn set_many<'a>(&'a self, store: &'a Name, entries: Vec<(String, Vec<u8>)>) -> Answer<'a, ()>;

    /// Removes all of these keys, or none of them.
    fn delete_many<'a>(&'a self, store: &'a Name, keys: Vec<String>) -> Answer<'a, ()>;
}

/// Keys on one page of a list, at the most. With [`KEY_BYTES`] each, a page is 1 MiB.
pub const PAGE_KEYS: usize = 1024;

/// Bytes of a key, at the most.
pub const KEY_BYTES: usize = 1024;

/// The largest number that can be counted up to: what Redis counts up to as well.
pub const LARGEST_NUMBER: u64 = i64::MAX.cast_unsigned();

/// The values of a batch come to more than `most` bytes.
pub fn too_many_bytes(most: usize) -> Trouble {
    Trouble::OutOfBounds(format!("the values of the batch come to more than {most} bytes, which are the most"))
}
