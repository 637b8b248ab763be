//! Sets up the log: lines for people, or JSON where a program reads them. Always on standard error; standard output
//! belongs to the two lines that say where the host listens.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;

use super::lines::Lines;
use super::queue::{Guard, Queue};
use crate::config::{LogFormat, LogLevel, LogSettings};

/// The log of this process. When it is dropped, what waits is written, for a second at the most.
pub struct Log {
    queue: Queue,
    _writer: Guard,
}

impl Log {
    /// The way into it.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }
}

/// Starts the log of this process. The variable `RUST_LOG` sets levels by target; without it, the settings' level holds.
///
/// # Errors
///
/// If there is no thread for it to be had.
#[must_use = "what waits is written when this is dropped"]
pub fn start(settings: &LogSettings) -> io::Result<Log> {
    let (queue, writer) = Queue::start(io::stderr())?;
    let filter = filter(settings);
    let lines = match settings.format {
        LogFormat::Json => layer().json().flatten_event(true).with_writer(queue.clone()).boxed(),
        LogFormat::Human => {
            let layer = layer().event_format(Lines::default()).with_ansi(io::stderr().is_terminal());
            layer.with_writer(queue.clone()).boxed()
        }
    };
    // The first one holds: a program that has the host as a library may have set up a log of its own.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(Log { queue, _writer: writer })
}

/// What of all that is said goes into the log.
pub(crate) fn filter(settings: &LogSettings) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level(settings.level)))
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
