//! The thread that looks again and again: when it is woken, when something has been still for long enough, and now and
//! then without a cause. What a look does is not its business.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Reloader;
use super::wake::Wake;
use super::watch::Watch;

/// How often everything is looked at although nothing was heard of a change, and how often if nothing can be heard.
const ROUND: Duration = Duration::from_secs(2);
const BLIND_ROUND: Duration = Duration::from_secs(1);

/// How many times longer than its look a round is at least, so that a folder of thousands of files costs no more than a
/// small one: 2 % of one processor.
const REST: u32 = 50;

/// After a change, the look waits until there is none for this long, and never longer than that: what editors do in a few
/// steps is seen as one.
const QUIET: Duration = Duration::from_millis(10);
const LONGEST_QUIET: Duration = Duration::from_millis(50);

/// A reloader that follows the files until this is dropped.
pub struct Following {
    wake: Wake,
    thread: Option<JoinHandle<()>>,
}

impl Following {
    /// What wakes it.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.wake.end();
        if let Some(thread) = self.thread.take() {
            // Were it to panic, that has been said; there is nothing left to do about it.
            let _ = thread.join();
        }
    }
}

impl Reloader {
    /// Follows the files from now on.
    ///
    /// # Errors
    ///
    /// If there is no thread to be had.
    pub fn follow(self) -> io::Result<Following> {
        let wake = self.wake.clone();
        let thread = thread::Builder::new().name("reload".into()).spawn(move || self.run())?;
        Ok(Following { wake, thread: Some(thread) })
    }

    fn run(mut self) {
        let _said = SayIfItEnds;
        let mut watch = Watch::new(self.wake.clone());
        self.around.providers.start();
        loop {
            let began = Instant::now();
            let asked = self.sleep.was_asked();
            if asked {
                self.texts.clear();
            }
            let mut due = self.look(began);
            if asked {
                tracing::info!("looked at everything again, as asked for by SIGHUP");
            }
            if watch.set(self.wanted()) {
                // What changed before a folder was watched was not heard.
                due = Some(Instant::now());
            }
            let round = if watch.is_blind() { BLIND_ROUND } else { ROUND };
            let round = Instant::now() + round.max(began.elapsed() * REST);
            let until = due.map_or(round, |due| due.min(round));
            if !self.sleep.until(until, QUIET, LONGEST_QUIET) {
                return;
            }
        }
    }
}

/// Were the thread to panic, requests would go on being served; that changes no longer count must not go unnoticed.
struct SayIfItEnds;

impl Drop for SayIfItEnds {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("changes are no longer followed, by a fault of the host: start it anew");
        }
    }
}
