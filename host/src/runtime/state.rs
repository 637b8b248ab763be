//! What a store holds besides its instance: the limit, the guest's output, and WASI, which is made when it is first
//! used. The one function that creates stores is here, and it counts them.

use std::sync::Arc;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::bindings::vestibule::function::output;
use super::bindings::wasi::logging::logging;
use super::granted::WasiHttp;
use super::memory::MemoryLimit;
use super::output::{GuestOutput, GuestStream, Level, Source};
use super::stint::Stint;
use super::tuning::{SHORT_TICKS, SLICE_TICKS};
use crate::grant::Grants;
use crate::outbound::Trace;

/// Handles (streams, pollables, …) that a guest may hold at once.
const MAX_HANDLES: usize = 1024;

/// Bytes of randomness that one call may ask for.
const MAX_RANDOM: u64 = 64 << 10;

pub(super) struct State {
    pub(super) memory: MemoryLimit,
    pub(super) output: Arc<GuestOutput>,
    /// What the guest may reach.
    pub(super) grants: Arc<Grants>,
    /// The trace that the request belongs to, where the guest may send requests of its own.
    pub(super) trace: Option<Box<Trace>>,
    /// Made when it is first used. Dropped before the handles: what the guest had not finished is then known to be broken.
    pub(super) wasi_http: Option<Box<WasiHttp>>,
    pub(super) handles: ResourceTable,
    wasi: Option<Box<WasiCtx>>,
}

/// A guest went on computing past its deadline.
#[derive(Debug, thiserror::Error)]
#[error("the deadline has passed")]
pub(super) struct DeadlinePassed;

/// What bounds one store.
pub(super) struct Bounds {
    /// Bytes of all memories and tables.
    pub(super) memory: u64,
    /// Bytes that the guest may pass to the host in one call: its answer, or what it writes.
    pub(super) passed: usize,
    /// When the call ends.
    pub(super) deadline: Instant,
    /// Learns when the guest has computed for long.
    pub(super) stint: Arc<Stint>,
}

/// Makes the store for one request. Nothing else makes one, so `created` is the number of sandboxes there have been, of
/// functions or of verifiers.
pub(super) fn new_store(
    engine: &Engine,
    created: &Counter,
    bounds: &Bounds,
    grants: Arc<Grants>,
    output: Arc<GuestOutput>,
) -> Store<State> {
    created.inc();
    let mut handles = ResourceTable::new();
    handles.set_max_capacity(MAX_HANDLES);
    let memory = MemoryLimit::new(bounds.memory);
    let state = State { memory, output, grants, trace: None, handles, wasi_http: None, wasi: None };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(bounds.passed);
    // A guest that computes for long gives way again and again; past its deadline it ends here, should the timer around
    // the call not have ended it.
    let (deadline, stint) = (bounds.deadline, Arc::clone(&bounds.stint));
    store.set_epoch_deadline(SHORT_TICKS);
    store.epoch_deadline_callback(move |_| {
        if Instant::now() >= deadline {
            return Err(DeadlinePassed.into());
        }
        // Most of the time, somebody else may have had the processor.
        if !stint.has_become_long() {
            return Ok(UpdateDeadline::Continue(1));
        }
        // tokio's own way to give way: the guest goes on only after the thread has looked for what has arrived. Woken in
        // any other way, it would be next again, 61 times over.
        Ok(UpdateDeadline::YieldCustom(SLICE_TICKS, Box::pin(tokio::task::yield_now())))
    });
    store
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (output, grants) = (&self.output, &self.grants);
        let ctx = self.wasi.get_or_insert_with(|| {
            let stream = |source| GuestStream { output: output.clone(), source };
            // No directory, no argument, no variable but those that were granted, and no socket of any kind: those are the
            // builder's defaults, and sockets are denied once more by name.
            Box::new(
                WasiCtxBuilder::new()
                    .envs(grants.environment().variables())
                    .stdout(stream(Source::Stdout))
                    .stderr(stream(Source::Stderr))
                    .max_random_size(MAX_RANDOM)
                    .allow_tcp(false)
                    .allow_udp(false)
                    .allow_ip_name_lookup(false)
                    .build(),
            )
        });
        WasiCtxView { ctx, table: &mut self.handles }
    }
}

impl output::Host for State {
    fn write(&mut self, to: output::Stream, length: u8, bytes: output::Words) -> wasmtime::Result<()> {
        let source = match to {
            output::Stream::Stdout => Source::Stdout,
            output::Stream::Stderr => Source::Stderr,
        };
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n) = bytes;
        self.output.write(
            source,
            first(length, [a, b, c, d, e, f, g, h, i, j, k, l, m, n].map(u64::to_le_bytes).as_flattened()),
        );
        Ok(())
    }

    fn log(&mut self, level: output::Level, last: bool, length: u8, bytes: output::LineWords) -> wasmtime::Result<()> {
        let level = match level {
            output::Level::Trace => Level::TRACE,
            output::Level::Debug => Level::DEBUG,
            output::Level::Info => Level::INFO,
            output::Level::Warn => Level::WARN,
            output::Level::Error => Level::ERROR,
        };
        let (a, b, c, d, e, f, g, h, i, j, k, l, m) = bytes;
        let part = [a, b, c, d, e, f, g, h, i, j, k, l, m].map(u64::to_le_bytes);
        self.output.log_part(level, last, first(length, part.as_flattened()));
        Ok(())
    }
}

/// The first `length` bytes: all, should there be fewer.
fn first(length: u8, bytes: &[u8]) -> &[u8] {
    bytes.get(..usize::from(length)).unwrap_or(bytes)
}

impl logging::Host for State {
    fn log(&mut self, level: logging::Level, context: String, message: String) -> wasmtime::Result<()> {
        let level = match level {
            logging::Level::Trace => Level::TRACE,
            logging::Level::Debug => Level::DEBUG,
            logging::Level::Info => Level::INFO,
            logging::Level::Warn => Level::WARN,
            logging::Level::Error | logging::Level::Critical => Level::ERROR,
        };
        self.output.log(level, &context, &message);
        Ok(())
    }
}
