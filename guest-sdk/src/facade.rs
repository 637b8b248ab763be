//! What the crate `log` hands its lines to in a component: this crate's own way to the host's log. So whatever a library says
//! through that crate arrives there, with its level and with what it gives as its target.

use ::log::{LevelFilter, Log, Metadata, Record, set_logger, set_max_level};

use crate::log::{Level, write};

struct Facade;

impl Log for Facade {
    /// Which lines are kept is the host's choice, by the settings of its log.
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            ::log::Level::Trace => Level::Trace,
            ::log::Level::Debug => Level::Debug,
            ::log::Level::Info => Level::Info,
            ::log::Level::Warn => Level::Warn,
            ::log::Level::Error => Level::Error,
        };
        write(level, record.target(), *record.args());
    }

    /// A line is with the host as soon as it is written.
    fn flush(&self) {}
}

/// Has lines of the crate `log` go to the host, unless somebody has set another logger. Called before the author's code.
pub(crate) fn set_up() {
    if set_logger(&Facade).is_ok() {
        set_max_level(LevelFilter::Trace);
    }
}
