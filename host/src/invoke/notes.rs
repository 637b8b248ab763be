//! What the log says during a call, kept instead of written: the function's own lines, and the line with which the host
//! closes the request, which has what the client is never told. It is the log of this one process, which calls one function.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

use crate::config::LogSettings;
use crate::observe::access;
use crate::observe::logging;

/// The field with the text.
const MESSAGE: &str = "message";

/// Lines that are kept: what one request may write is less.
const MOST: usize = 2000;

/// What was said.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    lines: Vec<Line>,
    /// How many more there were.
    left_out: usize,
    /// The fields of the request's own line.
    closing: Map<String, Value>,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// How much it matters: `info`, `warn`, …
    pub(crate) level: String,
    /// Where it came from: `stdout`, `stderr`, `log` or `host`.
    pub(crate) source: String,
    /// What part of the function it is about, where a line of the contract's log says that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
    /// What it says.
    pub(crate) message: String,
}

impl Notes {
    /// The lines until now, and the fields of the line that closes the request; none while it goes on.
    pub(crate) fn take(&self) -> (Vec<Line>, Map<String, Value>) {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Taken { mut lines, left_out, closing } = std::mem::take(&mut *taken);
        if left_out > 0 {
            lines.push(Line {
                level: level(Level::WARN).to_owned(),
                source: "host".to_owned(),
                context: None,
                message: format!("{left_out} more lines are left out here"),
            });
        }
        (lines, closing)
    }
}

/// Begins to keep what this process logs, at the levels that it would be written at.
///
/// # Errors
///
/// If the process has a log already.
pub(crate) fn start_notes(settings: &LogSettings) -> Result<Notes, tracing_subscriber::util::TryInitError> {
    let notes = Notes::default();
    // Whatever level is asked for: it is not shown as a line.
    let is_closing = filter_fn(|metadata| metadata.target() == access::TARGET);
    let layer = notes.clone().with_filter(logging::filter(settings).or(is_closing));
    tracing_subscriber::registry().with(layer).try_init()?;
    Ok(notes)
}

impl<S: Subscriber> Layer<S> for Notes {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields(mut fields) = fields;
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = event.metadata();
        if metadata.target() == access::TARGET {
            taken.closing = fields;
            return;
        }
        if taken.lines.len() >= MOST {
            taken.left_out += 1;
            return;
        }
        let mut text = |name: &str| fields.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        let (source, context, mut message) = (text("source"), text("context"), text(MESSAGE).unwrap_or_default());
        let source = source.unwrap_or_else(|| {
            // Of the host's own lines, what they are about stands in their fields.
            let about = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "function" | "request_id"));
            message.extend(about.map(|(name, value)| format!(" {name}={value}")));
            "host".to_owned()
        });
        taken.lines.push(Line { level: level(*metadata.level()).to_owned(), source, context, message });
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The fields of one event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_lines_and_the_closing_line_are_told_apart() {
        let notes = Notes::default();
        let subscriber = tracing_subscriber::registry().with(notes.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: "vestibule::guest", function = "f", source = "stdout", "a line");
            tracing::warn!(target: "vestibule::guest", function = "f", source = "log", context = "app", "odd");
            tracing::warn!(provider = "p", "cannot");
            tracing::info!(target: "vestibule::access", status = 200_u16, outcome = "ok", instance_ms = 1.5, "answered");
        });
        let (lines, closing) = notes.take();
        let line = |level: &str, source: &str, message: &str| Line {
            level: level.into(),
            source: source.into(),
            context: None,
            message: message.into(),
        };
        let expected = [
            line("info", "stdout", "a line"),
            Line { context: Some("app".into()), ..line("warn", "log", "odd") },
            line("warn", "host", "cannot provider=\"p\""),
        ];
        assert_eq!(lines, expected);
        assert_eq!((&closing["outcome"], &closing["instance_ms"]), (&"ok".into(), &1.5.into()));
        assert_eq!(notes.take(), (Vec::new(), Map::new()));

        let subscriber = tracing_subscriber::registry().with(notes.clone());
        tracing::subscriber::with_default(subscriber, || {
            (0..MOST + 3).for_each(|_| tracing::info!(source = "stdout", "again"));
        });
        let (lines, _) = notes.take();
        assert_eq!(lines.len(), MOST + 1);
        assert_eq!(lines[MOST], line("warn", "host", "3 more lines are left out here"));
    }
}
