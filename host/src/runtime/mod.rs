//! The engine: one, with a pool of sandboxes, and for each request a store and an instance that nothing else
//! ever used. It takes events and returns outcomes, takes questions for verifiers and returns verdicts; of HTTP, policies
//! and files it knows nothing.

mod bindings;
mod cache;
pub mod compile;
mod component;
mod copied;
mod core_module;
mod granted;
mod http_answer;
mod http_call;
mod http_request;
mod imports;
mod invoke;
mod load_error;
mod long;
mod look;
mod memory;
mod offers;
mod output;
mod shared;
mod state;
mod stint;
#[cfg(test)]
mod tests;
mod ticker;
mod tuning;
mod verifier;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use self::bindings::verifier::VerifierPre;
use self::cache::Cache;
use self::compile::Compiler;
use self::component::{Kind, Made};
use self::long::LongCalls;
use self::shared::Shared;
use self::state::State;
use self::ticker::Ticker;
use crate::config::{CacheSettings, CompileSettings};
use crate::observe::metrics::Metrics;

pub use self::component::{Code, version_of};
pub use self::core_module::CoreModule;
pub use self::http_answer::{Begun, HttpAnswer, HttpHead};
pub use self::imports::Imports;
pub use self::invoke::{Answer, Invocation, Outcome};
pub use self::load_error::LoadError;
pub use self::tuning::verifiers_beside;
pub use self::world::World;

/// What the engine is made with.
#[derive(Clone, Debug)]
pub struct RuntimeSettings {
    /// Instances of functions at once in the whole process: slots of the pool.
    pub instances: u32,
    /// Instances of verifiers at once: slots besides, so that whoever has not been verified takes none of a function's.
    pub verifiers: u32,
    /// Where compiled components are kept; `None` compiles at every start.
    pub cache: Option<CacheSettings>,
    /// What compiling a component may cost.
    pub compile: CompileSettings,
    /// The program that compiles, this one ([`compile::this_program`]); with `None`, this process compiles, and nothing
    /// bounds what that takes: for components that are trusted.
    pub compiler: Option<PathBuf>,
}

/// The engine, its clock and threads, the cache of compiled code.
pub struct Runtime {
    engine: Engine,
    linker: Linker<State>,
    pooled: bool,
    verifiers: u32,
    cache: Option<Cache>,
    compiler: Compiler,
    functions_made: Shared<Made<Kind>>,
    verifiers_made: Shared<Made<VerifierPre<State>>>,
    metrics: Arc<Metrics>,
    ticker: Ticker,
    long: LongCalls,
}

impl Runtime {
    /// Makes the engine. Where the pool's address space is not to be had (a limit on it, a small machine), sandboxes are
    /// made on demand: slower, and as strict.
    ///
    /// # Errors
    ///
    /// If neither kind of engine can be made, or no thread for the ticker.
    pub fn new(settings: &RuntimeSettings, metrics: Arc<Metrics>) -> Result<Self> {
        let RuntimeSettings { instances, verifiers, .. } = *settings;
        let (engine, pooled) = match Engine::new(&tuning::pooled(instances, verifiers)) {
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
        let ticker = Ticker::start(&engine).context("cannot start the engine's ticker")?;
        let long = LongCalls::start().context("cannot start threads for long calls")?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        granted::deny_files(&mut linker)?;
        bindings::wasi::logging::logging::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        bindings::vestibule::function::output::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        bindings::vestibule::function::secrets::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        bindings::vestibule::function::environment::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        bindings::wasi::config::store::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        bindings::vestibule::function::webhooks::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        bindings::vestibule::function::http::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        granted::keyvalue::add_to_linker(&mut linker)?;
        granted::deny_sockets(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        let cache = settings.cache.as_ref().and_then(|settings| match Cache::open(settings) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(folder = %settings.dir.display(), %error, "compiled components are not cached");
                None
            }
        });
        let compiler = Compiler::new(settings.compiler.clone(), &settings.compile);
        let (functions_made, verifiers_made) = (Shared::default(), Shared::default());
        Ok(Self {
            engine,
            linker,
            pooled,
            verifiers,
            cache,
            compiler,
            functions_made,
            verifiers_made,
            metrics,
            ticker,
            long,
        })
    }

    /// Whether sandboxes come from a pool.
    pub fn pooled(&self) -> bool {
        self.pooled
    }

    /// From now on there are requests, which what is compiled leaves processors to.
    pub fn begin_serving(&self) {
        self.compiler.begin_serving();
    }

    /// From now on an author waits for each component that is compiled: it has all processors.
    pub(crate) fn begin_waiting(&self) {
        self.compiler.begin_waiting();
    }

    /// How many verifiers may run at once.
    pub fn verifiers(&self) -> usize {
        self.verifiers as usize
    }

    /// Makes a function's component ready to be instantiated. Compiles, unless another function has the same or the cache
    /// has it: seconds for a large one, so not for a thread that serves requests.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component that exports the contract's handler, or that of `wasi:http`, and imports what the
    /// host offers, or compiling it takes more than it may.
    pub fn load(&self, bytes: &[u8]) -> Result<Code, LoadError> {
        let worlds = [&world::FUNCTION, &world::HTTP];
        component::load(self, &self.functions_made, &worlds, bytes, Kind::new).map(Code)
    }
}
