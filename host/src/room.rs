//! Room for requests and answers, over the whole host: every byte of a request that has arrived is counted until its call
//! is over, every byte of an answer until its client has taken it. It knows nothing of HTTP.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Size;

/// Bodies up to this length have a share of their own, so that webhooks, of which most are smaller, go on while large
/// bodies wait for each other.
pub const SMALL: usize = 16 << 10;

/// The share of small bodies: this part of the whole.
const SMALL_SHARE: u64 = 8;

/// How many functions can fill a room, when each holds all that it may.
const PORTIONS: usize = 8;

/// All the room that there is.
pub struct Room {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// What one body takes up; free again when it is dropped.
#[derive(Default)]
pub struct Held {
    permit: Option<OwnedSemaphorePermit>,
    is_large: bool,
    _portion: Option<OwnedSemaphorePermit>,
}

/// What one function may hold of a room, an eighth, so that those who leave its answers lying take nothing from the clients
/// of others. One body that is longer than that takes all of it.
pub struct Portion {
    free: Arc<Semaphore>,
    size: usize,
}

impl Portion {
    /// A function's portion of a room for `bytes`.
    pub fn of(bytes: Size) -> Self {
        let size = (bytes.to_usize() / PORTIONS).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(size)), size }
    }

    /// Takes what a body of `length` needs, waiting for `wait` at the most; none if the function holds too much.
    pub async fn take(&self, length: usize, wait: Duration) -> Option<Held> {
        let portion = acquire(&self.free, length.min(self.size), wait).await?;
        Some(Held { _portion: Some(portion), ..Held::default() })
    }
}

impl Room {
    /// Room for `bytes`.
    pub fn new(bytes: Size) -> Self {
        let large = largest(bytes);
        let semaphore = |bytes: Size| Arc::new(Semaphore::new(bytes.to_usize().min(Semaphore::MAX_PERMITS)));
        Self { small: semaphore(Size::bytes(bytes.get() - large.get())), large: semaphore(large) }
    }

    /// Makes room for a body that has grown to `length` and is still small, if nobody has to be waited for.
    pub fn grow_now(&self, held: &mut Held, length: usize) -> bool {
        let has = held.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if !held.is_large
            && length <= SMALL
            && let Ok(more) = try_acquire(&self.small, length - has)
        {
            held.add(more);
            return true;
        }
        false
    }

    /// Makes room for a body that has grown to `length`, waiting for `wait` at the most. Returns whether there is room.
    ///
    /// Whoever waits is served in order; whoever waits in vain is refused and gives back what it holds. So of many bodies
    /// that have filled the room together and cannot grow, there is always one that can go on.
    pub async fn grow(&self, held: &mut Held, length: usize, wait: Duration) -> bool {
        if self.grow_now(held, length) {
            return true;
        }
        let has = held.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        // A body that is no longer small moves over with all of it.
        let missing = if held.is_large { length - has } else { length };
        let Some(more) = acquire(&self.large, missing, wait).await else { return false };
        if !held.is_large {
            (held.permit, held.is_large) = (None, true);
        }
        held.add(more);
        true
    }
}

impl Held {
    fn add(&mut self, more: OwnedSemaphorePermit) {
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
    }
}

/// The longest body for which there is room at all, where all bodies together may take `bytes`.
pub fn largest(bytes: Size) -> Size {
    Size::bytes(bytes.get() - bytes.get() / SMALL_SHARE)
}

fn try_acquire(semaphore: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, ()> {
    let bytes = u32::try_from(bytes).map_err(drop)?;
    Arc::clone(semaphore).try_acquire_many_owned(bytes).map_err(drop)
}

async fn acquire(semaphore: &Arc<Semaphore>, bytes: usize, wait: Duration) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = try_acquire(semaphore, bytes) {
        return Some(permit);
    }
    let bytes = u32::try_from(bytes).ok()?;
    // Made only for who waits: the others do not carry it with them.
    Box::pin(tokio::time::timeout(wait, Arc::clone(semaphore).acquire_many_owned(bytes))).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_WAIT: Duration = Duration::ZERO;

    fn room() -> Room {
        Room::new(Size::kib(256))
    }

    #[tokio::test]
    async fn large_bodies_leave_the_share_of_small_ones_alone() {
        let room = room();
        let mut hoards: Vec<Held> = Vec::new();
        loop {
            let mut held = Held::default();
            // As it arrives: small at first.
            if !(room.grow(&mut held, 1000, NO_WAIT).await && room.grow(&mut held, 60 << 10, NO_WAIT).await) {
                break;
            }
            hoards.push(held);
        }
        assert_eq!(hoards.len(), 3);
        let mut small = Held::default();
        assert!(room.grow(&mut small, 1000, NO_WAIT).await && room.grow(&mut small, SMALL, NO_WAIT).await);
        assert!(!room.grow(&mut small, 60 << 10, NO_WAIT).await);
        hoards.pop();
        assert!(room.grow(&mut small, 60 << 10, NO_WAIT).await);
    }

    #[tokio::test]
    async fn all_room_comes_back() {
        let room = room();
        for _ in 0..100 {
            let mut held = Held::default();
            for length in [1, SMALL, SMALL + 1, largest(Size::kib(256)).to_usize()] {
                assert!(room.grow(&mut held, length, NO_WAIT).await, "{length}");
            }
            assert!(!room.grow(&mut held, 256 << 10, NO_WAIT).await);
        }
    }

    #[tokio::test]
    async fn small_bodies_take_of_the_rest_when_their_share_is_full() {
        let room = room();
        let mut all: Vec<Held> = Vec::new();
        loop {
            let mut held = Held::default();
            if !room.grow(&mut held, SMALL, NO_WAIT).await {
                break;
            }
            all.push(held);
        }
        assert_eq!(all.len(), 16);
    }

    #[tokio::test]
    async fn a_function_holds_no_more_than_its_portion() {
        let portion = Portion::of(Size::kib(256));
        let one = portion.take(20 << 10, NO_WAIT).await;
        let two = portion.take(12 << 10, NO_WAIT).await;
        assert!(one.is_some() && two.is_some());
        assert!(portion.take(1, NO_WAIT).await.is_none());
        assert!(portion.take(0, NO_WAIT).await.is_some(), "an answer without a body takes none");
        drop((one, two));
        let all = portion.take(200 << 10, NO_WAIT).await;
        assert!(all.is_some(), "one that is longer than the portion takes all of it");
        assert!(portion.take(1, NO_WAIT).await.is_none());
    }

    #[tokio::test]
    async fn who_waits_is_given_what_others_give_up() {
        let room = room();
        let (mut one, mut two) = (Held::default(), Held::default());
        assert!(room.grow(&mut one, 100 << 10, NO_WAIT).await);
        assert!(room.grow(&mut two, 100 << 10, NO_WAIT).await);
        // Both want more than is left. The first gives up, the second goes on.
        let first = async {
            let grown = room.grow(&mut one, 150 << 10, Duration::from_millis(10)).await;
            drop(one);
            grown
        };
        let second = room.grow(&mut two, 150 << 10, Duration::from_secs(60));
        assert_eq!(tokio::join!(first, second), (false, true));
    }
}
