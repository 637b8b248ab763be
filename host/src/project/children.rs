//! The programs that the commands run: cargo and the like. Their output is read line by line as it comes, and they end when
//! the host is told to, with what they have started. What they are and what they say is not its business.

use std::io::{self, BufRead, BufReader, IsTerminal as _, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// The longest line that is taken as one, in bytes. Cargo's have some kilobytes.
const LONGEST_LINE: u64 = 1 << 20;

/// Lines that wait to be looked at, at the most: a program that says more waits for that.
const WAITING_LINES: usize = 64;

/// How long a program that is asked to end has for it. A compiler needs none of it; a package manager tidies up.
const GRACE: Duration = Duration::from_millis(1500);

/// How long a program that has ended may be waited for to be heard to the end: what it has left running may hold its
/// output open for ever. And how many lines are still taken, should that talk on: more than the pipes hold.
const LAST_WORDS: Duration = Duration::from_millis(500);
const MOST_LAST_WORDS: usize = 1 << 18;

/// The programs that run.
#[derive(Clone, Default)]
pub(crate) struct Children(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when one has ended.
    fewer: Condvar,
}

#[derive(Default)]
struct State {
    is_over: bool,
    running: Vec<Running>,
}

/// One that runs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Running {
    pid: Pid,
    /// Whether it has a process group of its own, so that it can be ended with all that it has started.
    is_group: bool,
}

impl Running {
    fn signal(self, signal: Signal) {
        // It may have ended by itself.
        let _ = if self.is_group { kill_process_group(self.pid, signal) } else { kill_process(self.pid, signal) };
    }
}

/// What is heard of a program.
enum Heard {
    Out(String),
    Err(String),
    /// One of its outputs has come to its end.
    Closed,
    /// It has ended.
    Ended,
}

impl Children {
    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever holds it does one thing to it.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends those that run, and runs no more. What does not end within a moment when it is asked to is made to; so this
    /// may take that moment, 1.5 s.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        state.running.iter().for_each(|running| running.signal(Signal::TERM));
        let waited = self.0.fewer.wait_timeout_while(state, GRACE, |state| !state.running.is_empty());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.running.iter().for_each(|running| running.signal(Signal::KILL));
    }

    /// Whether no more are run.
    pub(crate) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Runs a program to its end. `out` gets the lines of its standard output, `err` those of its standard error, without
    /// their line breaks and as they come. What it leaves running is not waited for.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        mut out: impl FnMut(&str),
        mut err: impl FnMut(&str),
    ) -> io::Result<ExitStatus> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut child, own) = self.start(command.process_group(0), true)?;
        let heard = listen(&mut child, own.pid);
        match &heard {
            Ok(heard) => hear(heard, &mut out, &mut err),
            Err(_) => own.signal(Signal::KILL),
        }
        // Before it is waited for: from then on, its number may be another's.
        self.forget(own);
        let status = child.wait()?;
        heard.map(|_| status)
    }

    /// Runs a program to its end with the input and outputs of this process. One that can ask the person something stays
    /// in the terminal's foreground, where Ctrl-C reaches it as well.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub(crate) fn run_openly(&self, command: &mut Command) -> io::Result<ExitStatus> {
        let is_group = !io::stdin().is_terminal();
        if is_group {
            command.process_group(0);
        }
        let (mut child, own) = self.start(command, is_group)?;
        wait_for(own.pid);
        self.forget(own);
        child.wait()
    }

    fn start(&self, command: &mut Command, is_group: bool) -> io::Result<(Child, Running)> {
        let mut state = self.state();
        if state.is_over {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the host is stopping"));
        }
        let child = command.spawn()?;
        let own = Running { pid: Pid::from_child(&child), is_group };
        state.running.push(own);
        Ok((child, own))
    }

    /// One has ended and is still to be waited for, so that its number cannot be another's yet.
    fn forget(&self, own: Running) {
        let mut state = self.state();
        if state.is_over {
            // Who is asked to end leaves nothing behind.
            own.signal(Signal::KILL);
        }
        state.running.retain(|running| *running != own);
        drop(state);
        self.0.fewer.notify_all();
    }
}

/// Waits until a child of this process has ended, and leaves its status and its number to it.
fn wait_for(child: Pid) {
    let ended = || waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    while ended().is_err_and(|error| error == Errno::INTR) {}
}

/// Has threads listen to a child. One whose output is held open by others goes on until there is a line that nobody wants.
fn listen(child: &mut Child, own: Pid) -> io::Result<Receiver<Heard>> {
    let (tell, heard) = sync_channel(WAITING_LINES);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let thread = |work: Box<dyn FnOnce() + Send>| thread::Builder::new().name("program".into()).spawn(work).map(drop);
    let (to, ended) = (tell.clone(), tell.clone());
    thread(Box::new(move || lines(stdout, Heard::Out, &to)))?;
    thread(Box::new(move || lines(stderr, Heard::Err, &tell)))?;
    thread(Box::new(move || {
        wait_for(own);
        drop(ended.send(Heard::Ended));
    }))?;
    Ok(heard)
}

/// Hands on what a program says, until it has ended and said all.
fn hear(heard: &Receiver<Heard>, out: &mut dyn FnMut(&str), err: &mut dyn FnMut(&str)) {
    let (mut open, mut has_ended) = (2, false);
    // Only the waiting counts: what is done with a line may take its time.
    let (mut patience, mut last_words) = (LAST_WORDS, 0);
    while !has_ended || open > 0 && last_words < MOST_LAST_WORDS {
        let began = Instant::now();
        let next = if has_ended {
            heard.recv_timeout(patience)
        } else {
            heard.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        if has_ended {
            patience = patience.saturating_sub(began.elapsed());
            last_words += 1;
        }
        match next {
            Ok(Heard::Out(line)) => out(&line),
            Ok(Heard::Err(line)) => err(&line),
            Ok(Heard::Closed) => open -= 1,
            Ok(Heard::Ended) => has_ended = true,
            Err(_) => return,
        }
    }
}

/// Tells the lines of what is read. What is not UTF-8 is shown as such.
fn lines(from: Option<impl Read>, said: impl Fn(String) -> Heard, to: &SyncSender<Heard>) {
    if let Some(from) = from {
        let (mut from, mut line) = (BufReader::new(from), Vec::new());
        // What breaks off has ended; its status says why.
        while let Ok(read) = from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)
            && read > 0
        {
            let text = String::from_utf8_lossy(&line);
            if to.send(said(text.trim_end_matches(['\n', '\r']).to_owned())).is_err() {
                return;
            }
            line.clear();
        }
    }
    drop(to.send(Heard::Closed));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn all_that_a_program_says_is_heard_and_what_it_leaves_running_is_not_waited_for() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        // What is left has both outputs open. It ends by itself when the test has long ended.
        let left = "sleep 600 & echo $! ; seq 1000; echo wrong >&2; exit 3";
        let ended = Children::default().run(
            &mut shell(left),
            |line| out.push(line.to_owned()),
            |line| err.push(line.to_owned()),
        );
        assert_eq!(ended.unwrap().code(), Some(3));
        let left = Pid::from_raw(out.remove(0).parse().unwrap()).unwrap();
        rustix::process::kill_process(left, Signal::KILL).expect("it still runs");
        assert_eq!((out.len(), out.last().map(String::as_str)), (1000, Some("1000")));
        assert_eq!(err, ["wrong"]);
    }

    #[test]
    fn what_does_not_want_to_end_is_made_to_with_all_that_it_has_started() {
        let children = Children::default();
        let deaf = "trap '' TERM; sh -c \"trap '' TERM; echo \\$\\$; while :; do sleep 600; done\" & wait; sleep 600";
        let mut inner = None;
        let ended = children.run(
            &mut shell(deaf),
            |line| {
                inner = Pid::from_raw(line.parse().unwrap());
                let children = children.clone();
                thread::spawn(move || children.end());
            },
            |_| {},
        );
        assert!(!ended.unwrap().success());
        let inner = inner.expect("it has said its number");
        // It is gone, or nobody has waited for it yet; it takes the kernel a moment.
        let is_running = || {
            let status = std::fs::read_to_string(format!("/proc/{}/stat", inner.as_raw_nonzero())).unwrap_or_default();
            !status.rsplit(") ").next().is_some_and(|rest| rest.is_empty() || rest.starts_with(['Z', 'X']))
        };
        let until = Instant::now() + Duration::from_secs(60);
        while is_running() {
            assert!(Instant::now() < until, "{inner:?} still runs");
            thread::yield_now();
        }
        assert!(children.run(&mut shell("exit 0"), |_| {}, |_| {}).is_err(), "no more are run");
    }
}
