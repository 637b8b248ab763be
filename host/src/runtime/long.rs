//! Threads for calls that compute for long. Wherever both want a processor, the system gives it to the threads that answer
//! requests; so a call that is over soon does not wait for one that is not, and who computes for long has all that is left.

use std::io;
use std::panic;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;

use super::stint::{Conduct, Stint};
#[cfg(target_os = "linux")]
use super::tuning::LONG_NICE;
use super::tuning::SHORT;

/// The threads: as many as there are processors.
pub(super) struct LongCalls(Option<Runtime>);

impl LongCalls {
    /// Starts them.
    pub(super) fn start() -> io::Result<Self> {
        let mut threads = Builder::new_multi_thread();
        threads.thread_name("long-call").enable_all();
        // Linux has a niceness for each thread. Elsewhere it would be the whole process's.
        #[cfg(target_os = "linux")]
        threads.on_thread_start(|| {
            // Not being allowed to give way is no reason not to work.
            let _ = rustix::process::nice(LONG_NICE);
        });
        threads.build().map(Some).map(Self)
    }

    /// Has `call` run where it is asked for, and here from the moment when its `stint` says that it is long; from the start
    /// if its component's `conduct` says so. Whoever drops this ends the call.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        mut call: Pin<Box<dyn Future<Output = T> + Send>>,
        stint: &Stint,
        conduct: &Conduct,
    ) -> T {
        if conduct.is_long(Instant::now()) {
            stint.set_long();
        } else {
            let ended = std::future::poll_fn(|context| {
                let began = Instant::now();
                stint.begin();
                let polled = call.as_mut().poll(context);
                let now = Instant::now();
                // The thread's clock is slower to read than that on the wall, which says enough of most calls.
                if now - began >= SHORT && stint.has_held_up() {
                    conduct.held_up(stint.held(), now);
                }
                match polled {
                    Poll::Ready(ended) => Poll::Ready(Some(ended)),
                    Poll::Pending if stint.is_long() => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            });
            if let Some(ended) = ended.await {
                return ended;
            }
        }
        let Some(threads) = &self.0 else { return call.await };
        match AbortOnDropHandle::new(threads.spawn(call)).await {
            Ok(ended) => ended,
            Err(error) => match error.try_into_panic() {
                Ok(reason) => panic::resume_unwind(reason),
                // The threads are gone, as the host is.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Drop for LongCalls {
    fn drop(&mut self) {
        // A runtime may not wait for its threads where others may not be kept waiting.
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    fn name() -> String {
        thread::current().name().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_call_goes_over_when_it_has_become_long_and_ends_there() {
        let threads = LongCalls::start().unwrap();
        let stint = Arc::new(Stint::default());
        let own = Arc::clone(&stint);
        let call = async move {
            let first = name();
            tokio::task::yield_now().await;
            let short = name();
            own.set_long();
            tokio::task::yield_now().await;
            (first, short, name())
        };
        let (first, short, long) = threads.run(Box::pin(call), &stint, &Conduct::default()).await;
        assert_eq!(first, name());
        assert_eq!(short, name());
        assert_eq!(long, "long-call");
    }

    #[tokio::test]
    async fn after_a_call_that_held_its_thread_the_next_begins_where_it_holds_up_nobody() {
        let threads = LongCalls::start().unwrap();
        let conduct = Conduct::default();
        // It does not give way, as a guest does not that fills its memory in one go.
        let holds = async {
            let stint = Stint::default();
            stint.begin();
            while !stint.has_held_up() {}
            name()
        };
        assert_eq!(threads.run(Box::pin(holds), &Stint::default(), &conduct).await, name());
        for _ in 0..3 {
            assert_eq!(threads.run(Box::pin(async { name() }), &Stint::default(), &conduct).await, "long-call");
        }
        let another = Conduct::default();
        assert_eq!(threads.run(Box::pin(async { name() }), &Stint::default(), &another).await, name());
    }

    #[tokio::test]
    async fn who_gives_up_a_long_call_ends_it() {
        let threads = LongCalls::start().unwrap();
        let (alive, ended) = tokio::sync::oneshot::channel::<()>();
        let call = async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        };
        let (stint, conduct) = (Stint::default(), Conduct::default());
        stint.set_long();
        let running = threads.run(Box::pin(call), &stint, &conduct);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(10), running).await.is_err());
        assert!(ended.await.is_err(), "the call is dropped, and its end of the channel with it");
    }

    #[tokio::test]
    #[should_panic(expected = "the call's own fault")]
    async fn a_panic_on_the_other_threads_is_the_callers() {
        let threads = LongCalls::start().unwrap();
        let call = async {
            tokio::task::yield_now().await;
            panic!("the call's own fault");
        };
        let stint = Stint::default();
        stint.set_long();
        threads.run(Box::pin(call), &stint, &Conduct::default()).await;
    }
}
