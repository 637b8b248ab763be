//! A functions folder that is never still: policies and components of other functions are written, cut off, renamed and
//! removed all the time.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::site::Site;

/// Functions that come and go.
const FUNCTIONS: u64 = 20;

/// The time between two changes.
const EVERY: Duration = Duration::from_millis(10);

/// Policies: good, better, bad.
const POLICIES: [&str; 4] =
    ["access = \"public\"\n", "access = \"public\"\ntimeout = \"1s\"\n", "access = \"pub", "timeout = \"soon\"\n"];

/// Changes the folder until it is told to stop.
pub(super) fn bother(site: &Site, stop: &AtomicBool) -> Result<()> {
    let component = fs::read(site.functions().join("hello.wasm"))?;
    // The same changes in each run.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |end: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % end
    };
    while !stop.load(Ordering::Relaxed) {
        let policy = site.functions().join(format!("f{}.toml", below(FUNCTIONS)));
        let wasm = policy.with_extension("wasm");
        match below(8) {
            0..3 => {
                let at = usize::try_from(below(POLICIES.len() as u64))?;
                fs::write(&policy, POLICIES.get(at).copied().unwrap_or_default())?;
            }
            3 => fs::write(&wasm, &component)?,
            4 => {
                let cut = usize::try_from(below(component.len() as u64))?;
                fs::write(&wasm, component.get(..cut).unwrap_or_default())?;
            }
            5 => {
                // As editors do it.
                let draft = policy.with_extension("draft");
                fs::write(&draft, POLICIES.concat())?;
                fs::rename(draft, &policy)?;
            }
            6 => remove(&wasm)?,
            _ => remove(&policy)?,
        }
        thread::sleep(EVERY);
    }
    Ok(())
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
