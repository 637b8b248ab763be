//! What a reload changed, in the log: one line for each route, in the words of the start-up table. It decides nothing.

use std::path::PathBuf;
use std::time::Instant;

use crate::config::Access;
use crate::function::{Entry, Function};
use crate::report;
use crate::route::{Ignored, Orphan};

/// Whether another component is served now.
pub(super) fn is_of_component(before: Option<&Entry>, after: Option<&Entry>) -> bool {
    match (before, after) {
        (Some(Entry::Ready(old)), Some(Entry::Ready(new))) => old.code.version() != new.code.version(),
        (_, Some(Entry::Ready(_))) => true,
        _ => false,
    }
}

/// Says what became of a route. `since` is when it was known that its component would change, if this process knew.
pub(super) fn log(before: Option<&Entry>, after: Option<&Entry>, since: Option<Instant>) {
    let took = since.map(|since| format!(", {} ms", since.elapsed().as_millis())).unwrap_or_default();
    match (before, after) {
        (None, None) => {}
        (None | Some(Entry::NotLoaded { .. }), Some(Entry::Ready(new))) => {
            let what = if before.is_none() { "added" } else { "served again" };
            let reach = report::reach(new).map(|reach| format!(", grants {reach}")).unwrap_or_default();
            let (version, protection) = (report::short_version(new), report::protection(new));
            said(new, &format!("{}: {what}, {version}, {protection}{reach}{took}", new.name));
        }
        (Some(Entry::Ready(old)), Some(Entry::Ready(new))) => {
            let changes = differences(old, new);
            if !changes.is_empty() {
                said(new, &format!("{}: {}{took}", new.name, changes.join(", ")));
            }
        }
        (Some(old), None) => tracing::info!(route = old.route(), "{}: removed", old.name()),
        (Some(Entry::NotLoaded(old)), Some(Entry::NotLoaded(new))) if old.reason == new.reason => {}
        (_, Some(Entry::NotLoaded(new))) => {
            tracing::error!(route = &*new.route, "{}: not served (503): {}", new.name, new.reason);
        }
    }
}

/// Says what the folder holds besides functions.
pub(super) fn log_rest(orphans: &[Orphan], unnamed: &[PathBuf], ignored: &[Ignored]) {
    for orphan in orphans {
        tracing::warn!("policy without a component: {orphan}");
    }
    for verifier in unnamed {
        tracing::warn!("verifier without a policy: {}", report::unnamed(verifier));
    }
    for ignored in ignored {
        tracing::info!("ignored: {ignored}");
    }
}

fn said(function: &Function, text: &str) {
    // Who reads the log should not have to know that OPEN is worth a second look.
    if function.policy.access == Access::Undeclared {
        tracing::warn!(route = &*function.route, version = function.code.version(), "{text}");
    } else {
        tracing::info!(route = &*function.route, version = function.code.version(), "{text}");
    }
}

fn said_or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn differences(old: &Function, new: &Function) -> Vec<String> {
    let arrow = |what: &str, old: &str, new: &str| (old != new).then(|| format!("{what}{old} -> {new}"));
    let cors = |function: &Function| report::cors(function).unwrap_or_else(|| "no cors".into());
    let reach = |function: &Function| report::reach(function).unwrap_or_else(|| "none".into());
    let mut changes: Vec<String> = [
        arrow("", &report::short_version(old), &report::short_version(new)),
        arrow("", &report::protection(old), &report::protection(new)),
        arrow("methods ", &report::methods(&old.policy.methods), &report::methods(&new.policy.methods)),
        arrow("limits ", &report::limits(&old.policy.limits), &report::limits(&new.policy.limits)),
        arrow("quota ", said_or_none(&report::quota(old)), said_or_none(&report::quota(new))),
        arrow("", &cors(old), &cors(new)),
        arrow("grants ", &reach(old), &reach(new)),
        arrow("file ", &old.file.display().to_string(), &new.file.display().to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if changes.is_empty() && old.policy != new.policy {
        changes.push("policy changed".into());
    }
    changes
}
