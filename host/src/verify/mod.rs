//! The signature's gate: asks the crate `signatures` about the bytes that came, and lets through what it accepts. It
//! knows nothing of the engine.

mod setup;

use std::time::SystemTime;

use crate::body::Whole;
use crate::event::Delivery;
use crate::function::Function;
use crate::reach::Routed;
use crate::refusal::Refusal;
use crate::request::Inbound;

pub(crate) use self::setup::Borrowed;
pub use self::setup::Verification;

/// A request whose body has been read and whose signature, if the policy asks for one, has been checked.
///
/// Nothing but [`verify`] makes one:
///
/// ```compile_fail
/// fn forge(routed: vestibule_host::reach::Routed) -> vestibule_host::verify::Verified {
///     vestibule_host::verify::Verified { routed, body: Default::default(), delivery: None, replay_key: None }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{reach::Routed, refusal::Refusal, verify};
///
/// fn ask(routed: Routed) -> Result<verify::Verified, Refusal> {
///     verify::verify(routed, Default::default(), std::time::SystemTime::now())
/// }
/// ```
pub struct Verified {
    routed: Routed,
    body: Whole,
    delivery: Option<Delivery>,
    replay_key: Option<[u8; 32]>,
}

impl Verified {
    /// The request.
    pub fn inbound(&self) -> &Inbound {
        self.routed.inbound()
    }

    /// The function that it is for.
    pub fn function(&self) -> &Function {
        self.routed.function()
    }

    /// The body, as it came.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// What tells the delivery from every other of its scheme, where the policy asks for that and the message has it.
    pub(crate) fn replay_key(&self) -> Option<&[u8; 32]> {
        self.replay_key.as_ref()
    }

    /// Gives up what was verified to the next stage.
    pub(crate) fn into_parts(self) -> (Routed, Whole, Option<Delivery>) {
        (self.routed, self.body, self.delivery)
    }
}

/// Checks the signature of `body`, the bytes exactly as they came.
///
/// # Errors
///
/// If the function's policy asks for a signature and this request does not have a valid one.
pub fn verify(routed: Routed, body: Whole, now: SystemTime) -> Result<Verified, Refusal> {
    let (delivery, replay_key) = match &routed.function().verification {
        // Its secret is still to come, and until then nobody can have signed.
        None if routed.function().policy.verify.is_some() => return Err(Refusal::AwaitsSecret),
        None => (None, None),
        Some(verification) => {
            let checked = verification.check(&routed.inbound().head, &body, now);
            let (delivery, replay_key) = checked.map_err(Refusal::Unverified)?;
            (Some(delivery), replay_key)
        }
    };
    Ok(Verified { routed, body, delivery, replay_key })
}
