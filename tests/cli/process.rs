//! Processes of a test: started in an environment that depends on nobody's, read as they write, waited for. Knows nothing of
//! hosts that serve.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::PATIENCE;

/// What is left of a process that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary with `arguments` to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
    clean(&mut command).args(arguments);
    ended(command)
}

/// Runs a command to its end.
pub(crate) fn ended(mut command: Command) -> Ended {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = Output::of(child.stdout.take().unwrap());
    let log = Output::of(child.stderr.take().unwrap());
    let status = wait(&mut child, PATIENCE).unwrap_or_else(|| {
        let _ = child.kill();
        let _ = child.wait();
        panic!("it was expected to end; its log:\n{}", log.text());
    });
    Ended { code: status.code(), stdout: out.whole(), stderr: log.whole() }
}

/// An environment that depends on nobody's, with one cache for all tests: what one has compiled the others need not.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    command.env_clear().env("PATH", "/usr/bin:/bin").env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
}

pub(crate) fn wait(child: &mut Child, within: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > until {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// What a process writes, read as it comes so that the process never waits for its reader.
pub(crate) struct Output {
    written: Mutex<Written>,
    changed: Condvar,
}

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    ended: bool,
}

impl Output {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Arc<Self> {
        let output = Arc::new(Self { written: Mutex::default(), changed: Condvar::new() });
        let writer = Arc::clone(&output);
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                writer.written.lock().unwrap().lines.push(String::from_utf8_lossy(&line).into_owned());
                writer.changed.notify_all();
            }
            writer.written.lock().unwrap().ended = true;
            writer.changed.notify_all();
        });
        output
    }

    pub(crate) fn text(&self) -> String {
        self.written.lock().unwrap().lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// What `found` makes of the lines, as soon as it makes something of them; none if that is never.
    pub(crate) fn wait_for<T>(&self, found: impl Fn(&[String]) -> Option<T>) -> Option<T> {
        let until = Instant::now() + PATIENCE;
        let mut written = self.written.lock().unwrap();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let result = found(&written.lines);
            if result.is_some() || written.ended || left.is_zero() {
                return result;
            }
            written = self.changed.wait_timeout(written, left).unwrap().0;
        }
    }

    /// Everything, once the process has ended.
    pub(crate) fn whole(&self) -> String {
        let written = self.written.lock().unwrap();
        let (written, wait) = self.changed.wait_timeout_while(written, PATIENCE, |written| !written.ended).unwrap();
        drop(written);
        assert!(!wait.timed_out(), "somebody still holds it open");
        self.text()
    }
}
