//! How a thread that looks at files is woken: by a change, a signal, a job that has ended. Any number of calls before it
//! looks are one.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::whole::Whole;

/// Wakes the thread.
#[derive(Clone)]
pub struct Wake {
    sender: SyncSender<()>,
    flags: Arc<Flags>,
    whole: Arc<Whole>,
}

#[derive(Default)]
struct Flags {
    asked: AtomicBool,
    end: AtomicBool,
}

/// The sleeping side.
pub(crate) struct Sleep {
    receiver: Receiver<()>,
    flags: Arc<Flags>,
}

/// Makes both sides.
pub(crate) fn pair() -> (Wake, Sleep) {
    let (sender, receiver) = sync_channel(1);
    let flags = Arc::new(Flags::default());
    (Wake { sender, flags: Arc::clone(&flags), whole: Arc::default() }, Sleep { receiver, flags })
}

impl Wake {
    /// Has the thread look whether something has changed.
    pub fn wake(&self) {
        // Full: it will look anyhow.
        let _ = self.sender.try_send(());
    }

    /// Has the thread read everything anew and say what came of it, as SIGHUP asks for.
    pub fn reload(&self) {
        self.flags.asked.store(true, Ordering::Release);
        self.wake();
    }

    /// Has the thread take the component `file` of the functions folder at once, in the state in which `opened` is: it was
    /// put there in one step. `since` is when it was known that it would change. Whatever else changed has to be still
    /// first, policies above all.
    pub(crate) fn placed(&self, file: &Path, opened: &File, since: Instant) {
        self.whole.note(file, opened, since);
        self.wake();
    }

    /// Has the thread take it at once that the component `file` of the functions folder is gone, when it sees that.
    pub(crate) fn removing(&self, file: &Path) {
        self.whole.note_gone(file);
    }

    /// What was put into the functions folder in one step.
    pub(super) fn whole(&self) -> &Whole {
        &self.whole
    }

    /// Ends the thread.
    pub(crate) fn end(&self) {
        self.flags.end.store(true, Ordering::Release);
        self.wake();
    }
}

impl Sleep {
    /// Sleeps until it is woken, or `until`; then until nobody has woken it for `quiet`, but no longer than `most`. Returns
    /// false when the thread is to end.
    pub(crate) fn until(&self, until: Instant, quiet: Duration, most: Duration) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let woken = self.receiver.recv_timeout(left);
        if woken.is_ok() {
            let latest = Instant::now() + most;
            while !self.ends() && Instant::now() < latest && self.receiver.recv_timeout(quiet).is_ok() {}
        }
        !self.ends() && woken != Err(RecvTimeoutError::Disconnected)
    }

    /// Whether somebody asked for a reload since the last time.
    pub(super) fn was_asked(&self) -> bool {
        self.flags.asked.swap(false, Ordering::AcqRel)
    }

    fn ends(&self) -> bool {
        self.flags.end.load(Ordering::Acquire)
    }
}
