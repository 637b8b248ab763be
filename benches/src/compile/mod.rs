//! What a good client feels while a large component is compiled: the same requests are sent with nothing else going on, then
//! while the host makes a component of 10 MB ready that was just put into its folder. Each round has a component that no
//! cache knows. `docs/performance.md` says how to read it.
//!
//! [`component`] has the component.

mod component;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::counters;
use crate::good::{Latencies, ask, ask_until};
use crate::site::{Built, Draft, PUBLIC, Site};
use crate::stats::median;

/// Bytes of the component.
const SIZE: usize = 10_000_000;

/// How long the good client asks before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// How often is looked whether it is served.
const LOOK: Duration = Duration::from_millis(50);

/// How long compiling may take: half of the host's own limit more.
const PATIENCE: Duration = Duration::from_secs(180);

/// Functions that are served, as the host counts them.
const SERVED: &str = "vestibule_functions{state=\"served\"}";

/// What one round came to.
struct Round {
    alone: Latencies,
    during: Latencies,
    /// From the component's being there to its being served, while others are.
    took: Duration,
    /// From the start of a host with it to its listening, with nobody served.
    start: Duration,
}

/// Measures so many rounds, each with `period` before the component comes, and prints what came of them.
pub(crate) fn run(target: &Path, rounds: u32, period: Duration) -> Result<()> {
    println!("| round | p50 alone | p99 alone | p50 during | p99 during | p50 | p99 | compiled in | at a start |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    let mut ratios: [Vec<f64>; 2] = Default::default();
    for number in 1..=rounds {
        let round = round(Built(target), u64::from(number), period).with_context(|| format!("round {number}"))?;
        let Round { alone, during, took, start } = &round;
        let ratio = |percent| during.at(percent) / alone.at(percent);
        println!(
            "| {number} | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} µs | {:.2}x | {:.2}x | {:.1} s | {:.1} s |",
            alone.at(50),
            alone.at(99),
            during.at(50),
            during.at(99),
            ratio(50),
            ratio(99),
            took.as_secs_f64(),
            start.as_secs_f64()
        );
        for (ratios, percent) in ratios.iter_mut().zip([50, 99]) {
            ratios.push(ratio(percent));
        }
    }
    let [p50, p99] = ratios.map(|ratios| median(ratios).unwrap_or(f64::NAN));
    println!("| median | | | | | {p50:.2}x | {p99:.2}x | | |");
    Ok(())
}

fn round(built: Built<'_>, number: u64, period: Duration) -> Result<Round> {
    let small = built.example("hello")?;
    let draft = || Draft::new(built).map(Draft::with_own_cache);
    let site = draft()?.example(built, "hello")?.start()?;
    let good = site.get("/hello", 200);
    ask(&good, WARM_UP)?;
    let alone = ask(&good, period)?;

    let large = component::grown(&small, SIZE, number)?;
    let stop = Arc::new(AtomicBool::new(false));
    let (during, took) = thread::scope(|scope| {
        let asking = scope.spawn(|| ask_until(&good, &stop));
        let took = put(&site, &large);
        stop.store(true, Ordering::Relaxed);
        let during = asking.join().map_err(|_| anyhow!("the good client failed"))??;
        anyhow::Ok((during, took?))
    })?;
    ensure!(during.count() > 0, "it was compiled before anybody asked");
    drop(site);

    let started = draft()?.example(built, "hello")?.function("large", &large, PUBLIC)?.start()?;
    let start = started.server().ready_after;
    ensure!(served(&started)? == 2, "the component is not served at a start");
    Ok(Round { alone, during, took, start })
}

/// Puts the component into the folder and waits until it is served. Returns how long that took.
fn put(site: &Site, component: &[u8]) -> Result<Duration> {
    let file = site.functions().join("large.wasm");
    fs::write(file.with_extension("toml"), PUBLIC)?;
    let draft = file.with_extension("part");
    fs::write(&draft, component)?;
    let begun = Instant::now();
    fs::rename(draft, file)?;
    while served(site)? < 2 {
        ensure!(begun.elapsed() < PATIENCE, "it is not served after {PATIENCE:?}");
        thread::sleep(LOOK);
    }
    Ok(begun.elapsed())
}

fn served(site: &Site) -> Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(counters::read(site.admin(), SERVED))
}
