//! `[log]` of `host.toml`: how the log is written. It knows nothing of the library that writes it.

use super::choice::Choice;
use super::document::Section;
use super::key::Group;
use super::problem::Problems;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// How lines are written.
    pub format: LogFormat,
    /// The least important lines that are written.
    pub level: LogLevel,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; in colour on a terminal.
    Human,
    /// One JSON object a line.
    Json,
}

/// The least important log lines that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something odd that was dealt with.
    Warn,
    /// What happens in the normal course of things.
    Info,
    /// What helps to find a fault.
    Debug,
    /// Every step.
    Trace,
}

static FORMAT: Choice<LogFormat> = Choice {
    name: "format",
    words: &[("human", LogFormat::Human), ("json", LogFormat::Json)],
    default: LogFormat::Human,
    meaning: "How log lines are written: for people, or as one JSON object a line.",
};

static LEVEL: Choice<LogLevel> = Choice {
    name: "level",
    words: &[
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ],
    default: LogLevel::Info,
    meaning: "The least important lines that are written.",
};

/// The log.
pub(super) static LOG: Group =
    Group { table: "log", about: "The log, on standard error.", keys: &[&FORMAT, &LEVEL], tables: &[], later: &[] };

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: FORMAT.default, level: LEVEL.default }
    }
}

impl LogSettings {
    pub(super) fn read(mut section: Section<'_>, problems: &mut Problems) -> Self {
        let format = section.take_or_default(&FORMAT, problems);
        let level = section.take_or_default(&LEVEL, problems);
        section.finish(&LOG, None, problems);
        Self { format, level }
    }
}

impl std::str::FromStr for LogFormat {
    type Err = String;

    /// Reads the word as an option of the command has it.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        FORMAT.value_of(word).ok_or_else(|| format!("write {}", FORMAT.list()))
    }
}
