//! The places for connections, `server.connections` of them. Where all are taken and another client waits, the connection
//! that has had nothing to do for the longest gives its place up: clients who hold places and ask nothing keep nobody out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::activity::Activity;

/// How long a connection may be idle before its place can be taken away: a client that was accepted, or answered, a moment
/// ago is about to ask.
const SPARED: Duration = Duration::from_secs(1);

/// How long it is before the next connection is asked to give its place up, where that of the first has not become free.
const PATIENCE: Duration = Duration::from_secs(1);

/// All places.
pub(super) struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    connections: HashMap<u64, Arc<Activity>>,
}

/// The place of one connection, until it is dropped.
pub(super) struct Place {
    number: u64,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(count)), taken: Mutex::default() })
    }

    /// Waits until there is room for the client who has just been accepted.
    pub(super) async fn free(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                return permit;
            }
            self.evict();
            // The semaphore is never closed: without a permit the time was up.
            if let Ok(Ok(permit)) = tokio::time::timeout(PATIENCE, Arc::clone(&self.free).acquire_owned()).await {
                return permit;
            }
        }
    }

    /// Gives a free place to a connection.
    pub(super) fn take(self: &Arc<Self>, permit: OwnedSemaphorePermit, activity: Arc<Activity>) -> Place {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.next;
        taken.next += 1;
        taken.connections.insert(number, activity);
        Place { number, places: Arc::clone(self), _permit: permit }
    }

    /// Asks the connection that is idle the longest for its place.
    fn evict(&self) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = taken.connections.values().filter_map(|activity| Some((activity.idle_for()?, activity)));
        if let Some((idle_for, activity)) = idle.max_by_key(|(idle_for, _)| *idle_for)
            && idle_for >= SPARED
        {
            activity.evict();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken.lock().unwrap_or_else(PoisonError::into_inner).connections.remove(&self.number);
    }
}
