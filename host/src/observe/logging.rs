//! Sets up the log: lines for people, or JSON where a program reads them. Always on standard error; standard output
//! belongs to the two lines that say where the host listens. A thread of its own writes the lines, so that nobody waits
//! for whoever reads them: what finds the queue full is dropped and counted.

use std::io::{IsTerminal, Write as _};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, LogLevel, LogSettings};

/// Lines that wait to be written. A usual one has 300 bytes, the longest some 10 KiB, or twice that where JSON escapes every
/// byte of it: a few MiB, 80 at the very most.
const QUEUE: usize = 4096;

/// The log of this process. When it is dropped, what waits is written, for a second at the most.
pub struct Log {
    queue: Queue,
    _writer: WorkerGuard,
}

/// The way into the log for text that is no event. It stands among the events in the order in which it came.
#[derive(Clone)]
pub struct Queue(NonBlocking);

impl Queue {
    /// Has the text written as it is, and a line break after it.
    pub fn say(&self, text: &str) {
        // The queue takes everything, or counts what it did not take.
        let _ = self.0.clone().write_all(format!("{text}\n").as_bytes());
    }

    /// Counts the lines that found no place.
    pub fn dropped(&self) -> ErrorCounter {
        self.0.error_counter()
    }
}

impl Log {
    /// The way into it.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }
}

/// Starts the log of this process. The variable `RUST_LOG` sets levels by target; without it, the settings' level holds.
#[must_use = "what waits is written when this is dropped"]
pub fn start(settings: &LogSettings) -> Log {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(QUEUE).thread_name("log");
    let (queue, writer) = builder.finish(std::io::stderr());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level(settings.level)));
    let lines = match settings.format {
        LogFormat::Json => layer().json().flatten_event(true).with_writer(queue.clone()).boxed(),
        LogFormat::Human => layer().with_ansi(std::io::stderr().is_terminal()).with_writer(queue.clone()).boxed(),
    };
    // The first one holds: a program that has the host as a library may have set up a log of its own.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Log { queue: Queue(queue), _writer: writer }
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}
