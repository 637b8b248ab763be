//! The clock that says how long something is kept: wall time, as it has to outlive the host, but never backwards.
//! Where the machine's clock is set back, this one goes on at the pace of the monotonic clock until the other has caught up.

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where the wall time comes from.
pub(crate) type Wall = Box<dyn Fn() -> SystemTime + Send + Sync>;

/// A clock that is never set back.
pub(crate) struct Clock {
    wall: Wall,
    /// The latest time that was told, in Unix milliseconds, and when that was.
    latest: Mutex<(u64, Instant)>,
}

impl Clock {
    pub(crate) fn new(wall: Wall) -> Self {
        Self { wall, latest: Mutex::new((0, Instant::now())) }
    }

    /// Takes up the time of a clock that was stopped, which may have been ahead.
    pub(crate) fn at_least(&self, milliseconds: u64) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if milliseconds > latest.0 {
            *latest = (milliseconds, Instant::now());
        }
    }

    /// Now, in Unix milliseconds.
    pub(crate) fn now(&self) -> u64 {
        let wall = (self.wall)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = u64::try_from(latest.1.elapsed().as_millis()).unwrap_or(u64::MAX);
        if wall >= latest.0.saturating_add(passed) {
            *latest = (wall, Instant::now());
            return wall;
        }
        latest.0.saturating_add(passed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_does_not_take_this_one_along() {
        let wall = Arc::new(AtomicU64::new(5_000_000));
        let read = Arc::clone(&wall);
        let clock = Clock::new(Box::new(move || UNIX_EPOCH + Duration::from_millis(read.load(Ordering::Relaxed))));
        assert_eq!(clock.now(), 5_000_000);
        wall.store(1_000_000, Ordering::Relaxed);
        assert!(clock.now() >= 5_000_000);
        wall.store(60_000_000, Ordering::Relaxed);
        assert_eq!(clock.now(), 60_000_000, "forwards it goes along");
        clock.at_least(90_000_000);
        assert!(clock.now() >= 90_000_000);
        clock.at_least(10);
        assert!(clock.now() >= 90_000_000);
    }
}
