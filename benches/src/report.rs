//! What a run shows: tables in Markdown, as they stand in `docs/performance.md`, and a file for programs. Owns what is
//! compared with what; measures nothing.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::lineup::Lineup;
use crate::measure::{Schedule, Series, Turn};
use crate::payload;
use crate::stats::{median, spread};

const COLUMNS: [&str; 9] = ["", "requests/s", "x bare", "p50 µs", "p99 µs", "CPU µs", "x bare", "client µs", "spread"];

/// A whole run.
#[derive(Serialize)]
pub(crate) struct Report {
    /// When it ended, in seconds since 1970.
    unix_time: u64,
    machine: Machine,
    rounds: u32,
    seconds_per_turn: u64,
    request_body_bytes: usize,
    /// The peer's version, if it took part.
    peer: Option<String>,
    /// What was not measured, and why.
    skipped: Option<String>,
    rows: Vec<Row>,
}

/// What the numbers depend on most. Nothing where the system does not say.
#[derive(Serialize)]
struct Machine {
    processor: Option<String>,
    cores: Option<usize>,
    kernel: Option<String>,
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
    /// Processor time for a request, as a multiple of the first subject's.
    server_cpu_ratio: Option<f64>,
    /// Between the slowest and the fastest turn, in per cent of the median.
    spread_percent: f64,
    turns: Vec<Turn>,
}

impl Report {
    /// Puts the series in rows; the first subject's is what the others are compared with.
    pub(crate) fn new(lineup: &Lineup, schedule: Schedule, measured: &[Series]) -> Result<Self> {
        let mut rows = Vec::new();
        let mut first = None;
        for series in measured {
            let subject = lineup.subjects.get(series.subject).context("a series of nobody")?;
            let middle = medians(&series.turns).with_context(|| format!("{} had no turn", subject.name))?;
            // The rows of each number of connections begin with the first subject.
            let first = if series.subject == 0 { *first.insert(middle) } else { first.unwrap_or(middle) };
            let ratio = |one: Option<f64>, other: Option<f64>| Some(one? / other?);
            rows.push(Row {
                name: subject.name,
                connections: series.connections,
                median: middle,
                requests_ratio: middle.requests_per_second / first.requests_per_second,
                server_cpu_ratio: ratio(middle.server_cpu_us, first.server_cpu_us),
                spread_percent: spread(series.turns.iter().map(|turn| turn.requests_per_second)).unwrap_or(0.0),
                turns: series.turns.clone(),
            });
        }
        Ok(Self {
            unix_time: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
            machine: Machine::here(),
            rounds: schedule.rounds,
            seconds_per_turn: schedule.period.as_secs(),
            request_body_bytes: payload::SIZE,
            peer: lineup.peer.clone(),
            skipped: lineup.skipped.clone(),
            rows,
        })
    }

    /// The tables, one for each number of connections, and what is to be known about them.
    pub(crate) fn text(&self) -> String {
        let mut text = self.heading();
        for same in self.rows.chunk_by(|one, next| one.connections == next.connections) {
            let Some(Row { connections, .. }) = same.first() else { continue };
            // Writing to a string does not fail.
            let _ =
                writeln!(text, "\nkeep-alive, {connections} connection{}\n", if *connections == 1 { "" } else { "s" });
            text.push_str(&table(same));
        }
        if let Some(skipped) = &self.skipped {
            let _ = writeln!(text, "\nskipped: {skipped}");
        }
        text
    }

    fn heading(&self) -> String {
        let machine = &self.machine;
        let known = |what: &Option<String>| what.clone().unwrap_or_else(|| "unknown".into());
        format!(
            "{} cores of {}, kernel {}; {} turns of {} s each, {} bytes of body{}\n",
            machine.cores.map_or_else(|| "?".into(), |cores| cores.to_string()),
            known(&machine.processor),
            known(&machine.kernel),
            self.rounds,
            self.seconds_per_turn,
            self.request_body_bytes,
            self.peer.as_ref().map(|peer| format!("; {peer}")).unwrap_or_default(),
        )
    }

    /// Writes everything, turns included, as JSON.
    pub(crate) fn write(&self, file: &Path) -> io::Result<()> {
        fs::write(file, serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Machine {
    fn here() -> Self {
        let model = |text: String| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Self {
            processor: fs::read_to_string("/proc/cpuinfo").ok().and_then(model),
            cores: std::thread::available_parallelism().ok().map(usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
        }
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

/// Rows in Markdown, filled up with spaces so that they can be read as they are.
fn table(rows: &[Row]) -> String {
    let mut cells = vec![COLUMNS.map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        let maybe = |value: Option<f64>, digits: usize| value.map_or_else(|| "-".into(), |v| format!("{v:.digits$}"));
        let Turn { requests_per_second, p50_us, p99_us, server_cpu_us, client_cpu_us } = row.median;
        [
            row.name.to_owned(),
            format!("{requests_per_second:.0}"),
            format!("{:.2}", row.requests_ratio),
            format!("{p50_us:.0}"),
            format!("{p99_us:.0}"),
            maybe(server_cpu_us, 1),
            maybe(row.server_cpu_ratio, 2),
            maybe(client_cpu_us, 1),
            format!("{:.0} %", row.spread_percent),
        ]
    }));
    let mut widths = [0; COLUMNS.len()];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for (number, row) in cells.iter().enumerate() {
        for (column, (width, cell)) in widths.iter().zip(row).enumerate() {
            // Writing to a string does not fail.
            let _ = if column == 0 { write!(text, "| {cell:<width$} |") } else { write!(text, " {cell:>width$} |") };
        }
        text.push('\n');
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let line = "-".repeat(*width);
                let _ = if column == 0 { write!(text, "|-{line}-|") } else { write!(text, "-{line}:|") };
            }
            text.push('\n');
        }
    }
    text
}
