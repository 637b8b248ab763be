//! What a process takes, as Linux tells it: memory, threads, file descriptors, over a time.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How often is looked.
const EVERY: Duration = Duration::from_millis(250);

/// What it takes at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Its memory that is in the machine's, in KiB.
    pub(crate) resident_kib: u64,
    /// Its threads.
    pub(crate) threads: u64,
    /// Its open files, connections among them.
    pub(crate) descriptors: u64,
}

/// Before, at the most, afterwards.
pub(crate) struct Samples {
    process: u32,
    before: Sample,
    most: Sample,
    after: Sample,
}

impl Samples {
    /// Looks for the first time.
    pub(crate) fn start(process: u32) -> Result<Self> {
        let before = Sample::of(process)?;
        Ok(Self { process, before, most: before, after: before })
    }

    /// Looks again and again, until it is told to stop.
    pub(crate) fn watch(&mut self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let now = Sample::of(self.process)?;
            self.most = Sample {
                resident_kib: now.resident_kib.max(self.most.resident_kib),
                threads: now.threads.max(self.most.threads),
                descriptors: now.descriptors.max(self.most.descriptors),
            };
            thread::sleep(EVERY);
        }
        Ok(())
    }

    /// Looks for the last time.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.after = Sample::of(self.process)?;
        Ok(())
    }

    /// A line for each of the three, its columns separated as in a table.
    pub(crate) fn lines(&self) -> [String; 3] {
        let line = |what: &str, of: fn(&Sample) -> u64| {
            format!("{what} | {} | {} | {}", of(&self.before), of(&self.most), of(&self.after))
        };
        [
            line("resident memory, MiB", |sample| sample.resident_kib >> 10),
            line("threads", |sample| sample.threads),
            line("file descriptors", |sample| sample.descriptors),
        ]
    }
}

impl Sample {
    /// Looks at a process.
    pub(crate) fn of(process: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).context("the host has ended")?;
        let number = |name| field(&status, name).with_context(|| format!("/proc says no {name}"));
        let descriptors = fs::read_dir(format!("/proc/{process}/fd"))?.count() as u64;
        Ok(Self { resident_kib: number("VmRSS:")?, threads: number("Threads:")?, descriptors })
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_proc_says() {
        let status = "Name:\thost\nVmRSS:\t   12345 kB\nThreads:\t7\n";
        assert_eq!(
            (field(status, "VmRSS:"), field(status, "Threads:"), field(status, "x")),
            (Some(12345), Some(7), None)
        );
        assert!(Sample::of(std::process::id()).unwrap().threads >= 1);
    }
}
