//! Instructions of one call, by way of valgrind, which runs this program slowly and counts. So that nothing of the start
//! counts, it runs twice, with calls and with more of them, and the difference is what the more have cost.

use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::inside::{GUESTS, Inside};
use super::{call_here, one_thread};
use crate::site::Built;

/// How many calls the two runs of a guest make.
const CALLS: [u32; 2] = [100, 600];

/// How long all runs take together, about.
pub(super) const TIME: Duration = Duration::from_secs(30);

/// Calls one after the other that must stay on their thread before any counts, and how many may be tried.
const STEADY: u32 = 20;
const WARM_UP: u32 = 1000;

/// Has the C library fill and copy memory in a loop over vectors. An instruction that repeats itself, which it would take for
/// many bytes, counts once for each byte under valgrind.
const IN_LOOPS: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.cpu.x86_rep_stosb_threshold=1073741824:glibc.cpu.x86_rep_movsb_threshold=1073741824");

/// What valgrind's tool writes before the sum.
const COLLECTED: &str = "Collected : ";

/// Counts for each guest.
pub(super) fn count() -> Result<Vec<f64>> {
    let paths = env::var_os("PATH").unwrap_or_default();
    ensure!(
        env::split_paths(&paths).any(|folder| folder.join("valgrind").is_file()),
        "there is no `valgrind` on PATH; on Debian: apt-get install valgrind"
    );
    GUESTS
        .into_iter()
        .map(|guest| {
            let [fewer, more] = CALLS;
            // Compiles, if nobody has for a processor as valgrind shows it: that must not count as calls.
            run(guest, 1)?;
            let [with_fewer, with_more] = [run(guest, fewer)?, run(guest, more)?];
            let difference = with_more.checked_sub(with_fewer).context("more calls took fewer instructions")?;
            Ok(difference as f64 / f64::from(more - fewer))
        })
        .collect()
}

/// Runs [`calls`] under valgrind and returns what it counted.
fn run(guest: &str, calls: u32) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["sandbox-calls", guest, &calls.to_string()])
        .envs([IN_LOOPS])
        .output()
        .context("cannot run valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let own = said.lines().find(|line| line.starts_with("error: ")).or(said.lines().last());
        bail!("this program failed under valgrind: {}", own.unwrap_or_default());
    }
    let collected = said.lines().find_map(|line| line.split_once(COLLECTED)).context("valgrind counted nothing")?;
    Ok(collected.1.trim().parse()?)
}

/// Makes so many calls of a guest, for [`run`].
///
/// The first ones are slow under valgrind, as it translates the code; the host takes their guest for one that computes for
/// long, and would have it make amends on threads of its own for a thousand times as long.
pub(crate) fn calls(built: Built<'_>, guest: &str, calls: u32) -> Result<()> {
    let threads = one_thread()?;
    let inside = threads.block_on(Inside::open(built))?;
    let which = GUESTS.iter().position(|name| *name == guest).context("there is no such guest")?;
    let event = inside.events.get(which).context("every guest has an event")?;
    let mut steady = 0;
    let call = || {
        event.function().code.forgive();
        threads.block_on(call_here(&inside, event))
    };
    for _ in 0..WARM_UP {
        let here = call()?;
        steady = if here { steady + 1 } else { 0 };
        if steady == STEADY {
            break;
        }
    }
    ensure!(steady == STEADY, "no {STEADY} calls one after the other stay on their thread");
    let mut left = 0;
    for _ in 0..calls {
        left += u32::from(!call()?);
    }
    ensure!(left <= calls / 20, "{left} of {calls} calls left their thread, and cost more than calls do");
    Ok(())
}
