//! Every number of the engine, each with its reason. Nothing else in the host configures wasmtime. What a figure is
//! worth was measured with hyper 1.12 and wasmtime 48 on a 2-core machine, a fresh instance per request.

use std::num::NonZeroUsize;
use std::time::Duration;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// How often the epoch moves on, and so the accuracy with which a guest that only computes is stopped. The clock takes
/// some 0.3 % of one processor, and stands still when there are no calls.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// Ticks after which it is looked whether a call has become long: one to two milliseconds. With one tick instead, it would be for
/// every call that runs just when the clock moves.
pub(super) const SHORT_TICKS: u64 = 2;

/// The processor time that a call may have on the threads that answer requests, before it goes over to those for long
/// calls.
pub(super) const SHORT: Duration = TICK;

/// The processor time after which a call has held such a thread up, though its guest was never seen to compute for long: one
/// instruction that fills memory, the wiping of much of it. Far from what a short call may have on a machine that is
/// overloaded: with one millisecond, a good function beside hostile ones had up to seven times its p99 on such a machine,
/// and two and a half times its p50, as it seems because it was taken for one of them.
pub(super) const HELD_UP: Duration = Duration::from_millis(5);

/// How many times as long as a call has held a thread that answers requests, its component's calls begin on those for
/// long calls: of the time of the former, it has no more than a thousandth for calls that are not short.
pub(super) const AMENDS: u32 = 1000;

/// Ticks that a long call computes before others of its kind get a turn.
pub(super) const SLICE_TICKS: u64 = 5;

/// Ticks without a call after which the clock stands still.
pub(super) const IDLE_TICKS: u32 = 100;

/// How much more than the threads that answer requests those for long calls give way. At 10, Linux gives them a tenth of
/// the time that it gives the others where there is not enough for both: they are slow then, and do not starve. (Beside
/// guests that compute all the time, a short call's p99 was 3.9 times what it is without them at 5, 2.4 times at 15.)
#[cfg(target_os = "linux")]
pub(super) const LONG_NICE: i32 = 10;

/// A memory of 32 bits, reserved whole, so that compiled code needs no bounds checks (explicit ones cost a third of a
/// computing guest's speed). It is address space only; what a guest may use is the policy's `memory`.
const RESERVATION: u64 = 1 << 32;

/// What is reserved per memory where address space is scarce and there is no pool: compiled code then checks bounds.
const SMALL_RESERVATION: u64 = 1 << 20;

/// Bytes of a memory that are wiped by writing and stay mapped; what is beyond them goes back to the system. Enough for a
/// small guest; more would cost each request the wiping of pages that it never touched: at 512 KiB, a plain one takes 40 µs
/// instead of 23, one with the SDK's shape gains nothing.
const KEEP_RESIDENT: usize = 128 << 10;

/// Bytes of a table that are wiped by writing and stay mapped; without it, 7 of 22 µs of a small request.
const TABLE_KEEP_RESIDENT: usize = 64 << 10;

/// Places that wait for the component that they were last used by, though others have never been used. With none, no more
/// places are ever used than calls have run at once, so their pages stay in the processor's cache; with 100, the default, 300
/// functions in turn cost up to a third more each. Where there are more functions than places in use, a component has
/// another's place; what that costs is little where its data is copied.
const WARM_SLOTS: u32 = 0;

/// Elements of one table: interpreters need up to 7,700 (SpiderMonkey), C# more than 10,000.
pub(super) const TABLE_ELEMENTS: u32 = 20_000;

/// Core instances in one component: componentize-py makes 65, with stubs 108; others fewer than ten.
pub(super) const CORE_INSTANCES_PER_COMPONENT: u32 = 128;

/// Memories in one component: QuickJS with stubs has three.
pub(super) const MEMORIES_PER_COMPONENT: u32 = 8;

/// Tables in one component: QuickJS with stubs has three.
pub(super) const TABLES_PER_COMPONENT: u32 = 16;

/// The guest's stack, and what the fiber that it runs on has beyond it for the host's functions that it calls.
const WASM_STACK: usize = 256 << 10;
const FIBER_STACK: usize = 512 << 10;

/// Frames of a guest's stack that a trap's log line shows.
const BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// Settings that pool and fallback share.
fn common() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Off, as the contract's functions are plain: asynchronous components cost every call threefold.
        .concurrency_support(false)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_backtrace_max_frames(Some(BACKTRACE_FRAMES))
        // Nothing in the contract needs memories past 4 GiB, and they cannot do without bounds checks.
        .wasm_memory64(false)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBER_STACK);
    config
}

/// For compiling alone, for an engine that is pooled or not: what it makes is the same as that engine would make.
pub(super) fn compiling(for_pool: bool) -> Config {
    let mut config = if for_pool { common() } else { on_demand() };
    if for_pool {
        config.memory_reservation(RESERVATION);
    }
    config
}

/// How many verifiers may run at once beside `instances` of functions. A verifier is there for a fraction of the time that
/// a function is; but anybody can make it run, so its share is small.
pub fn verifiers_beside(instances: u32) -> u32 {
    (instances / 8).max(8)
}

/// Slots made ready beforehand for `instances` of functions at once, and as many of verifiers.
pub(super) fn pooled(instances: u32, verifiers: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    let all = instances.saturating_add(verifiers);
    // Every verifier has room to be of the largest kind, so that none takes what functions count on.
    let with_verifiers = |functions: u32, each: u32| functions.saturating_add(verifiers.saturating_mul(each));
    pool.total_component_instances(all)
        .total_stacks(all)
        // Only counted, not reserved: room for every instance to be of the largest kind.
        .total_core_instances(all.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        // Reserved address space: 4 GiB each. Nearly every guest has one; an interpreter has up to three. A small pool
        // has room for one of the largest kind, or such a component would be loaded and never find a sandbox.
        .total_memories(with_verifiers(instances.saturating_mul(2).max(MEMORIES_PER_COMPONENT), MEMORIES_PER_COMPONENT))
        .total_tables(with_verifiers(instances.saturating_mul(4).max(TABLES_PER_COMPONENT), TABLES_PER_COMPONENT))
        // How many memories and tables a component may have is decided, with a reason, when it is loaded. So a module may
        // have as many as any module: 100, a limit of the parser.
        .max_memories_per_module(100)
        .max_tables_per_module(100)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .table_elements(TABLE_ELEMENTS as usize)
        // The whole reservation; the policy's `memory` is the cap.
        .max_memory_size(RESERVATION as usize)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(TABLE_KEEP_RESIDENT)
        .max_unused_warm_slots(WARM_SLOTS)
        // The kernel's map of dirty pages would be faster for guests that touch memory far apart, and is not used. wasmtime 48
        // wipes the pages that the map calls present. One that is in swap at that moment, or that the kernel is moving (to
        // make huge pages, from one processor's memory to another's), is not present, and would be the next guest's to
        // read. Swap can be seen and be turned away; moving cannot. wasmtime's pull request 14357 is about that.
        .pagemap_scan(Enabled::No)
        .decommit_batch_size(16);
    let mut config = common();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool)).memory_reservation(RESERVATION);
    config
}

/// Memory asked of the system for each instance, where the pool's address space is not to be had.
pub(super) fn on_demand() -> Config {
    let mut config = common();
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .memory_reservation(SMALL_RESERVATION)
        .memory_guard_size(64 << 10)
        .memory_reservation_for_growth(SMALL_RESERVATION);
    config
}
