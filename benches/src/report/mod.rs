//! What a run shows: tables in Markdown, as they stand in `docs/performance.md`, a file for programs, and a chart. Owns what
//! is compared with what; measures nothing.

mod chart;
mod machine;
mod table;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde::Serialize;

use self::machine::Machine;
use self::table::{maybe, table};
use crate::asleep::Asleep;
use crate::lineup::{self, Lineup};
use crate::many::Folder;
use crate::measure::{Schedule, Series, Turn};
use crate::payload;
use crate::peer;
use crate::sandbox::Sandbox;
use crate::stats::{median, spread};

const COLUMNS: [&str; 10] =
    ["", "requests/s", "x bare", "p50 µs", "p99 µs", "x bare", "CPU µs", "x bare", "client µs", "spread"];

/// A whole run.
#[derive(Serialize)]
pub(crate) struct Report {
    /// When it began, in seconds since 1970.
    unix_time: u64,
    machine: Machine,
    /// Whether this program and the host are optimised as a release is.
    is_release: bool,
    rounds: u32,
    seconds_per_turn: f64,
    request_body_bytes: usize,
    /// The peer's version, if it took part.
    peer: Option<String>,
    /// What was not measured, and why.
    pub(crate) skipped: Vec<String>,
    /// Requests over HTTP.
    rows: Vec<Row>,
    /// Sandboxes in one process.
    pub(crate) sandboxes: Vec<Sandbox>,
    /// Folders of many functions.
    pub(crate) folders: Vec<Folder>,
    /// Requests in guests that wait.
    pub(crate) asleep: Option<Asleep>,
}

/// Medians over the turns of one subject, and the turns.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    connections: usize,
    #[serde(flatten)]
    median: Turn,
    /// Requests a second, as a multiple of the first subject's.
    requests_ratio: f64,
    /// All but a hundredth of the answers took no longer, as a multiple of the first subject's.
    p99_ratio: f64,
    /// Processor time for a request, as a multiple of the first subject's.
    server_cpu_ratio: Option<f64>,
    /// Between the slowest and the fastest turn, in per cent of the median.
    spread_percent: f64,
    turns: Vec<Turn>,
}

impl Report {
    /// With nothing measured yet.
    pub(crate) fn new(schedule: Schedule) -> Result<Self> {
        Ok(Self {
            unix_time: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
            machine: Machine::here(),
            is_release: !cfg!(debug_assertions),
            rounds: schedule.rounds,
            seconds_per_turn: schedule.period.as_secs_f64(),
            request_body_bytes: payload::SIZE,
            peer: None,
            skipped: Vec::new(),
            rows: Vec::new(),
            sandboxes: Vec::new(),
            folders: Vec::new(),
            asleep: None,
        })
    }

    /// Puts the series in rows; the first subject's is what the others are compared with.
    pub(crate) fn add(&mut self, lineup: &Lineup, measured: &[Series]) -> Result<()> {
        let mut first = None;
        for series in measured {
            let subject = lineup.subjects.get(series.subject).context("a series of nobody")?;
            let middle = medians(&series.turns).with_context(|| format!("{} had no turn", subject.name))?;
            // The rows of each number of connections begin with the first subject.
            let first = if series.subject == 0 { *first.insert(middle) } else { first.unwrap_or(middle) };
            let ratio = |one: Option<f64>, other: Option<f64>| Some(one? / other?);
            self.rows.push(Row {
                name: subject.name,
                connections: series.connections,
                median: middle,
                requests_ratio: middle.requests_per_second / first.requests_per_second,
                p99_ratio: middle.p99_us / first.p99_us,
                server_cpu_ratio: ratio(middle.server_cpu_us, first.server_cpu_us),
                spread_percent: spread(series.turns.iter().map(|turn| turn.requests_per_second)).unwrap_or(0.0),
                turns: series.turns.clone(),
            });
        }
        self.peer.clone_from(&lineup.peer);
        self.skipped.extend(lineup.skipped.clone());
        Ok(())
    }

    /// The tables, and what is to be known about them.
    pub(crate) fn text(&self) -> String {
        let mut text = self.heading();
        let mut section = |title: &str, table: String| {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{title}\n\n{table}");
        };
        for same in self.rows.chunk_by(|one, next| one.connections == next.connections) {
            let Some(Row { connections, .. }) = same.first() else { continue };
            let s = if *connections == 1 { "" } else { "s" };
            section(&format!("keep-alive, {connections} connection{s}"), rows(same) + &beside_peer(same));
        }
        if !self.sandboxes.is_empty() {
            section("one sandbox, in one process and one thread", sandboxes(&self.sandboxes));
        }
        if !self.folders.is_empty() {
            section("a folder of many functions, all compiled already", folders(&self.folders));
            section("requests in turns to so many of them, 32 connections", spreads(&self.folders));
        }
        if let Some(asleep) = &self.asleep {
            section("requests at once in guests that wait", sleepers(asleep));
        }
        for skipped in &self.skipped {
            let _ = writeln!(text, "\nskipped: {skipped}");
        }
        text
    }

    fn heading(&self) -> String {
        let Self { machine, rounds, seconds_per_turn, request_body_bytes, .. } = self;
        let peer = self.peer.as_ref().map(|peer| format!("; {peer}")).unwrap_or_default();
        let build = if self.is_release { "" } else { "; a development build, whose numbers mean nothing" };
        format!(
            "{machine}; {rounds} turns of {seconds_per_turn} s each (half of that with one connection), \
             {request_body_bytes} bytes of body{peer}{build}\n"
        )
    }

    /// Writes everything, turns included, as `bench.json` into a folder, and as a chart beside it.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let [json, svg] = ["bench.json", "bench.svg"].map(|name| folder.join(name));
        fs::write(&json, serde_json::to_string_pretty(self)? + "\n")
            .with_context(|| format!("cannot write {}", json.display()))?;
        chart::draw(self, &svg).with_context(|| format!("cannot write {}", svg.display()))
    }
}

/// The median of every column by itself.
fn medians(turns: &[Turn]) -> Option<Turn> {
    let of = |column: fn(&Turn) -> Option<f64>| median(turns.iter().filter_map(column));
    Some(Turn {
        requests_per_second: of(|turn| Some(turn.requests_per_second))?,
        p50_us: of(|turn| Some(turn.p50_us))?,
        p99_us: of(|turn| Some(turn.p99_us))?,
        server_cpu_us: of(|turn| turn.server_cpu_us),
        client_cpu_us: of(|turn| turn.client_cpu_us),
    })
}

fn rows(rows: &[Row]) -> String {
    let cells = rows.iter().map(|row| {
        let Turn { requests_per_second, p50_us, p99_us, server_cpu_us, client_cpu_us } = row.median;
        [
            row.name.to_owned(),
            format!("{requests_per_second:.0}"),
            format!("{:.2}", row.requests_ratio),
            format!("{p50_us:.0}"),
            format!("{p99_us:.0}"),
            format!("{:.2}", row.p99_ratio),
            maybe(server_cpu_us, 1),
            maybe(row.server_cpu_ratio, 2),
            maybe(client_cpu_us, 1),
            format!("{:.0} %", row.spread_percent),
        ]
    });
    table(COLUMNS, cells)
}

/// How many times as many requests as the peer the host answers, with the function that is the same.
fn beside_peer(rows: &[Row]) -> String {
    let Some(hello) = rows.iter().find(|row| row.name == lineup::HELLO) else { return String::new() };
    let peers = rows.iter().filter(|row| row.name.starts_with(peer::NAME));
    let times = |row: &Row| hello.median.requests_per_second / row.median.requests_per_second;
    let lines = peers.map(|row| format!("{}: {:.2} times the requests of {}\n", hello.name, times(row), row.name));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn sandboxes(sandboxes: &[Sandbox]) -> String {
    let cells = sandboxes.iter().map(|sandbox| {
        [
            sandbox.guest.to_owned(),
            format!("{:.2}", sandbox.nanoseconds / 1000.0),
            format!("{:.0} %", sandbox.spread_percent),
            maybe(sandbox.instructions, 0),
        ]
    });
    table(["guest", "µs", "spread", "instructions"], cells)
}

fn folders(folders: &[Folder]) -> String {
    let cells = folders.iter().map(|folder| {
        [
            folder.guest.to_owned(),
            folder.functions.to_string(),
            format!("{:.2}", folder.ready_seconds),
            format!("{:.0}", folder.ready_mib),
            format!("{:.0}", folder.asked_mib),
        ]
    });
    table(["guest", "functions", "ready after s", "resident MiB", "MiB when all were asked"], cells)
}

fn spreads(folders: &[Folder]) -> String {
    let cells = folders.iter().flat_map(|folder| {
        folder.spread.iter().map(|spread| {
            [
                folder.guest.to_owned(),
                spread.functions.to_string(),
                format!("{:.0}", spread.requests_per_second),
                format!("{:.2}", spread.ratio),
            ]
        })
    });
    table(["guest", "functions", "requests/s", "x one"], cells)
}

fn sleepers(asleep: &Asleep) -> String {
    let cells = [
        asleep.requests.to_string(),
        format!("{:.0}", asleep.under_way_ms),
        format!("{:.1}", asleep.instance_kib),
        format!("{:.1}", asleep.instance_again_kib),
        format!("{:.1}", asleep.connection_kib),
        format!("{:.0}", asleep.afterwards_mib),
    ];
    let columns =
        ["all answered", "under way after ms", "KiB each", "KiB again", "KiB of a connection", "MiB afterwards"];
    table(columns, [cells])
}
