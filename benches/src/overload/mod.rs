//! What becomes of twice as many requests as a function can take: how many are answered all the same, how soon the others
//! are turned away, what the host's memory does, and what a good client of another function feels. `docs/performance.md`
//! says how to read it.
//!
//! [`arrivals`] has the requests.

mod arrivals;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

use self::arrivals::Arrived;
use crate::counters;
use crate::good::{self, Latencies, ask};
use crate::load::Exchange;
use crate::sample::Samples;
use crate::site::{Built, Draft, PUBLIC, Site};

/// How long a request waits for a sandbox before it is turned away. The host's own default is a second, for bursts that
/// pass; here it is the time after which a refusal is due.
const PERMIT_WAIT: &str = "20ms";

/// How many times the capacity arrives.
const TIMES: f64 = 2.0;

/// How long everyone is asked before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long the host is left alone afterwards, before what it still holds is looked at.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// How often is looked how many calls run.
const LOOK: Duration = Duration::from_millis(50);

/// A function that is asked for too much.
struct Busy {
    name: &'static str,
    component: fn(Built<'_>) -> Result<Vec<u8>>,
    query: &'static str,
    /// Instances at once, which its policy allows, and clients for whom there is just room.
    concurrency: usize,
}

const ALL: [Busy; 2] = [
    Busy {
        name: "waits 50 ms, 50 at once",
        component: |built| built.example("hostile/sleeper"),
        query: "ms=50",
        concurrency: 50,
    },
    // More at once than most machines have processors.
    Busy { name: "computes, 8 at once", component: |built| built.computing(), query: "turns=2000000", concurrency: 8 },
];

/// What came of one.
struct Measured {
    /// Answers a second when there is just enough.
    capacity: f64,
    arrived: Arrived,
    /// The most calls that were seen to run at once, those of the good client included.
    most_running: u64,
    alone: Latencies,
    beside: Latencies,
    samples: Samples,
}

/// Measures all of them, each with its capacity and then with too much for `period`, and prints what came of it.
pub(crate) fn run(built: Built<'_>, period: Duration) -> Result<()> {
    let mut all = Vec::new();
    for busy in &ALL {
        all.push((busy, measure(built, busy, period).with_context(|| format!("a function that {}", busy.name))?));
    }
    println!("permit_wait = \"{PERMIT_WAIT}\"; {period:?} each\n");
    println!(
        "| a function that | capacity /s | arrive /s | answered /s | of capacity | p99 ms | turned away /s | p50 ms | p99 ms | most at once |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (busy, measured) in &all {
        let Measured { capacity, arrived: Arrived { took, answered, refused }, most_running, .. } = measured;
        let rate = |latencies: &Latencies| latencies.count() as f64 / took.as_secs_f64();
        let ms = |latencies: &Latencies, percent| latencies.at(percent) / 1000.0;
        println!(
            "| {} | {capacity:.0} | {:.0} | {:.0} | {:.2} | {:.1} | {:.0} | {:.1} | {:.1} | {most_running} |",
            busy.name,
            rate(answered) + rate(refused),
            rate(answered),
            rate(answered) / capacity,
            ms(answered, 99),
            rate(refused),
            ms(refused, 50),
            ms(refused, 99),
        );
    }
    println!("\n| beside a function that | p50 alone | p99 alone | p50 beside | p99 beside |\n|---|--:|--:|--:|--:|");
    for (busy, Measured { alone, beside, .. }) in &all {
        let [p50, p99, p50_beside, p99_beside] = [alone.at(50), alone.at(99), beside.at(50), beside.at(99)];
        println!("| {} | {p50:.0} µs | {p99:.0} µs | {p50_beside:.0} µs | {p99_beside:.0} µs |", busy.name);
    }
    println!("\n| a function that | what | before | most | afterwards |\n|---|---|--:|--:|--:|");
    for (busy, Measured { samples, .. }) in &all {
        for line in samples.lines() {
            println!("| {} | {line} |", busy.name);
        }
    }
    Ok(())
}

fn measure(built: Built<'_>, busy: &Busy, period: Duration) -> Result<Measured> {
    let policy = format!("{PUBLIC}concurrency = {}\n", busy.concurrency);
    let site = Draft::new(built)?
        .settings(&format!("[server]\npermit_wait = \"{PERMIT_WAIT}\"\n"))
        .example(built, "hello")?
        .function("busy", &(busy.component)(built)?, &policy)?
        .start()?;
    let too_much = site.get(&format!("/busy?{}", busy.query), 200);
    let hello = site.get("/hello", 200);
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    ask(&hello, WARM_UP)?;
    let alone = ask(&hello, period)?;
    let capacity = threads.block_on(capacity(&too_much, busy.concurrency, period))?;
    let mut samples = Samples::start(site.server().process())?;
    let stop = AtomicBool::new(false);
    let (arrived, beside, most_running) = thread::scope(|scope| {
        let good = scope.spawn(|| ask(&hello, period));
        let watch = scope.spawn(|| samples.watch(&stop));
        let look = scope.spawn(|| most_running(&site, &stop));
        let arrived = threads.block_on(arrivals::arrive(&too_much, capacity * TIMES, period));
        let beside = good.join().map_err(|_| anyhow!("the good client failed"));
        stop.store(true, Ordering::Relaxed);
        watch.join().map_err(|_| anyhow!("the watch failed"))??;
        let most = look.join().map_err(|_| anyhow!("the look at the counters failed"))??;
        Ok::<_, anyhow::Error>((arrived?, beside??, most))
    })?;
    let allowed = (busy.concurrency + good::CONNECTIONS) as u64;
    ensure!(most_running <= allowed, "{most_running} calls ran at once, of {allowed} that may");
    thread::sleep(AFTERWARDS);
    samples.end()?;
    Ok(Measured { capacity, arrived, most_running, alone, beside, samples })
}

/// Answers a second to as many clients as there is room for, each of which waits for its answer.
async fn capacity(exchange: &Exchange, clients: usize, period: Duration) -> Result<f64> {
    let length = exchange.once().await?.len();
    exchange.repeat(clients, WARM_UP, length).await?;
    let loaded = exchange.repeat(clients, period, length).await?;
    Ok(loaded.latencies.len() as f64 / loaded.took.as_secs_f64())
}

fn most_running(site: &Site, stop: &AtomicBool) -> Result<u64> {
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut most = 0;
    while !stop.load(Ordering::Relaxed) {
        most = threads.block_on(counters::read(site.admin(), counters::RUNNING))?.max(most);
        thread::sleep(LOOK);
    }
    Ok(most)
}
