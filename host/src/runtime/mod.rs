//! The engine: one per process, with a pool of sandboxes, and for each request a store and an instance that nothing
//! else ever used. It takes events and returns outcomes; of HTTP, policies and files it knows nothing.

mod bindings;
mod cache;
mod component;
mod invoke;
mod memory;
mod output;
mod state;
mod ticker;
mod tuning;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use self::cache::Cache;
use self::state::State;
use crate::observe::metrics::Metrics;

pub use self::component::{Code, LoadError};
pub use self::invoke::{Answer, Invocation, Outcome};

/// What the engine is made with.
pub struct RuntimeSettings {
    /// Instances at once in the whole process: the slots of the pool.
    pub instances: u32,
    /// Where compiled components are kept; `None` compiles at every start.
    pub cache: Option<PathBuf>,
}

/// The engine and all that is made once: linker, cache of compiled code, ticker.
pub struct Runtime {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<Cache>,
    metrics: Arc<Metrics>,
    pooled: bool,
}

impl Runtime {
    /// Makes the engine. Where the pool's address space is not to be had (a limit on it, a small machine), sandboxes
    /// are made on demand: slower, and as strict.
    ///
    /// # Errors
    ///
    /// If neither kind of engine can be made, or no thread for the ticker.
    pub fn new(settings: &RuntimeSettings, metrics: Arc<Metrics>) -> Result<Self> {
        let (engine, pooled) = match Engine::new(&tuning::pooled(settings.instances)) {
            Ok(engine) => (engine, true),
            Err(error) => {
                tracing::warn!(
                    reason = format!("{error:#}"),
                    "no address space for a pool of {} sandboxes; making them on demand, which is slower (raise the limit \
                     on virtual memory, or lower `server.concurrency` in host.toml)",
                    settings.instances
                );
                (
                    Engine::new(&tuning::on_demand())
                        .map_err(anyhow::Error::from)
                        .context("cannot make the WebAssembly engine")?,
                    false,
                )
            }
        };
        ticker::start(&engine).context("cannot start the engine's ticker")?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        bindings::wasi::logging::logging::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        let cache = settings.cache.as_deref().and_then(|folder| match Cache::open(folder) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "compiled components are not cached");
                None
            }
        });
        Ok(Self { engine, linker, cache, metrics, pooled })
    }

    /// Whether sandboxes come from a pool.
    pub fn pooled(&self) -> bool {
        self.pooled
    }

    /// Makes a component's file ready to be instantiated. Compiles, unless the cache has it: seconds for a large one,
    /// so not for a thread that serves requests.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component that exports the contract's handler and imports what the host offers.
    pub fn load(&self, bytes: &[u8]) -> Result<Code, LoadError> {
        component::load(&self.engine, &self.linker, self.cache.as_ref(), bytes)
    }
}
