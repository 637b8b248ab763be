//! A mixed load for long, in miniature: good and bad clients, good and bad guests, a policy that changes. What the host takes
//! is shown over the time: what grows under such a load grows for as long as the host runs. Only a wrong answer is a failure.
//!
//! [`clients`] has the load.

mod clients;

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::sample::Sample;
use crate::site::{Built, Draft, PUBLIC, Site};
use crate::walls;

/// How often is looked at the host.
const LOOK: Duration = Duration::from_secs(1);

/// How many lines are shown of what was seen.
const LINES: u32 = 20;

/// What comes before the host's size is taken for what it needs: no longer than this, and no more than a fifth.
const WARM_UP: Duration = Duration::from_secs(60);

/// How often the policy of the good function changes.
const CHANGE: Duration = Duration::from_secs(3);

/// Its policies, which take turns. None of them changes what is answered.
const POLICIES: [&str; 2] = ["timeout = \"5s\"\n", "timeout = \"6s\"\nconcurrency = 50\n"];

/// Loads a host for so long, and prints what it takes meanwhile.
pub(crate) fn run(built: Built<'_>, period: Duration) -> Result<()> {
    let site = site(built)?;
    let clients = clients::all(&site)?;
    let (stop, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    println!("| s | resident MiB | file descriptors | threads | answers |\n|--:|--:|--:|--:|--:|");
    let seen = thread::scope(|scope| {
        let load = scope.spawn(|| until_stopped(&stop, || clients::run(clients, &stop, &answers)));
        let changes = scope.spawn(|| until_stopped(&stop, || change(&site, &stop)));
        let seen = watch(&site, period, &stop, &answers);
        stop.store(true, Ordering::Relaxed);
        load.join().map_err(|_| anyhow!("the clients failed"))??;
        changes.join().map_err(|_| anyhow!("the changes failed"))??;
        seen
    })?;
    println!("\n{}", summary(&seen, WARM_UP.min(period / 5)));
    Ok(())
}

/// A host with all that the clients ask.
fn site(built: Built<'_>) -> Result<Site> {
    let webhook = built.policy("github-webhook")? + "replay = \"allow\"\n";
    let mut draft = Draft::new(built)?
        .secrets(&clients::SECRETS)
        .example(built, "hello")?
        .function("github-webhook", &built.example("github-webhook")?, &webhook)?
        .example(built, "hostile/sleeper")?;
    for (name, _) in walls::GUESTS {
        draft = draft.example(built, &format!("hostile/{name}"))?;
    }
    draft.start()
}

/// Has the others stop as well if one fails.
fn until_stopped(stop: &AtomicBool, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let done = work();
    if done.is_err() {
        stop.store(true, Ordering::Relaxed);
    }
    done
}

/// Changes the good function's policy again and again.
fn change(site: &Site, stop: &AtomicBool) -> Result<()> {
    let policy = site.functions().join("hello.toml");
    let mut next = Instant::now();
    for more in POLICIES.iter().cycle() {
        fs::write(&policy, format!("{PUBLIC}{more}"))?;
        next += CHANGE;
        while Instant::now() < next {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            thread::sleep(LOOK / 10);
        }
    }
    Ok(())
}

/// Looks again and again, and shows some of what is seen.
fn watch(site: &Site, period: Duration, stop: &AtomicBool, answers: &AtomicU64) -> Result<Vec<(Duration, Sample)>> {
    let start = Instant::now();
    let (mut seen, mut line) = (Vec::new(), Duration::ZERO);
    loop {
        let now = start.elapsed();
        let sample = Sample::of(site.server().process())?;
        seen.push((now, sample));
        let is_over = now >= period || stop.load(Ordering::Relaxed);
        if now >= line || is_over {
            let Sample { resident_kib, descriptors, threads } = sample;
            let answers = answers.load(Ordering::Relaxed);
            println!("| {} | {} | {descriptors} | {threads} | {answers} |", now.as_secs(), resident_kib >> 10);
            line += (period / LINES).max(LOOK);
        }
        if is_over {
            return Ok(seen);
        }
        thread::sleep(LOOK);
    }
}

/// The first look after the warm-up, the median of the last third, the most.
fn summary(seen: &[(Duration, Sample)], warm_up: Duration) -> String {
    let end = seen.last().map(|(at, _)| *at).unwrap_or_default();
    let after = |from: Duration| seen.iter().filter(move |(at, _)| *at >= from).map(|(_, sample)| sample);
    let line = |what: &str, of: fn(&Sample) -> u64| {
        let first = after(warm_up).next().map_or(0, of);
        let mut last: Vec<u64> = after(end * 2 / 3).map(of).collect();
        last.sort_unstable();
        let median = last.get(last.len() / 2).copied().unwrap_or(0);
        let most = seen.iter().map(|(_, sample)| of(sample)).max().unwrap_or(0);
        format!("| {what} | {first} | {median} | {most} |\n")
    };
    let head = format!("| | after {} s | median of the last third | most |\n|---|--:|--:|--:|\n", warm_up.as_secs());
    head + &line("resident memory, KiB", |sample| sample.resident_kib)
        + &line("file descriptors", |sample| sample.descriptors)
        + &line("threads", |sample| sample.threads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_seen_between_the_columns() {
        let sample = |second: u64| Sample { resident_kib: 100 * second, threads: 9, descriptors: 30 - second };
        let seen: Vec<_> = (0..=30).map(|second| (Duration::from_secs(second), sample(second))).collect();
        let summary = summary(&seen, Duration::from_secs(6));
        assert!(summary.contains("| resident memory, KiB | 600 | 2500 | 3000 |"), "{summary}");
        assert!(summary.contains("| file descriptors | 24 | 5 | 30 |"), "{summary}");
        assert!(summary.contains("| threads | 9 | 9 | 9 |"), "{summary}");
    }
}
