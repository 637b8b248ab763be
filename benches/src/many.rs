//! A folder of a thousand functions, each a component of its own: how long the host takes to be ready when all are compiled
//! already, what it takes in memory, and what becomes of the requests when more and more of them are asked in turns.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use tokio::runtime::Runtime as Threads;

use crate::lineup::{Sandboxes, Subject};
use crate::measure::{CONNECTIONS, Turn, WARM_UP};
use crate::payload;
use crate::sample::Sample;
use crate::site::{Built, Draft, PUBLIC, Site};
use crate::stats::median;

/// Functions in the folder.
pub(crate) const FUNCTIONS: usize = 1000;

/// Over how many of them the requests are spread. The first is what the others are compared with.
const ASKED: [usize; 4] = [1, 10, 100, FUNCTIONS];

/// How long each of these is asked in a round.
const PERIOD: Duration = Duration::from_secs(1);

/// After so long, a start is not one from a cache that is warm.
const COLD: Duration = Duration::from_secs(5);

/// A folder of one guest's copies.
#[derive(Serialize)]
pub(crate) struct Folder {
    /// The guest.
    pub(crate) guest: &'static str,
    /// How many functions there are.
    pub(crate) functions: usize,
    /// From the start of the process to its being ready, all components compiled: the median, in seconds.
    pub(crate) ready_seconds: f64,
    /// Each start.
    pub(crate) starts_seconds: Vec<f64>,
    /// Resident memory when it was ready, in MiB: the median.
    pub(crate) ready_mib: f64,
    /// The same after all had been asked.
    pub(crate) asked_mib: f64,
    /// What became of the requests.
    pub(crate) spread: Vec<Spread>,
}

/// Requests spread over some of the functions.
#[derive(Serialize)]
pub(crate) struct Spread {
    /// Over how many.
    pub(crate) functions: usize,
    /// Answers a second: the median of the turns.
    pub(crate) requests_per_second: f64,
    /// The same as a multiple of that with one function.
    pub(crate) ratio: f64,
    /// The turns.
    pub(crate) turns: Vec<Turn>,
}

/// How long so many rounds take with both guests, about, where the compiled components are there.
pub(crate) fn time(rounds: u32) -> Duration {
    let starts = Duration::from_secs(1) * (rounds + 1);
    (starts + (WARM_UP + PERIOD * rounds) * u32::try_from(ASKED.len()).unwrap_or(u32::MAX)) * 2
}

/// Measures a folder of the shaped guest's copies, and one of the plain guest's.
pub(crate) fn measure(built: Built<'_>, threads: &Threads, rounds: u32) -> Result<Vec<Folder>> {
    [("hello", built.example("hello")?), ("plain", built.plain()?)]
        .into_iter()
        .map(|(guest, component)| {
            folder(built, threads, rounds, guest, &component).with_context(|| format!("{FUNCTIONS} functions, {guest}"))
        })
        .collect()
}

fn folder(built: Built<'_>, threads: &Threads, rounds: u32, guest: &'static str, component: &[u8]) -> Result<Folder> {
    let mut draft = Draft::new(built)?;
    for number in 0..FUNCTIONS {
        draft = draft.function(&name(number), &numbered(component, number), PUBLIC)?;
    }
    let mut site = patiently(guest, || draft.start())?;
    let (mut starts_seconds, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        site = site.restart()?;
        starts_seconds.push(site.server().ready_after.as_secs_f64());
        resident.push(mib(&site)?);
    }
    let spread = threads.block_on(spread(&site, rounds))?;
    Ok(Folder {
        guest,
        functions: FUNCTIONS,
        ready_seconds: median(starts_seconds.iter().copied()).context("there was no start")?,
        starts_seconds,
        ready_mib: median(resident).context("there was no start")?,
        asked_mib: mib(&site)?,
        spread,
    })
}

/// Asks one function, then more of them in turns, all in every round.
async fn spread(site: &Site, rounds: u32) -> Result<Vec<Spread>> {
    let [connections, _] = CONNECTIONS;
    let subjects = ASKED.map(|functions| subject(site, functions));
    let mut turns = vec![Vec::new(); ASKED.len()];
    for subject in &subjects {
        subject.turn(connections, WARM_UP).await?;
    }
    for _ in 0..rounds {
        for (subject, turns) in subjects.iter().zip(&mut turns) {
            turns.push(subject.turn(connections, PERIOD).await?);
        }
    }
    let mut all: Vec<Spread> = Vec::new();
    for (functions, turns) in ASKED.into_iter().zip(turns) {
        let speed = median(turns.iter().map(|turn: &Turn| turn.requests_per_second)).context("there was no turn")?;
        let alone = all.first().map_or(speed, |first| first.requests_per_second);
        all.push(Spread { functions, requests_per_second: speed, ratio: speed / alone, turns });
    }
    Ok(all)
}

fn subject(site: &Site, functions: usize) -> Subject {
    let body = payload::push();
    let path = |number| format!("/{}", name(number));
    let others = (1..functions).map(|number| payload::post(site.address(), &path(number), &[], &body));
    Subject {
        name: "a folder of many functions",
        server: Arc::clone(site.server()),
        exchange: site.post(&path(0), &[], &body, 200).and(others),
        sandboxes: Some((site.admin(), Sandboxes::OneEach)),
    }
}

/// The name of a function.
fn name(number: usize) -> String {
    format!("f{number:03}")
}

fn mib(site: &Site) -> Result<f64> {
    Ok(Sample::of(site.server().process())?.resident_kib as f64 / 1024.0)
}

/// The same component with other bytes, so that it is compiled for itself: with a section more, of the kind that nobody
/// reads, that holds its number.
fn numbered(component: &[u8], number: usize) -> Vec<u8> {
    const NAME: &[u8] = b"number";
    let number = format!("{number:08}");
    // Lengths below 128 are written as one byte each.
    let length = 1 + NAME.len() + number.len();
    let mut numbered = component.to_vec();
    numbered.extend([0, length as u8, NAME.len() as u8]);
    numbered.extend(NAME);
    numbered.extend(number.as_bytes());
    numbered
}

/// Does something that takes long where the compiled components are not there yet, and then says so.
fn patiently<T>(guest: &str, start: impl FnOnce() -> Result<T>) -> Result<T> {
    thread::scope(|scope| {
        let (done, waits) = channel::<()>();
        scope.spawn(move || {
            if waits.recv_timeout(COLD) == Err(RecvTimeoutError::Timeout) {
                eprintln!("compiling {FUNCTIONS} functions of {guest} into target/bench-cache; a minute or so, once");
            }
        });
        let started = start();
        drop(done);
        started
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_makes_another_component_of_the_same_length() {
        let component = b"\0asm\x0d\0\x01\0";
        let [one, two] = [1, 999].map(|number| numbered(component, number));
        assert!(one != two && one.len() == two.len() && one.starts_with(component));
        assert_eq!(one[8..], *b"\0\x0f\x06number00000001");
    }
}
