//! The clients of the mixed load. Each asks one request after the other, rests, and knows what must come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use crate::load::Exchange;
use crate::payload;
use crate::site::Site;
use crate::walls;
use crate::wire::Connection;

/// The secret that the webhook's policy names. It protects nothing.
pub(super) const SECRETS: [(&str, &str); 1] = [("GITHUB_WEBHOOK_SECRET", "the secret of the soak, for GitHub")];

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long clients that break off hold their connections.
const HOLDS: Duration = Duration::from_millis(500);

/// Clients of one kind.
pub(super) struct Clients {
    name: &'static str,
    /// How many there are.
    count: usize,
    /// What each asks, in turns.
    asks: Vec<Exchange>,
    /// How long each rests after an answer.
    rest: Duration,
    ways: Ways,
}

/// How they use their connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ways {
    /// One that is kept.
    Keep,
    /// A new one for each request.
    Renew,
    /// A new one each time, over which half of a request is sent and no more.
    BreakOff,
}

/// All kinds.
pub(super) fn all(site: &Site) -> Result<Vec<Clients>> {
    let [(_, secret)] = SECRETS;
    let body = payload::push();
    let delivered = |secret, status| {
        let headers = payload::github_headers(&body, secret)?;
        Ok::<_, anyhow::Error>(vec![site.post("/github-webhook", &headers, &body, status)])
    };
    let hostile = walls::GUESTS.iter().map(|(name, status)| site.get(&format!("/hostile/{name}"), *status)).collect();
    let sleepers = [100, 250, 500].map(|ms| site.get(&format!("/hostile/sleeper?ms={ms}"), 200)).to_vec();
    let hello = || vec![site.get("/hello", 200), site.post("/hello?name=Ada", &[], &body, 200)];
    let clients =
        |name, count, asks, rest, ways| Clients { name, count, asks, rest: Duration::from_millis(rest), ways };
    Ok(vec![
        clients("hello", 4, hello(), 4, Ways::Keep),
        clients("a signed webhook", 2, delivered(secret, 200)?, 10, Ways::Keep),
        clients("a forged webhook", 2, delivered("a guess", 401)?, 10, Ways::Keep),
        clients("hostile guests", 2, hostile, 20, Ways::Renew),
        clients("guests that wait", 20, sleepers, 0, Ways::Keep),
        clients("connections that come and go", 4, hello(), 10, Ways::Renew),
        clients("connections that break off", 4, hello(), 10, Ways::BreakOff),
    ])
}

/// Has all of them ask until they are told to stop, and counts the answers. The first that is wrong ends it.
pub(super) fn run(all: Vec<Clients>, stop: &AtomicBool, answers: &AtomicU64) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let mut clients = JoinSet::new();
        let counted = Arc::new(AtomicU64::new(0));
        for kind in all {
            let kind = Arc::new(kind);
            for first in 0..kind.count {
                let (kind, counted) = (Arc::clone(&kind), Arc::clone(&counted));
                clients.spawn_local(async move { kind.keep_asking(first, &counted).await.context(kind.name) });
            }
        }
        while !stop.load(Ordering::Relaxed) {
            tokio::select! {
                Some(ended) = clients.join_next() => ended??,
                () = sleep(Duration::from_millis(50)) => answers.store(counted.load(Ordering::Relaxed), Ordering::Relaxed),
            }
        }
        Ok(())
    })
}

impl Clients {
    async fn keep_asking(&self, first: usize, answers: &AtomicU64) -> Result<()> {
        let mut kept = None;
        for exchange in self.asks.iter().cycle().skip(first) {
            if self.ways == Ways::BreakOff {
                break_off(exchange).await?;
            } else {
                let mut connection = match kept.take() {
                    Some(connection) => connection,
                    None => Connection::open(exchange.address).await?,
                };
                let answer = connection.exchange(exchange.request());
                let head = timeout(PATIENCE, answer).await.context("no answer came")??;
                let text = String::from_utf8_lossy(connection.body(&head));
                ensure!(
                    head.status == exchange.status,
                    "answered {} instead of {}: {text}",
                    head.status,
                    exchange.status
                );
                answers.fetch_add(1, Ordering::Relaxed);
                kept = Some(connection).filter(|_| self.ways == Ways::Keep);
            }
            sleep(self.rest).await;
        }
        Ok(())
    }
}

/// Sends half of a request, waits, and is gone.
async fn break_off(exchange: &Exchange) -> Result<()> {
    let mut stream = TcpStream::connect(exchange.address).await?;
    let request = exchange.request();
    stream.write_all(request.get(..request.len() / 2).unwrap_or_default()).await?;
    sleep(HOLDS).await;
    Ok(())
}
