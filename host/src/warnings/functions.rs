//! What a component and its policy say of each other: grants that nothing can use, destinations that nothing reaches, builds
//! that were not meant for use. None of it opens anything.

use std::path::Path;

use super::policy_file;
use crate::config::{GrantsPolicy, Kind, Problem, Problems, Settings};
use crate::function::Function;
use crate::outbound;

/// The grants, each with the interfaces through which a component comes by what it grants.
const THROUGH: [(&str, &[&str]); 5] = [
    ("http", &["wasi:http/outgoing-handler", "vestibule:function/http"]),
    ("kv", &["wasi:keyvalue/store", "wasi:keyvalue/atomics", "wasi:keyvalue/batch", "vestibule:function/keyvalue"]),
    ("env", &["wasi:cli/environment", "wasi:config/store", "vestibule:function/environment"]),
    ("secrets", &["vestibule:function/secrets"]),
    ("sign", &["vestibule:function/webhooks"]),
];

/// All that there is to say of one function.
pub(super) fn check(settings: &Settings, function: &Function, warnings: &mut Problems) {
    let (file, grants) = (policy_file(settings, function), &function.policy.grants);
    unused(&file, function, warnings);
    unreachable(&file, grants, warnings);
    debug_build(&settings.functions.join(&function.file), function, warnings);
}

fn warning(file: &Path, grants: &GrantsPolicy, key: &str, message: String, fix: &str, kind: Kind) -> Problem {
    let line = grants.lines.of(key);
    Problem { key: Some(format!("grants.{key}")), line, kind, ..Problem::of_file(file, message, fix) }
}

/// Grants of what the component has no way to ask for.
fn unused(file: &Path, function: &Function, warnings: &mut Problems) {
    let grants = &function.policy.grants;
    for (key, through) in THROUGH {
        let is_granted = match key {
            "http" => !grants.http.is_empty(),
            "kv" => !grants.kv.is_empty(),
            "env" => !grants.env.is_empty(),
            "secrets" => !grants.secrets.is_empty(),
            _ => !grants.sign.is_empty(),
        };
        if is_granted && !through.iter().any(|interface| function.code.imports(interface)) {
            let message = format!("the component cannot use it: it imports none of {}", through.join(", "));
            let fix = "remove it, or build the function with what uses it";
            warnings.push(warning(file, grants, key, message, fix, Kind::UnusedGrant));
        }
    }
}

/// Destinations that are addresses to which no request will ever go.
fn unreachable(file: &Path, grants: &GrantsPolicy, warnings: &mut Problems) {
    let addresses = grants.http.iter().map(|destination| (destination, destination.address()));
    let addresses: Vec<_> = addresses.collect();
    for (destination, address) in &addresses {
        let Some(barred) = address.and_then(|address| outbound::barred(address, grants.http_private)) else { continue };
        let message = format!("no request goes to {destination}: that is {barred}");
        let fix = match address.and_then(|address| outbound::barred(address, true)) {
            None => "write http_private = true beside it, if that is meant; or remove it",
            Some(_) => "remove it",
        };
        warnings.push(warning(file, grants, "http", message, fix, Kind::Unreachable));
    }
    let is_public = |address: &Option<_>| address.is_some_and(|address| outbound::barred(address, false).is_none());
    if grants.http_private && addresses.iter().all(|(_, address)| is_public(address)) {
        let message = "it has no effect: all that `http` names are public addresses".to_owned();
        warnings.push(warning(file, grants, "http_private", message, "remove it", Kind::NoEffect));
    }
}

/// A component that was built to be looked into.
fn debug_build(file: &Path, function: &Function, warnings: &mut Problems) {
    const KIB: usize = 1 << 10;
    let bytes = function.code.debug_bytes();
    if bytes > 0 {
        let message = format!(
            "{} KiB of it are for debuggers: it looks as if it was built without optimisation, which makes it several times \
             slower",
            bytes.div_ceil(KIB)
        );
        let fix = "build it with `cargo build --release`, or `host build`; if it was, write strip = \"debuginfo\" under \
                   [profile.release]";
        warnings.push(Problem { kind: Kind::DebugBuild, ..Problem::of_file(file, message, fix) });
    }
}
