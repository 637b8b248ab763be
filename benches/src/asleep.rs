//! A thousand requests at once in guests that wait: all must be answered, and what each takes in the host's memory is what
//! there is to know.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::counters;
use crate::load::Exchange;
use crate::sample::Sample;
use crate::site::{Built, Draft, Site};
use crate::wire::Connection;

/// Requests at once.
pub(crate) const REQUESTS: usize = 1000;

/// How long their guests wait, in milliseconds: long enough for all of them to be there.
const WAIT: u64 = 3000;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long all of it takes, about.
pub(crate) const TIME: Duration = Duration::from_secs(8);

/// What they take.
#[derive(Serialize)]
pub(crate) struct Asleep {
    /// How many there were at once, each over a connection of its own.
    pub(crate) requests: usize,
    /// Until all of them waited, in milliseconds.
    pub(crate) under_way_ms: f64,
    /// What an open connection takes of the host's resident memory that has been asked over once, in KiB.
    pub(crate) connection_kib: f64,
    /// What each instance takes beside that, in KiB, the first time that there are so many.
    pub(crate) instance_kib: f64,
    /// The same when there were as many before: what their slots kept is there already.
    pub(crate) instance_again_kib: f64,
    /// Resident memory when all was over, in MiB.
    pub(crate) afterwards_mib: f64,
}

/// Has them wait, twice.
pub(crate) async fn measure(built: Built<'_>) -> Result<Asleep> {
    let policy = format!("{}concurrency = {REQUESTS}\ntimeout = \"30s\"\n", built.policy("hostile/sleeper")?);
    let site = Draft::new(built)?
        .settings(&format!("[server]\nconcurrency = {REQUESTS}\n"))
        .function("sleeper", &built.example("hostile/sleeper")?, &policy)?
        .start()?;
    timeout(PATIENCE, both(&site)).await.context("the requests were not answered in time")?
}

async fn both(site: &Site) -> Result<Asleep> {
    let resident = || Ok::<_, anyhow::Error>(Sample::of(site.server().process())?.resident_kib as f64);
    let awake = site.get("/sleeper?ms=0", 200);
    // What the first of all requests costs is nobody's share.
    awake.once().await?;
    let nobody = resident()?;
    let mut connections = Vec::new();
    for _ in 0..REQUESTS {
        let mut connection = Connection::open(site.address()).await?;
        ask(&awake, &mut connection).await?;
        connections.push(connection);
    }
    let connected = resident()?;
    let start = Instant::now();
    let first = Sleeping::start(site, connections).await?;
    let under_way = start.elapsed();
    let asleep = resident()?;
    let connections = first.end().await?;
    let rested = resident()?;
    let second = Sleeping::start(site, connections).await?;
    let again = resident()?;
    second.end().await?;
    let each = |more: f64, less: f64| (more - less) / REQUESTS as f64;
    Ok(Asleep {
        requests: REQUESTS,
        under_way_ms: under_way.as_secs_f64() * 1000.0,
        connection_kib: each(connected, nobody),
        instance_kib: each(asleep, connected),
        instance_again_kib: each(again, rested),
        afterwards_mib: resident()? / 1024.0,
    })
}

/// Requests that wait.
struct Sleeping(JoinSet<Result<Connection>>);

impl Sleeping {
    /// Sends one over each connection, and returns when all of their guests run.
    async fn start(site: &Site, connections: Vec<Connection>) -> Result<Self> {
        let due = connections.len() as u64;
        let exchange = site.get(&format!("/sleeper?ms={WAIT}"), 200);
        let mut asleep = JoinSet::new();
        for mut connection in connections {
            let exchange = exchange.clone();
            asleep.spawn(async move {
                ask(&exchange, &mut connection).await?;
                Ok(connection)
            });
        }
        let end = Instant::now() + Duration::from_millis(WAIT);
        loop {
            let running = counters::read(site.admin(), counters::RUNNING).await?;
            if running == due {
                return Ok(Self(asleep));
            }
            ensure!(Instant::now() < end, "only {running} of {due} guests ran at once");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits for their answers, and returns the connections.
    async fn end(mut self) -> Result<Vec<Connection>> {
        let mut connections = Vec::new();
        while let Some(ended) = self.0.join_next().await {
            connections.push(ended??);
        }
        Ok(connections)
    }
}

async fn ask(exchange: &Exchange, connection: &mut Connection) -> Result<()> {
    let head = connection.exchange(exchange.request()).await?;
    if head.status != exchange.status {
        let text = String::from_utf8_lossy(connection.body(&head)).into_owned();
        bail!("a guest that waits was answered {}: {}", head.status, text.trim());
    }
    Ok(())
}
