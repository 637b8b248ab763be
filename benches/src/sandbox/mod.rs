//! What one sandbox costs by itself: a store, an instance, the call, and its end, through the host's own engine in this
//! process, in one thread. There is no HTTP, no log and no other request.
//!
//! [`inside`] has the engine; [`instructions`] counts what a clock cannot, as every run has a machine of its own.

mod inside;
mod instructions;

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime as Threads};
use vestibule_host::event::Event;
use vestibule_host::runtime::{Invocation, Outcome};

use self::inside::{GUESTS, Inside};
use crate::site::Built;
use crate::stats::{median, percentile, spread};

pub(crate) use self::instructions::calls;

/// How long each guest is called in a round, and before the first one.
const PERIOD: Duration = Duration::from_millis(500);

/// What one sandbox of a guest costs.
#[derive(Serialize)]
pub(crate) struct Sandbox {
    /// The guest.
    pub(crate) guest: &'static str,
    /// The median of the rounds' medians, in nanoseconds.
    pub(crate) nanoseconds: f64,
    /// Between the lowest and the highest round's median, in per cent of `nanoseconds`.
    pub(crate) spread_percent: f64,
    /// The rounds' medians.
    pub(crate) rounds: Vec<f64>,
    /// Instructions of one call; nothing where they could not be counted.
    pub(crate) instructions: Option<f64>,
}

/// What came of it, and what could not be measured.
pub(crate) struct Measured {
    /// The guests.
    pub(crate) sandboxes: Vec<Sandbox>,
    /// Why there are no instructions, if there are none.
    pub(crate) skipped: Option<String>,
}

/// How long so many rounds take, about, with what comes before and after.
pub(crate) fn time(rounds: u32) -> Duration {
    PERIOD * (rounds + 1) * 2 + instructions::TIME
}

/// Measures all guests, in turns.
pub(crate) fn measure(built: Built<'_>, rounds: u32) -> Result<Measured> {
    let mut medians = vec![Vec::new(); GUESTS.len()];
    {
        let threads = one_thread()?;
        let inside = threads.block_on(Inside::open(built))?;
        for event in &inside.events {
            round(&threads, &inside, event)?;
        }
        for _ in 0..rounds {
            for (event, medians) in inside.events.iter().zip(&mut medians) {
                medians.push(round(&threads, &inside, event)?);
            }
        }
    }
    let (counted, skipped) = match instructions::count() {
        Ok(counted) => (counted.into_iter().map(Some).collect(), None),
        Err(why) => (vec![None; GUESTS.len()], Some(format!("instructions of a sandbox: {why:#}"))),
    };
    let mut sandboxes = Vec::new();
    for ((guest, rounds), instructions) in GUESTS.into_iter().zip(medians).zip(counted) {
        sandboxes.push(Sandbox {
            guest,
            nanoseconds: median(rounds.iter().copied()).unwrap_or(f64::NAN),
            spread_percent: spread(rounds.iter().copied()).unwrap_or(0.0),
            rounds,
            instructions,
        });
    }
    Ok(Measured { sandboxes, skipped })
}

/// The threads of whoever calls: none but this one. Those of the engine are its own.
fn one_thread() -> Result<Threads> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// The median of one round, in nanoseconds.
fn round(threads: &Threads, inside: &Inside, event: &Arc<Event>) -> Result<f64> {
    let mut nanoseconds: Vec<u32> = Vec::with_capacity(100_000);
    let before = inside.sandboxes();
    threads.block_on(async {
        let end = Instant::now() + PERIOD;
        let mut start = Instant::now();
        while start < end {
            let invocation = inside.runtime.invoke(Arc::clone(event), None).await;
            answered(&invocation)?;
            drop(invocation);
            nanoseconds.push(u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX));
            start = Instant::now();
        }
        Ok::<_, anyhow::Error>(())
    })?;
    let made = inside.sandboxes() - before;
    ensure!(made == nanoseconds.len() as u64, "{} calls had {made} sandboxes", nanoseconds.len());
    nanoseconds.sort_unstable();
    Ok(percentile(&nanoseconds, 50).map_or(f64::NAN, f64::from))
}

/// One call, and whether it stayed on this thread. Those that were found to be long do not.
async fn call_here(inside: &Inside, event: &Arc<Event>) -> Result<bool> {
    let mut call = Box::pin(inside.runtime.invoke(Arc::clone(event), None));
    let mut first = true;
    let (here, invocation) = std::future::poll_fn(|context| {
        let here = std::mem::replace(&mut first, false);
        match call.as_mut().poll(context) {
            Poll::Ready(invocation) => Poll::Ready((here, invocation)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
    answered(&invocation)?;
    Ok(here)
}

/// Whether the guest greeted, or what it did instead.
fn answered(invocation: &Invocation) -> Result<()> {
    match &invocation.outcome {
        Outcome::Answer(answer) if answer.status == 200 => Ok(()),
        Outcome::Answer(answer) => bail!("the guest answered {}", answer.status),
        Outcome::Error(reason) | Outcome::Trap(reason) | Outcome::Instantiation(reason) => {
            bail!("the guest failed: {reason}")
        }
        _ => bail!("the guest did not come to its end"),
    }
}
