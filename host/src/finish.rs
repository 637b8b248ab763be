//! A future that comes to its end, whether or not anybody waits for it. It runs where it is waited for, without
//! a task of its own; whoever stops waiting leaves it behind as one.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TrackedFuture;

/// What a future that panicked threw.
pub(crate) type Thrown = Box<dyn Any + Send>;

/// A future that is not ended by being dropped.
pub(crate) struct Finishing<F: Future<Output: Send> + Send + 'static> {
    /// Until it has ended.
    future: Option<Pin<Box<TrackedFuture<F>>>>,
    tasks: Handle,
}

impl<F: Future<Output: Send> + Send + 'static> Finishing<F> {
    /// Has `tracker` count the future until its end. Only a runtime that ends cuts it short, and drops it.
    pub(crate) fn new(tracker: &TaskTracker, future: F) -> Self {
        Self { future: Some(Box::pin(tracker.track_future(future))), tasks: Handle::current() }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Finishing<F> {
    type Output = Result<F::Output, Thrown>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        // Nobody sees the future again once it has panicked.
        let polled = panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(thrown) => Err(thrown),
        };
        let ended_future = self.future.take();
        // What panics once may do so again when it is dropped; the first one counts.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(ended_future)));
        Poll::Ready(ended)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Finishing<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            self.tasks.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn it_runs_where_it_is_waited_for() {
        let (tracker, here) = (TaskTracker::new(), tokio::task::id);
        let outer =
            tokio::spawn(async move { Finishing::new(&tracker, async move { here() }).await.ok() == Some(here()) });
        assert!(outer.await.unwrap(), "in the task that waits");
    }

    #[tokio::test]
    async fn who_stops_waiting_does_not_end_it() {
        let (tracker, (go, goes), (say, said)) = (TaskTracker::new(), oneshot::channel::<()>(), oneshot::channel());
        tracker.close();
        let running = Finishing::new(&tracker, async move {
            let _ = goes.await;
            let _ = say.send("its end");
        });
        assert!(timeout(SOON, running).await.is_err());
        assert!(timeout(SOON, tracker.wait()).await.is_err(), "it counts as running");
        go.send(()).unwrap();
        assert_eq!(said.await, Ok("its end"));
        tracker.wait().await;
    }

    #[tokio::test]
    async fn one_that_nobody_ever_waited_for_runs_as_well() {
        let (tracker, (say, said)) = (TaskTracker::new(), oneshot::channel());
        drop(Finishing::new(&tracker, async move { say.send(()) }));
        assert_eq!(said.await, Ok(()));
    }

    #[tokio::test]
    async fn a_panic_is_handed_out_and_counts_as_an_end() {
        let tracker = TaskTracker::new();
        tracker.close();
        let thrown = Finishing::new(&tracker, async { panic!("at the disco") }).await;
        assert_eq!(thrown.unwrap_err().downcast_ref(), Some(&"at the disco"));
        tracker.wait().await;
    }
}
