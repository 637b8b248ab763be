//! From names to addresses, by the system's own means. Each look-up keeps a thread for as long as it takes, whether or not
//! anybody still waits for it; so there is a limit to how many there are.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Look-ups at once, of all functions together. tokio has 512 threads for such things, and others need some of them.
const LOOKUPS: usize = 64;

/// Look-ups at once of one function, so that none keeps the others from theirs with names of slow servers.
pub(super) const FUNCTION_LOOKUPS: usize = 8;

/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 16;

/// The addresses of a name, with the port.
pub(super) type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// What knows names.
pub(super) trait Resolve: Send + Sync {
    /// Looks `host` up. The permit is held until nothing is left of the look-up.
    fn resolve(&self, host: &str, port: u16, permit: OwnedSemaphorePermit) -> Found;
}

/// The system: its files, its servers, its search domains.
pub(super) struct System(Arc<Semaphore>);

impl Default for System {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS)))
    }
}

impl Resolve for System {
    fn resolve(&self, host: &str, port: u16, permit: OwnedSemaphorePermit) -> Found {
        let (places, host) = (Arc::clone(&self.0), host.to_owned());
        Box::pin(async move {
            let place = places.acquire_owned().await.map_err(io::Error::other)?;
            let looked_up = tokio::task::spawn_blocking(move || {
                let found = (host.as_str(), port).to_socket_addrs().map(|all| all.take(MOST_ADDRESSES).collect());
                drop((place, permit));
                found
            });
            looked_up.await.map_err(io::Error::other)?
        })
    }
}
