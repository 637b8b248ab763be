//! What waits to be written to the state's file: how much of it there may be, and what goes into one commit. It knows
//! neither file nor thread.

use std::collections::VecDeque;
use std::sync::Arc;

use redb::WriteTransaction;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::keeper::Broken;

/// Changes of either kind that share a commit, at the most.
const GROUP: usize = 1024;

/// Bytes of what stores change in one commit, at the most, but for a change that is larger by itself: so long may one that
/// comes first have to wait.
const GROUP_BYTES: usize = 8 << 20;

/// Bytes of all that stores want changed and that is not yet written, at the most. Who comes then waits in its own call, and
/// takes nothing along if that ends.
pub(super) const ROOM: usize = 64 << 20;

/// What a change takes besides, in bytes, however small it is.
const CHANGE: usize = 512;

/// Something to be written, and whoever waits for it.
pub(super) trait Change: Send {
    /// Makes the change in the transaction that it shares with others.
    fn make(&mut self, transaction: &WriteTransaction, now: u64) -> Result<(), redb::Error>;

    /// Tells whoever waits what came of the transaction.
    fn settle(self: Box<Self>, committed: Result<(), Broken>);

    /// The bytes that it has taken of the room; none for what comes first.
    fn size(&self) -> Option<usize>;

    /// Whether it is to be made at all.
    fn is_wanted(&self) -> bool;
}

/// A change that somebody asked for.
pub(super) struct Asked<T, M, S> {
    make: Option<M>,
    made: Option<T>,
    settled: S,
    answer: oneshot::Sender<Result<T, Broken>>,
    /// Given back when the change has been settled, or dropped.
    taken: Option<OwnedSemaphorePermit>,
}

impl<T, M, S> Asked<T, M, S> {
    pub(super) fn new(
        make: M,
        settled: S,
        answer: oneshot::Sender<Result<T, Broken>>,
        taken: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { make: Some(make), made: None, settled, answer, taken }
    }
}

impl<T, M, S> Change for Asked<T, M, S>
where
    T: Send,
    M: FnOnce(&WriteTransaction, u64) -> Result<T, redb::Error> + Send,
    S: FnOnce(&T) + Send,
{
    fn make(&mut self, transaction: &WriteTransaction, now: u64) -> Result<(), redb::Error> {
        if let Some(make) = self.make.take() {
            self.made = Some(make(transaction, now)?);
        }
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<(), Broken>) {
        let Self { made, settled, answer, .. } = *self;
        let made = committed.and_then(|()| made.ok_or_else(|| Broken("it was not asked".to_owned())));
        if let Ok(made) = &made {
            settled(made);
        }
        // Whoever does not wait for it any more does not want to know.
        let _ = answer.send(made);
    }

    fn size(&self) -> Option<usize> {
        self.taken.as_ref().map(OwnedSemaphorePermit::num_permits)
    }

    fn is_wanted(&self) -> bool {
        self.taken.is_none() || !self.answer.is_closed()
    }
}

/// The room for what stores want changed.
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }

    /// Room for a change of so many bytes, as soon as there is some; none only if there never will be.
    pub(super) async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        // One that is larger than all of it has it for itself.
        let bytes = u32::try_from(bytes.saturating_add(CHANGE).min(ROOM)).ok()?;
        Arc::clone(&self.0).acquire_many_owned(bytes).await.ok()
    }
}

/// What has come and is not yet written.
#[derive(Default)]
pub(super) struct Waiting {
    first: VecDeque<Box<dyn Change>>,
    others: VecDeque<Box<dyn Change>>,
}

impl Waiting {
    pub(super) fn put(&mut self, change: Box<dyn Change>) {
        let queue = if change.size().is_none() { &mut self.first } else { &mut self.others };
        queue.push_back(change);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.others.is_empty()
    }

    /// Takes what is written next, in one commit: what comes first, and of the others, in the order in which they came, as
    /// many as have room in it. What nobody waits for any more falls away.
    pub(super) fn group(&mut self) -> Vec<Box<dyn Change>> {
        let mut group: Vec<_> = self.first.drain(..GROUP.min(self.first.len())).collect();
        let most = group.len() + GROUP;
        let mut bytes = 0;
        while group.len() < most
            && let Some(next) = self.others.pop_front()
        {
            if !next.is_wanted() {
                continue;
            }
            let size = next.size().unwrap_or_default();
            if bytes > 0 && bytes + size > GROUP_BYTES {
                self.others.push_front(next);
                break;
            }
            bytes += size;
            group.push(next);
        }
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answered = oneshot::Receiver<Result<(), Broken>>;

    /// A change of so many bytes, with what it takes besides; one without comes first.
    async fn change(room: &Room, bytes: Option<usize>) -> (Box<dyn Change>, Answered) {
        let (answer, answered) = oneshot::channel();
        let taken = match bytes {
            Some(bytes) => room.take(bytes - CHANGE).await,
            None => None,
        };
        (Box::new(Asked::new(|_: &WriteTransaction, _| Ok(()), |(): &()| (), answer, taken)), answered)
    }

    fn sizes(group: &[Box<dyn Change>]) -> Vec<Option<usize>> {
        group.iter().map(|change| change.size()).collect()
    }

    #[tokio::test]
    async fn a_commit_ends_at_its_bytes_and_deliveries_are_in_the_first() {
        const HALF: usize = GROUP_BYTES / 2;
        let (room, mut waiting, mut askers) = (Room::new(), Waiting::default(), Vec::new());
        let large = GROUP_BYTES + CHANGE;
        for bytes in [Some(HALF), Some(HALF), Some(CHANGE), Some(large), Some(HALF), None] {
            let (change, answered) = change(&room, bytes).await;
            waiting.put(change);
            askers.push(answered);
        }
        assert_eq!(sizes(&waiting.group()), [None, Some(HALF), Some(HALF)]);
        assert_eq!(sizes(&waiting.group()), [Some(CHANGE)], "the next one is too large to go with it");
        assert_eq!(sizes(&waiting.group()), [Some(large)], "it goes alone");
        assert_eq!(sizes(&waiting.group()), [Some(HALF)]);
        assert!(waiting.is_empty());
        assert_eq!(room.0.available_permits(), ROOM, "all that was taken has been given back");
    }

    #[tokio::test]
    async fn those_who_come_first_never_keep_the_others_out() {
        let (room, mut waiting, mut askers) = (Room::new(), Waiting::default(), Vec::new());
        for bytes in std::iter::repeat_n(None, GROUP + 1).chain([Some(CHANGE)]) {
            let (change, answered) = change(&room, bytes).await;
            waiting.put(change);
            askers.push(answered);
        }
        let group = waiting.group();
        assert_eq!((group.len(), group.last().unwrap().size()), (GROUP + 1, Some(CHANGE)));
        assert_eq!(waiting.group().len(), 1);
    }

    #[tokio::test]
    async fn a_store_is_not_changed_for_somebody_who_is_gone_but_a_delivery_is_remembered() {
        let (room, mut waiting) = (Room::new(), Waiting::default());
        for bytes in [Some(CHANGE), None] {
            let (change, _gone) = change(&room, bytes).await;
            waiting.put(change);
        }
        assert_eq!(sizes(&waiting.group()), [None]);
        assert!(waiting.is_empty());
        assert_eq!(room.0.available_permits(), ROOM);
    }

    #[tokio::test]
    async fn a_change_that_is_larger_than_the_room_has_all_of_it() {
        let room = Room::new();
        let taken = room.take(usize::MAX).await.unwrap();
        assert_eq!(taken.num_permits(), ROOM);
    }
}
