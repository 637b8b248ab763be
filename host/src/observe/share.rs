//! How much one function may put into the log: refusals of requests for it, and lines that it writes itself. What is over
//! that is counted, and one line a second says how much it was.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Refusals in the log: enough to see what somebody tries, and 3 MB an hour at the most.
const REFUSALS: (u32, u32) = (10, 100);

/// Lines that the function writes: one for each request of a busy one, and ten requests that write all they may.
const LINES: (u32, u32) = (1000, 5000);

/// Bytes that the function writes.
const BYTES: (u32, u32) = (256 << 10, 1 << 20);

/// What is left out of what a function writes, beside the gates' names.
const OUTPUT: &str = "output";

/// One function's share of the log, over all its requests.
pub(super) struct Share {
    refusals: DefaultDirectRateLimiter,
    lines: DefaultDirectRateLimiter,
    bytes: DefaultDirectRateLimiter,
    left_out: Mutex<BTreeMap<&'static str, u64>>,
}

impl Default for Share {
    fn default() -> Self {
        let [refusals, lines, bytes] = [REFUSALS, LINES, BYTES].map(limiter);
        Self { refusals, lines, bytes, left_out: Mutex::default() }
    }
}

impl Share {
    /// Whether the log takes one more refusal at the gate `stage`.
    pub(super) fn takes_refusal(&self, stage: &'static str) -> bool {
        self.refusals.check().is_ok() || self.leave_out(stage)
    }

    /// Whether the log takes one more line of `length` bytes that the function writes.
    pub(super) fn takes_output(&self, length: usize) -> bool {
        let bytes = u32::try_from(length).unwrap_or(u32::MAX);
        let has_bytes = NonZeroU32::new(bytes).is_none_or(|bytes| matches!(self.bytes.check_n(bytes), Ok(Ok(()))));
        (has_bytes && self.lines.check().is_ok()) || self.leave_out(OUTPUT)
    }

    fn leave_out(&self, what: &'static str) -> bool {
        *self.left_out.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
        false
    }

    /// What was left out since this was last asked.
    pub(super) fn left_out(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut *self.left_out.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A bucket that is filled with so much a second, and holds so much.
fn limiter((per_second, burst): (u32, u32)) -> DefaultDirectRateLimiter {
    let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    RateLimiter::direct(Quota::per_second(number(per_second)).allow_burst(number(burst)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_share_is_counted() {
        let share = Share::default();
        let taken = (0..1000).filter(|_| share.takes_refusal("body")).count();
        assert!((100..500).contains(&taken), "{taken}");
        assert_eq!(share.left_out(), [("body", 1000 - taken as u64)].into());
        assert_eq!(share.left_out(), [].into(), "it is said once");
    }

    #[test]
    fn what_a_function_writes_is_bounded_in_lines_and_in_bytes() {
        let lines = Share::default();
        let taken = (0..20_000).filter(|_| lines.takes_output(1)).count();
        assert!((5000..15_000).contains(&taken), "{taken}");
        let bytes = Share::default();
        let taken = (0..1000).filter(|_| bytes.takes_output(8 << 10)).count();
        assert!((128..500).contains(&taken), "{taken}");
        assert!(bytes.takes_refusal("body"), "a function that writes much hides no refusal");
    }
}
