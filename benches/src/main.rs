//! Measures, in one run on one machine, what a request costs in the host, beside a bare HTTP server and beside
//! `wasmtime serve`. `docs/performance.md` says how, and what the columns mean.
//!
//! | step | file |
//! |---|---|
//! | who is measured, with which request | [`lineup`] |
//! | the processes | [`server`], [`site`], [`bare`], [`peer`] |
//! | the turns, and what must hold in each | [`measure`] |
//! | the requests | [`load`], [`wire`], with [`payload`] and [`tokens`] |
//! | one sandbox, without HTTP | [`sandbox`] |
//! | a folder of many functions | [`many`] |
//! | many requests in guests that wait | [`asleep`] |
//! | the numbers | [`stats`], [`cpu`], [`sample`], [`counters`] |
//! | what is shown | [`report`] |
//!
//! Measurements of their own:
//!
//! | what | file |
//! |---|---|
//! | bad neighbours of a [`good`] client | [`walls`] |
//! | a mixed load for long | [`soak`] |
//! | twice as many requests as there is room for | [`overload`] |
//! | what a store costs through a guest | [`stores`] |
//! | a large component that is compiled meanwhile | [`compile`] |
//!
//! A number is never compared with a limit here: a busy machine must not make a build fail.

mod asleep;
mod bare;
mod compile;
mod counters;
mod cpu;
mod good;
mod lineup;
mod load;
mod many;
mod measure;
mod overload;
mod payload;
mod peer;
mod report;
mod sample;
mod sandbox;
mod server;
mod site;
mod soak;
mod stats;
mod stores;
mod tokens;
mod walls;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum};

use crate::lineup::Lineup;
use crate::measure::Schedule;
use crate::report::Report;
use crate::site::Built;

/// Measures the host beside a bare HTTP server and `wasmtime serve`.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many turns each one gets; the table shows medians over them
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// How long a turn takes; one with a single connection half as long
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Measures only this part; may be repeated
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Requests over HTTP, beside other servers
    Http,
    /// One sandbox by itself, in this process
    Sandbox,
    /// A folder of a thousand functions
    Folder,
    /// A thousand requests in guests that wait
    Asleep,
}

#[derive(Subcommand)]
enum Command {
    /// The bare HTTP server, which the bench starts as a process of its own
    #[command(hide = true)]
    Bare,
    /// Calls of a guest in this process, for a tool that counts instructions
    #[command(hide = true)]
    SandboxCalls { guest: String, calls: u32 },
    /// What a good client feels of bad neighbours
    Walls {
        /// How long each of them is measured
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
        seconds: u64,
        /// Measures only those with this in their name, as `hostile`
        #[arg(long, default_value = "")]
        beside: String,
        /// Has the neighbours bother a second host: what is felt then comes from sharing the machine
        #[arg(long)]
        elsewhere: bool,
    },
    /// Whether the host grows under a mixed load
    Soak {
        /// How long it lasts
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(10..=86400))]
        seconds: u64,
    },
    /// What a good client feels while a component of 10 MB is compiled
    Compile {
        /// How long it is measured before the component comes
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
    /// What a store costs through a guest, beside the backend's own call
    Stores,
    /// What becomes of twice as many requests as a function can take
    Overload {
        /// How long each is measured
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(Command::Bare) => bare::run(),
        Some(Command::SandboxCalls { guest, calls }) => {
            target_folder().and_then(|target| sandbox::calls(Built(&target), &guest, calls))
        }
        Some(Command::Walls { seconds, beside, elsewhere }) => {
            target_folder().and_then(|target| walls::run(&target, Duration::from_secs(seconds), &beside, elsewhere))
        }
        Some(Command::Soak { seconds }) => {
            target_folder().and_then(|target| soak::run(Built(&target), Duration::from_secs(seconds)))
        }
        Some(Command::Compile { seconds }) => {
            target_folder().and_then(|target| compile::run(&target, cli.rounds, Duration::from_secs(seconds)))
        }
        Some(Command::Stores) => target_folder().and_then(|target| stores::run(Built(&target), cli.rounds)),
        Some(Command::Overload { seconds }) => {
            target_folder().and_then(|target| overload::run(Built(&target), Duration::from_secs(seconds)))
        }
        None => bench(Schedule { rounds: cli.rounds, period: Duration::from_secs(cli.seconds) }, &cli.only),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(schedule: Schedule, only: &[Part]) -> Result<()> {
    let target = target_folder()?;
    let built = Built(&target);
    let measures = |part| only.is_empty() || only.contains(&part);
    let mut report = Report::new(schedule)?;
    // One thread, as the servers need the cores: the client is not what is measured.
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let parts = Part::value_variants().iter().filter(|part| measures(**part));
    eprintln!("measuring; about {:.0?} in all", parts.map(|part| part.time(schedule)).sum::<Duration>());
    if measures(Part::Http) {
        let lineup = Lineup::start(&target)?;
        let measured = threads.block_on(measure::all(&lineup.subjects, schedule))?;
        report.add(&lineup, &measured)?;
    }
    if measures(Part::Sandbox) {
        let measured = sandbox::measure(built, schedule.rounds)?;
        report.sandboxes = measured.sandboxes;
        report.skipped.extend(measured.skipped);
    }
    if measures(Part::Folder) {
        report.folders = many::measure(built, &threads, schedule.rounds)?;
    }
    if measures(Part::Asleep) {
        report.asleep = Some(threads.block_on(asleep::measure(built))?);
    }
    println!("{}", report.text());
    report.write(&target)
}

impl Part {
    /// How long it takes, about.
    fn time(self, schedule: Schedule) -> Duration {
        match self {
            Self::Http => schedule.total(lineup::SUBJECTS),
            Self::Sandbox => sandbox::time(schedule.rounds),
            Self::Folder => many::time(schedule.rounds),
            Self::Asleep => asleep::TIME,
        }
    }
}

/// Cargo's target folder, which this program was built into: `target/release/bench`.
fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where this program lies")?;
    let folder = program.parent().and_then(|profile| profile.parent());
    folder.map(PathBuf::from).with_context(|| format!("{} does not lie in a target folder", program.display()))
}
