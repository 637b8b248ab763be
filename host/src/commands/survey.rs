//! What `host routes` and `host check` look at: a host that is put together as `serve` does it and serves nobody. No port
//! is bound, and no file is made or locked but those of the cache of compiled components.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::Failure;
use crate::begin::{self, Beginning};
use crate::cli::Place;
use crate::config::{Problem, Problems, Settings};
use crate::observe::metrics::Metrics;
use crate::reload::{Loaded, Reloader};

/// Why there is nothing to look at.
pub(super) enum NotSeen {
    /// The host would not start: everything that is wrong.
    Wrong(Problems),
    /// This process could not do its work.
    Failed(Failure),
}

/// Loads every function of the host at a place.
pub(super) fn survey(place: &Place) -> Result<(Loaded, Settings), NotSeen> {
    let Beginning { source, settings, secrets, .. } = begin::read(place, place.overrides()).map_err(NotSeen::Wrong)?;
    let metrics = Arc::new(Metrics::new());
    let engine = begin::engine(&settings, &metrics);
    let engine = engine.map_err(|error| NotSeen::Failed(Failure::other(format!("{error:#}"))))?;
    let loaded = Reloader::survey(source, settings.clone(), secrets, engine, metrics).map_err(|error| {
        let fix = "let the host's user read it, or name another folder";
        NotSeen::Wrong(Problem::of_file(&settings.functions, format!("{error:#}"), fix).into())
    })?;
    Ok((loaded, settings))
}

/// Writes a value as JSON on standard output, and ends with a status.
pub(super) fn write_json(value: &impl Serialize, status: ExitCode) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => write(&format!("{text}\n"), status),
        Err(error) => Failure::other(error).exit(),
    }
}

/// Writes text on standard output, and ends with a status.
pub(super) fn write(text: &str, status: ExitCode) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => status,
        // Whoever closed standard output does not want to know, and asks for the status all the same.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status,
        Err(error) => Failure::other(error).exit(),
    }
}
