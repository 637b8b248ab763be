//! When something that is being changed counts as changed: once it has been the same for a while. A file is written in
//! steps, and no step may be taken for the whole. It knows no file and no clock.

use std::time::{Duration, Instant};

/// How long something has to be the same before it is taken. Long against the steps in which editors, `cp` and `rsync`
/// write a file, short against what a person notices.
pub const STILL: Duration = Duration::from_millis(200);

/// A value that is in force, and the one that may follow it.
pub(super) struct Settling<T> {
    taken: T,
    next: Option<(T, Instant)>,
}

impl<T: PartialEq> Settling<T> {
    /// `taken` is in force.
    pub(super) fn new(taken: T) -> Self {
        Self { taken, next: None }
    }

    /// What is in force.
    pub(super) fn taken(&self) -> &T {
        &self.taken
    }

    /// Says what is in force, where that has changed by itself.
    pub(super) fn rest_on(&mut self, taken: T) {
        self.taken = taken;
    }

    /// Notes what is there `at` this moment. Returns it if it is news: neither in force nor waiting already.
    pub(super) fn see(&mut self, seen: T, at: Instant) -> Option<&T> {
        if seen == self.taken {
            self.next = None;
            return None;
        }
        if self.next.as_ref().is_some_and(|(next, _)| *next == seen) {
            return None;
        }
        Some(&self.next.insert((seen, at)).0)
    }

    /// Takes what waits if it has been the same for long enough; returns whether it did.
    pub(super) fn settle(&mut self, at: Instant) -> bool {
        self.due().is_some_and(|due| due <= at) && self.take_now()
    }

    /// What waits, if anything does.
    pub(super) fn next(&self) -> Option<&T> {
        self.next.as_ref().map(|(next, _)| next)
    }

    /// Takes what waits, however new it is; returns whether there was something.
    pub(super) fn take_now(&mut self) -> bool {
        let Some((next, _)) = self.next.take() else { return false };
        self.taken = next;
        true
    }

    /// When what waits will have been the same for long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next.as_ref().map(|(_, since)| *since + STILL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_taken_only_when_it_has_been_still() {
        let start = Instant::now();
        let mut value = Settling::new("old");
        assert_eq!(value.see("half", start), Some(&"half"));
        assert!(!value.settle(start + STILL / 2));
        assert_eq!(value.see("whole", start + STILL / 2), Some(&"whole"));
        assert_eq!(value.see("whole", start + STILL), None, "no news");
        assert!(!value.settle(start + STILL), "each change starts the wait anew");
        assert_eq!(*value.taken(), "old");
        assert!(value.settle(start + STILL / 2 + STILL));
        assert_eq!((*value.taken(), value.due()), ("whole", None));
    }

    #[test]
    fn a_change_that_is_taken_back_never_happened() {
        let start = Instant::now();
        let mut value = Settling::new("old");
        value.see("new", start);
        assert_eq!(value.see("old", start + STILL), None);
        assert!(!value.settle(start + STILL * 9));
    }
}
