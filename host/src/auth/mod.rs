//! The caller's gate: who is calling, and may they? The function's policy names the providers; the provider's own
//! settings say how a token is checked. It knows nothing of the engine.

mod bearer;
mod jwt;
mod setup;

use crate::event::Identity;
use crate::function::Function;
use crate::refusal::{Challenge, Refusal};
use crate::request::Inbound;
use crate::verify::Verified;

pub use self::setup::{Auth, Providers};

/// A request whose caller, if the policy asks for one, is known and has one of the roles.
///
/// Nothing but [`authorize`] makes one:
///
/// ```compile_fail
/// fn forge(verified: vestibule_host::verify::Verified) -> vestibule_host::auth::Authorized {
///     vestibule_host::auth::Authorized { verified, identity: None }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{auth, refusal::Refusal, verify::Verified};
///
/// fn ask(verified: Verified) -> Result<auth::Authorized, Refusal> {
///     auth::authorize(verified)
/// }
/// ```
pub struct Authorized {
    verified: Verified,
    identity: Option<Identity>,
}

impl Authorized {
    /// The function that the request is for.
    pub fn function(&self) -> &Function {
        self.verified.function()
    }

    /// The request.
    pub(crate) fn inbound(&self) -> &Inbound {
        self.verified.inbound()
    }

    /// Who calls, where the policy asked and somebody said.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// What tells the delivery from every other, where the policy asks for that and the message has it.
    pub(crate) fn replay_key(&self) -> Option<&[u8; 32]> {
        self.verified.replay_key()
    }

    /// Gives up what was authorized to the next stage.
    pub(crate) fn into_parts(self) -> (Verified, Option<Identity>) {
        (self.verified, self.identity)
    }
}

/// Identifies the caller and checks the roles.
///
/// # Errors
///
/// If the function's policy asks for an identity and the request has none, has one that is not valid, or one without
/// any of the roles.
pub fn authorize(verified: Verified) -> Result<Authorized, Refusal> {
    let identity = match &verified.function().auth {
        None => None,
        Some(auth) => identify(auth, verified.inbound())?,
    };
    Ok(Authorized { verified, identity })
}

fn identify(auth: &Auth, inbound: &Inbound) -> Result<Option<Identity>, Refusal> {
    let headers = &inbound.head.headers;
    let Some(token) = bearer::token(headers)? else {
        if auth.optional() {
            return Ok(None);
        }
        return Err(Refusal::Unidentified(Challenge::Missing, "no Authorization header".into()));
    };
    let invalid = |reason: String| Refusal::Unidentified(Challenge::InvalidToken, reason);
    let provider = auth.choose(headers, token).map_err(invalid)?;
    let identity = provider.identify(token).map_err(invalid)?;
    if !auth.admits(&identity.roles) {
        return Err(Refusal::RoleMissing(format!(
            "`{}` has none of the roles {}",
            crate::observe::text::printable(identity.subject.as_bytes()),
            auth.roles().join(", ")
        )));
    }
    Ok(Some(identity))
}
