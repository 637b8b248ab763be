//! A Rust compiler that builds components, as the script finds one that builds this repository's own. What such a compiler
//! needs is written there alone; here it is only asked, and installs nothing.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::walk::shown;
use crate::config::Problem;

/// The script.
const GUEST_TOOLCHAIN: &str = include_str!("../../../tools/guest-toolchain");

/// What the script says its name with.
const SAYS: &str = "guest-toolchain: ";

/// The folders in which rustup keeps the targets of its toolchains.
pub(super) fn targets() -> Vec<PathBuf> {
    let own = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".rustup"));
    let Some(rustup) = std::env::var_os("RUSTUP_HOME").map(PathBuf::from).or_else(own) else { return Vec::new() };
    let toolchains = rustup.join("toolchains");
    let installed = std::fs::read_dir(&toolchains).into_iter().flatten().flatten();
    installed.map(|toolchain| toolchain.path().join("lib/rustlib")).chain([toolchains.clone()]).collect()
}

/// The environment in which cargo builds components, for the packages of a folder.
pub(super) struct Toolchain(Vec<(OsString, OsString)>);

impl Toolchain {
    /// Finds one that is installed, as it counts for `folder`.
    ///
    /// # Errors
    ///
    /// If there is none; what to run is in the problem.
    pub(super) fn find(folder: &Path) -> Result<Self, Problem> {
        let mut script = Command::new("sh");
        script.args(["-c", GUEST_TOOLCHAIN, "guest-toolchain", "--installed", "env", "-0"]);
        let asked = script.current_dir(folder).stdin(Stdio::null()).output();
        let asked = asked.map_err(|error| {
            let message = format!("no compiler can be looked for, as `sh` cannot be run: {error}");
            Problem::of_file(&shown(folder), message, "put a shell `sh` on PATH")
        })?;
        if !asked.status.success() {
            let said = String::from_utf8_lossy(&asked.stderr);
            let mut said = said.lines().map(|line| line.strip_prefix(SAYS).unwrap_or(line));
            let message = said.next().unwrap_or("no Rust compiler here builds for WebAssembly").to_owned();
            let fix: Vec<&str> = said.map(str::trim).collect();
            return Err(Problem::of_file(&shown(folder), message, fix.join("\n    ")));
        }
        let variables = asked.stdout.split(|byte| *byte == 0).filter_map(|variable| {
            let at = variable.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (variable.get(..at)?, variable.get(at + 1..)?);
            // The shell's own.
            let is_shells = [b"_".as_slice(), b"SHLVL", b"PWD", b"OLDPWD"].contains(&name);
            (!is_shells).then(|| (OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())))
        });
        Ok(Self(variables.collect()))
    }

    /// Cargo, in that environment.
    pub(super) fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.envs(self.0.iter().map(|(name, value)| (name, value)));
        cargo
    }
}
