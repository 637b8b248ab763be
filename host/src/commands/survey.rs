//! What `host routes` and `host check` look at: a host that is put together as `serve` does it and serves nobody. No port
//! is bound, and no file is made or locked but those of the cache of compiled components.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::Failure;
use crate::begin::{self, Beginning, OfComponent};
use crate::cli::Place;
use crate::config::{Problem, Problems, Settings};
use crate::load;
use crate::observe::metrics::Metrics;
use crate::reload::{Loaded, Reloader};
use crate::route::{Ignored, VERIFIER};

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

/// Whether a place is one component and no functions folder.
pub(super) fn is_component(place: &Path) -> bool {
    place.is_file() || place.extension().is_some_and(|extension| extension == "wasm") && !place.is_dir()
}

/// Loads the function of one component, with the policy beside it, as if nothing else were in its functions folder.
pub(super) fn survey_one(place: &Place, component: &Path) -> Result<(Loaded, Settings), NotSeen> {
    let wrong = |message: String, fix: &str| NotSeen::Wrong(Problem::of_file(component, message, fix).into());
    let is_there = component.metadata();
    is_there.map_err(|error| wrong(error.to_string(), "build it, or name the functions folder: host check FOLDER"))?;
    let OfComponent { beginning, file, .. } = begin::read_of_component(place, component).map_err(NotSeen::Wrong)?;
    let Beginning { source, settings, secrets, .. } = beginning;
    let metrics = Arc::new(Metrics::new());
    let engine = begin::engine(&settings, &metrics);
    let engine = engine.map_err(|error| NotSeen::Failed(Failure::other(format!("{error:#}"))))?;
    let root = settings.functions.clone();
    let loaded = Reloader::survey_one(source, settings.clone(), secrets, Arc::clone(&engine), metrics, &file);
    let mut loaded = loaded.map_err(|error| wrong(format!("{error:#}"), "name another component"))?;
    // Which other folders there are was not looked at.
    loaded.warnings.retain(|warning| !warning.key.as_deref().is_some_and(|key| key.starts_with("ceilings.")));
    // What no route leads to is looked at all the same: it was named.
    for Ignored { reason, .. } in std::mem::take(&mut loaded.scan.ignored) {
        loaded.problems.push(match load::component(&root, &file, &engine, None) {
            Err(problem) => problem,
            Ok(_) => Problem::of_file(&root.join(&file), reason, "call it NAME.wasm, as the route that it is to have"),
        });
    }
    if file.to_string_lossy().ends_with(VERIFIER) {
        loaded.unnamed.clear();
        if let Err(problem) = load::verifier(&root, &file, &engine, None) {
            loaded.problems.push(problem);
        }
    }
    Ok((loaded, settings))
}

/// Writes a value as JSON on standard output, and ends with a status.
pub(super) fn write_json(value: &impl Serialize, status: ExitCode) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => write(format!("{text}\n"), status),
        Err(error) => Failure::other(error).exit(),
    }
}

/// Writes text or bytes on standard output, and ends with a status.
pub(super) fn write(text: impl AsRef<[u8]>, status: ExitCode) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        Ok(()) => status,
        // Whoever closed standard output does not want to know, and asks for the status all the same.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status,
        Err(error) => Failure::other(error).exit(),
    }
}
