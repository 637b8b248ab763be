//! Tests of the module: bad files first. Each file of tests has one kind of file to check.

use std::path::Path;

use super::{Overrides, Policy, PolicyBase, Problem, Problems, Settings};

mod admin;
mod auth;
mod ceilings;
mod cors;
mod grants;
mod headers;
mod host;
mod limit;
mod outbound;
mod policy;
mod provider;
mod reference;
mod secrets;
mod settings;
mod units;
mod verify;

/// The base of a host that has two providers and no defaults.
fn base() -> PolicyBase {
    let providers = ["supabase", "auth0"].map(str::to_owned);
    PolicyBase { providers: providers.into(), ..PolicyBase::default() }
}

fn policy(text: &str) -> Result<Policy, Problems> {
    Policy::check(Path::new("functions/pay.toml"), text, &base())
}

fn host(text: &str) -> Result<Settings, Problems> {
    Settings::check(Path::new("etc/host.toml"), text, &Overrides::default()).map_err(|rejected| rejected.problems)
}

/// The one problem that a text has.
fn only<T: std::fmt::Debug>(result: Result<T, Problems>) -> Problem {
    let problems = result.expect_err("it should have been refused");
    assert_eq!(problems.len(), 1, "one problem expected:\n{problems}");
    problems.iter().next().expect("one").clone()
}

/// Checks that a text has one problem: with this key, on this line, said with these words.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Problems>, key: &str, line: usize, message: &str, fix: &str) {
    let problem = only(result);
    assert_eq!(problem.key.as_deref(), Some(key), "{problem}");
    assert_eq!(problem.line, Some(line), "{problem}");
    assert!(problem.message.contains(message), "{problem}");
    assert!(problem.fix.contains(fix), "{problem}");
}
