//! From a file's bytes to code that can be instantiated: compiled or taken from the cache, held against the contract,
//! its imports resolved. All of it happens when a function is loaded, nothing of it when a request comes.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use super::Runtime;
use super::bindings::FunctionPre;
use super::cache;
use super::copied;
use super::core_module::CoreModule;
use super::imports::Imports;
use super::load_error::LoadError;
use super::look::{self, Flaw, Look};
use super::shared::Shared;
use super::state::State;
use super::stint::Conduct;
use super::tuning::{MEMORIES_PER_COMPONENT, TABLE_ELEMENTS, TABLES_PER_COMPONENT};
use super::world::{self, World};

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
    /// The interfaces that it imports, each with its version.
    imports: Vec<String>,
    debug_bytes: usize,
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

    /// Whether it imports an interface of this name, of whatever version.
    pub fn imports(&self, interface: &str) -> bool {
        let of_name = |import: &String| {
            import.strip_prefix(interface).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
        };
        self.0.made.imports.iter().any(of_name)
    }

    /// How much of its file is for debuggers, in bytes: nothing, of what was built for use.
    pub fn debug_bytes(&self) -> usize {
        self.0.made.debug_bytes
    }

    /// What the largest memory of the component needs from the start, in bytes.
    pub fn initial_memory(&self) -> u64 {
        self.0.made.initial_memory
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
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => {
            return Err(LoadError::CoreModule(CoreModule::of(&Look::of(bytes))));
        }
        _ => {
            let (what, fix) = look::other_than_wasm(bytes);
            return Err(LoadError::NotWasm(what, fix));
        }
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
    let look = Look::of(bytes);
    let component = match runtime.cache.as_ref().and_then(|cache| cache.get(&runtime.engine, &version)) {
        Some(component) => component,
        None => compile(runtime, &version, bytes).map_err(|error| uncompiled(error, worlds, &look))?,
    };
    let initial_memory = fits(&component)?;
    let found = World::of(worlds, &runtime.engine, &component.component_type());
    let (world, function) = found.map_err(|error| error.built_by(&look))?;
    let instance = runtime.linker.instantiate_pre(&component);
    let instance = instance.map_err(|error| LoadError::Import(Imports::of(&runtime.linker, &component, &error)))?;
    world.check(&function, &instance)?;
    let pre = pre(world, instance).map_err(|error| LoadError::NoExport(world, format!("{error:#}")))?;
    Ok(Made { pre, version, initial_memory, imports: look.imports, debug_bytes: look.debug_bytes })
}

/// Why a component does not compile. One that is cut off says so; one that was built for a later WASI has features in it that
/// are off here, of which the compiler names the first, and its names say it better.
fn uncompiled(error: LoadError, worlds: &[&'static World], look: &Look) -> LoadError {
    if !matches!(error, LoadError::Compile(_)) {
        return error;
    }
    if look.flaw == Some(Flaw::Cut) {
        return LoadError::Cut(look.bytes);
    }
    let exported = World::later(worlds, look.exports.iter().map(String::as_str));
    let imported = || Imports::by_name(look.imports.iter().map(String::as_str)).map(LoadError::Import);
    exported.or_else(imported).unwrap_or(error)
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
        return Err(LoadError::Import(Imports::plain("a core module; a component has to bring its own")));
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
