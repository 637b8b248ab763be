//! Requests that functions send to other servers. Where a function may send any is decided here for each of them, twice: by
//! its URL before anything is done, and by the address when it is connected to, after the look-up of the name. Redirects are
//! not followed and no proxy is asked, whatever the environment says. It knows no engine and no guest.
//!
//! | file | owns |
//! |---|---|
//! | `target` | what a URL is, and whether a grant names it |
//! | `address` | which addresses are public |
//! | `own` | which are the host's own listeners |
//! | `head` | what a function may say of a request |
//! | `client` | one function's requests and connections |
//! | `connect`, `resolve`, `tls` | from a name to a connection |
//! | `body` | what comes and goes, counted |
//! | `exchange` | one request from its beginning to its line in the log |
//! | `trace` | the trace that requests belong to |
//! | `failure` | why there is no answer |

mod address;
mod body;
mod client;
mod connect;
mod exchange;
mod failure;
mod head;
mod own;
mod resolve;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod trace;

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::RootCertStore;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};

use self::own::Own;
use self::resolve::{Resolve, System};
use crate::config::Settings;

pub(crate) use self::address::barred;
pub use self::body::{Outgoing, Received, whole};
pub use self::client::{Client, Wish};
pub use self::failure::{Barred, Failure, Large};
pub use self::head::{headers, method};
pub use self::target::Target;
pub use self::trace::Trace;

/// What all functions' requests have in common.
pub struct Outbound {
    /// Requests at once.
    places: Arc<Semaphore>,
    own: Own,
    resolver: Box<dyn Resolve>,
    /// Read when the first connection is to be secure.
    roots: OnceCell<Arc<RootCertStore>>,
    /// The threads that answer requests, where they are known from the start.
    threads: Option<Handle>,
}

impl Outbound {
    /// What the settings say, on the threads of whoever calls this.
    pub fn new(settings: &Settings) -> Arc<Self> {
        let own = vec![settings.listen, settings.admin];
        Arc::new(Self::with(settings.outbound.concurrency, own, Box::new(System::default())))
    }

    fn with(concurrency: usize, own: Vec<SocketAddr>, resolver: Box<dyn Resolve>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(concurrency)),
            own: Own::new(own),
            resolver,
            roots: OnceCell::new(),
            threads: Handle::try_current().ok(),
        }
    }

    /// Says where the host listens indeed; no function is connected with that.
    pub fn keep_from(&self, listeners: Vec<SocketAddr>) {
        self.own.set(listeners);
    }

    fn own(&self) -> &Own {
        &self.own
    }

    fn places(&self) -> &Arc<Semaphore> {
        &self.places
    }

    fn resolver(&self) -> &dyn Resolve {
        &*self.resolver
    }

    fn threads(&self) -> Handle {
        self.threads.clone().unwrap_or_else(Handle::current)
    }

    async fn roots(&self) -> Result<Arc<RootCertStore>, Failure> {
        let roots = self.roots.get_or_try_init(|| async {
            let roots = tokio::task::spawn_blocking(tls::roots).await;
            roots.map(Arc::new).map_err(|_| Failure::Tls("the host is ending".into()))
        });
        roots.await.map(Arc::clone)
    }
}
