//! The deliveries that are being run now. A second copy of one waits for the first, and is given its turn only if that came
//! to nothing. It knows no request and no file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::store::{Found, Key, Store, Trouble};

/// The deliveries that have run, and those that do.
pub struct Deliveries {
    store: Box<dyn Store>,
    flights: Mutex<HashMap<Key, Weak<Flight>>>,
}

/// All copies of one delivery that are here now.
struct Flight {
    key: Key,
    of: Arc<Deliveries>,
    /// One permit, whose holder may run; closed when the delivery is done.
    turn: Arc<Semaphore>,
}

/// Why a delivery is not the asker's.
#[derive(Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// It has run.
    Done,
    /// Nobody can say.
    Trouble(Trouble),
}

/// The right to run a delivery, and the duty to say how that ended: dropped, it came to nothing, and the next copy may run.
pub struct Claim {
    flight: Arc<Flight>,
    keep: Duration,
    /// Taken when the delivery is done.
    turn: Option<OwnedSemaphorePermit>,
}

impl Deliveries {
    /// Those that `store` keeps.
    pub fn new(store: Box<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, flights: Mutex::default() })
    }

    /// Claims a delivery, waiting for its other copies for as long as `wait`, which is also how long its run may take. Done, it
    /// is remembered for as long as `keep`.
    ///
    /// # Errors
    ///
    /// If it has run, its other copies take too long, or the store cannot say.
    pub async fn claim(self: &Arc<Self>, key: Key, keep: Duration, wait: Duration) -> Result<Claim, NotClaimed> {
        let until = Instant::now() + wait;
        let flight = self.join(key);
        let turn = match timeout_at(until, Arc::clone(&flight.turn).acquire_owned()).await {
            Err(_elapsed) => return Err(NotClaimed::Trouble(Trouble::Busy)),
            Ok(Err(_closed)) => return Err(NotClaimed::Done),
            Ok(Ok(turn)) => turn,
        };
        match timeout_at(until, self.store.claim(&key, wait)).await {
            Err(_elapsed) => Err(NotClaimed::Trouble(Trouble::Busy)),
            Ok(Err(trouble)) => Err(NotClaimed::Trouble(trouble)),
            Ok(Ok(Found::Done)) => {
                flight.turn.close();
                Err(NotClaimed::Done)
            }
            Ok(Ok(Found::Nothing)) => Ok(Claim { flight, keep, turn: Some(turn) }),
        }
    }

    /// The flight of a key, which all its copies share.
    fn join(self: &Arc<Self>, key: Key) -> Arc<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key).and_then(Weak::upgrade) {
            return flight;
        }
        let flight = Arc::new(Flight { key, of: Arc::clone(self), turn: Arc::new(Semaphore::new(1)) });
        flights.insert(key, Arc::downgrade(&flight));
        flight
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut flights = self.of.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // Another may have begun between the end of this one and here.
        if flights.get(&self.key).is_some_and(|flight| flight.strong_count() == 0) {
            flights.remove(&self.key);
        }
    }
}

impl Claim {
    /// Says that the delivery is done. When this has answered well, it is remembered whatever happens to the host.
    ///
    /// # Errors
    ///
    /// If it cannot be remembered: then it came to nothing.
    pub async fn complete(mut self) -> Result<(), Trouble> {
        let Flight { key, of, turn } = &*self.flight;
        of.store.complete(key, self.keep).await?;
        turn.close();
        self.turn = None;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            // First the store, then whoever waits: the next copy must find nothing.
            self.flight.of.store.release(&self.flight.key);
            drop(turn);
        }
    }
}

#[cfg(test)]
mod tests;
