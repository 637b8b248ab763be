//! The lines that a handler logs in a native test, kept for each thread so that the test can look at them. Owns keeping them;
//! they go to standard error as well.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;

pub use crate::log::Level;

/// Lines that are kept of a thread; then the oldest goes.
const KEPT: usize = 10_000;

thread_local! {
    static LINES: RefCell<VecDeque<LogLine>> = const { RefCell::new(VecDeque::new()) };
}

/// A line that a handler wrote with a macro of [`log`](mod@crate::log).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The path of the module that wrote it.
    pub module: String,
    /// What it says.
    pub message: String,
}

/// As it is on standard error.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level, self.module, self.message)
    }
}

/// The lines that were logged by this thread, in order: since its begin, or that of the [`scenario`](super::scenario()).
pub fn logged() -> Vec<LogLine> {
    LINES.with_borrow(|lines| lines.iter().cloned().collect())
}

/// A line was logged that has this level, and this text in it.
///
/// ```
/// use vestibule::testing::{Level, assert_logged};
///
/// vestibule::log::warn!("order 7: three tries, giving up");
/// assert_logged(Level::Warn, "giving up");
/// ```
///
/// # Panics
/// If there is none; the message shows all lines.
#[track_caller]
pub fn assert_logged(level: Level, text: &str) {
    let lines = logged();
    if !lines.iter().any(|line| line.level == level && line.message.contains(text)) {
        let all: String = lines.iter().map(|line| format!("\n{line}")).collect();
        panic!("no line of level {level} with {text:?} was logged; what was logged:{all}");
    }
}

/// Keeps a line.
pub(crate) fn keep(line: LogLine) {
    LINES.with_borrow_mut(|lines| {
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    });
}

pub(super) fn clear() {
    LINES.with_borrow_mut(VecDeque::clear);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_with_their_levels_in_order() {
        crate::log::info!("order {}", 7);
        crate::log::error!("gone");
        let lines = logged();
        let said: Vec<_> = lines.iter().map(|line| (line.level, line.message.as_str())).collect();
        assert_eq!(said, [(Level::Info, "order 7"), (Level::Error, "gone")]);
        assert_eq!(lines[0].to_string(), format!("INFO {}: order 7", module_path!()));
        assert_logged(Level::Error, "go");
    }

    #[test]
    #[should_panic(expected = "INFO")]
    fn a_line_of_another_level_is_not_it() {
        crate::log::info!("gone");
        assert_logged(Level::Error, "gone");
    }
}
