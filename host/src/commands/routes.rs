//! `host routes`: the table that `serve` prints at its start, without serving.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::survey::{NotSeen, survey, write, write_json};
use crate::cli::Place;
use crate::observe::text::say;
use crate::report;
use crate::report::json::Report;
use crate::serve::EXIT_USAGE;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host routes                                what `host serve` would serve
  host routes functions --prefix /api        with the options of `host serve`
  host routes --format json | jq -r '.routes[] | select(.open) | .route'

With --format json, an object: functions (the folder), routes, problems, warnings, ignored. A route
has route, served, and reason if it is not served; else file, version, access (public, protected,
undeclared), open, verify, handshake, auth, methods (null for all), limits, cors and grants. Problems
and warnings have file, line, key, message and fix.

Exit status: 0 if the routes could be read, also if a function is not served; 64 on wrong settings
or use; 1 on failure.";

/// Which host, and how to show its routes.
#[derive(Args)]
pub struct Routes {
    #[command(flatten)]
    place: Place,
    /// How to show them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table for people
    Table,
    /// One JSON object
    Json,
}

/// Runs `host routes`.
pub fn run(options: &Routes) -> ExitCode {
    let (loaded, settings) = match survey(&options.place) {
        Ok(seen) => seen,
        Err(NotSeen::Wrong(problems)) => {
            say(&problems.to_string());
            return ExitCode::from(EXIT_USAGE);
        }
        Err(NotSeen::Failed(failure)) => return failure.exit(),
    };
    match options.format {
        Format::Table => write(report::text(&loaded, &settings, report::width(std::io::stdout())), ExitCode::SUCCESS),
        Format::Json => write_json(&Report::new(&loaded, &settings), ExitCode::SUCCESS),
    }
}
