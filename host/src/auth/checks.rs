//! Signatures that are checked with a public key. One takes as long as many requests do, and anybody can send wrong ones: so
//! they are checked on threads of their own, few at once, and whoever sends many of them waits for his like.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// How long a token waits for its turn.
const WAIT: Duration = Duration::from_secs(1);

/// The turns of one host.
#[derive(Clone)]
pub(super) struct Checks(Arc<Semaphore>);

impl Default for Checks {
    /// As many at once as take up half of the processors.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

impl Checks {
    /// Runs `check` when it is its turn; none if that does not come in time, or the check did not end.
    pub(super) async fn run<T: Send + 'static>(&self, check: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // The semaphore is never closed.
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await.ok()?.ok()?;
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            check()
        });
        checked.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn few_are_checked_at_once_and_nobody_waits_long() {
        let checks = Checks(Arc::new(Semaphore::new(1)));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let checks = checks.clone();
            async move { checks.run(move || held.recv().is_ok()).await }
        });
        while checks.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(checks.run(|| true).await, None, "its turn does not come");
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Some(true));
        assert_eq!(checks.run(|| true).await, Some(true));
    }

    #[tokio::test]
    async fn a_check_that_does_not_end_gives_its_turn_back() {
        let checks = Checks(Arc::new(Semaphore::new(1)));
        assert_eq!(checks.run(|| -> bool { panic!("a fault of this test") }).await, None);
        assert_eq!(checks.run(|| true).await, Some(true));
    }
}
