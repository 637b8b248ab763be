//! How long calls hold the thread that answers requests: one call, and all those of a component. What counts is the time
//! that the thread had a processor; for how long others had it is nobody's fault here. It knows no threads and no engine.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::tuning::{AMENDS, HELD_UP, SHORT};

/// What one call has had of the thread on which it was asked for.
#[derive(Default)]
pub(super) struct Stint {
    /// The thread's processor time at which the call had it last.
    began: AtomicU64,
    is_long: AtomicBool,
}

impl Stint {
    /// The call has the thread from now on.
    pub(super) fn begin(&self) {
        self.began.store(processor_nanos(), Ordering::Relaxed);
    }

    /// For how long it has had it.
    pub(super) fn held(&self) -> Duration {
        Duration::from_nanos(processor_nanos().saturating_sub(self.began.load(Ordering::Relaxed)))
    }

    /// Whether it has had the thread for long by now.
    pub(super) fn has_become_long(&self) -> bool {
        if !self.is_long() && self.held() >= SHORT {
            self.set_long();
        }
        self.is_long()
    }

    /// Whether it has held others up: its guest was seen to compute for long, or nobody saw it for longer still.
    pub(super) fn has_held_up(&self) -> bool {
        self.is_long() || self.held() >= HELD_UP
    }

    /// Whether the call was found to be long.
    pub(super) fn is_long(&self) -> bool {
        self.is_long.load(Ordering::Relaxed)
    }

    /// Has it count as long.
    pub(super) fn set_long(&self) {
        self.is_long.store(true, Ordering::Relaxed);
    }
}

/// The processor time of this thread.
fn processor_nanos() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(now.tv_sec).unwrap_or(0), u64::try_from(now.tv_nsec).unwrap_or(0));
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// What the calls of one component have held up, and so where the next begins.
#[derive(Default)]
pub(super) struct Conduct(Mutex<Option<Instant>>);

impl Conduct {
    /// A call has held others up for so long.
    pub(super) fn held_up(&self, time: Duration, now: Instant) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Calls at the same time make amends one after the other.
        *until = Some(until.map_or(now, |until| until.max(now)) + time * AMENDS);
    }

    /// Takes what was held up for amended.
    pub(super) fn forgive(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether a call that begins now is to hold up nobody.
    pub(super) fn is_long(&self, now: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_makes_amends_for_a_thousand_times_as_long_as_it_held_threads() {
        let (conduct, start) = (Conduct::default(), Instant::now());
        assert!(!conduct.is_long(start));
        conduct.held_up(SHORT, start);
        conduct.held_up(SHORT * 3, start);
        let end = start + SHORT * 4 * AMENDS;
        assert!(conduct.is_long(start) && conduct.is_long(end - SHORT));
        assert!(!conduct.is_long(end));
        conduct.held_up(SHORT, end + SHORT);
        assert!(conduct.is_long(end + SHORT * AMENDS), "anew, and not from when the last amends were made");
        assert!(!conduct.is_long(end + SHORT + SHORT * AMENDS));
        conduct.held_up(SHORT, end);
        conduct.forgive();
        assert!(!conduct.is_long(end), "forgiven");
    }

    #[test]
    fn a_call_is_long_by_what_it_computes_and_not_by_what_it_waits_for() {
        let stint = Stint::default();
        stint.begin();
        std::thread::sleep(SHORT * 4);
        assert!(!stint.has_become_long(), "it had slept and not computed");
        let mut turns = 0_u64;
        while !stint.has_become_long() {
            turns = std::hint::black_box(turns + 1);
        }
        assert!(turns > 0 && stint.held() >= SHORT && stint.has_held_up());
        stint.begin();
        assert!(stint.is_long(), "once long, it stays so");
    }

    #[test]
    fn a_call_that_nobody_saw_holds_others_up_as_well() {
        let stint = Stint::default();
        stint.begin();
        assert!(!stint.has_held_up());
        while stint.held() < HELD_UP {}
        assert!(stint.has_held_up() && !stint.is_long());
    }
}
