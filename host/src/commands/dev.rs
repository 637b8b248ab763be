//! `host dev`: `host serve`, with the project built beside it.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::build::At;
use crate::cli::{Format, Place, Serve, address};
use crate::project::dev::Dev;
use crate::project::{Profile, Project};
use crate::serve;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host dev                                   build, serve and follow the project in this folder
  host dev --listen 127.0.0.1:3000           with the options of `host serve`
  host dev --profile release                 the code that `host build` makes

It serves as `host serve` does, with the same rules, limits and policies. Besides, it builds every
function before the start, and then what changes: a source, and the component is built and swapped
in; NAME/NAME.toml, and the policy is copied at once. What does not compile leaves the old component
in place. Without --profile, Rust is compiled incrementally and not optimised as a whole: larger
components, sooner.

Exit status: 0 after a stop that was asked for, 1 on failure, 64 on wrong settings or use.";

/// Which project, and how to serve it.
#[derive(Args)]
pub struct DevOptions {
    #[command(flatten)]
    at: At,
    /// The profile of cargo's to build with [default: release, incremental and without link-time optimisation]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Where to listen for requests [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Where to listen for the operator: health and metrics [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    admin: Option<SocketAddr>,
    /// What stands before every route, as /api
    #[arg(long, value_name = "PATH")]
    prefix: Option<String>,
    /// How to write the log
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<Format>,
}

/// Runs `host dev`.
pub fn run(options: &DevOptions) -> ExitCode {
    match project(options) {
        Ok(project) => {
            let profile = options.profile.clone().map_or(Profile::Dev, Profile::Named);
            let DevOptions { listen, admin, ref prefix, log_format, .. } = *options;
            let place = Place { listen, admin, prefix: prefix.clone(), ..options.at.place() };
            serve::run_beside(&Serve { place, log_format, stop_with_stdin: false }, Some(Dev::new(project, profile)))
        }
        Err(failure) => failure.exit(),
    }
}

fn project(options: &DevOptions) -> Result<Project, Failure> {
    let settings = options.at.settings()?;
    options.at.project(&settings, &[])
}
