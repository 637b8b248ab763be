//! Sets up the log: lines for people, or JSON where a program reads them. Always on standard error; standard output
//! belongs to the two lines that say where the host listens.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, LogLevel, LogSettings};

/// Starts the log of this process. The variable `RUST_LOG` sets levels by target; without it, the settings' level holds.
pub fn start(settings: &LogSettings) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level(settings.level)));
    let lines = match settings.format {
        LogFormat::Json => layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
        LogFormat::Human => layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).boxed(),
    };
    // The first one holds: a program that has the host as a library may have set up a log of its own.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
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
