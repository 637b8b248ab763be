//! When a secret may arrive in a handshake: for a while after the operator has said so, and once. Owns the windows that
//! are open. Whoever opens one is asked by the operator's listener; here is no listener.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a window is open: enough to set up a webhook by hand, too short to be forgotten.
pub const OPEN_FOR: Duration = Duration::from_secs(10 * 60);

/// The windows that are open, by function.
#[derive(Debug, Default)]
pub struct Windows(Mutex<BTreeMap<Arc<str>, Instant>>);

impl Windows {
    /// Opens the window of `function`, or leaves it open for longer.
    pub fn open(&self, function: &Arc<str>, now: Instant) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Functions come and go; what nobody can pass any more is not kept.
        windows.retain(|_, until| *until > now);
        windows.insert(Arc::clone(function), now + OPEN_FOR);
    }

    /// Passes the window of `function`, which closes behind whoever does; whether it was open.
    pub fn pass(&self, function: &str, now: Instant) -> bool {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(function);
        until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_lets_one_through_while_it_is_open() {
        let (windows, hook, now) = (Windows::default(), Arc::from("hook"), Instant::now());
        let last = OPEN_FOR - Duration::from_millis(1);
        assert!(!windows.pass("hook", now), "nobody has opened it");
        windows.open(&hook, now);
        assert!(!windows.pass("other", now));
        assert!(windows.pass("hook", now + last));
        assert!(!windows.pass("hook", now + last), "it has closed behind the first");
        windows.open(&hook, now);
        assert!(!windows.pass("hook", now + OPEN_FOR), "its time is over");
        windows.open(&hook, now);
        windows.open(&hook, now + last);
        assert!(windows.pass("hook", now + OPEN_FOR), "it was opened again");
    }
}
