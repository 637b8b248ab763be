//! The processor time that a process has used, as Linux counts it; other systems are measured without.

use std::fs;
use std::time::Duration;

/// A clock tick of `/proc`: `USER_HZ` is 100 in the interface of every Linux that the host runs on.
const TICK: Duration = Duration::from_millis(10);

/// In `/proc/PID/stat`, after the command's name: how many fields stand before the time in user mode, which the time in
/// the kernel follows.
const FIELDS_BEFORE_UTIME: usize = 11;

/// What all threads of a process have used together, ended ones included.
pub(crate) fn used(process: u32) -> Option<Duration> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Duration> {
    // The name stands in parentheses and may itself hold some, and spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(FIELDS_BEFORE_UTIME).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(TICK * user.checked_add(system)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_user_and_system_time() {
        let stat = "4711 (a) b) S 1 4711 4711 0 -1 4194560 900 0 0 0 250 50 7 7 20 0 3 0 100 1000 200 1844";
        assert_eq!(parse(stat), Some(Duration::from_secs(3)));
    }

    #[test]
    fn takes_no_line_that_is_cut_off() {
        assert_eq!(parse("4711 (host) S 1 4711 4711 0 -1 4194560 900 0 0 0 250"), None);
    }
}
