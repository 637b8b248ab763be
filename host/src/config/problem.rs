//! What is wrong with a configuration, in words for the person who wrote it: which file, where in it, what, and what to
//! write instead. It knows neither TOML nor any key.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::kind::Kind;

/// Stands for the file in a [`Problem`] that is about an option of the command.
pub const COMMAND_LINE: &str = "command line";

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file that has to be changed; [`COMMAND_LINE`] if an option has to be.
    pub file: PathBuf,
    /// The line in that file, counted from 1, where one can be named.
    pub line: Option<usize>,
    /// The key, dotted as in `verify.tolerance`; none if the problem is about the file.
    pub key: Option<String>,
    /// What is wrong. Never holds a value that might be a secret.
    pub message: String,
    /// What to write instead.
    pub fix: String,
    /// What it is, for programs.
    pub kind: Kind,
}

impl Problem {
    /// A problem that is about a whole file.
    pub fn of_file(file: &Path, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            key: None,
            message: message.into(),
            fix: fix.into(),
            kind: Kind::File,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file's name may hold anything; a line break in one must not forge a second line of the log.
        for c in self.file.to_string_lossy().chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}\n    {}", self.message, self.fix)
    }
}

/// Everything that is wrong, of as many files as were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds those of another file.
    pub fn append(&mut self, other: Problems) {
        self.0.extend(other.0);
    }

    /// Leaves out those of which `stays` is not true.
    pub fn retain(&mut self, stays: impl FnMut(&Problem) -> bool) {
        self.0.retain(stays);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems, in the order in which [`Display`](fmt::Display) lists them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// `value` if nothing is wrong, else the problems in the order of their lines.
    pub(super) fn unless_any<T>(mut self, value: T) -> Result<T, Problems> {
        if self.is_empty() {
            return Ok(value);
        }
        self.sort();
        Err(self)
    }

    /// Orders by file and line, which is the order in which a person works through them.
    pub(super) fn sort(&mut self) {
        self.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// What is wrong with a value, before it is known whose value it is.
#[derive(Debug)]
pub(super) struct Wrong {
    /// What is wrong.
    pub(super) message: String,
    /// What to write instead.
    pub(super) fix: String,
    /// Where in the text, if that is more precise than the key: one item of a list.
    pub(super) at: Option<Range<usize>>,
}

impl Wrong {
    /// A fault of the whole value.
    pub(super) fn new(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: message.into(), fix: fix.into(), at: None }
    }
}

/// The candidate that was probably meant by `word`: the nearest within an edit for every
/// three letters begun, whatever the case.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let reach = word.chars().count().div_ceil(3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `text` in quotes, with control characters and quotes escaped and no more than 60 characters of it.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start:?}…")
}
