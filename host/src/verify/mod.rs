//! The signature's gate: asks the crate `signatures` about the bytes that came, or a verifier of one's own, and lets
//! through what it accepts. It knows nothing of the engine.

mod custom;
mod repeats;
mod setup;
mod url;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::{HeaderName, Uri};

use self::repeats::Repeats;
use crate::body::Whole;
use crate::config::OnReplay;
use crate::event::Delivery;
use crate::function::Function;
use crate::limit::HostPermits;
use crate::reach::Routed;
use crate::refusal::Refusal;
use crate::request::Inbound;

pub use self::custom::{Asked, Claims, Custom, CustomVerifier, NamedSecret, Question, Verdict};
pub(crate) use self::setup::Borrowed;
pub use self::setup::Verification;

/// What a policy's `[verify]` asks for.
pub enum Check {
    /// A signature by a scheme that is known, or that the policy describes.
    Scheme(Box<Verification>),
    /// The word of a verifier of its own.
    Custom(Custom),
}

impl Check {
    /// The scheme's name, as the policy has it.
    pub fn scheme(&self) -> &str {
        match self {
            Self::Scheme(verification) => verification.scheme(),
            Self::Custom(_) => custom::SCHEME,
        }
    }

    /// The headers that hold the secret itself, which is none of the guest's business. Of a verifier nobody knows.
    pub fn secret_headers(&self) -> &[HeaderName] {
        match self {
            Self::Scheme(verification) => verification.secret_headers(),
            Self::Custom(_) => &[],
        }
    }

    /// The URL of a request that its sender signs, `subpath` being what of its path follows the function's route. None where
    /// nobody but the verifier knows.
    pub(crate) fn url<'r>(&'r self, uri: &'r Uri, subpath: &str) -> Option<Cow<'r, str>> {
        match self {
            Self::Scheme(verification) => Some(verification.url(uri, subpath)),
            Self::Custom(_) => None,
        }
    }

    /// What becomes of a delivery that has run before.
    pub fn on_replay(&self) -> OnReplay {
        self.repeats().on_replay
    }

    /// How long a delivery is remembered, where it is.
    pub fn keep(&self) -> Duration {
        self.repeats().keep
    }

    fn repeats(&self) -> Repeats {
        match self {
            Self::Scheme(verification) => verification.repeats(),
            Self::Custom(custom) => custom.repeats(),
        }
    }
}

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
/// use std::time::{Duration, SystemTime};
/// use vestibule_host::{limit::HostPermits, reach::Routed, refusal::Refusal, verify};
///
/// async fn ask(routed: Routed, verifiers: &HostPermits) -> Result<verify::Verified, Refusal> {
///     verify::verify(routed, Default::default(), SystemTime::now(), (verifiers, Duration::ZERO)).await
/// }
/// ```
pub struct Verified {
    routed: Routed,
    body: Whole,
    delivery: Option<Box<Delivery>>,
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
    pub(crate) fn into_parts(self) -> (Routed, Whole, Option<Box<Delivery>>) {
        (self.routed, self.body, self.delivery)
    }
}

/// Checks the signature of `body`, the bytes exactly as they came. A verifier of one's own takes a permit of `verifiers`,
/// and waits for it no longer than it is said there.
///
/// # Errors
///
/// If the function's policy asks for a signature and this request does not have a valid one, or nobody can say so.
pub async fn verify(
    routed: Routed,
    body: Whole,
    now: SystemTime,
    verifiers: (&HostPermits, Duration),
) -> Result<Verified, Refusal> {
    let checked = match &routed.function().verification {
        // Its secret is still to come, and until then nobody can have signed.
        None if routed.function().policy.verify.is_some() => return Err(Refusal::AwaitsSecret),
        None => None,
        Some(Check::Scheme(verification)) => Some(
            verification.check((&routed.inbound().head, routed.subpath()), &body, now).map_err(Refusal::Unverified)?,
        ),
        // A question to a sandbox is large, and most requests ask none.
        Some(Check::Custom(custom)) => Some(Box::pin(custom.check(&routed, &body, now, verifiers)).await?),
    };
    if let Some((delivery, _)) = &checked {
        routed.function().ledger.verified(&delivery.secret);
    }
    let (delivery, replay_key) = checked.unzip();
    let replay_key = replay_key.flatten();
    Ok(Verified { routed, body, delivery: delivery.map(Box::new), replay_key })
}
