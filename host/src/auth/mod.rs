//! The caller's gate: who is calling, and may they? The function's policy names the providers; the provider's own
//! settings say what its callers show and how that is checked. It knows nothing of the engine.
//!
//! | file | owns |
//! |---|---|
//! | `choose` | which provider a request means |
//! | `shown` | where in a request the things are that callers show |
//! | `provider` | one provider, whatever is shown |
//! | `token`, `claims` | signed tokens, and what they say |
//! | `keys`, `fetch` | what tokens are checked with, and where that comes from |
//! | `checks` | how many signatures are checked at once |
//! | `credentials` | keys and passwords that callers were given |
//! | `session` | Redwood's session cookies |
//! | `supposed` | a caller who is supposed to be calling, when a function is tried out |
//! | `meant` | whether a browser's user meant to send what it adds by itself |
//! | `challenge` | what is said to who is not let in |
//! | `issue` | new keys for callers |
//! | `setup` | all of it made of the settings |

mod caller;
mod challenge;
mod checks;
mod choose;
mod claims;
mod credentials;
mod fetch;
mod issue;
mod keys;
mod meant;
mod provider;
mod session;
mod setup;
mod shown;
mod supposed;
mod token;

use self::caller::Denied;
use self::shown::{Bad, Shown};
use crate::event::Identity;
use crate::function::Function;
use crate::observe::text::{printable, shortened};
use crate::refusal::{Challenge, Refusal};
use crate::request::Inbound;
use crate::verify::Verified;

pub use self::challenge::Challenges;
pub(crate) use self::credentials::KEY_LENGTH;
pub(crate) use self::issue::{key_lines, new_key};
pub use self::setup::{Auth, Providers};
pub use self::supposed::Supposed;

/// The most of a caller's name that is logged, in bytes.
const MAX_SUBJECT: usize = 200;

/// A request whose caller, if the policy asks for one, is known and has one of the roles.
///
/// Nothing but [`authorize`] makes one:
///
/// ```compile_fail
/// fn forge(verified: vestibule_host::verify::Verified) -> vestibule_host::auth::Authorized {
///     vestibule_host::auth::Authorized { verified, identity: None, is_forgeable: false }
/// }
/// ```
///
/// while asking for one is as simple as
///
/// ```
/// use vestibule_host::{auth, refusal::Refusal, verify::Verified};
///
/// async fn ask(verified: Verified) -> Result<auth::Authorized, Refusal> {
///     auth::authorize(verified).await
/// }
/// ```
pub struct Authorized {
    verified: Verified,
    identity: Option<Box<Identity>>,
    /// Whether the caller could have made itself somebody else.
    is_forgeable: bool,
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
        self.identity.as_deref()
    }

    /// What tells the delivery from every other, where the policy asks for that and the message has it.
    pub(crate) fn replay_key(&self) -> Option<&[u8; 32]> {
        self.verified.replay_key()
    }

    /// Who is calling, for the log: the provider, and whom it says that is.
    pub(crate) fn caller(&self) -> Option<String> {
        let identity = self.identity.as_ref()?;
        Some(format!("{}:{}", identity.provider, shortened(identity.subject.as_bytes(), MAX_SUBJECT)))
    }

    /// Whether the caller could have made itself the identity that it has.
    pub(crate) fn is_forgeable(&self) -> bool {
        self.is_forgeable
    }

    /// Gives up what was authorized to the next stage.
    pub(crate) fn into_parts(self) -> (Verified, Option<Box<Identity>>) {
        (self.verified, self.identity)
    }
}

/// Identifies the caller and checks the roles and scopes. May wait a moment for an issuer's keys.
///
/// # Errors
///
/// If the function's policy asks for an identity and the request has none, has one that is not valid, or one without
/// any of the roles or without one of the scopes.
pub async fn authorize(verified: Verified) -> Result<Authorized, Refusal> {
    let found = match &verified.function().auth {
        None => None,
        // Large, and needless for most functions.
        Some(auth) => Box::pin(identify(auth, verified.function(), verified.inbound())).await?,
    };
    let is_forgeable = found.as_ref().is_some_and(|found| found.is_forgeable);
    let identity = found.map(|found| Box::new(found.identity));
    Ok(Authorized { verified, identity, is_forgeable })
}

/// Somebody who is calling.
struct Identified {
    identity: Identity,
    is_forgeable: bool,
}

async fn identify(auth: &Auth, function: &Function, inbound: &Inbound) -> Result<Option<Identified>, Refusal> {
    let headers = &inbound.head.headers;
    let unidentified = |challenge, reason: String| Refusal::Unidentified(challenge, auth.challenges(), reason);
    let choice = choose::choose(&auth.providers, headers).map_err(|bad| match bad {
        Bad::Malformed(reason) => Refusal::Malformed(reason.into()),
        Bad::Invalid(reason) => unidentified(Challenge::InvalidToken, reason.into()),
    })?;
    let Some(choice) = choice else {
        if auth.optional() {
            return Ok(None);
        }
        return Err(unidentified(Challenge::Missing, "it shows nothing that the function's providers look at".into()));
    };
    if !inbound.head.method.is_safe() && !meant::is_meant(&choice.shown, function, headers) {
        return Err(Refusal::CrossSite);
    }
    let is_bearer = matches!(choice.shown, Shown::Bearer(_));
    let is_forgeable = matches!(choice.shown, Shown::Cookie(_));
    let caller = choice.provider.identify(choice.shown).await.map_err(|denied| match denied {
        Denied::Invalid(reason) => unidentified(Challenge::InvalidToken, reason),
        Denied::Unavailable(reason) => Refusal::KeysUnavailable(reason),
    })?;
    let subject = || printable(caller.identity.subject.as_bytes());
    let (roles, scopes) = (auth.roles(), auth.scopes());
    if !roles.is_empty() && !roles.iter().any(|role| caller.identity.roles.contains(role)) {
        return Err(Refusal::RoleMissing(format!("`{}` has none of the roles {}", subject(), roles.join(", "))));
    }
    if let Some(missing) = scopes.iter().find(|scope| !caller.scopes.contains(scope)) {
        let challenge = challenge::insufficient_scope(scopes).filter(|_| is_bearer);
        return Err(Refusal::ScopeMissing(challenge, format!("`{}` does not have the scope {missing}", subject())));
    }
    Ok(Some(Identified { identity: caller.identity.clone(), is_forgeable }))
}
