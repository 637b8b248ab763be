//! Buckets under a clock that the test moves: how much they let through, whatever keys come in whatever order.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use governor::clock::FakeRelativeClock;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::config::{CountedBy, Period, Rate};

/// One comes back in each tenth of a second.
const INTERVAL: Duration = Duration::from_millis(100);

struct Bench {
    buckets: Buckets<FakeRelativeClock>,
    clock: FakeRelativeClock,
    now: Duration,
}

impl Bench {
    fn new(burst: u32, own: usize, shared: usize) -> Self {
        let rate = Rate { count: NonZeroU32::new(10).unwrap(), per: Period::Second };
        let policy = LimitPolicy { rate, burst: NonZeroU32::new(burst).unwrap(), by: CountedBy::Ip };
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::with(&policy, own, NonZeroUsize::new(shared).unwrap(), clock.clone());
        Self { buckets, clock, now: Duration::ZERO }
    }

    fn pass(&mut self, time: Duration) {
        self.clock.advance(time);
        self.now += time;
    }

    fn takes(&self, keys: &Keys) -> bool {
        self.buckets.take(keys).is_ok()
    }

    /// How many of `count` requests get through.
    fn taken(&self, keys: &Keys, count: usize) -> usize {
        (0..count).filter(|_| self.takes(keys)).count()
    }
}

fn ip(n: u8) -> Key {
    Key::ip(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)))
}

fn header(n: u16) -> Key {
    Key::header(&HeaderName::from_static("x-key"), &HeaderValue::from(n))
}

#[test]
fn a_burst_goes_through_and_then_one_in_each_interval() {
    let mut bench = Bench::new(5, 100, 1);
    let one = Keys::one(ip(1));
    for left in (0..5).rev() {
        assert_eq!(bench.buckets.take(&one), Ok((ip(1), left)));
    }
    assert_eq!(bench.buckets.take(&one), Err((ip(1), INTERVAL)));
    bench.pass(INTERVAL / 4);
    assert_eq!(bench.buckets.take(&one), Err((ip(1), INTERVAL * 3 / 4)));
    assert_eq!(bench.taken(&Keys::one(ip(2)), 10), 5, "another caller has a bucket of its own");
    bench.pass(INTERVAL * 3 / 4);
    assert_eq!(bench.taken(&one, 10), 1);
    bench.pass(INTERVAL * 3);
    assert_eq!(bench.taken(&one, 10), 3);
    bench.pass(INTERVAL * 1000);
    assert_eq!(bench.taken(&one, 10), 5, "a bucket holds no more than a burst");
}

#[test]
fn a_header_that_changes_all_the_time_does_not_escape_the_limit_of_its_address() {
    let bench = Bench::new(5, 100, 1);
    let taken = (0..1000).filter(|n| bench.takes(&Keys::both(header(*n), ip(1)))).count();
    assert_eq!(taken, 5);
    assert!(bench.buckets.table.len() <= 6, "what was refused takes no place");
}

#[test]
fn a_refusal_by_one_key_takes_nothing_from_the_other() {
    let bench = Bench::new(5, 100, 1);
    assert_eq!(bench.taken(&Keys::both(header(1), ip(1)), 10), 5);
    // The header's bucket is empty, the address's is not, and the other way round.
    assert_eq!(bench.buckets.take(&Keys::both(header(1), ip(2))), Err((header(1), INTERVAL)));
    assert_eq!(bench.taken(&Keys::one(ip(2)), 10), 5);
    assert_eq!(bench.buckets.take(&Keys::both(header(2), ip(2))), Err((ip(2), INTERVAL)));
    assert_eq!(bench.taken(&Keys::both(header(2), ip(3)), 10), 5);
}

#[test]
fn a_full_table_evicts_nobody_and_gives_new_callers_a_bucket_that_they_share() {
    let mut bench = Bench::new(5, 3, 1);
    for n in 1..=3 {
        assert!(bench.takes(&Keys::one(ip(n))));
    }
    let others = (10..=250).filter(|n| bench.takes(&Keys::one(ip(*n)))).count();
    assert_eq!(others, 5, "all others together have one burst");
    for n in 1..=3 {
        assert_eq!(bench.taken(&Keys::one(ip(n)), 10), 4, "who was there has what was left");
    }
    // The three are full again after five intervals, and their places are free; the shared bucket is full by then too.
    bench.pass(INTERVAL * 5);
    assert_eq!(bench.taken(&Keys::one(ip(10)), 10), 5);
    assert_eq!(bench.buckets.table.len(), 1);
}

#[test]
fn a_place_of_its_own_brings_back_nothing_that_was_taken_from_the_shared_bucket() {
    let mut bench = Bench::new(5, 1, 1);
    assert!(bench.takes(&Keys::one(ip(1))));
    assert_eq!(bench.taken(&Keys::one(ip(2)), 10), 5);
    bench.pass(INTERVAL);
    assert_eq!(bench.taken(&Keys::one(ip(2)), 10), 1);
    assert_eq!(bench.buckets.table.shares(&ip(2)), None, "the first has left");
    bench.pass(INTERVAL);
    assert_eq!(bench.taken(&Keys::one(ip(2)), 10), 1);
}

#[test]
fn both_keys_of_a_request_in_one_shared_bucket_take_one_out_of_it() {
    let bench = Bench::new(5, 0, 1);
    assert_eq!(bench.taken(&Keys::both(header(1), ip(1)), 10), 5);
}

/// No stretch of these moments has more in it than a burst and what comes back meanwhile.
fn assert_within(burst: u32, moments: &[Duration], what: &dyn std::fmt::Debug) -> Result<(), TestCaseError> {
    for (first, from) in moments.iter().enumerate() {
        for (last, to) in moments.iter().enumerate().skip(first) {
            let allowed = u128::from(burst) + (*to - *from).as_nanos() / INTERVAL.as_nanos();
            prop_assert!(((last - first) as u128) < allowed, "{what:?}: {moments:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Whatever comes in whatever order, however small the table: neither a key nor a shared bucket gives out more than it may.
    #[test]
    fn no_key_gets_more_than_its_burst_and_what_comes_back(
        burst in 1u32..4,
        own in 0usize..5,
        shared in 1usize..4,
        requests in prop::collection::vec((0u8..8, prop::option::of(0u16..4), 0u64..150), 1..120),
    ) {
        let mut bench = Bench::new(burst, own, shared);
        let mut by_key: HashMap<Key, Vec<Duration>> = HashMap::new();
        let mut by_share: HashMap<usize, Vec<Duration>> = HashMap::new();
        for (address, value, pause) in requests {
            bench.pass(Duration::from_millis(pause));
            let keys = match value {
                Some(value) => Keys::both(header(value), ip(address)),
                None => Keys::one(ip(address)),
            };
            if bench.takes(&keys) {
                keys.iter().for_each(|key| by_key.entry(key).or_default().push(bench.now));
                let shares: std::collections::BTreeSet<usize> =
                    keys.iter().filter_map(|key| bench.buckets.table.shares(&key)).collect();
                shares.into_iter().for_each(|share| by_share.entry(share).or_default().push(bench.now));
            }
            prop_assert!(bench.buckets.table.len() <= own);
        }
        for (key, moments) in by_key {
            assert_within(burst, &moments, &key)?;
        }
        for (share, moments) in by_share {
            assert_within(burst, &moments, &share)?;
        }
    }
}
