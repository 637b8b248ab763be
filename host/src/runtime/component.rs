//! From a file's bytes to code that can be instantiated: compiled or taken from the cache, held against the contract,
//! its imports resolved. All of it happens when a function is loaded, nothing of it when a request comes.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use super::Runtime;
use super::bindings::FunctionPre;
use super::cache;
use super::copied;
use super::shared::Shared;
use super::state::State;
use super::stint::Conduct;
use super::tuning::{MEMORIES_PER_COMPONENT, TABLE_ELEMENTS, TABLES_PER_COMPONENT};
use super::world::{self, World};
use crate::config::Size;

/// A page of WebAssembly memory, in bytes.
const PAGE: u64 = 64 << 10;

/// A component that is ready to be instantiated; `P` knows its exports.
pub(super) struct Ready<P> {
    /// What all that have the same content have in common.
    pub(super) made: Arc<Made<P>>,
    /// What its own calls have held up: nobody begins where another's calls belong.
    pub(super) conduct: Conduct,
}

/// What came of a file's bytes, whoever has it.
pub(super) struct Made<P> {
    pub(super) pre: P,
    pub(super) version: String,
    pub(super) initial_memory: u64,
}

/// A function's component that is ready to be instantiated.
pub struct Code(pub(super) Ready<Kind>);

/// The shapes in which functions come, each with the exports that it is known by.
pub(super) enum Kind {
    /// That of the contract.
    Contract(FunctionPre<State>),
    /// That of `wasi:http`.
    Http(ProxyPre<State>),
}

impl Kind {
    /// Looks up the exports of a component of `world`.
    pub(super) fn new(world: &World, instance: InstancePre<State>) -> wasmtime::Result<Self> {
        if std::ptr::eq(world, &world::HTTP) {
            ProxyPre::new(instance).map(Self::Http)
        } else {
            FunctionPre::new(instance).map(Self::Contract)
        }
    }
}

impl Code {
    /// Whether it gives its answers in pieces, to clients that take them.
    pub fn gives_pieces(&self) -> bool {
        matches!(self.0.made.pre, Kind::Http(_))
    }

    /// The SHA-256 of the component's file, in lower-case hexadecimal digits.
    pub fn version(&self) -> &str {
        &self.0.made.version
    }

    /// Has its next calls begin where they would if none had ever been long. For measurements with tools under which the
    /// first calls are slow, as they translate the program while it runs.
    #[doc(hidden)]
    pub fn forgive(&self) {
        self.0.conduct.forgive();
    }

    /// What the largest memory of the component needs from the start, in bytes.
    pub fn initial_memory(&self) -> u64 {
        self.0.made.initial_memory
    }
}

/// Why a file cannot be used as what it is to be, a function or a verifier.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not WebAssembly at all.
    #[error("this is not a WebAssembly file")]
    NotWasm,
    /// A core module: the format that came before components.
    #[error("this is a core WebAssembly module, not a component")]
    CoreModule,
    /// A component that exports something else; what.
    #[error("it does not export `{0}`: {1}")]
    NoExport(&'static World, String),
    /// A component for another version of the contract.
    #[error("it exports `{1}`, of another version of the contract: this host serves `{0}`")]
    OtherVersion(&'static World, String),
    /// A component for another of the contract's worlds.
    #[error("it exports `{name}`, as a {} does, and not `{wanted}`", found.noun)]
    OtherWorld {
        /// The world that it should be of.
        wanted: &'static World,
        /// The world that it is of.
        found: &'static World,
        /// What it exports.
        name: String,
    },
    /// A component that serves HTTP in a way that is not served.
    #[error("it exports `{1}`; of wasi:http, this host serves `{0}`")]
    WasiHttp(&'static World, String),
    /// What it exports has another signature.
    #[error("its `{0}` has another signature than the contract's: {1}")]
    OtherSignature(&'static World, String),
    /// It asks for something that the host does not have.
    #[error("it imports what this host does not offer: {0}")]
    Import(String),
    /// It asks for more of something than a sandbox has; of what, and how much there is.
    #[error("it does not fit into a sandbox: {0}")]
    TooLarge(String),
    /// The compiler refused it.
    #[error("it does not compile: {0}")]
    Compile(String),
    /// Compiling it took longer than the time that there is for it.
    #[error("compiling it takes longer than {0:?}")]
    CompileTime(Duration),
    /// Compiling it took more memory than there is for it.
    #[error("compiling it takes more memory than {0}")]
    CompileMemory(Size),
}

impl LoadError {
    /// What to do about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::NotWasm => "build it as a component: cargo build --release --target wasm32-wasip2",
            Self::CoreModule => {
                "build it for wasm32-wasip2, or make the module a component with `wasm-tools component new`"
            }
            Self::NoExport(world, _) | Self::WasiHttp(world, _) => world.build,
            Self::OtherSignature(world, _) if std::ptr::eq(*world, &world::HTTP) => world.build,
            Self::OtherVersion(..) | Self::OtherSignature(..) => "build it again, with the SDK of this host's version",
            Self::OtherWorld { found, .. } => found.misplaced,
            Self::Import(_) => "build it without that, for the world in wit/; WASI is offered in version 0.2",
            Self::TooLarge(_) => "make it smaller, or two functions of it: no setting gives a sandbox more of that",
            Self::CompileTime(_) => "make it smaller, or write more `time` under [compile] in host.toml",
            Self::CompileMemory(_) => "make it smaller, or write more `memory` under [compile] in host.toml",
            Self::Compile(_) => "build it again; if it still fails, it uses a feature of WebAssembly that is off here",
        }
    }
}

/// Makes `bytes` ready as a component of one of the `worlds`, the first that it fits and whose exports `pre` knows, unless it
/// is among those `shared`; compiles them if the cache has not. What fits none is held against the first.
pub(super) fn load<P>(
    runtime: &Runtime,
    shared: &Shared<Made<P>>,
    worlds: &[&'static World],
    bytes: &[u8],
    pre: impl FnOnce(&World, InstancePre<State>) -> wasmtime::Result<P>,
) -> Result<Ready<P>, LoadError> {
    // The layer field tells a component (1) from a core module (0).
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => {}
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => return Err(LoadError::CoreModule),
        _ => return Err(LoadError::NotWasm),
    }
    let version = version_of(bytes);
    let made = shared.get(&version, || make(runtime, worlds, version.clone(), bytes, pre))?;
    Ok(Ready { made, conduct: Conduct::default() })
}

fn make<P>(
    runtime: &Runtime,
    worlds: &[&'static World],
    version: String,
    bytes: &[u8],
    pre: impl FnOnce(&World, InstancePre<State>) -> wasmtime::Result<P>,
) -> Result<Made<P>, LoadError> {
    let component = match runtime.cache.as_ref().and_then(|cache| cache.get(&runtime.engine, &version)) {
        Some(component) => component,
        None => compile(runtime, &version, bytes)?,
    };
    let initial_memory = fits(&component)?;
    let (world, function) = World::of(worlds, &runtime.engine, &component.component_type())?;
    let instance = runtime.linker.instantiate_pre(&component);
    let instance = instance.map_err(|error| LoadError::Import(format!("{error:#}")))?;
    world.check(&function, &instance)?;
    let pre = pre(world, instance).map_err(|error| LoadError::NoExport(world, format!("{error:#}")))?;
    Ok(Made { pre, version, initial_memory })
}

/// What tells one component from another: the SHA-256 of its file, in lower-case hexadecimal digits.
pub fn version_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn compile(runtime: &Runtime, version: &str, bytes: &[u8]) -> Result<Component, LoadError> {
    let engine = &runtime.engine;
    let bytes = copied::little_is_copied(bytes);
    let compiled = runtime.compiler.compile(engine, runtime.pooled, &bytes)?;
    // What can be compiled and then is not taken is too large for the pool.
    let taken = cache::take(engine, &compiled).map_err(|error| LoadError::TooLarge(format!("{error:#}")))?;
    let Some(cache) = &runtime.cache else { return Ok(taken) };
    match cache.put(engine, version, &compiled) {
        // Read back from the cache: the pages of a mapped file are shared and can be dropped, those of a copy cannot.
        Ok(()) => Ok(cache.get(engine, version).unwrap_or(taken)),
        Err(error) => {
            tracing::warn!(%error, "compiled component not cached");
            Ok(taken)
        }
    }
}

/// What the component needs from the start, held against what a sandbox has.
fn fits(component: &Component) -> Result<u64, LoadError> {
    let Some(needs) = component.resources_required() else {
        return Err(LoadError::Import("a core module; a component has to bring its own".into()));
    };
    let elements = needs.max_initial_table_size.unwrap_or(0);
    for (needed, what, there) in [
        (u64::from(needs.num_memories), "memories", MEMORIES_PER_COMPONENT),
        (u64::from(needs.num_tables), "tables", TABLES_PER_COMPONENT),
        (elements, "elements in one table", TABLE_ELEMENTS),
    ] {
        if needed > u64::from(there) {
            return Err(LoadError::TooLarge(format!("it has {needed} {what}, and there is room for {there}")));
        }
    }
    Ok(needs.max_initial_memory_size.unwrap_or(0).saturating_mul(PAGE))
}
