//! Where a function's buckets are: of each caller one number, within bounds. A caller who finds no place has no bucket of
//! its own and shares one with others, so that nobody who sends many keys has more than before, and nobody's bucket is
//! thrown away while something is missing in it. It knows no clock and no rate but the time in which one call comes back.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::nanos::Nanos;

use super::key::{Key, Keys};

/// How often a full table is searched for places that are free again. A search takes about a tenth of a millisecond; callers
/// that come in between share a bucket.
const SEARCH_EVERY: Duration = Duration::from_millis(100);

/// Where the bucket of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the key's own.
    Own(Key),
    /// It is the one of this number, which others share with the key.
    Shared(Key, usize),
}

/// The buckets of one function. Each is the moment at which it will be full again; one that is full is as good as none.
pub(super) struct Table {
    places: Mutex<Places>,
    most: usize,
    interval: Nanos,
}

struct Places {
    own: HashMap<Key, Nanos>,
    /// How many of them are networks of IPv6, of which one customer may have as many as he likes: they take up half of the
    /// room and no more, so that all others still find a place.
    networks: usize,
    shared: Vec<Nanos>,
    /// When a full table is searched again.
    search: Nanos,
}

impl Table {
    /// Room for `most` callers, and `shared` buckets for those beyond; one call comes back in each `interval`.
    pub(super) fn new(most: usize, shared: NonZeroUsize, interval: Duration) -> Self {
        let shared = vec![Nanos::default(); shared.get()];
        let places = Places { own: HashMap::new(), networks: 0, shared, search: Nanos::default() };
        Self { places: Mutex::new(places), most, interval: interval.into() }
    }

    /// Has `decide` decide about all buckets of a request at once, under one lock. As all of them hold the same and are filled
    /// in the same time, the emptiest decides: if it has one left, so have the others. So a refusal by one bucket takes
    /// nothing from the other. Where it is only asked, and nothing `takes`, all stay as they are.
    pub(super) fn measure_and_replace<T, F, E>(&self, keys: &Keys, takes: bool, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        // A bucket that is full now lacks one after it has been taken: the moment is this one and an interval.
        let (_, lacks_one) = decide(None)?;
        // Before any bucket is looked at: a caller whose full bucket is dropped has the shared one from here on.
        self.search(&mut places, keys, lacks_one);
        let mut buckets = [None; 2];
        buckets.iter_mut().zip(keys.iter()).for_each(|(bucket, key)| *bucket = Some((key, places.full_at(&key))));
        let (outcome, _) = decide(buckets.iter().flatten().map(|(_, full_at)| *full_at).max())?;
        for (key, was_full_at) in buckets.into_iter().flatten().filter(|_| takes) {
            let (_, full_at) = decide(Some(was_full_at))?;
            places.put(key, full_at, self.most);
        }
        Ok(outcome)
    }

    /// Where the buckets of the keys are, or would be.
    pub(super) fn places_of(&self, keys: &Keys) -> [Option<Place>; 2] {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = [None; 2];
        found.iter_mut().zip(keys.iter()).for_each(|(found, key)| {
            let has_own = places.own.contains_key(&key) || places.has_room_for(&key, self.most);
            *found = Some(if has_own { Place::Own(key) } else { Place::Shared(key, places.share(&key)) });
        });
        found
    }

    /// Which of the keys has the emptiest bucket.
    pub(super) fn tightest(&self, keys: &Keys) -> Key {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().max_by_key(|key| places.full_at(key)).unwrap_or(keys.first())
    }

    /// Drops the buckets that are full, where there is no place for a key otherwise and it is time to look for some.
    fn search(&self, places: &mut Places, keys: &Keys, lacks_one: Nanos) {
        let lacks_room = keys.iter().any(|key| !places.own.contains_key(&key) && !places.has_room_for(&key, self.most));
        if lacks_room && lacks_one >= places.search {
            places.own.retain(|_, full_at| *full_at + self.interval > lacks_one);
            places.networks = places.own.keys().filter(|key| key.is_network()).count();
            places.search = lacks_one + SEARCH_EVERY;
        }
    }
}

impl Places {
    /// When the bucket of `key` is full again. One that has none of its own yet has what is in the bucket that it would share,
    /// and had perhaps: a place of its own brings nothing back.
    fn full_at(&self, key: &Key) -> Nanos {
        let shared = || self.shared.get(self.share(key)).copied().unwrap_or_default();
        self.own.get(key).copied().unwrap_or_else(shared)
    }

    /// Notes when the bucket of `key` is full again: its own, if it has one or there is a place for one among `most`.
    fn put(&mut self, key: Key, full_at: Nanos, most: usize) {
        let is_there = self.own.contains_key(&key);
        if is_there || self.has_room_for(&key, most) {
            self.networks += usize::from(!is_there && key.is_network());
            self.own.insert(key, full_at);
            return;
        }
        let share = self.share(&key);
        if let Some(shared) = self.shared.get_mut(share) {
            *shared = full_at;
        }
    }

    /// Whether there is a place among `most` for a key that has none.
    fn has_room_for(&self, key: &Key, most: usize) -> bool {
        self.own.len() < most && (!key.is_network() || self.networks < most.div_ceil(2))
    }

    /// Which of the shared buckets `key` has: networks of IPv6 have the first half of them, the others the rest.
    fn share(&self, key: &Key) -> usize {
        let (all, half) = (self.shared.len(), self.shared.len() / 2);
        let (first, count) = if key.is_network() { (0, half.max(1)) } else { (half, all - half) };
        let hash = self.own.hasher().hash_one(key);
        first + usize::try_from(hash.checked_rem(count as u64).unwrap_or_default()).unwrap_or_default()
    }
}

#[cfg(test)]
impl Table {
    /// The shared bucket of `key`, if it has none of its own.
    pub(super) fn shares(&self, key: &Key) -> Option<usize> {
        let places = self.places.lock().unwrap();
        (!places.own.contains_key(key)).then(|| places.share(key))
    }

    /// How many have a bucket of their own.
    pub(super) fn len(&self) -> usize {
        self.places.lock().unwrap().own.len()
    }
}
