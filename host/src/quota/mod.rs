//! The gates of quotas: each caller of a function may call it so often and no more. What counts by address or header stands
//! before the body, what counts by identity after the caller's gate. They know nothing of the engine.
//!
//! | file | owns |
//! |---|---|
//! | `key` | what tells one caller from another |
//! | `buckets` | a bucket for each caller, of one function |
//! | `table` | where they are kept, within bounds |
//! | `kept` | that they outlive a reload |
//! | `shared` | the same counted by several hosts together |
//! | `standing` | what a client is told of its own |

mod buckets;
mod kept;
mod key;
mod shared;
mod standing;
mod table;

use std::fmt;
use std::sync::Arc;

use self::buckets::Buckets;
use self::key::{Key, Keys};
use self::shared::Counters;
use crate::auth::Authorized;
use crate::config::{CountedBy, LimitPolicy};
use crate::function::Function;
use crate::refusal::Refusal;
use crate::request::{Inbound, Repeated, only};

pub use self::kept::Kept;
pub use self::standing::Standing;

/// What a function's policy asks of these gates.
pub struct Quota {
    policy: LimitPolicy,
    buckets: Arc<Buckets>,
    /// Where several hosts count together, if they do.
    counters: Option<Counters>,
}

/// A caller has called too often.
#[derive(Clone, Copy, Debug)]
pub struct Exceeded {
    standing: Standing,
}

impl Exceeded {
    /// What the client is told of it.
    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }
}

/// For the log: what was counted, and never the value that it was counted by.
impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} ([limit], counted by {})", self.standing.rate(), self.standing.counted_by())
    }
}

/// A request that its caller may still send: after the identity, where the policy counts by that, nothing is counted any
/// more.
///
/// Nothing but [`by_subject`] makes one:
///
/// ```compile_fail
/// fn forge(authorized: vestibule_host::auth::Authorized) -> vestibule_host::quota::Counted {
///     vestibule_host::quota::Counted { authorized, standing: None }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{auth::Authorized, quota::{self, Counted}, refusal::Refusal};
///
/// async fn ask(authorized: Authorized) -> Result<Counted, Refusal> {
///     quota::by_subject(authorized).await
/// }
/// ```
///
/// and the gate that follows takes nothing else:
///
/// ```compile_fail
/// use vestibule_host::{auth::Authorized, replay::{self, Claimed, Stop}};
///
/// async fn skip(authorized: Authorized) -> Result<Claimed, Stop> {
///     replay::claim(authorized, std::time::Duration::ZERO).await
/// }
/// ```
pub struct Counted {
    authorized: Authorized,
    standing: Option<Box<Standing>>,
}

impl Counted {
    /// The function that the request is for.
    pub fn function(&self) -> &Function {
        self.authorized.function()
    }

    /// What is left to the caller, where its identity was counted.
    pub(crate) fn standing(&self) -> Option<&Standing> {
        self.standing.as_deref()
    }

    /// What tells the delivery from every other, where the policy asks for that and the message has it.
    pub(crate) fn replay_key(&self) -> Option<&[u8; 32]> {
        self.authorized.replay_key()
    }

    /// Gives up the request to the next stage.
    pub(crate) fn into_authorized(self) -> Authorized {
        self.authorized
    }
}

/// Counts a request by its client's address and, where the policy says so, by a header. Returns what is left then; nothing
/// where the policy counts nothing here.
///
/// # Errors
///
/// If the client has called too often, or the header came more than once: which of them counts, nobody knows.
pub(crate) async fn by_client(function: &Function, inbound: &Inbound) -> Result<Option<Standing>, Refusal> {
    let Some(quota) = &function.quota else { return Ok(None) };
    let keys = match &quota.policy.by {
        CountedBy::Subject => return Ok(None),
        CountedBy::Ip => Keys::one(Key::ip(inbound.client)),
        CountedBy::Header(name) => {
            let value = only(&inbound.head.headers, name).map_err(|Repeated| {
                Refusal::Malformed(format!("more than one {name} header, by which [limit] counts"))
            })?;
            match value {
                Some(value) => Keys::both(Key::header(name, value), Key::ip(inbound.client)),
                None => Keys::one(Key::ip(inbound.client)),
            }
        }
    };
    quota.count(&keys).await.map(Some)
}

/// Counts a request by the identity of its caller, where the policy says so. A caller without one (where `[auth]` is
/// `optional`, or an identity has no subject) counts by address; one that a caller can make up counts by both.
///
/// # Errors
///
/// If the caller has called too often.
pub async fn by_subject(authorized: Authorized) -> Result<Counted, Refusal> {
    let standing = match &authorized.function().quota {
        Some(quota) if quota.policy.by == CountedBy::Subject => {
            let identity = authorized.identity().filter(|identity| !identity.subject.is_empty());
            let ip = Key::ip(authorized.inbound().client);
            let keys = match identity.map(|identity| Key::subject(&identity.provider, &identity.subject)) {
                Some(subject) if authorized.is_forgeable() => Keys::both(subject, ip),
                Some(subject) => Keys::one(subject),
                None => Keys::one(ip),
            };
            Some(Box::new(quota.count(&keys).await?))
        }
        _ => None,
    };
    Ok(Counted { authorized, standing })
}

impl Quota {
    async fn count(&self, keys: &Keys) -> Result<Standing, Refusal> {
        let taken = match &self.counters {
            None => self.buckets.take(keys),
            // In one place: who counts alone does not carry it along.
            Some(counters) => Box::pin(counters.take(&self.buckets, keys)).await,
        };
        let told = |tightest, remaining, wait| Standing::new(self.policy.rate, keys, tightest, remaining, wait);
        match taken {
            Ok((tightest, remaining)) => Ok(told(tightest, remaining, self.buckets.interval())),
            Err((tightest, wait)) => Err(Refusal::RateLimited(Exceeded { standing: told(tightest, 0, wait) })),
        }
    }
}
