//! The turns: everyone is measured once in every round, in an order that moves on by one from round to round, so that
//! what else the machine does falls on all alike. Owns what must hold in a turn for it to count.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use crate::cpu;
use crate::lineup::{Sandboxes, Subject};
use crate::load::{Exchange, Loaded};
use crate::stats::percentile;

/// Connections at once: as many as keep two cores busy, then one, which shows what a request costs that waits for none.
pub(crate) const CONNECTIONS: [usize; 2] = [32, 1];

/// How long everyone is asked before anything counts.
const WARM_UP: Duration = Duration::from_millis(500);

/// The host's counter of sandboxes.
const INSTANCES: &str = "vestibule_instances_created_total";

/// How often and how long.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    /// Turns of each subject, for each number of connections.
    pub(crate) rounds: u32,
    /// The length of a turn.
    pub(crate) period: Duration,
}

impl Schedule {
    /// How long it takes with so many subjects.
    pub(crate) fn total(&self, subjects: usize) -> Duration {
        let each = (WARM_UP + self.period * self.rounds) * u32::try_from(CONNECTIONS.len()).unwrap_or(u32::MAX);
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
                series.turns.push(one.turn(connections, schedule.period).await?);
            }
        }
    }
    Ok(series)
}

impl Subject {
    /// One turn, or what was wrong with it.
    async fn turn(&self, connections: usize, period: Duration) -> Result<Turn> {
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
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {admin}\r\n\r\n").into_bytes();
        let page = Exchange { address: admin, request: Arc::from(request), status: 200 }.once().await?;
        counter(&String::from_utf8_lossy(&page)).map(Some)
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

/// The sum of the counter's series in a page of metrics.
fn counter(page: &str) -> Result<u64> {
    let mut sum = None;
    for line in page.lines() {
        let Some(rest) = line.strip_prefix(INSTANCES) else { continue };
        let value = rest.split_ascii_whitespace().next_back().and_then(|value| value.parse::<u64>().ok());
        let value = value.with_context(|| format!("the host's counter is no number: {line}"))?;
        *sum.get_or_insert(0) += value;
    }
    sum.with_context(|| format!("the host shows no {INSTANCES}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_counter() {
        let page = "# TYPE vestibule_instances_created counter\nvestibule_instances_created_total 41\nother_total 7\n";
        assert_eq!(counter(page).unwrap(), 41);
        let page = format!("{INSTANCES}{{function=\"a b\"}} 2\n{INSTANCES}{{function=\"c\"}} 3\n");
        assert_eq!(counter(&page).unwrap(), 5);
        assert!(counter("other_total 7\n").is_err());
        assert!(counter(&format!("{INSTANCES} many\n")).is_err());
    }

    #[test]
    fn shares_the_time_among_the_answers() {
        let before = [Some(Duration::from_millis(10)), None];
        let after = [Some(Duration::from_millis(30)), Some(Duration::from_millis(30))];
        assert_eq!(cpu_per_request(before, after, 1000), [Some(20.0), None]);
    }
}
