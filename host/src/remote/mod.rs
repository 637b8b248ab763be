//! The one Redis or Valkey on which several hosts keep their state: a connection that all askers share, and a task that
//! looks after it. Whoever asks has an answer within a bound, also where the server is down or does not answer; nothing waits
//! for it without end. It knows nothing of what is kept there, but that it is reached by scripts.
//!
//! | file | owns |
//! |---|---|
//! | `target` | where the server is, and what opens it |
//! | `link` | the connection: when it is there, when it is given up, what is said of that |
//! | `facts` | what the server says of itself, and what of it is weak |

mod facts;
mod link;
mod target;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use redis::{FromRedisValue, RedisError, ScriptInvocation};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use self::link::Link;
pub use self::target::check;
use crate::config::{RedisPlace, Secrets};
use crate::observe::metrics::Metrics;
use crate::observe::text::shortened;

/// What all keys of the host begin with. The number is that of the form in which things are kept: hosts of another form do
/// not see them.
pub(crate) const PREFIX: &str = "vestibule:1:";

/// How long askers who can do without an answer are not kept waiting again after one that did not come in time.
const SPARED: Duration = Duration::from_secs(1);

/// The longest text of an error that is passed on, in bytes.
const LONGEST_ERROR: usize = 300;

/// A server, reached or not. The connection ends when this is dropped.
pub struct Remote {
    link: Arc<Link>,
    task: OnceLock<Option<AbortHandle>>,
    runtime: Option<Handle>,
    began: Instant,
    /// Until when askers who can do without are not kept waiting, in milliseconds since `began`.
    spared_until: AtomicU64,
    /// Whether it has been said that they go on without.
    is_spared: AtomicBool,
}

/// What a connection is for. Each use has its own, so that what functions keep does not hold up what requests ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedFor {
    /// Deliveries and rates.
    Gates,
    /// The stores of functions.
    Stores,
}

impl UsedFor {
    /// Its name, for log and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gates => "gates",
            Self::Stores => "stores",
        }
    }

    /// What becomes of it without the server.
    fn without(self) -> &'static str {
        match self {
            Self::Gates => "what must be remembered gets 503, and rates are counted by this host alone",
            Self::Stores => "what functions ask of their stores is an error for them",
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// There is no connection; why not.
    #[error("{0}")]
    Gone(Arc<str>),
    /// It did not answer in this time. Nobody can say whether it did what it was asked.
    #[error("no answer within {0:?}")]
    Slow(Duration),
    /// It has no memory for more.
    #[error("it holds as much as its maxmemory allows")]
    Full,
    /// It answered with an error, or with something else than was asked for.
    #[error("{0}")]
    Refused(String),
}

impl Remote {
    /// The server at `place`, which is connected to when it is first asked.
    pub fn new(place: &RedisPlace, secrets: &Secrets, used_for: UsedFor, metrics: &Metrics) -> Arc<Self> {
        let link = Arc::new(Link::new(place, secrets, used_for, metrics));
        // Where there is no runtime, nobody can ask either.
        let runtime = Handle::try_current().ok();
        let task = OnceLock::new();
        let (began, spared_until, is_spared) = (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { link, task, runtime, began, spared_until, is_spared })
    }

    /// Connects in the background, and again whenever the connection is lost. Nothing is waited for: where it cannot be
    /// reached, askers are told so.
    pub fn begin(&self) {
        self.task.get_or_init(|| {
            let spawn = |runtime: &Handle| runtime.spawn(Arc::clone(&self.link).keep()).abort_handle();
            self.runtime.as_ref().map(spawn)
        });
    }

    /// Goes over to what the place says now, where that is something else: its secret may have changed.
    pub fn follow(&self, place: &RedisPlace, secrets: &Secrets) {
        self.link.follow(place, secrets);
    }

    /// Runs a script, and returns its answer.
    ///
    /// # Errors
    ///
    /// If there is none `within` this time.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
        within: Duration,
    ) -> Result<T, Down> {
        self.begin();
        let asked = async {
            let mut connection = self.link.connection().await?;
            script.invoke_async(&mut connection).await.map_err(|error| self.link.failed(&error))
        };
        timeout(within, asked).await.unwrap_or_else(|_elapsed| {
            self.link.suspect();
            Err(Down::Slow(within))
        })
    }

    /// The same for askers who can do without: after an answer that did not come in time, or was none, they are told so at once
    /// for a while, so that a server that is slow does not make every request slow.
    ///
    /// # Errors
    ///
    /// If there is no answer `within` this time, or there was none a moment ago.
    pub(crate) async fn ask_if_quick<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
        within: Duration,
    ) -> Result<T, Down> {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now < self.spared_until.load(Ordering::Relaxed) {
            return Err(Down::Slow(within));
        }
        let answer = self.ask(script, within).await;
        match &answer {
            // The link has said it, and it costs no time.
            Err(Down::Gone(_)) => {}
            Err(down) => {
                let spared = u64::try_from(SPARED.as_millis()).unwrap_or(u64::MAX);
                self.spared_until.store(now.saturating_add(spared), Ordering::Relaxed);
                if !self.is_spared.swap(true, Ordering::Relaxed) {
                    tracing::warn!("rates are counted by this host alone, as the state's server does not help: {down}");
                }
            }
            Ok(_) if self.is_spared.swap(false, Ordering::Relaxed) => {
                tracing::info!("the state's server helps again: rates are counted with the other hosts");
            }
            Ok(_) => {}
        }
        answer
    }

    /// Does something that nobody waits for.
    pub(crate) fn detach(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(task);
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        if let Some(Some(task)) = self.task.get() {
            task.abort();
        }
    }
}

/// What an error says, without what could drive a terminal; a server's words are a stranger's.
fn said(error: &RedisError) -> String {
    shortened(error.to_string().as_bytes(), LONGEST_ERROR)
}
