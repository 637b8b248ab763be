//! What the person hears of a build: what the compiler says, what is going on, what came of it. On a terminal what goes on is
//! one line that moves; in a pipe it is one line at the start. It decides nothing.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::config::LogFormat;
use crate::observe::queue::Queue;
use crate::report::short;

/// How often the line that moves does.
const TICK: Duration = Duration::from_millis(100);

/// How wide the names of functions are at the least, so that lines of several builds stand below each other.
const NAME: usize = 16;

/// Where it is heard.
enum Place {
    /// On standard error, and results on standard output if they are what the command is for.
    Command(ProgressBar, bool),
    /// In the log of a host that serves, for people.
    Log(Queue),
    /// In the log, for programs.
    Events,
}

/// Says it.
pub(crate) struct Voice {
    place: Place,
    is_coloured: bool,
    since: Instant,
}

impl Voice {
    /// For a command; results are on standard output if they are what it is for.
    pub(crate) fn command(is_for_results: bool) -> Self {
        let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        Self::of(Place::Command(bar, is_for_results), is_coloured())
    }

    /// For a host that serves.
    pub(crate) fn log(queue: Queue, format: LogFormat) -> Self {
        match format {
            LogFormat::Human => Self::of(Place::Log(queue), is_coloured()),
            LogFormat::Json => Self::events(),
        }
    }

    /// For a host whose log is for programs.
    pub(crate) fn events() -> Self {
        Self::of(Place::Events, false)
    }

    fn of(place: Place, is_coloured: bool) -> Self {
        Self { place, is_coloured, since: Instant::now() }
    }

    /// Whether what is said may be in colour.
    pub(crate) fn is_coloured(&self) -> bool {
        self.is_coloured
    }

    /// Whether [`doing`](Self::doing) is seen.
    pub(crate) fn shows_progress(&self) -> bool {
        matches!(&self.place, Place::Command(bar, _) if !bar.is_hidden())
    }

    /// A line that is no result: what the compiler says, or what is wrong.
    pub(crate) fn say(&self, text: &str) {
        match &self.place {
            // Whoever closed standard error does not want to know.
            Place::Command(bar, _) => bar.suspend(|| drop(writeln!(io::stderr(), "{text}"))),
            Place::Log(queue) => queue.say(text),
            Place::Events => tracing::warn!("{text}"),
        }
    }

    /// A result.
    pub(crate) fn result(&self, text: &str) {
        match &self.place {
            Place::Command(bar, true) => bar.suspend(|| drop(writeln!(io::stdout(), "{text}"))),
            Place::Command(_, false) => self.say(text),
            Place::Log(_) | Place::Events => tracing::info!("{text}"),
        }
    }

    /// Functions of one language are being built, which may take minutes. Where what goes on is not seen, a command says
    /// so in a line; the log of a host does not.
    pub(crate) fn begins(&self, language: &str, names: &[&str]) {
        match &self.place {
            Place::Command(bar, _) if bar.is_hidden() => {
                self.say(&format!("building {} ({language})…", names.join(", ")))
            }
            _ => {}
        }
    }

    /// What is going on.
    pub(crate) fn doing(&self, text: &str) {
        if let Place::Command(bar, _) = &self.place {
            bar.enable_steady_tick(TICK);
            bar.set_message(text.to_owned());
        }
    }

    /// A function is built: its component's size in bytes, its version. The log of a host says so when it is served.
    pub(crate) fn built(&self, name: &str, size: usize, version: &str) {
        if matches!(self.place, Place::Log(_) | Place::Events) {
            return;
        }
        let (size, took) = (shown(size), self.since.elapsed().as_secs_f64());
        self.result(&format!("{name:<NAME$} {size:>9} {took:>6.1} s  {}", short(version)));
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        if let Place::Command(bar, _) = &self.place {
            bar.finish_and_clear();
        }
    }
}

/// A size in bytes, as exact as anybody needs it.
fn shown(size: usize) -> String {
    match size.div_ceil(1 << 10) {
        kib @ 0..1024 => format!("{kib} KiB"),
        kib => format!("{:.1} MiB", kib as f64 / 1024.0),
    }
}

/// Whether standard error shows colours and is to.
fn is_coloured() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}
