//! `host check`: everything that `serve` would refuse, and what is weak, without serving: for whoever deploys.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::survey::{NotSeen, is_component, survey, survey_one, write, write_json};
use crate::cli::Place;
use crate::config::{Problems, Settings};
use crate::function::Entry;
use crate::reload::Loaded;
use crate::report;
use crate::report::json::{Ignored, Said, ignored, said};
use crate::serve::EXIT_USAGE;
use crate::warnings;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host check                                 the host that `host serve` would start
  host check --config /etc/vestibule/host.toml --strict
  host check functions/payments.wasm         one component, with the policy beside it if there is one
  host check --format json | jq '.problems[] | select(.kind == \"missing-import\")'

Problems are what `host serve` would refuse: settings, policies, secrets, components. Warnings are
what it would serve although it is weak, and what serves nothing although somebody put it there. A
host that runs is not disturbed.

With --format json, an object: ok, served and not_served (numbers of functions), problems and
warnings (each with file, line, key, message, fix and kind, a word that stays the same), ignored (files that serve nothing, each with
path and reason).

Exit status: 0 if there is no problem; 64 if there is one (with --strict: or a warning) or on wrong
use; 1 on failure.";

/// What is looked at, for the help.
pub const PLACE: &str = "The functions folder, or one component [default: `functions` of host.toml, or ./functions]";

/// Which host, and how to say what is wrong with it.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    place: Place,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Take warnings for problems
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for people
    Human,
    /// One JSON object
    Json,
}

/// What was found.
#[derive(Default)]
struct Findings {
    served: usize,
    not_served: usize,
    problems: Problems,
    warnings: Problems,
    ignored: Vec<Ignored>,
}

/// What was found, as JSON.
#[derive(Serialize)]
struct Json<'a> {
    ok: bool,
    served: usize,
    not_served: usize,
    problems: Vec<Said>,
    warnings: Vec<Said>,
    ignored: &'a [Ignored],
}

/// Runs `host check`.
pub fn run(options: &Check) -> ExitCode {
    let component = options.place.functions.as_deref().filter(|place| is_component(place));
    let surveyed = match component {
        Some(component) => survey_one(&options.place, component),
        None => survey(&options.place),
    };
    let findings = match surveyed {
        Ok((loaded, settings)) => Findings::of(&loaded, &settings),
        Err(NotSeen::Wrong(problems)) => Findings { problems, ..Findings::default() },
        Err(NotSeen::Failed(failure)) => return failure.exit(),
    };
    let ok = findings.problems.is_empty() && (findings.warnings.is_empty() || !options.strict);
    let status = if ok { ExitCode::SUCCESS } else { ExitCode::from(EXIT_USAGE) };
    match options.format {
        Format::Human => write(findings.text(), status),
        Format::Json => write_json(&findings.json(ok), status),
    }
}

impl Findings {
    fn of(loaded: &Loaded, settings: &Settings) -> Self {
        let live = loaded.app.live();
        let (served, not_served): (Vec<&Entry>, Vec<&Entry>) =
            live.table.iter().map(|(_, entry)| entry).partition(|entry| matches!(entry, Entry::Ready(_)));
        let mut found = report::warnings(loaded, settings);
        found.append(warnings::open(settings, &live));
        Self {
            served: served.len(),
            not_served: not_served.len(),
            problems: loaded.problems.clone(),
            warnings: found,
            ignored: ignored(loaded),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        for (title, found) in [("to be mended", &self.problems), ("warnings", &self.warnings)] {
            if !found.is_empty() {
                let _ = writeln!(text, "{title}:\n{found}\n");
            }
        }
        for Ignored { path, reason } in &self.ignored {
            let _ = writeln!(text, "ignored: {path:?}: {reason}");
        }
        let (problems, warnings) = (count(self.problems.len(), "problem"), count(self.warnings.len(), "warning"));
        let _ = writeln!(text, "{problems}, {warnings}; {} to be served", count(self.served, "function"));
        text
    }

    fn json(&self, ok: bool) -> Json<'_> {
        let Self { served, not_served, ref problems, ref warnings, ref ignored } = *self;
        Json { ok, served, not_served, problems: said(problems), warnings: said(warnings), ignored }
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
