//! A program that computes on all processors and has no business with the host: what a good client feels of it, it would
//! feel on any machine that has other things to do. The measure for what the others cost.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;

use crate::site::Site;

/// Computes until it is told to stop, with the same weight as everything else here.
pub(super) fn bother(_site: &Site, stop: &AtomicBool) -> Result<()> {
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism()?.get() {
            scope.spawn(|| {
                let mut turns = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    turns = black_box(turns.wrapping_add(1));
                }
            });
        }
        Ok(())
    })
}
