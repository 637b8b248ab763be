//! The order in which requests have their turn where a client sends many at once, without waiting for answers: behind
//! those of clients who do not. Knows nothing of connections.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many of them stand in the threads' queues at once, over the whole host. The others wait for those to be through,
/// so that who asks one thing at a time finds no more than these before it, however many send without waiting. With less
/// than a few for each thread, threads would have nothing to do in between.
const AT_ONCE: usize = 16;

/// The turns of all connections.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Waits until it is the turn of a request that came with others, and all that is ready by then has had its own.
    pub(super) async fn wait(&self) {
        // The semaphore is never closed.
        let _turn = self.0.acquire().await;
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use tokio::task::{JoinSet, LocalSet, yield_now};

    use super::*;

    #[tokio::test]
    async fn who_comes_late_and_alone_finds_few_before_it_and_all_are_served() {
        let (turns, served) = (Turns::new(), Rc::new(Cell::new(0)));
        let many = 20 * AT_ONCE;
        let local = LocalSet::new();
        let found = local.run_until(async {
            let mut crowd = JoinSet::new();
            for _ in 0..many {
                let (turns, served) = (turns.clone(), Rc::clone(&served));
                crowd.spawn_local(async move {
                    turns.wait().await;
                    served.set(served.get() + 1);
                });
            }
            // All of them have asked; the first are in the queue.
            yield_now().await;
            let before = served.get();
            let late = Rc::clone(&served);
            let found = tokio::task::spawn_local(async move { late.get() - before }).await;
            while crowd.join_next().await.is_some() {}
            found
        });
        assert!(found.await.unwrap() <= 2 * AT_ONCE, "it waited for more than stand in the queue at once");
        assert_eq!(served.get(), many);
    }
}
