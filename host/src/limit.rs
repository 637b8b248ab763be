//! The last gate: a permit for an instance, of the function and of the host. Who has no permit gets no sandbox; the
//! permit is held until the sandbox is gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::auth::Authorized;
use crate::refusal::Refusal;

/// A request that has passed every gate. Only this becomes an event, and only an event reaches the engine.
///
/// Nothing but [`HostPermits::admit`] makes one:
///
/// ```compile_fail
/// use vestibule_host::{auth::Authorized, limit::{Admitted, Permit}};
///
/// fn forge(authorized: Authorized, permit: Permit) -> Admitted {
///     Admitted { authorized, permit }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{auth::Authorized, limit::{Admitted, HostPermits}, refusal::Refusal};
///
/// async fn ask(permits: HostPermits, authorized: Authorized) -> Result<Admitted, Refusal> {
///     permits.admit(authorized).await
/// }
/// ```
pub struct Admitted {
    authorized: Authorized,
    permit: Permit,
}

impl Admitted {
    /// Gives up the request and its permit to what runs it.
    pub(crate) fn into_parts(self) -> (Authorized, Permit) {
        (self.authorized, self.permit)
    }
}

/// The right to one instance, returned when it is dropped.
pub struct Permit {
    _function: OwnedSemaphorePermit,
    _host: OwnedSemaphorePermit,
}

/// The host's own permits: instances at once over all functions.
pub struct HostPermits {
    instances: Arc<Semaphore>,
    wait: Duration,
}

impl HostPermits {
    /// `instances` at once; a request waits up to `wait` for one.
    pub fn new(instances: usize, wait: Duration) -> Self {
        Self { instances: Arc::new(Semaphore::new(instances)), wait }
    }

    /// Waits for a permit of the function, then for one of the host, so that the requests that wait for a busy function
    /// hold nothing that others need.
    ///
    /// # Errors
    ///
    /// If they stay busy.
    pub async fn admit(&self, authorized: Authorized) -> Result<Admitted, Refusal> {
        let until = Instant::now() + self.wait;
        let function = acquire(&authorized.function().permits, until).await;
        let function = function.ok_or(Refusal::Overloaded("instances of the function (`concurrency`)"))?;
        let host = acquire(&self.instances, until).await;
        let host = host.ok_or(Refusal::Overloaded("instances of the host (`server.concurrency`)"))?;
        let permit = Permit { _function: function, _host: host };
        Ok(Admitted { authorized, permit })
    }
}

/// A permit: at once where one is free, even if there is no time to wait; else the next that is, if that is in time.
async fn acquire(semaphore: &Arc<Semaphore>, until: Instant) -> Option<OwnedSemaphorePermit> {
    match Arc::clone(semaphore).try_acquire_owned() {
        Ok(permit) => Some(permit),
        // The semaphores are never closed: without a permit the time was up.
        Err(_) => tokio::time::timeout_at(until, Arc::clone(semaphore).acquire_owned()).await.ok()?.ok(),
    }
}
