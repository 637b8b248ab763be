//! The clock of compiled code: one thread moves the engine's epoch on, and ends when the engine is gone.

use std::io;
use std::thread;

use wasmtime::Engine;

use super::tuning::TICK;

/// Starts the ticker of `engine`.
///
/// The thread holds the engine weakly: the last user of the engine ends it, not the other way round.
pub(super) fn start(engine: &Engine) -> io::Result<()> {
    let weak = engine.weak();
    thread::Builder::new().name("epoch-ticker".into()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(())
}
