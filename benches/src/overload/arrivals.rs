//! Requests that arrive at a rate, whatever becomes of those before them: who waits for an answer first, as the other
//! clients here do, never asks for more than there is.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::good::Latencies;
use crate::load::Exchange;
use crate::wire::Connection;

/// How often is looked for what is due.
const EVERY: Duration = Duration::from_millis(1);

/// Connections at the most, some fewer than the host takes.
const CONNECTIONS: usize = 3500;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of them.
pub(super) struct Arrived {
    /// From the first arrival to the last answer.
    pub(super) took: Duration,
    /// Those that were answered as they should be.
    pub(super) answered: Latencies,
    /// Those that were turned away, with a 503 that says when to try again.
    pub(super) refused: Latencies,
}

/// What one of them came to.
enum End {
    Answered,
    Refused,
}

/// Has requests arrive, so many a second for so long.
pub(super) async fn arrive(exchange: &Exchange, per_second: f64, period: Duration) -> Result<Arrived> {
    let start = Instant::now();
    let (mut arrived, mut open) = (0_u64, 0_usize);
    let mut free = Vec::new();
    let mut under_way = JoinSet::new();
    let (mut answered, mut refused) = (Vec::new(), Vec::new());
    let mut ticks = tokio::time::interval(EVERY);
    let mut take = |ended: Result<(Connection, End, u32)>, free: &mut Vec<Connection>| {
        let (connection, end, nanoseconds) = ended?;
        free.push(connection);
        match end {
            End::Answered => answered.push(nanoseconds),
            End::Refused => refused.push(nanoseconds),
        }
        Ok::<_, anyhow::Error>(())
    };
    while start.elapsed() < period {
        tokio::select! {
            Some(ended) = under_way.join_next() => take(ended?, &mut free)?,
            _ = ticks.tick() => {
                let due = (start.elapsed().as_secs_f64() * per_second) as u64;
                for _ in arrived..due {
                    let connection = match free.pop() {
                        Some(connection) => connection,
                        None => {
                            open += 1;
                            anyhow::ensure!(open <= CONNECTIONS, "{CONNECTIONS} requests wait for an answer");
                            Connection::open(exchange.address).await?
                        }
                    };
                    under_way.spawn(ask(exchange.clone(), connection));
                }
                arrived = arrived.max(due);
            }
        }
    }
    while let Some(ended) = under_way.join_next().await {
        take(ended?, &mut free)?;
    }
    Ok(Arrived { took: start.elapsed(), answered: Latencies::new(answered), refused: Latencies::new(refused) })
}

async fn ask(exchange: Exchange, mut connection: Connection) -> Result<(Connection, End, u32)> {
    let sent = Instant::now();
    let head = timeout(PATIENCE, connection.exchange(exchange.request())).await.context("no answer came")??;
    let took = u32::try_from(sent.elapsed().as_nanos()).unwrap_or(u32::MAX);
    let end = match head.status {
        status if status == exchange.status => End::Answered,
        503 if head.has_retry_after => End::Refused,
        503 => bail!("a refusal does not say when to try again"),
        status => bail!("an answer had the status {status}"),
    };
    Ok((connection, end, took))
}
