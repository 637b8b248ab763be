//! `host build`: the functions of a project, compiled, checked as `serve` would and put into the functions folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::Failure;
use super::stop::Stop;
use crate::begin;
use crate::cli::Place;
use crate::config::Settings;
use crate::observe::metrics::Metrics;
use crate::project::{Children, PolicyRule, Profile, Project, Source, Voice, Workshop, say_problems};

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host build                                 every function of the project in this folder
  host build payments                        one of them, and its verifier if it has one
  host build --project shop --out /srv/functions

Each function is built for release, held against the contract and its policy, and put into the
functions folder, the policy first; it is compiled there and then, so the next start of the host is
quick. One that fails leaves what is there as it is, and the others go on.

A line for each: name, size, seconds since the start, version.

Exit status: 0 if all are built; 1 if one is not; 64 on wrong settings or use; 128 and its number after
a signal, and then the compiler has ended as well.";

/// Which functions, and where to put them.
#[derive(Args)]
pub struct Build {
    /// The functions to build [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    at: At,
    /// The profile of cargo's to build with
    #[arg(long, value_name = "NAME", default_value = "release")]
    profile: String,
}

/// Which project, and which host it is for.
#[derive(Args, Clone)]
pub struct At {
    /// The project's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) project: PathBuf,
    /// The functions folder to fill [default: `functions` of the project's host.toml, or functions in it]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The host's settings [default: host.toml beside --out, or else of the project, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl At {
    /// The host that serves what is built here.
    pub(super) fn place(&self) -> Place {
        let mut place =
            Place { functions: self.out.clone(), config: self.config.clone(), listen: None, admin: None, prefix: None };
        if place.config.is_some() {
            return place;
        }
        // In the current folder, problems have shorter names.
        let is_here = self.project == Path::new(".");
        let settings = Path::new(begin::SETTINGS_FILE);
        let settings = if is_here { settings.to_owned() } else { self.project.join(settings) };
        let has_own = self.out.as_ref().is_some_and(|out| begin::is_configured(out));
        if !has_own && !begin::is_absent(&settings) {
            place.config = Some(settings);
        } else if place.functions.is_none() && !is_here {
            place.functions = Some(self.project.join("functions"));
        }
        place
    }

    /// The settings of that host.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let place = self.place();
        Ok(begin::settings(&place, place.overrides()).map_err(Failure::usage)?.1)
    }

    /// The project, in which there is something to build, with the functions folder to fill.
    pub(super) fn project(&self, settings: &Settings, names: &[String]) -> Result<Project, Failure> {
        let project = Project::find(&self.project, &settings.functions).map_err(Failure::usage)?;
        project.chosen(names).map_err(Failure::usage)?;
        std::fs::create_dir_all(&settings.functions).map_err(|error| {
            Failure::other(format!(
                "{}: the functions folder cannot be made: {error}\n    name another with --out DIR",
                settings.functions.display()
            ))
        })?;
        Ok(project)
    }
}

/// Runs `host build`.
pub fn run(options: &Build) -> ExitCode {
    let built = options.at.settings().and_then(|settings| {
        let children = Children::default();
        let stop = Stop::ends(&children).map_err(|error| Failure::other(format!("{error:#}")))?;
        let project = options.at.project(&settings, &options.names)?;
        let sources = project.chosen(&options.names).map_err(Failure::usage)?;
        let unbuilt = build(&project, &sources, &settings, (&options.profile, &children))?;
        // What is wrong with a function that was not named is said, and is no failure.
        let wrong = unbuilt + if options.names.is_empty() { project.problems.len() } else { 0 };
        Ok(stop.status().unwrap_or(u8::from(wrong > 0)))
    });
    match built {
        Ok(status) => ExitCode::from(status),
        Err(failure) => failure.exit(),
    }
}

/// Builds `sources` as `host build` does. Returns how many are not built.
pub(super) fn build(
    project: &Project,
    sources: &[&Source],
    settings: &Settings,
    (profile, children): (&str, &Children),
) -> Result<usize, Failure> {
    let engine = begin::engine(settings, &Arc::new(Metrics::new()));
    let runtime = engine.map_err(|error| Failure::other(format!("{error:#}")))?;
    let voice = Voice::command(true);
    say_problems(&project.problems, &voice);
    let profile = Profile::Named(profile.to_owned());
    let workshop = Workshop {
        root: &project.root,
        settings,
        runtime: &runtime,
        children,
        profile: &profile,
        policies: PolicyRule::Checked,
        voice: &voice,
    };
    Ok(workshop.build(sources, |_, _| {}))
}
