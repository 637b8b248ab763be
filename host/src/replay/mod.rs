//! The gate against replay: a delivery that has run is not run again. It claims the delivery before there is a sandbox and
//! hears how the run ended. It knows nothing of the engine.
//!
//! | file | owns |
//! |---|---|
//! | `flight` | the deliveries that run now; copies wait for each other |
//! | `store` | what keeps the others, as a trait |
//! | `embedded` | such a store in the [state](crate::state)'s file |
//! | `table` | what of it is in that file |
//! | `shared` | such a store on a server that several hosts share |
//! | `unused` | what stands for it where nothing is served |

mod embedded;
mod flight;
mod shared;
mod store;
mod table;
mod unused;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub(crate) use self::embedded::{Embedded, Places};
pub use self::flight::{Claim, Deliveries, NotClaimed};
pub(crate) use self::shared::Shared;
pub use self::store::{Answer, Found, Key, Store, Trouble};
pub(crate) use self::unused::Unused;
use crate::auth::Authorized;
use crate::function::Function;
use crate::quota::Counted;
use crate::refusal::Refusal;

/// What stands before a key's own bytes, so that they are taken for nothing else.
const DOMAIN: &[u8] = b"vestibule replay 1\0";

/// A request that may run: it is the first of its delivery, or its policy does not ask.
///
/// Nothing but [`claim`] makes one:
///
/// ```compile_fail
/// fn forge(counted: vestibule_host::quota::Counted) -> vestibule_host::replay::Claimed {
///     vestibule_host::replay::Claimed { counted, claim: None }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{quota::Counted, replay::{self, Claimed, Stop}};
///
/// async fn ask(counted: Counted) -> Result<Claimed, Stop> {
///     replay::claim(counted, std::time::Duration::ZERO).await
/// }
/// ```
pub struct Claimed {
    counted: Counted,
    claim: Option<Claim>,
}

impl Claimed {
    /// The function that the request is for.
    pub fn function(&self) -> &Function {
        self.counted.function()
    }

    /// Gives up the request, and the claim on its delivery, to the next stage.
    pub(crate) fn into_parts(self) -> (Authorized, Option<Claim>) {
        (self.counted.into_authorized(), self.claim)
    }
}

/// Why a request goes no further than here.
#[derive(Debug)]
pub enum Stop {
    /// It was refused.
    Refused(Refusal),
    /// Its delivery has run, and its sender is told that all is well.
    Acknowledged,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a function's policy asks of this gate.
pub struct Replay {
    deliveries: Arc<Deliveries>,
    scope: String,
    keep: Duration,
    rejects: bool,
}

impl Replay {
    /// Deliveries of the function `scope` are remembered for as long as `keep`; a further copy is refused if the gate
    /// `rejects`, else acknowledged.
    pub fn new(deliveries: Arc<Deliveries>, scope: String, keep: Duration, rejects: bool) -> Self {
        Self { deliveries, scope, keep, rejects }
    }

    /// The key under which a delivery of this function is kept: the same delivery to another function is another one.
    fn key(&self, delivery: &Key) -> Key {
        let length = u64::try_from(self.scope.len()).unwrap_or(u64::MAX).to_be_bytes();
        let hash = Sha256::new().chain_update(DOMAIN).chain_update(length).chain_update(&self.scope);
        hash.chain_update(delivery).finalize().into()
    }
}

/// Claims the delivery, if the function's policy asks for that. Waits for other copies of it for as long as one of them may
/// take: `permit_wait`, and the function's own time.
///
/// # Errors
///
/// If it has run, cannot be told from others, or whether it has run cannot be said.
pub async fn claim(counted: Counted, permit_wait: Duration) -> Result<Claimed, Stop> {
    let function = counted.function();
    let claim = match &function.replay {
        None => None,
        Some(replay) => {
            let delivery = counted.replay_key().ok_or(Refusal::NoDeliveryId)?;
            let wait = function.policy.limits.timeout + permit_wait;
            let claim = Box::pin(replay.deliveries.claim(replay.key(delivery), replay.keep, wait)).await;
            Some(claim.map_err(|not_claimed| match not_claimed {
                NotClaimed::Done if replay.rejects => Refusal::Replayed.into(),
                NotClaimed::Done => Stop::Acknowledged,
                NotClaimed::Trouble(trouble) => Refusal::Unremembered(trouble).into(),
            })?)
        }
    };
    Ok(Claimed { counted, claim })
}
