//! The clock of compiled code: one thread moves the engine's epoch on as long as there are calls, and sleeps when there
//! have been none for a while.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};

use wasmtime::Engine;

use super::tuning::{IDLE_TICKS, TICK};

/// The clock of one engine. Its thread ends when this is dropped.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    calls: AtomicUsize,
    is_asleep: AtomicBool,
    is_over: AtomicBool,
}

/// Keeps the clock going until it is dropped.
pub(super) struct Ticking(Arc<Shared>);

impl Ticker {
    /// Starts the clock of `engine`.
    pub(super) fn start(engine: &Engine) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (own, engine) = (Arc::clone(&shared), engine.clone());
        let started = thread::Builder::new().name("epoch-ticker".into()).spawn(move || own.tick(&engine))?;
        Ok(Self { shared, thread: started.thread().clone() })
    }

    /// Has the clock going for one call.
    pub(super) fn begin(&self) -> Ticking {
        // In one order for all threads, as in `tick`: either the thread sees the call, or the call sees that it sleeps.
        self.shared.calls.fetch_add(1, Ordering::SeqCst);
        if self.shared.is_asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(Arc::clone(&self.shared))
    }
}

impl Shared {
    fn tick(&self, engine: &Engine) {
        let mut idle = 0;
        while !self.is_over.load(Ordering::SeqCst) {
            idle = if self.calls.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle < IDLE_TICKS {
                thread::sleep(TICK);
                engine.increment_epoch();
                continue;
            }
            self.is_asleep.store(true, Ordering::SeqCst);
            while self.calls.load(Ordering::SeqCst) == 0 && !self.is_over.load(Ordering::SeqCst) {
                thread::park();
            }
            self.is_asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn within_a_while(holds: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < end, "it never came to that");
            thread::sleep(TICK);
        }
    }

    #[test]
    fn the_clock_stands_still_without_calls_and_goes_on_with_the_next() {
        let engine = Engine::default();
        let ticker = Ticker::start(&engine).unwrap();
        let is_asleep = || ticker.shared.is_asleep.load(Ordering::SeqCst);
        for _ in 0..3 {
            within_a_while(is_asleep);
            let ticking = ticker.begin();
            within_a_while(|| !is_asleep());
            drop(ticking);
        }
    }

    #[test]
    fn the_thread_ends_with_the_clock_whether_it_sleeps_or_not() {
        let engine = Engine::default();
        for sleeps_first in [true, false] {
            let ticker = Ticker::start(&engine).unwrap();
            let shared = Arc::clone(&ticker.shared);
            if sleeps_first {
                within_a_while(|| shared.is_asleep.load(Ordering::SeqCst));
            }
            drop(ticker);
            // The thread's own is the other one.
            within_a_while(|| Arc::strong_count(&shared) == 1);
        }
    }
}
