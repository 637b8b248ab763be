//! Signals that end a command which runs programs: these are ended first, and what was made for them is cleared away, as
//! the command then comes to its end by itself. It does not know what the programs are for.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use rustix::process::{Signal as Ending, getpid, kill_process};
use tokio::runtime::Builder;
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::project::Children;

/// What shells add to the number of a signal that has ended a program.
const BY_SIGNAL: u8 = 128;

/// Waits for SIGINT, SIGTERM and SIGHUP.
pub(super) struct Stop(Arc<AtomicU8>);

impl Stop {
    /// From now on, one of them ends the `children`, and a second one this process.
    ///
    /// # Errors
    ///
    /// If signals cannot be waited for.
    pub(super) fn ends(children: &Children) -> Result<Self> {
        let (stop, children) = (Arc::new(AtomicU8::new(0)), children.clone());
        let runtime = Builder::new_current_thread().enable_io().build().context("cannot wait for signals")?;
        let entered = runtime.enter();
        let listen = |kind| signal(kind).context("cannot wait for signals");
        let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        // Who started it so that it outlives its terminal, as nohup does, is not to be disappointed.
        let mut hangup = (!ignores_hangup()).then(|| listen(SignalKind::hangup())).transpose()?;
        drop(entered);
        let caught = Arc::clone(&stop);
        let wait = move || {
            let mut next = || runtime.block_on(next(&mut interrupt, &mut terminate, &mut hangup));
            caught.store(next(), Ordering::SeqCst);
            children.end();
            // Whoever asks again does not want to wait for what this process still does.
            next();
            let _ = kill_process(getpid(), Ending::KILL);
        };
        // It waits for as long as the process lives.
        thread::Builder::new().name("signals".into()).spawn(wait).context("cannot wait for signals")?;
        Ok(Self(stop))
    }

    /// The exit status of a command that was ended by a signal; none if it was not.
    pub(super) fn status(&self) -> Option<u8> {
        Some(self.0.load(Ordering::SeqCst)).filter(|code| *code > 0)
    }
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal, hangup: &mut Option<Signal>) -> u8 {
    let hangup = async {
        match hangup {
            Some(hangup) => hangup.recv().await,
            None => std::future::pending().await,
        }
    };
    // Their numbers are the same on all systems.
    BY_SIGNAL
        + select! {
            _ = interrupt.recv() => 2,
            _ = terminate.recv() => 15,
            _ = hangup => 1,
        }
}

/// Whether this process was started with SIGHUP ignored. Where that cannot be seen, it was not.
pub(super) fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // A bit for each signal, and SIGHUP is the first.
    ignored.and_then(|ignored| u64::from_str_radix(ignored.trim(), 16).ok()).is_some_and(|ignored| ignored & 1 == 1)
}
