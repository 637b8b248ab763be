//! Guests that take all they get, as many at once as there are connections of the good client.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Result, anyhow};

use crate::good::{CONNECTIONS, REST};
use crate::load::Exchange;
use crate::site::Site;

/// The guests, each with the status that its end has.
pub(crate) const GUESTS: [(&str, u16); 5] =
    [("endless-loop", 504), ("memory-bomb", 500), ("stdout-flood", 200), ("deep-recursion", 500), ("trap", 500)];

/// Calls them, one after the other on each connection, as the good client does: half of all requests that run are these.
pub(super) fn bother(site: &Site, stop: &AtomicBool) -> Result<()> {
    let all: Vec<Exchange> =
        GUESTS.iter().map(|(name, status)| site.get(&format!("/hostile/{name}"), *status)).collect();
    // A thread each: what they wait for is not each other.
    thread::scope(|scope| {
        let all = &all;
        let callers: Vec<_> = (0..CONNECTIONS).map(|first| scope.spawn(move || call(all, first, stop))).collect();
        callers.into_iter().try_for_each(|caller| caller.join().map_err(|_| anyhow!("a caller failed"))?)
    })
}

fn call(all: &[Exchange], first: usize, stop: &AtomicBool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for exchange in all.iter().cycle().skip(first) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        runtime.block_on(exchange.once())?;
        thread::sleep(REST);
    }
    Ok(())
}
