//! The engine: one at a time, with a pool of sandboxes, and for each request a store and an instance that nothing else
//! ever used. It takes events and returns outcomes; of HTTP, policies and files it knows nothing.

mod bindings;
mod cache;
pub mod compile;
mod component;
mod invoke;
mod memory;
mod output;
mod state;
mod swap;
mod ticker;
mod tuning;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use anyhow::{Context as _, Result};
use arc_swap::ArcSwap;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, PoolingAllocationConfig};

use self::cache::Cache;
use self::compile::Compiler;
use self::state::State;
use self::tuning::Wiping;
use crate::config::{CacheSettings, CompileSettings};
use crate::observe::metrics::Metrics;

pub use self::component::{Code, LoadError};
pub use self::invoke::{Answer, Invocation, Outcome};
pub use self::swap::SWAPS;

/// What the engine is made with.
#[derive(Clone, Debug)]
pub struct RuntimeSettings {
    /// Instances at once in the whole process: the slots of the pool.
    pub instances: u32,
    /// Where compiled components are kept; `None` compiles at every start.
    pub cache: Option<CacheSettings>,
    /// What compiling a component may cost.
    pub compile: CompileSettings,
    /// The program that compiles, this one ([`compile::this_program`]); with `None`, this process compiles, and nothing
    /// bounds what that takes: for components that are trusted.
    pub compiler: Option<PathBuf>,
    /// Where the system lists its swap areas: [`SWAPS`].
    pub swaps: PathBuf,
}

/// An engine and what belongs to it alone.
struct Made {
    engine: Engine,
    linker: Linker<State>,
    pooled: bool,
    wiping: Wiping,
    /// Set when its sandboxes must not be used any more.
    retired: AtomicBool,
}

/// The engine that is used, the cache of compiled code, the ticker.
pub struct Runtime {
    made: ArcSwap<Made>,
    instances: u32,
    swaps: PathBuf,
    cache: Option<Cache>,
    compiler: Compiler,
    metrics: Arc<Metrics>,
}

impl Made {
    /// Makes an engine. Where the pool's address space is not to be had (a limit on it, a small machine), sandboxes are made
    /// on demand: slower, and as strict.
    fn new(instances: u32, wiping: Wiping) -> Result<Self> {
        let (engine, pooled) = match Engine::new(&tuning::pooled(instances, wiping)) {
            Ok(engine) => (engine, true),
            Err(error) => {
                tracing::warn!(
                    reason = format!("{error:#}"),
                    "no address space for a pool of {instances} sandboxes; making them on demand, which is slower (raise the \
                     limit on virtual memory, or lower `server.concurrency` in host.toml)"
                );
                let engine = Engine::new(&tuning::on_demand()).map_err(anyhow::Error::from);
                (engine.context("cannot make the WebAssembly engine")?, false)
            }
        };
        ticker::start(&engine).context("cannot start the engine's ticker")?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        bindings::wasi::logging::logging::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        Ok(Self { engine, linker, pooled, wiping, retired: AtomicBool::new(false) })
    }
}

impl Runtime {
    /// Makes the engine.
    ///
    /// # Errors
    ///
    /// If neither kind of engine can be made, or no thread for the ticker.
    pub fn new(settings: &RuntimeSettings, metrics: Arc<Metrics>) -> Result<Self> {
        let by_page_map = PoolingAllocationConfig::is_pagemap_scan_available() && !swap::is_possible(&settings.swaps);
        let wiping = if by_page_map { Wiping::ByPageMap } else { Wiping::ByWriting };
        let cache = settings.cache.as_ref().and_then(|settings| match Cache::open(settings) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(folder = %settings.dir.display(), %error, "compiled components are not cached");
                None
            }
        });
        Ok(Self {
            made: ArcSwap::from_pointee(Made::new(settings.instances, wiping)?),
            instances: settings.instances,
            swaps: settings.swaps.clone(),
            cache,
            compiler: Compiler::new(settings.compiler.clone(), &settings.compile),
            metrics,
        })
    }

    /// Whether sandboxes come from a pool.
    pub fn pooled(&self) -> bool {
        self.made.load().pooled
    }

    /// Whether sandboxes are wiped by the kernel's map of dirty pages.
    pub fn wipes_by_page_map(&self) -> bool {
        let made = self.made.load();
        made.pooled && made.wiping == Wiping::ByPageMap
    }

    /// Makes a component's file ready to be instantiated. Compiles, unless the cache has it: seconds for a large one,
    /// so not for a thread that serves requests.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component that exports the contract's handler and imports what the host offers, or compiling
    /// it takes more than it may.
    pub fn load(&self, bytes: &[u8]) -> Result<Code, LoadError> {
        component::load(&self.made.load_full(), &self.compiler, self.cache.as_ref(), bytes)
    }

    /// Whether `code` can still be called. Code of an engine that has been replaced cannot: it has to be loaded anew.
    pub fn is_current(&self, code: &Code) -> bool {
        Arc::ptr_eq(&self.made.load(), &code.made)
    }

    /// Looks whether the machine has come to swap, as long as the runtime is there: from then on sandboxes are wiped by
    /// writing, in a new engine, and `changed` is called, as all components have to be loaded anew. Calls on the old engine
    /// that run come to their end; no other begins.
    ///
    /// # Errors
    ///
    /// If there is no thread to be had.
    pub fn watch_swap(self: &Arc<Self>, changed: impl FnOnce() + Send + 'static) -> io::Result<()> {
        if !self.wipes_by_page_map() {
            return Ok(());
        }
        let runtime: Weak<Self> = Arc::downgrade(self);
        thread::Builder::new().name("swap".into()).spawn(move || {
            while let Some(runtime) = runtime.upgrade() {
                if swap::is_possible(&runtime.swaps) {
                    runtime.wipe_by_writing();
                    changed();
                    return;
                }
                drop(runtime);
                thread::sleep(tuning::SWAP_LOOK);
            }
        })?;
        Ok(())
    }

    fn wipe_by_writing(&self) {
        let old = self.made.load_full();
        old.retired.store(true, Ordering::Release);
        match Made::new(self.instances, Wiping::ByWriting) {
            Ok(made) => {
                tracing::warn!(swaps = %self.swaps.display(), "this machine swaps now: sandboxes are wiped by writing");
                self.made.store(Arc::new(made));
            }
            // Nothing is served then, which is better than one guest's memory in the next one's.
            Err(error) => tracing::error!("this machine swaps now, and there is no other engine to be had: {error:#}"),
        }
    }
}
