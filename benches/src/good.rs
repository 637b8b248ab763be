//! A good client: asks over a few connections and rests after each answer. What it feels is the measure for what others do
//! to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::load::Exchange;
use crate::stats::percentile;
use crate::wire::Connection;

/// Connections of the good client.
pub(crate) const CONNECTIONS: usize = 4;

/// How long each of them rests after an answer: with nobody else there, the machine is idle most of the time.
pub(crate) const REST: Duration = Duration::from_millis(4);

/// From each request to its answer, in nanoseconds, in order.
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    /// Of those in no order.
    pub(crate) fn new(mut nanoseconds: Vec<u32>) -> Self {
        nanoseconds.sort_unstable();
        Self(nanoseconds)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// In microseconds.
    pub(crate) fn at(&self, percent: u32) -> f64 {
        percentile(&self.0, percent).map_or(f64::NAN, |nanos| f64::from(nanos) / 1000.0)
    }
}

/// Asks for `period`, from a thread of its own, so that nobody else's work in this process is measured.
pub(crate) fn ask(exchange: &Exchange, period: Duration) -> Result<Latencies> {
    let end = Instant::now() + period;
    ask_while(exchange, move || Instant::now() < end)
}

/// The same, until it is told to stop.
pub(crate) fn ask_until(exchange: &Exchange, stop: &Arc<AtomicBool>) -> Result<Latencies> {
    let stop = Arc::clone(stop);
    ask_while(exchange, move || !stop.load(Ordering::Relaxed))
}

fn ask_while(exchange: &Exchange, goes_on: impl Fn() -> bool + Clone + Send + 'static) -> Result<Latencies> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            clients.spawn(keep_asking(exchange.clone(), goes_on.clone()));
        }
        let mut all = Vec::new();
        while let Some(latencies) = clients.join_next().await {
            all.append(&mut latencies??);
        }
        Ok(Latencies::new(all))
    })
}

async fn keep_asking(exchange: Exchange, goes_on: impl Fn() -> bool) -> Result<Vec<u32>> {
    let mut connection = Connection::open(exchange.address).await?;
    let mut latencies = Vec::new();
    while goes_on() {
        let sent = Instant::now();
        let head = connection.exchange(exchange.request()).await?;
        ensure!(head.status == exchange.status, "a good client was answered {}", head.status);
        latencies.push(u32::try_from(sent.elapsed().as_nanos()).unwrap_or(u32::MAX));
        tokio::time::sleep(REST).await;
    }
    Ok(latencies)
}
