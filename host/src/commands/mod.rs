//! The commands that need no running host: `host routes` and `host check`, `host sign` and `host verify`, `host key`,
//! `host invoke`. Owns
//! their exit codes and what they have in common. Settings, policies and schemes are read by the code that serves, so the
//! same is right and wrong here.

pub mod build;
pub mod check;
mod chosen;
pub mod completions;
pub mod component;
pub mod dev;
pub mod invoke;
mod jsonl;
pub mod key;
pub mod man;
mod named;
pub mod new;
pub mod routes;
mod send;
pub mod sign;
mod signing;
mod stop;
pub mod store;
mod survey;
pub mod test;
pub mod verify;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use crate::observe::text::say;
use crate::serve::EXIT_USAGE;

/// The longest payload or line that is read, in bytes: as much as a policy's `body_limit` may be, in Base64.
const LONGEST: u64 = 128 << 20;

/// What keeps a command from its work.
enum Failure {
    /// It was called wrongly, or a setting is wrong: status 64.
    Usage(String),
    /// Something else: status 1.
    Other(String),
}

impl Failure {
    fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    fn other(message: impl Display) -> Self {
        Self::Other(message.to_string())
    }

    /// Says what is wrong.
    fn exit(&self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                say(&format!("host: {message}"));
                ExitCode::from(EXIT_USAGE)
            }
            Self::Other(message) => {
                say(&format!("host: {message}"));
                ExitCode::FAILURE
            }
        }
    }
}

/// Standard input for `-`, else the file.
fn open(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(file) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::usage(format!("{} cannot be read: {error}", file.display()))),
    }
}

/// All of a file, or of standard input for `-`.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    open(file)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage(format!("{} is longer than 128 MiB", file.display())));
    }
    Ok(bytes)
}

/// Reads an instant as the options have it.
fn parse_time(text: &str) -> Result<SystemTime, String> {
    signatures::instant(text)
        .ok_or_else(|| "write seconds since 1970, as 1760000000, or a time as 2026-03-01T12:00:00Z".to_owned())
}

/// Headers as the options have them.
#[derive(Clone)]
enum HeaderOption {
    /// `Name: value`
    One(String, String),
    /// `@FILE`: one a line, as curl reads them and `host sign` prints them.
    File(PathBuf),
}

fn parse_header(text: &str) -> Result<HeaderOption, String> {
    match text.strip_prefix('@') {
        Some(file) => Ok(HeaderOption::File(file.into())),
        None => header(text).map(|(name, value)| HeaderOption::One(name, value)),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let wrong = || "write a header as \"name: value\", and @FILE for a file with several".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name: http::HeaderName = name.trim().parse().map_err(|_| wrong())?;
    let value = value.trim();
    if value.contains(['\n', '\r']) {
        return Err(wrong());
    }
    Ok((name.as_str().to_owned(), value.to_owned()))
}

/// The headers that the options name.
fn headers(options: &[HeaderOption]) -> Result<Vec<(String, String)>, Failure> {
    let mut headers = Vec::new();
    for option in options {
        match option {
            HeaderOption::One(name, value) => headers.push((name.clone(), value.clone())),
            HeaderOption::File(file) => {
                let text = String::from_utf8_lossy(&read(file)?).into_owned();
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let wrong = |message| Failure::usage(format!("{}: {message}", file.display()));
                    headers.push(header(line).map_err(wrong)?);
                }
            }
        }
    }
    Ok(headers)
}
