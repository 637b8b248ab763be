//! What a request came to: the answer as its client has it, and what the host's log says of it. Owns reading and asserting;
//! how the two were had is the backends' business.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::de::DeserializeOwned;
use serde_json::Value;
use vestibule::testing::wrong::{self, show};
use vestibule::testing::{Level, LogLine};

/// The target of the one line that every request has in the log.
pub(crate) const ACCESS: &str = "vestibule::access";

/// The target of the lines that functions write.
const GUEST: &str = "vestibule::guest";

/// A line of the host's log.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) fields: BTreeMap<String, String>,
}

impl Record {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn guest_line(&self) -> LogLine {
        let module = self.field("context").or_else(|| self.field("source")).unwrap_or("host");
        LogLine { level: self.level, module: module.into(), message: self.field("message").unwrap_or_default().into() }
    }
}

/// An answer, as it came over the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    /// The request's id.
    pub(crate) fn id(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == "x-request-id").map(|(_, id)| id.as_str())
    }
}

/// The answer to a request, and what the log says of it.
#[derive(Clone, Debug)]
pub struct Answer {
    raw: Raw,
    /// What the log says of the request.
    records: Vec<Record>,
    /// What the host said of functions that it does not serve.
    problems: Vec<String>,
}

impl Answer {
    pub(crate) fn new(raw: Raw, records: Vec<Record>, problems: Vec<String>) -> Self {
        Self { raw, records, problems }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.raw.status
    }

    /// The value of the first header of this name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.raw.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.raw.body
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.body())
            .unwrap_or_else(|error| self.fail(format_args!("the body is no text ({error})")))
    }

    /// The body read as JSON.
    ///
    /// # Panics
    /// If it is not JSON, or not of this shape.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(self.body())
            .unwrap_or_else(|error| self.fail(format_args!("the body is not that JSON ({error})")))
    }

    /// The request's id, by which the log knows it.
    pub fn request_id(&self) -> &str {
        self.raw.id().unwrap_or_default()
    }

    /// The lines that the function wrote, in order: with its log, on standard output, on standard error; and those in which
    /// the host says what it was denied. The module of a line on a stream is `stdout` or `stderr`, of one of the host's `host`.
    pub fn logs(&self) -> Vec<LogLine> {
        self.records.iter().filter(|record| record.target == GUEST).map(Record::guest_line).collect()
    }

    /// How many sandboxes of the function the request had: 1 if it was called, 0 if it was refused or answered by the host.
    pub fn instances(&self) -> u64 {
        u64::from(self.access("instance_ms").is_some())
    }

    /// What the call came to, as the access log has it: `ok`, `refused`, `replayed`, `trap`, `timeout`, …
    pub fn outcome(&self) -> &str {
        self.access("outcome").unwrap_or_default()
    }

    /// The gate that refused the request: `verify`, `auth`, `rate`, …; none where none did.
    pub fn stage(&self) -> Option<&str> {
        self.access("stage")
    }

    /// Why it was not a good answer, as the log has it; no client is told.
    pub fn reason(&self) -> Option<&str> {
        self.access("reason")
    }

    /// How long the sandbox was there, in milliseconds.
    pub fn instance_ms(&self) -> Option<f64> {
        self.access("instance_ms")?.parse().ok()
    }

    /// How long the host had the request, with every gate and the sandbox, in milliseconds.
    pub fn duration_ms(&self) -> Option<f64> {
        self.access("duration_ms")?.parse().ok()
    }

    /// The most memory that the sandbox had, in bytes.
    pub fn memory_bytes(&self) -> Option<u64> {
        self.access("memory_bytes")?.parse().ok()
    }

    fn access(&self, field: &str) -> Option<&str> {
        self.records.iter().find(|record| record.target == ACCESS)?.field(field)
    }
}

/// Assertions; each returns the answer, so that they can be chained.
///
/// # Panics
/// All of them, if it is not so; the message shows the whole answer, and what the log says of it.
impl Answer {
    /// The answer has this status.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        self.holds(wrong::status(self.status(), status))
    }

    /// A header has this value; where there are several of the name, one of them.
    #[track_caller]
    pub fn assert_header(&self, name: &str, value: &str) -> &Self {
        self.holds(wrong::header(self.headers(), name, value))
    }

    /// There is no such header.
    #[track_caller]
    pub fn assert_no_header(&self, name: &str) -> &Self {
        self.holds(wrong::no_header(self.headers(), name))
    }

    /// The body is exactly this.
    #[track_caller]
    pub fn assert_body(&self, body: impl AsRef<[u8]>) -> &Self {
        self.holds(wrong::body(self.body(), body.as_ref()))
    }

    /// The body, read as text, has this in it.
    #[track_caller]
    pub fn assert_body_contains(&self, part: &str) -> &Self {
        self.holds(wrong::body_contains(self.body(), part))
    }

    /// The body is this JSON, in whatever order its members stand.
    #[track_caller]
    pub fn assert_json(&self, expected: &Value) -> &Self {
        self.holds(wrong::json(self.body(), expected))
    }

    /// The body is JSON that has all members of this object with these values, and those of the objects in it; it may have
    /// more. A list is compared whole.
    #[track_caller]
    pub fn assert_json_includes(&self, part: &Value) -> &Self {
        self.holds(wrong::json_includes(self.body(), part))
    }

    /// The gate of this name refused the request ([`stage`](Self::stage)), and no sandbox was made for it.
    #[track_caller]
    pub fn assert_refused_by(&self, stage: &str) -> &Self {
        if self.stage() != Some(stage) {
            let by = self.stage().map_or("nobody".to_owned(), |stage| format!("{stage:?}"));
            self.fail(format_args!("the request was refused by {by}, expected {stage:?}"));
        }
        if self.instances() > 0 {
            self.fail(format_args!("a sandbox was made for a request that was refused"));
        }
        self
    }

    /// The function wrote a line of this level that has this text in it.
    #[track_caller]
    pub fn assert_logged(&self, level: Level, text: &str) -> &Self {
        if !self.logs().iter().any(|line| line.level == level && line.message.contains(text)) {
            self.fail(format_args!("no line of level {level} with {text:?} was logged"));
        }
        self
    }

    #[track_caller]
    fn holds(&self, wrong: Option<String>) -> &Self {
        if let Some(what) = wrong {
            self.fail(format_args!("{what}"));
        }
        self
    }

    #[track_caller]
    fn fail(&self, what: fmt::Arguments<'_>) -> ! {
        panic!("{what}, of the answer\n{self}");
    }
}

/// The whole answer, and what the log says of it.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show(self.status(), self.headers(), self.body()))?;
        let mut said = String::new();
        for name in ["outcome", "stage", "reason"] {
            if let Some(value) = self.access(name) {
                let _ = write!(said, "\n  {name}: {value}");
            }
        }
        if !said.is_empty() {
            write!(f, "\nthe host's log says{said}")?;
        }
        let logs = self.logs();
        if !logs.is_empty() {
            f.write_str("\nthe function's log")?;
            logs.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        }
        if self.status() == 503 && !self.problems.is_empty() {
            f.write_str("\nnot served")?;
            self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))?;
        }
        Ok(())
    }
}
