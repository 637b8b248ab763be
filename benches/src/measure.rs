//! The turns: everyone is measured once in every round, in an order that moves on by one from round to round, so that
//! what else the machine does falls on all alike. Owns what must hold in a turn for it to count.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use crate::counters;
use crate::cpu;
use crate::lineup::{Sandboxes, Subject};
use crate::load::Loaded;
use crate::stats::percentile;

/// Connections at once: as many as keep two cores busy, then one, which shows what a request costs that waits for none.
pub(crate) const CONNECTIONS: [usize; 2] = [32, 1];

/// How long everyone is asked before anything counts.
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);

/// How often and how long.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    /// Turns of each subject, for each number of connections.
    pub(crate) rounds: u32,
    /// The length of a turn.
    pub(crate) period: Duration,
}

impl Schedule {
    /// The length of a turn with so many connections. One alone has half of it: its turns differ less.
    fn turn(self, connections: usize) -> Duration {
        if connections == 1 { self.period / 2 } else { self.period }
    }

    /// How long it takes with so many subjects.
    pub(crate) fn total(self, subjects: usize) -> Duration {
        let each: Duration = CONNECTIONS.iter().map(|count| WARM_UP + self.turn(*count) * self.rounds).sum();
        each * u32::try_from(subjects).unwrap_or(u32::MAX)
    }
}

/// What one turn came to.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Turn {
    /// Answers a second.
    pub(crate) requests_per_second: f64,
    /// Half of the answers took no longer, in microseconds.
    pub(crate) p50_us: f64,
    /// All but a hundredth of the answers took no longer, in microseconds.
    pub(crate) p99_us: f64,
    /// Processor time of the server for a request, in microseconds; nothing where the system does not say.
    pub(crate) server_cpu_us: Option<f64>,
    /// The same of the client.
    pub(crate) client_cpu_us: Option<f64>,
}

/// All turns of one subject with one number of connections.
pub(crate) struct Series {
    /// Which of the lineup.
    pub(crate) subject: usize,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Its turns.
    pub(crate) turns: Vec<Turn>,
}

/// Measures everyone, the many connections first; the series come in the lineup's order.
pub(crate) async fn all(subjects: &[Subject], schedule: Schedule) -> Result<Vec<Series>> {
    let mut series = Vec::new();
    for connections in CONNECTIONS {
        for (subject, one) in subjects.iter().enumerate() {
            one.turn(connections, WARM_UP).await?;
            series.push(Series { subject, connections, turns: Vec::new() });
        }
    }
    for round in 0..schedule.rounds as usize {
        for connections in CONNECTIONS {
            let here = |series: &&mut Series| series.connections == connections;
            let mut row: Vec<&mut Series> = series.iter_mut().filter(here).collect();
            let shift = round % subjects.len();
            row.rotate_left(shift);
            for series in row {
                let one = subjects.get(series.subject).context("a series of nobody")?;
                series.turns.push(one.turn(connections, schedule.turn(connections)).await?);
            }
        }
    }
    Ok(series)
}

impl Subject {
    /// One turn, or what was wrong with it.
    pub(crate) async fn turn(&self, connections: usize, period: Duration) -> Result<Turn> {
        let turn = async {
            let length = self.exchange.once().await?.len();
            let sandboxes = self.sandboxes().await?;
            let before = self.cpu();
            let loaded = self.exchange.repeat(connections, period, length).await?;
            let after = self.cpu();
            let answers = loaded.latencies.len();
            if let (Some((_, rule)), Some(before), Some(after)) = (self.sandboxes, sandboxes, self.sandboxes().await?) {
                let made = after - before;
                let due = if rule == Sandboxes::OneEach { answers as u64 } else { 0 };
                ensure!(made == due, "{answers} answers cost {made} sandboxes instead of {due}");
            }
            let [server_cpu_us, client_cpu_us] = cpu_per_request(before, after, answers);
            Turn::new(loaded, server_cpu_us, client_cpu_us)
        };
        turn.await.with_context(|| format!("{}, {connections} connections", self.name))
    }

    /// The processor time of the server and of the client, so far.
    fn cpu(&self) -> [Option<Duration>; 2] {
        [self.server.cpu(), cpu::used(std::process::id())]
    }

    /// The host's counter, as it stands.
    async fn sandboxes(&self) -> Result<Option<u64>> {
        let Some((admin, _)) = self.sandboxes else { return Ok(None) };
        counters::read(admin, counters::INSTANCES).await.map(Some)
    }
}

impl Turn {
    fn new(loaded: Loaded, server_cpu_us: Option<f64>, client_cpu_us: Option<f64>) -> Result<Self> {
        let mut latencies = loaded.latencies;
        latencies.sort_unstable();
        let microseconds = |percent| {
            let nanoseconds = percentile(&latencies, percent).context("no request was answered")?;
            Ok::<_, anyhow::Error>(f64::from(nanoseconds) / 1000.0)
        };
        Ok(Self {
            requests_per_second: latencies.len() as f64 / loaded.took.as_secs_f64(),
            p50_us: microseconds(50)?,
            p99_us: microseconds(99)?,
            server_cpu_us,
            client_cpu_us,
        })
    }
}

/// The difference, in microseconds for each answer.
fn cpu_per_request(before: [Option<Duration>; 2], after: [Option<Duration>; 2], answers: usize) -> [Option<f64>; 2] {
    let [server, client] = before;
    let [server_after, client_after] = after;
    [(server, server_after), (client, client_after)].map(|(before, after)| {
        let used = after?.saturating_sub(before?);
        Some(used.as_secs_f64() * 1e6 / answers.max(1) as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_the_time_among_the_answers() {
        let before = [Some(Duration::from_millis(10)), None];
        let after = [Some(Duration::from_millis(30)), Some(Duration::from_millis(30))];
        assert_eq!(cpu_per_request(before, after, 1000), [Some(20.0), None]);
    }
}
