//! What is right in itself and weak all the same: settings and functions that work, and that somebody will regret. Each
//! warning names the file and the key, what is weak, and what to write. It refuses nothing.

mod functions;
mod providers;

use std::path::Path;

use crate::app::Live;
use crate::browser;
use crate::config::{Access, Kind, Problem, Problems, Secrets, Settings};
use crate::function::{Entry, Function};
use crate::reach::is_loopback_name;
use crate::route::Scan;

/// The shortest secret that nobody finds by trying, in bytes: 128 bits, if they are random.
const SHORTEST_SECRET: usize = 16;

/// All warnings; `file` is where the settings are.
pub fn all(file: &Path, settings: &Settings, secrets: &Secrets, scan: &Scan, live: &Live) -> Problems {
    let mut warnings = Problems::default();
    public_url(file, settings, &mut warnings);
    admin_token(file, settings, secrets, &mut warnings);
    ceilings(file, settings, scan, &mut warnings);
    providers::check(file, settings, secrets, &mut warnings);
    for (_, entry) in live.table.iter() {
        if let Entry::Ready(function) = entry {
            unverified(settings, function, &mut warnings);
            verify_secrets(settings, function, secrets, &mut warnings);
            cors(settings, function, &mut warnings);
            functions::check(settings, function, &mut warnings);
        }
    }
    warnings
}

/// Functions of which nobody has said who may call them. The start-up table says so itself.
pub fn open(settings: &Settings, live: &Live) -> Problems {
    let mut warnings = Problems::default();
    for (_, entry) in live.table.iter() {
        if let Entry::Ready(function) = entry
            && function.policy.access == Access::Undeclared
        {
            let message = "OPEN: nobody has said who may call it; it answers this machine alone";
            let fix = "write [verify] or [auth] in this file, or access = \"public\" if anyone may call";
            warnings
                .push(Problem { kind: Kind::Open, ..Problem::of_file(&policy_file(settings, function), message, fix) });
        }
    }
    warnings
}

/// A warning about a key of a file.
fn warning(file: &Path, line: Option<usize>, key: &str, message: impl Into<String>, fix: &str) -> Problem {
    Problem { line, key: Some(key.to_owned()), kind: Kind::Weak, ..Problem::of_file(file, message, fix) }
}

/// Whether the secret `name` is there and so short that it can be found by trying.
fn is_short(secrets: &Secrets, name: &str, shortest: usize) -> bool {
    secrets.get(name).is_ok_and(|secret| secret.expose().len() < shortest)
}

fn public_url(file: &Path, settings: &Settings, warnings: &mut Problems) {
    let plain = settings.public_url.as_deref().and_then(|url| url.strip_prefix("http://"));
    let host = plain.and_then(|rest| rest.parse::<http::uri::Authority>().ok());
    if host.is_some_and(|host| !is_loopback_name(host.host())) {
        let message = "senders reach this host without TLS: whoever is on the way reads and changes what they send";
        let fix = "let TLS end at a proxy in front, and write https://";
        warnings.push(warning(file, None, "public_url", message, fix));
    }
}

fn admin_token(file: &Path, settings: &Settings, secrets: &Secrets, warnings: &mut Problems) {
    if let Some(name) = &settings.admin_access.token
        && is_short(secrets, name, SHORTEST_SECRET)
    {
        let message = format!("the secret {name} has fewer than {SHORTEST_SECRET} bytes: it can be found by trying");
        warnings.push(warning(file, None, "admin_access.token", message, "make a new one: openssl rand -hex 32"));
    }
}

fn ceilings(file: &Path, settings: &Settings, scan: &Scan, warnings: &mut Problems) {
    for folder in settings.policies.bounded_folders() {
        if !scan.folders.iter().any(|there| there == folder) {
            let key = format!("ceilings.{:?}", folder.display().to_string());
            let message = "the functions folder has no such folder, so it bounds nothing";
            let fix =
                "write the folder's path from the functions folder, in upper and lower case as it is; or remove it";
            warnings.push(warning(file, None, &key, message, fix));
        }
    }
}

/// A function whose webhooks nobody checks, where others than this machine can send some.
fn unverified(settings: &Settings, function: &Function, warnings: &mut Problems) {
    let is_reachable = !settings.listen.ip().is_loopback() || settings.public_url.is_some();
    if let Some(line) = function.policy.unverified
        && is_reachable
    {
        let message = "nothing is verified, and other machines reach this host";
        let fix = "write the scheme of whoever sends; or remove [verify], if it is no webhook and anyone may call";
        warnings.push(warning(&policy_file(settings, function), Some(line), "verify.scheme", message, fix));
    }
}

fn verify_secrets(settings: &Settings, function: &Function, secrets: &Secrets, warnings: &mut Problems) {
    let signed = function.policy.verify.as_ref().filter(|verify| verify.scheme.uses_secrets());
    let signed = signed.map(|verify| (&verify.secrets, &verify.lines));
    let own = function.policy.verifier.as_ref().map(|verifier| (&verifier.secrets, &verifier.lines));
    for (names, lines) in signed.into_iter().chain(own) {
        for name in names.iter().filter(|name| is_short(secrets, name, SHORTEST_SECRET)) {
            let message =
                format!("the secret {name} has fewer than {SHORTEST_SECRET} bytes: it can be found by trying");
            let fix = "have the sender use a longer one, as openssl rand -hex 32 makes it";
            let file = policy_file(settings, function);
            warnings.push(warning(&file, lines.of("secrets"), "verify.secrets", message, fix));
        }
    }
}

/// Pages of so many origins that hardly anybody can have meant all of them.
fn cors(settings: &Settings, function: &Function, warnings: &mut Problems) {
    if let Some(message) = function.policy.cors.as_ref().and_then(browser::wide) {
        let fix = "name the origins of your own pages";
        warnings.push(warning(&policy_file(settings, function), None, "cors.origins", message, fix));
    }
}

/// Where a function's policy is.
fn policy_file(settings: &Settings, function: &Function) -> std::path::PathBuf {
    settings.functions.join(function.file.with_extension("toml"))
}
