//! Signals that end a command which runs programs: these are ended first, and what was made for them is cleared away, as
//! the command then comes to its end by itself. It does not know what the programs are for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use tokio::runtime::Builder;
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::project::Children;

/// What shells add to the number of a signal that has ended a program.
const BY_SIGNAL: u8 = 128;

/// Waits for SIGINT, SIGTERM and SIGHUP.
pub(super) struct Stop(Arc<AtomicU8>);

impl Stop {
    /// From now on, one of them ends the `children`.
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
        let mut hangup = listen(SignalKind::hangup())?;
        drop(entered);
        let caught = Arc::clone(&stop);
        let wait = move || {
            let code = runtime.block_on(first(&mut interrupt, &mut terminate, &mut hangup));
            caught.store(code, Ordering::SeqCst);
            children.end();
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

async fn first(interrupt: &mut Signal, terminate: &mut Signal, hangup: &mut Signal) -> u8 {
    // Their numbers are the same on all systems.
    BY_SIGNAL
        + select! {
            _ = interrupt.recv() => 2,
            _ = terminate.recv() => 15,
            _ = hangup.recv() => 1,
        }
}
