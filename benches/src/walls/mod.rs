//! What a good client feels of bad neighbours: the same requests are sent with nobody else there, then beside clients,
//! guests or changes of the folder that do all they can to be in the way. `docs/performance.md` says how to read it.
//!
//! | neighbour | file |
//! |---|---|
//! | clients that are slow, or flood | [`clients`] |
//! | guests that take all they get | [`guests`] |
//! | a folder that is never still | [`folder`] |
//! | a program that computes and has nothing to do with the host | [`program`] |
//!
//! Its neighbours share the machine with the host as well. How much of what is felt comes from that alone is measured with
//! another host in the place of the one that is bothered.
//!
//! [`Samples`] are of what the host's process takes meanwhile.

mod clients;
mod folder;
mod guests;
mod program;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::good::{Latencies, ask};
use crate::sample::Samples;
use crate::site::{Built, Draft, Site};

pub(crate) use self::guests::GUESTS;

/// How long the good client asks before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long a host is left alone when its neighbours have gone, before what it still holds is looked at.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// A bad neighbour: does its worst until it is told to stop.
type Neighbour = fn(&Site, &AtomicBool) -> Result<()>;

/// All walls, each with its neighbour.
const WALLS: [(&str, Neighbour); 6] = [
    ("1000 slow connections", clients::slow),
    ("250 connections of resets", clients::resetting),
    ("250 connections that only ask", clients::asking),
    ("hostile guests on half of the load", guests::bother),
    ("a functions folder that is never still", folder::bother),
    ("a program that only computes", program::bother),
];

/// Measures the walls whose names have `beside` in them, for `period` each, and prints what came of it. `elsewhere`, the
/// neighbours bother a host of their own.
pub(crate) fn run(target: &Path, period: Duration, beside: &str, elsewhere: bool) -> Result<()> {
    println!("| beside | p50 alone | p99 alone | p50 beside | p99 beside | p50 | p99 |");
    println!("|---|---|---|---|---|---|---|");
    let mut processes = Vec::new();
    for (name, neighbour) in WALLS.into_iter().filter(|(name, _)| name.contains(beside)) {
        let (alone, beside, samples) = wall(target, period, neighbour, elsewhere).with_context(|| name.to_owned())?;
        let ratio = |percent| beside.at(percent) / alone.at(percent);
        println!(
            "| {name} | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} µs | {:.2}x | {:.2}x |",
            alone.at(50),
            alone.at(99),
            beside.at(50),
            beside.at(99),
            ratio(50),
            ratio(99)
        );
        processes.push((name, samples));
    }
    println!("\n| beside | what | before | most | afterwards |\n|---|---|---|---|---|");
    for (name, samples) in processes {
        for line in samples.lines() {
            println!("| {name} | {line} |");
        }
    }
    Ok(())
}

/// A host with the good function and the hostile ones.
fn start(built: Built<'_>) -> Result<Site> {
    let mut draft = Draft::new(built)?.example(built, "hello")?;
    for (name, _) in guests::GUESTS {
        draft = draft.example(built, &format!("hostile/{name}"))?;
    }
    draft.start()
}

fn wall(
    target: &Path,
    period: Duration,
    neighbour: Neighbour,
    elsewhere: bool,
) -> Result<(Latencies, Latencies, Samples)> {
    let site = start(Built(target))?;
    let other = if elsewhere { Some(start(Built(target))?) } else { None };
    let bothered = other.as_ref().unwrap_or(&site);
    let good = site.get("/hello", 200);
    ask(&good, WARM_UP)?;
    let alone = ask(&good, period)?;
    let mut samples = Samples::start(site.server().process())?;
    let stop = Arc::new(AtomicBool::new(false));
    let beside = thread::scope(|scope| {
        let bother = scope.spawn(|| neighbour(bothered, &stop));
        let watch = scope.spawn(|| samples.watch(&stop));
        // So that all of them are there.
        let beside = ask(&good, clients::ARRIVE + WARM_UP).and_then(|_| ask(&good, period));
        stop.store(true, Ordering::Relaxed);
        bother.join().map_err(|_| anyhow::anyhow!("the neighbour failed"))??;
        watch.join().map_err(|_| anyhow::anyhow!("the watch failed"))??;
        beside
    })?;
    thread::sleep(AFTERWARDS);
    samples.end()?;
    Ok((alone, beside, samples))
}
