//! What keeps the deliveries that have run, as the gate asks for it: one small trait, so that hosts which share a store can
//! follow. It knows no file, no server and no request.

use std::pin::Pin;
use std::time::Duration;

/// What stands for one delivery of one function: a hash, so that all are of one length and say nothing.
pub type Key = [u8; 32];

/// What a store answers, in its own time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// What a store has of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: it is now the asker's, until that completes or releases it.
    Nothing,
    /// It has run.
    Done,
}

/// Why nobody can say whether a delivery has run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Other copies of it were being run for all the time that there was.
    #[error("other copies of it ran for its function's timeout and server.permit_wait together")]
    Busy,
    /// The store holds as many deliveries as it may.
    #[error(
        "the store holds as many deliveries as state.replay_entries allows (of a server: its maxmemory), none of which has had \
         its time"
    )]
    Full,
    /// The store does not work; why.
    #[error("the store does not work: {0}")]
    Failed(String),
}

/// Keeps the deliveries that have run.
///
/// Of one host, nobody claims a key that is claimed: copies wait for each other before they ask. A store that several hosts
/// share waits in `claim` while another of them has the key (its asker ends the wait by dropping the future), and bounds each
/// claim by a lease, as a host may end without a word.
pub trait Store: Send + Sync {
    /// Claims a key, which its asker needs for no longer than `lasts`. What is claimed has its place: completing it never
    /// finds the store full.
    fn claim<'a>(&'a self, key: &'a Key, lasts: Duration) -> Answer<'a, Found>;

    /// Has a claimed key remembered as done for as long as `keep`. When this has answered, no crash can undo it.
    fn complete<'a>(&'a self, key: &'a Key, keep: Duration) -> Answer<'a, ()>;

    /// Gives a claimed key back, as if it had never been seen. Does not wait.
    fn release(&self, key: &Key);
}
