//! Measures, in one run on one machine, what a request costs in the host, beside a bare HTTP server and beside
//! `wasmtime serve`. `docs/performance.md` says how, and what the columns mean.
//!
//! | step | file |
//! |---|---|
//! | who is measured, with which request | [`lineup`] |
//! | the processes | [`server`], [`bare`], [`peer`] |
//! | the turns, and what must hold in each | [`measure`] |
//! | the requests | [`load`], [`wire`], with [`payload`] and [`tokens`] |
//! | the numbers | [`stats`], [`cpu`] |
//! | what is shown | [`report`] |
//! | bad neighbours, a measurement of its own | [`walls`] |
//!
//! A number is never compared with a limit here: a busy machine must not make a build fail.

mod bare;
mod cpu;
mod lineup;
mod load;
mod measure;
mod payload;
mod peer;
mod report;
mod server;
mod stats;
mod tokens;
mod walls;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::lineup::Lineup;
use crate::measure::Schedule;
use crate::report::Report;

/// Measures the host beside a bare HTTP server and `wasmtime serve`.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many turns each one gets; the table shows medians over them
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// How long a turn takes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
}

#[derive(Subcommand)]
enum Command {
    /// The bare HTTP server, which the bench starts as a process of its own
    #[command(hide = true)]
    Bare,
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
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(Command::Bare) => bare::run(),
        Some(Command::Walls { seconds, beside, elsewhere }) => {
            target_folder().and_then(|target| walls::run(&target, Duration::from_secs(seconds), &beside, elsewhere))
        }
        None => bench(Schedule { rounds: cli.rounds, period: Duration::from_secs(cli.seconds) }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(schedule: Schedule) -> Result<()> {
    let target = target_folder()?;
    let lineup = Lineup::start(&target)?;
    eprintln!("measuring; about {:?} in all", schedule.total(lineup.subjects.len()));
    // One thread, as the servers need the cores: the client is not what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(measure::all(&lineup.subjects, schedule))?;
    let report = Report::new(&lineup, schedule, &measured)?;
    println!("{}", report.text());
    let file = target.join("bench.json");
    report.write(&file).with_context(|| format!("cannot write {}", file.display()))
}

/// Cargo's target folder, which this program was built into: `target/release/bench`.
fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where this program lies")?;
    let folder = program.parent().and_then(|profile| profile.parent());
    folder.map(PathBuf::from).with_context(|| format!("{} does not lie in a target folder", program.display()))
}
