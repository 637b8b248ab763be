//! A `host serve` as a process: started, listened to, ended. Owns what it writes, read as it comes so that the process never
//! waits for its reader, and the waits for it, each of them bounded. Knows nothing of requests but their ids.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use vestibule::testing::Level;

use crate::Error;
use crate::answer::{ACCESS, Record};

/// How long a host may take until it listens: it compiles its functions first, where the cache does not have them.
const START: Duration = Duration::from_secs(120);

/// How long the log's lines about a request may take after its answer.
const LOG: Duration = Duration::from_secs(10);

/// How long a host that is told to end may take; then it is ended.
const END: Duration = Duration::from_secs(10);

/// Bytes of the log that an error shows.
const SHOWN: usize = 8 << 10;

/// A host that serves. It ends when this is dropped, and when the test's process ends without a word: it sees the end of its
/// standard input.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    address: String,
    admin: String,
    log: Arc<Log>,
}

impl Process {
    /// Starts it and waits until it listens.
    pub(crate) fn start(mut command: Command) -> Result<Self, Error> {
        let program = command.get_program().to_owned();
        let program = std::path::Path::new(&program).display();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::of(&program))?;
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let log = Arc::new(Log::default());
        let mut process = Self { child, stdin, address: String::new(), admin: String::new(), log };
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(Error::new(format!("{program} cannot be listened to")));
        };
        process.log.read(stdout, |written, line| written.said.push(line))?;
        process.log.read(stderr, Written::take)?;
        let listens = |written: &Written, start: &str| {
            written.said.iter().find_map(|line| line.strip_prefix(start)).map(str::to_owned)
        };
        let both = process.log.wait(START, |written| {
            Some((listens(written, "listening on http://")?, listens(written, "admin on http://")?))
        });
        match both {
            Some((address, admin)) => {
                (process.address, process.admin) = (address, admin);
                Ok(process)
            }
            None => {
                let ended = process.child.try_wait().ok().flatten();
                let what = match ended {
                    Some(status) => format!("{program} serve ended ({status}) before it listened"),
                    None => format!("{program} serve did not listen within {START:?}"),
                };
                Err(process.log.explain(Error::new(what)))
            }
        }
    }

    /// Where it takes requests: address and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Where the operator asks.
    pub(crate) fn admin(&self) -> &str {
        &self.admin
    }

    /// What it writes.
    pub(crate) fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// Has it end as at a signal, and waits for that.
    pub(crate) fn stop(mut self) -> Result<ExitStatus, Error> {
        // Its standard input ends with this.
        drop(self.stdin.take());
        self.log.wait_for_end(END);
        // Whoever does not end when told is ended; waiting for it does not take long then.
        let _ = self.child.kill();
        self.child.wait().map_err(Error::of("waiting for the host's end"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has written so far.
#[derive(Default)]
pub(crate) struct Log {
    written: Mutex<Written>,
    changed: Condvar,
}

#[derive(Default)]
struct Written {
    /// Lines on standard output.
    said: Vec<String>,
    /// Lines of the log that are about one request, by its id.
    requests: BTreeMap<String, Vec<Record>>,
    /// What keeps functions from being served.
    problems: Vec<String>,
    /// Lines on standard error that are no lines of the log: what is said of settings that are wrong, a panic.
    other: String,
    /// How many of the two streams have ended.
    ended: usize,
}

impl Written {
    fn take(&mut self, line: String) {
        let Some(record) = record(&line) else {
            if self.other.len() < SHOWN {
                self.other.push_str(&line);
                self.other.push('\n');
            }
            return;
        };
        match record.field("request_id") {
            Some(id) => self.requests.entry(id.to_owned()).or_default().push(record),
            // What is wrong with a function names its file; that it is not served, its route.
            None if record.level == Level::Error => self.problems.push(problem(&record)),
            None => {}
        }
    }
}

/// A line of the log, as the host writes it for programs.
fn record(line: &str) -> Option<Record> {
    let Value::Object(fields) = serde_json::from_str(line).ok()? else { return None };
    let text = |value: Value| match value {
        Value::String(text) => text,
        value => value.to_string(),
    };
    let mut fields: BTreeMap<String, String> =
        fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, text(value))).collect();
    let level = level(fields.get("level")?)?;
    let target = fields.remove("target")?;
    Some(Record { level, target, fields })
}

/// A level by its name in the log.
pub(crate) fn level(name: &str) -> Option<Level> {
    Some(match name {
        "TRACE" => Level::Trace,
        "DEBUG" => Level::Debug,
        "INFO" => Level::Info,
        "WARN" => Level::Warn,
        "ERROR" => Level::Error,
        _ => return None,
    })
}

/// What is wrong, in one line: where, what, and what to write instead.
fn problem(record: &Record) -> String {
    let mut parts = Vec::new();
    for name in ["route", "file", "line", "key", "message", "reason", "fix"] {
        if let Some(value) = record.field(name) {
            parts.push(if name == "fix" { format!("({value})") } else { value.to_owned() });
        }
    }
    parts.join(" ")
}

impl Log {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a stream to its end, on a thread of its own.
    fn read(
        self: &Arc<Self>,
        stream: impl Read + Send + 'static,
        take: impl Fn(&mut Written, String) + Send + 'static,
    ) -> Result<(), Error> {
        let log = Arc::clone(self);
        let reader = move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                take(&mut log.written(), String::from_utf8_lossy(&line).into_owned());
                log.changed.notify_all();
            }
            log.written().ended += 1;
            log.changed.notify_all();
        };
        thread::Builder::new().name("host's output".into()).spawn(reader).map_err(Error::of("no thread"))?;
        Ok(())
    }

    /// What `found` makes of what was written, as soon as it makes something of it; none if that is not within the time, or
    /// there is nothing more to come.
    fn wait<T>(&self, within: Duration, found: impl Fn(&mut Written) -> Option<T>) -> Option<T> {
        let until = Instant::now() + within;
        let mut written = self.written();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let result = found(&mut written);
            if result.is_some() || written.ended == 2 || left.is_zero() {
                return result;
            }
            written = self.changed.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wait_for_end(&self, within: Duration) {
        self.wait(within, |written| (written.ended == 2).then_some(()));
    }

    /// All that the log says of a request, once it has said how that ended.
    pub(crate) fn of_request(&self, id: &str) -> Result<Vec<Record>, Error> {
        let records = self.wait(LOG, |written| {
            let records = written.requests.get_mut(id)?;
            let last = records.iter().position(|record| record.target == ACCESS)?;
            // Given once: another request may have the same id, which a test may choose.
            Some(records.drain(..=last).collect::<Vec<_>>())
        });
        records.ok_or_else(|| self.explain(Error::new(format!("the host's log says nothing of the request {id}"))))
    }

    /// What keeps functions from being served.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.written().problems.clone()
    }

    /// The error, with what the process has said besides.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let written = self.written();
        let mut text = error.to_string();
        for problem in &written.problems {
            text.push('\n');
            text.push_str(problem);
        }
        if !written.other.is_empty() {
            text.push('\n');
            text.push_str(written.other.trim_end());
        }
        Error::new(text)
    }
}
