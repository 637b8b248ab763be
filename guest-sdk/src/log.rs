//! Log lines with a level, which the host writes to its log beside the request's id. Owns the five macros and where a
//! line goes: to the host in a component, to standard error in a native test.
//!
//! ```
//! # let (order, tries) = (7, 3);
//! vestibule::log::info!("order {order} received");
//!
//! use vestibule::log;
//! log::warn!("order {order}: {tries} tries, giving up");
//! ```
//!
//! The line carries the path of the module that writes it. Which levels are kept is the host's choice. Lines on
//! standard output and standard error, those of `println!` and of panics included, reach the same log without a level.

use std::fmt;

/// Steps of the program, for its author. Takes what `format!` takes.
pub use crate::__log_trace as trace;

/// Values worth seeing while something is being looked for. Takes what `format!` takes.
pub use crate::__log_debug as debug;

/// What happened, in the normal course of things. Takes what `format!` takes.
pub use crate::__log_info as info;

/// Something odd that was dealt with. Takes what `format!` takes.
pub use crate::__log_warn as warn;

/// Something failed. Takes what `format!` takes.
pub use crate::__log_error as error;

/// How much a line matters.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A step of the program.
    Trace,
    /// A value worth seeing.
    Debug,
    /// What happened.
    Info,
    /// Something odd that was dealt with.
    Warn,
    /// Something failed.
    Error,
}

/// The name, in capitals.
#[cfg(not(target_family = "wasm"))]
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        })
    }
}

/// Writes one line.
#[doc(hidden)]
#[cfg(target_family = "wasm")]
pub fn write(level: Level, module: &str, message: fmt::Arguments<'_>) {
    #[cfg(all(target_os = "wasi", feature = "output"))]
    crate::output::log(level, module, message);
    #[cfg(not(all(target_os = "wasi", feature = "output")))]
    crate::bindings::log(level, module, &message.to_string());
}

/// Writes one line.
#[doc(hidden)]
#[cfg(not(target_family = "wasm"))]
pub fn write(level: Level, module: &str, message: fmt::Arguments<'_>) {
    let line = crate::testing::LogLine { level, module: module.to_owned(), message: message.to_string() };
    eprintln!("{line}");
    crate::testing::keep(line);
}

// Exported macros live at the crate's root, where names such as `error!` would say too little; so they have hidden names
// there and plain ones in this module.

#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident, $($arg:tt)+) => {
        $crate::__private::write(
            $crate::__private::Level::$level,
            ::core::module_path!(),
            ::core::format_args!($($arg)+),
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace {
    ($($arg:tt)+) => { $crate::__log!(Trace, $($arg)+) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($arg:tt)+) => { $crate::__log!(Debug, $($arg)+) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($arg:tt)+) => { $crate::__log!(Info, $($arg)+) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($($arg:tt)+) => { $crate::__log!(Warn, $($arg)+) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($arg:tt)+) => { $crate::__log!(Error, $($arg)+) };
}
