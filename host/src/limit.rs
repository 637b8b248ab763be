//! The last gate: a permit for an instance, of the function and of the host. Who has no permit gets no sandbox; the
//! permit is held until the sandbox is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::refusal::Refusal;
use crate::replay::Claimed;

/// A request that has passed every gate. Only this becomes an event, and only an event reaches the engine.
///
/// Nothing but [`HostPermits::admit`] makes one:
///
/// ```compile_fail
/// use vestibule_host::{limit::{Admitted, Permit}, replay::Claimed};
///
/// fn forge(claimed: Claimed, permit: Permit) -> Admitted {
///     Admitted { claimed, permit }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{limit::{Admitted, HostPermits}, refusal::Refusal, replay::Claimed};
///
/// async fn ask(permits: HostPermits, claimed: Claimed) -> Result<Admitted, Refusal> {
///     permits.admit(claimed, std::time::Duration::ZERO).await
/// }
/// ```
pub struct Admitted {
    claimed: Claimed,
    permit: Permit,
}

impl Admitted {
    /// Gives up the request and its permit to what runs it.
    pub(crate) fn into_parts(self) -> (Claimed, Permit) {
        (self.claimed, self.permit)
    }
}

/// The right to one instance, returned when it is dropped.
pub struct Permit {
    _function: FunctionPermit,
    _host: OwnedSemaphorePermit,
}

/// The right to one instance of a function, returned when it is dropped.
pub struct FunctionPermit {
    of: Arc<FunctionPermits>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for FunctionPermit {
    fn drop(&mut self) {
        if self.of.repay()
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
        }
    }
}

/// Instances that one function may have at once. They stay the same through every reload, so that calls that began under
/// the old policy count under the new one.
pub struct FunctionPermits {
    free: Arc<Semaphore>,
    size: AtomicUsize,
    /// Permits that a smaller size has taken away and that are still out.
    owed: AtomicUsize,
}

impl FunctionPermits {
    /// `size` instances at once.
    pub fn new(size: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(size)), size: AtomicUsize::new(size), owed: AtomicUsize::new(0) }
    }

    /// A permit, if one is free.
    pub fn try_acquire(self: &Arc<Self>) -> Option<FunctionPermit> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(|permit| self.permit(permit))
    }

    async fn acquire(self: &Arc<Self>, until: Instant) -> Option<FunctionPermit> {
        acquire(&self.free, until).await.map(|permit| self.permit(permit))
    }

    fn permit(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> FunctionPermit {
        FunctionPermit { of: Arc::clone(self), permit: Some(permit) }
    }

    /// Takes one off what is owed, if anything is.
    fn repay(&self) -> bool {
        self.owed.fetch_update(Ordering::AcqRel, Ordering::Acquire, |owed| owed.checked_sub(1)).is_ok()
    }

    /// Allows `size` instances from now on. Calls that run are not stopped: where there are more of them, their permits do
    /// not come back.
    pub fn resize(&self, size: usize) {
        let before = self.size.swap(size, Ordering::AcqRel);
        if size < before {
            let less = before - size;
            self.owed.fetch_add(less - self.free.forget_permits(less), Ordering::AcqRel);
            return;
        }
        let mut more = size - before;
        // First those that are still owed, of which there may be fewer by now.
        while more > 0 && self.repay() {
            more -= 1;
        }
        self.free.add_permits(more);
    }
}

/// Whose permits were all taken.
pub(crate) enum Busy {
    /// The function's own.
    Function,
    /// The host's.
    Host,
}

/// The host's own permits: instances at once over all functions, or over all verifiers.
pub struct HostPermits {
    instances: Arc<Semaphore>,
}

impl HostPermits {
    /// `instances` at once.
    pub fn new(instances: usize) -> Self {
        Self { instances: Arc::new(Semaphore::new(instances)) }
    }

    /// Waits, no longer than `wait`, for a permit of the function, then for one of the host, so that the requests that wait
    /// for a busy function hold nothing that others need.
    ///
    /// # Errors
    ///
    /// If they stay busy.
    pub async fn admit(&self, claimed: Claimed, wait: Duration) -> Result<Admitted, Refusal> {
        let permit = self.acquire(&claimed.function().permits, wait).await.map_err(|busy| {
            Refusal::Overloaded(match busy {
                Busy::Function => "instances of the function (`concurrency`)",
                Busy::Host => "instances of the host (`server.concurrency`)",
            })
        })?;
        Ok(Admitted { claimed, permit })
    }

    /// The same, without anything that has to be admitted.
    pub(crate) async fn acquire(&self, function: &Arc<FunctionPermits>, wait: Duration) -> Result<Permit, Busy> {
        // Most of the time there is nothing to wait for, and no need to know what time it is.
        if let Some(function) = function.try_acquire()
            && let Ok(host) = Arc::clone(&self.instances).try_acquire_owned()
        {
            return Ok(Permit { _function: function, _host: host });
        }
        let until = Instant::now() + wait;
        let function = function.acquire(until).await.ok_or(Busy::Function)?;
        let host = acquire(&self.instances, until).await.ok_or(Busy::Host)?;
        Ok(Permit { _function: function, _host: host })
    }
}

/// A permit: at once where one is free, even if there is no time to wait; else the next that is, if that is in time.
async fn acquire(semaphore: &Arc<Semaphore>, until: Instant) -> Option<OwnedSemaphorePermit> {
    match Arc::clone(semaphore).try_acquire_owned() {
        Ok(permit) => Some(permit),
        // The semaphores are never closed: without a permit the time was up.
        // Who waits does not mind that its place in the queue is made now; the others do not carry it with them.
        Err(_) => Box::pin(tokio::time::timeout_at(until, Arc::clone(semaphore).acquire_owned())).await.ok()?.ok(),
    }
}
