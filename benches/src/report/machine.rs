//! What the numbers depend on most: the machine.

use std::fmt;
use std::fs;

use serde::Serialize;

/// The machine. Nothing where the system does not say.
#[derive(Serialize)]
pub(super) struct Machine {
    processor: Option<String>,
    cores: Option<usize>,
    kernel: Option<String>,
}

impl Machine {
    /// This one.
    pub(super) fn here() -> Self {
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

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |what: &Option<String>| what.clone().unwrap_or_else(|| "unknown".into());
        let cores = self.cores.map_or_else(|| "?".into(), |cores| cores.to_string());
        write!(f, "{cores} cores of {}, kernel {}", known(&self.processor), known(&self.kernel))
    }
}
