//! `host test`: the functions of a project, built, and then tested by what their languages have for that.

use std::fs;
use std::process::{Command, ExitCode};

use clap::Args;

use super::Failure;
use super::build::{At, build};
use super::stop::Stop;
use crate::project::{Children, LANGUAGES, Source};
use crate::runtime::compile::this_program;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host test                                  build every function, then run all tests
  host test payments                         the tests of one function
  host test payments -- --nocapture          with arguments for the test runner

Functions are built as by `host build`. Then cargo test, node --test, pytest, go test or the tests in
C run, with two variables: VESTIBULE_HOST, this program, and VESTIBULE_FUNCTIONS, the functions
folder with the built components and their policies.

Exit status: 0 if all pass; that of the first runner that failed, if one did; 1 if a function is not
built; 64 on wrong settings or use; 128 and its number after a signal, and then the runner has ended
as well.";

/// Which functions, and what the runners are told.
#[derive(Args)]
pub struct Test {
    /// The functions to test [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    at: At,
    /// Arguments for the test runner
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

/// Runs `host test`.
pub fn run(options: &Test) -> ExitCode {
    match test(options) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.exit(),
    }
}

/// Returns the exit status.
fn test(options: &Test) -> Result<u8, Failure> {
    let settings = options.at.settings()?;
    let children = Children::default();
    let stop = Stop::ends(&children).map_err(|error| Failure::other(format!("{error:#}")))?;
    let project = options.at.project(&settings, &options.names)?;
    let sources = project.chosen(&options.names).map_err(Failure::usage)?;
    let unbuilt = build(&project, &sources, &settings, ("release", &children))?;
    if let Some(status) = stop.status() {
        return Ok(status);
    }
    if unbuilt > 0 || options.names.is_empty() && !project.problems.is_empty() {
        return Err(Failure::other("no tests are run, as not every function is built"));
    }
    let functions = fs::canonicalize(&settings.functions).map_err(Failure::other)?;
    // Its own name, as /proc/self/exe would be another program there.
    let program = std::env::current_exe().or_else(|_| this_program()).map_err(Failure::other)?;
    let mut code = 0;
    for language in LANGUAGES {
        let own: Vec<&Source> =
            sources.iter().copied().filter(|source| source.language.manifest() == language.manifest()).collect();
        if own.is_empty() {
            continue;
        }
        for mut runner in language.tests(&project.root, &own, &options.arguments).map_err(Failure::other)? {
            runner.env("VESTIBULE_HOST", &program).env("VESTIBULE_FUNCTIONS", &functions);
            let ended = run_to_its_end(&mut runner, &children);
            if let Some(status) = stop.status() {
                return Ok(status);
            }
            let ended = ended?;
            code = if code == 0 { ended } else { code };
        }
    }
    Ok(code)
}

fn run_to_its_end(runner: &mut Command, children: &Children) -> Result<u8, Failure> {
    let status = children.run_openly(runner).map_err(|error| {
        Failure::other(format!("{} cannot be run: {error}\n    put it on PATH", runner.get_program().to_string_lossy()))
    })?;
    // Ended by a signal, it has none.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
