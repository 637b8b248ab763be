//! The policy's `memory`: one number for all memories and tables of an instance together. wasmtime asks a limiter per
//! memory and per table; this one keeps the sum.

use std::io;

use wasmtime::ResourceLimiter;

use super::tuning::{CORE_INSTANCES_PER_COMPONENT, MEMORIES_PER_COMPONENT, TABLES_PER_COMPONENT};

/// A table's element is a pointer.
const ELEMENT_BYTES: usize = size_of::<usize>();

/// What one instance holds, against what it may hold.
pub(super) struct MemoryLimit {
    limit: usize,
    used: usize,
    peak: usize,
    denied: bool,
    /// The latest growth that was allowed; taken back if it then fails.
    latest: usize,
}

impl MemoryLimit {
    /// A limit of `bytes` over all memories and tables.
    pub(super) fn new(bytes: u64) -> Self {
        Self { limit: usize::try_from(bytes).unwrap_or(usize::MAX), used: 0, peak: 0, denied: false, latest: 0 }
    }

    /// Whether a growth was refused: a trap that follows is called out of memory, as that is its cause.
    pub(super) fn denied(&self) -> bool {
        self.denied
    }

    /// The most that was held at once, in bytes.
    pub(super) fn peak(&self) -> usize {
        self.peak
    }

    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>, unit: usize) -> bool {
        // A growth past the declared maximum fails whatever is said here, and without the limiter being told.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return false;
        }
        let growth = desired.saturating_sub(current).saturating_mul(unit);
        let after = self.used.saturating_add(growth);
        if after > self.limit {
            self.denied = true;
            return false;
        }
        self.used = after;
        self.peak = self.peak.max(after);
        self.latest = growth;
        true
    }

    /// Gives an allowed growth back that the system then could not provide. wasmtime also calls this for growths that
    /// the limiter was never asked about (past what the memory's type can express): only a failure of the system is
    /// known to follow an allowed growth, and giving back any other would let a guest count itself down.
    fn give_back(&mut self, error: &wasmtime::Error) {
        if error.is::<rustix::io::Errno>() || error.is::<io::Error>() {
            self.denied = true;
            self.used = self.used.saturating_sub(std::mem::take(&mut self.latest));
        }
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, maximum, 1))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back(&error);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, maximum, ELEMENT_BYTES))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back(&error);
        Ok(())
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_PER_COMPONENT as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_PER_COMPONENT as usize
    }

    fn tables(&self) -> usize {
        TABLES_PER_COMPONENT as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 64 << 10;

    #[test]
    fn the_sum_over_memories_and_tables_is_limited() {
        let mut limit = MemoryLimit::new(3 * PAGE as u64);
        assert!(limit.memory_growing(0, PAGE, None).unwrap());
        assert!(limit.memory_growing(0, PAGE, None).unwrap(), "a second memory");
        assert!(limit.table_growing(0, PAGE / ELEMENT_BYTES, None).unwrap());
        assert!(!limit.denied());
        assert!(!limit.memory_growing(PAGE, 2 * PAGE, None).unwrap());
        assert!(limit.denied());
        assert_eq!(limit.peak(), 3 * PAGE);
    }

    #[test]
    fn a_growth_that_the_system_failed_is_given_back() {
        let mut limit = MemoryLimit::new(2 * PAGE as u64);
        assert!(limit.memory_growing(0, PAGE, None).unwrap());
        assert!(limit.memory_growing(PAGE, 2 * PAGE, None).unwrap());
        limit.memory_grow_failed(rustix::io::Errno::NOMEM.into()).unwrap();
        assert!(limit.memory_growing(PAGE, 2 * PAGE, None).unwrap());
        assert!(!limit.memory_growing(2 * PAGE, 3 * PAGE, None).unwrap());
    }

    #[test]
    fn a_growth_that_nobody_asked_about_gives_nothing_back() {
        let mut limit = MemoryLimit::new(PAGE as u64);
        assert!(limit.memory_growing(0, PAGE, None).unwrap());
        for _ in 0..3 {
            limit.memory_grow_failed(wasmtime::format_err!("memory growth exceeds memory type's limits")).unwrap();
        }
        assert!(!limit.memory_growing(PAGE, 2 * PAGE, None).unwrap());
    }

    #[test]
    fn one_failure_gives_back_once() {
        let mut limit = MemoryLimit::new(2 * PAGE as u64);
        assert!(limit.memory_growing(0, 2 * PAGE, None).unwrap());
        for _ in 0..3 {
            limit.memory_grow_failed(io::Error::from_raw_os_error(12).into()).unwrap();
        }
        assert!(limit.memory_growing(0, 2 * PAGE, None).unwrap());
        assert!(!limit.memory_growing(2 * PAGE, 3 * PAGE, None).unwrap());
    }

    #[test]
    fn a_declared_maximum_does_not_count_as_denied_memory() {
        let mut limit = MemoryLimit::new(8 * PAGE as u64);
        assert!(!limit.memory_growing(PAGE, 3 * PAGE, Some(2 * PAGE)).unwrap());
        assert!(!limit.denied());
    }
}
