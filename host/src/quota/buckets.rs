//! A bucket for each caller of one function, by the generic cell rate algorithm of the crate `governor`. It knows nothing of
//! requests.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use super::key::{Key, Keys};
use super::table::{Place, Table};
use crate::config::LimitPolicy;

/// Callers of one function who have a bucket of their own. A table of them takes 1 MiB at the most.
const OWN: usize = 28_672;

/// Buckets that callers share who have none of their own. With many of them, whoever is alone in one is not held up by
/// others; who is in which, nobody outside can tell.
const SHARED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);

/// The buckets of one function.
pub(super) struct Buckets<C: Clock = DefaultClock> {
    limiter: RateLimiter<Ask, Shared, C, StateInformationMiddleware>,
    table: Arc<Table>,
    interval: Duration,
}

/// What the algorithm is asked: whether the buckets of these keys have one left each, and perhaps to take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Ask {
    keys: Keys,
    takes: bool,
}

/// The table, as the algorithm sees it.
struct Shared(Arc<Table>);

impl StateStore for Shared {
    type Key = Ask;

    fn measure_and_replace<T, F, E>(&self, ask: &Ask, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(&ask.keys, ask.takes, decide)
    }
}

impl Buckets {
    /// Buckets that are all full.
    pub(super) fn new(policy: &LimitPolicy) -> Self {
        Self::with(policy, OWN, SHARED, DefaultClock::default())
    }
}

impl<C: Clock> Buckets<C> {
    /// The same with a clock, room for `own` callers, and `shared` buckets for others.
    fn with(policy: &LimitPolicy, own: usize, shared: NonZeroUsize, clock: C) -> Self {
        // Never zero: a second has more nanoseconds than a rate has calls.
        let interval = policy.rate.per.length() / policy.rate.count.get();
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(policy.rate.count));
        let table = Arc::new(Table::new(own, shared, interval));
        let limiter = RateLimiter::new(quota.allow_burst(policy.burst), Shared(Arc::clone(&table)), clock);
        Self { limiter, table, interval }
    }

    /// Takes one out of the bucket of each key, if each has one: else none is taken out of any. Returns the key whose bucket
    /// is the emptiest, and what is left in it; where one is empty, how long until it is not.
    pub(super) fn take(&self, keys: &Keys) -> Result<(Key, u32), (Key, Duration)> {
        self.ask(Ask { keys: *keys, takes: true })
    }

    /// The places of the keys' buckets, if none of those is empty; takes nothing out.
    pub(super) fn look(&self, keys: &Keys) -> Result<[Option<Place>; 2], (Key, Duration)> {
        self.ask(Ask { keys: *keys, takes: false })?;
        Ok(self.table.places_of(keys))
    }

    fn ask(&self, ask: Ask) -> Result<(Key, u32), (Key, Duration)> {
        let (taken, keys) = (self.limiter.check_key(&ask), &ask.keys);
        let tightest = self.table.tightest(keys);
        match taken {
            Ok(state) => Ok((tightest, state.remaining_burst_capacity())),
            Err(not_until) => Err((tightest, not_until.wait_time_from(self.limiter.clock().now()))),
        }
    }

    /// The time in which one comes back.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests;
