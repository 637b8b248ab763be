//! The programs that the commands run: cargo and the like. Their output is read line by line as it comes, and they end when
//! the host is told to. What they are and what they say is not its business.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};

/// The longest line that is taken as one, in bytes. Cargo's have some kilobytes.
const LONGEST_LINE: u64 = 1 << 20;

/// The programs that run.
#[derive(Clone, Default)]
pub(crate) struct Children(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Each has a process group of its own, so that it can be ended with all that it has started.
    is_apart: bool,
    is_over: bool,
    running: Vec<Pid>,
}

impl Children {
    /// Programs that the terminal's Ctrl-C does not reach: whoever has them ends them with [`end`](Self::end).
    pub(crate) fn apart() -> Self {
        Self(Arc::new(Mutex::new(State { is_apart: true, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever holds it does one thing to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends those that run, and runs no more.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        for group in state.running.drain(..) {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }

    /// Whether no more are run.
    pub(crate) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Runs a program to its end. `out` gets the lines of its standard output, `err` those of its standard error, without
    /// their line breaks and as they come.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        mut out: impl FnMut(&str),
        err: impl FnMut(&str) + Send,
    ) -> io::Result<ExitStatus> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start(command)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            scope.spawn(move || lines(stderr, err));
            lines(stdout, &mut out);
        });
        // Before it is waited for: from then on, its number may be another's.
        let own = Pid::from_child(&child);
        self.state().running.retain(|pid| *pid != own);
        child.wait()
    }

    fn start(&self, command: &mut Command) -> io::Result<Child> {
        let mut state = self.state();
        if state.is_over {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the host is stopping"));
        }
        if state.is_apart {
            command.process_group(0);
        }
        let child = command.spawn()?;
        if state.is_apart {
            state.running.push(Pid::from_child(&child));
        }
        Ok(child)
    }
}

/// Gives the lines of what is read to `each`. What is not UTF-8 is shown as such.
fn lines(from: Option<impl Read>, mut each: impl FnMut(&str)) {
    let Some(from) = from else { return };
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    // What breaks off has ended; its status says why.
    while let Ok(read) = from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)
        && read > 0
    {
        let text = String::from_utf8_lossy(&line);
        each(text.trim_end_matches(['\n', '\r']));
        line.clear();
    }
}
