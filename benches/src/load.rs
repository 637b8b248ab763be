//! The load: some connections, each of which sends its next request as soon as it has the answer to the last. Every answer
//! is checked. Knows nothing of who is being asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::wire::Connection;

/// How long a server may take, after the end, for the answers that are under way. A server that hangs must not hang the
/// bench; none takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent, and what must come back.
#[derive(Clone)]
pub(crate) struct Exchange {
    /// Where it is sent.
    pub(crate) address: SocketAddr,
    /// The status of every answer.
    pub(crate) status: u16,
    /// The request, head and body.
    request: Arc<[u8]>,
    /// Those that take turns with it.
    others: Arc<[Box<[u8]>]>,
}

/// What a load came to.
#[derive(Default)]
pub(crate) struct Loaded {
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// From each request to its answer, in nanoseconds, in no order.
    pub(crate) latencies: Vec<u32>,
}

impl Exchange {
    /// The same request each time.
    pub(crate) fn new(address: SocketAddr, request: Vec<u8>, status: u16) -> Self {
        Self { address, status, request: request.into(), others: Arc::default() }
    }

    /// Has `others` take turns with the request, over all connections together.
    pub(crate) fn and(self, others: impl Iterator<Item = Vec<u8>>) -> Self {
        Self { others: others.map(Vec::into_boxed_slice).collect(), ..self }
    }

    /// The first request.
    pub(crate) fn request(&self) -> &[u8] {
        &self.request
    }

    /// The request whose turn it is as the so many-th of all.
    fn turn(&self, number: usize) -> &[u8] {
        let other = (number % (self.others.len() + 1)).checked_sub(1);
        other.and_then(|other| self.others.get(other)).map_or(&*self.request, |other| other)
    }

    /// Sends one request on a connection of its own, and returns the answer's body.
    pub(crate) async fn once(&self) -> Result<Vec<u8>> {
        let mut connection = Connection::open(self.address).await?;
        let head = timeout(PATIENCE, connection.exchange(&self.request)).await.context("no answer came")??;
        let body = connection.body(&head);
        if head.status != self.status {
            let text = String::from_utf8_lossy(body);
            bail!("the status is {} instead of {}: {}", head.status, self.status, text.trim());
        }
        Ok(body.to_vec())
    }

    /// Asks over so many `connections` at once for the length of `period`. Every answer must have the status, and a body
    /// of `length` bytes.
    pub(crate) async fn repeat(&self, connections: usize, period: Duration, length: usize) -> Result<Loaded> {
        let mut open = Vec::with_capacity(connections);
        for _ in 0..connections {
            open.push(Connection::open(self.address).await?);
        }
        let start = Instant::now();
        let end = start + period;
        let mut workers = JoinSet::new();
        let turns = Arc::new(AtomicUsize::new(0));
        for connection in open {
            workers.spawn(self.clone().keep_asking(connection, Arc::clone(&turns), end, length));
        }
        let mut loaded = Loaded::default();
        let all = async {
            while let Some(latencies) = workers.join_next().await {
                loaded.latencies.append(&mut latencies??);
            }
            Ok::<_, anyhow::Error>(())
        };
        timeout(period + PATIENCE, all).await.context("the server stopped answering")??;
        loaded.took = start.elapsed();
        Ok(loaded)
    }

    async fn keep_asking(
        self,
        mut connection: Connection,
        turns: Arc<AtomicUsize>,
        end: Instant,
        length: usize,
    ) -> Result<Vec<u32>> {
        let mut latencies = Vec::new();
        let mut sent = Instant::now();
        while sent < end {
            let head = connection.exchange(self.turn(turns.fetch_add(1, Ordering::Relaxed))).await?;
            let now = Instant::now();
            if (head.status, head.body) != (self.status, length) {
                let body = String::from_utf8_lossy(connection.body(&head));
                bail!("an answer had the status {} instead of {}, or another body: {}", head.status, self.status, body);
            }
            latencies.push(u32::try_from((now - sent).as_nanos()).unwrap_or(u32::MAX));
            sent = now;
        }
        Ok(latencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_take_turns() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let one = Exchange::new(address, b"a".to_vec(), 200);
        assert_eq!([0, 1, 2].map(|number| one.turn(number)), [b"a"; 3]);
        let three = one.and([b"b".to_vec(), b"c".to_vec()].into_iter());
        assert_eq!([0, 1, 2, 3].map(|number| three.turn(number)), [b"a", b"b", b"c", b"a"]);
    }
}
