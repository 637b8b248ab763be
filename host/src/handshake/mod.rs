//! The gate of handshakes: what a provider asks to learn whether somebody wants its events is answered here, without a
//! sandbox, if the policy says so. What its provider signs comes after the signature's gate, the rest before it. What may
//! be asked and what is answered is known to the crate `signatures`; this gate knows nothing of the engine.
//!
//! | file | owns |
//! |---|---|
//! | `setup` | what is made of a policy's `handshake` when it is loaded |
//! | `window` | when a secret may arrive |
//! | `keep` | where it is put then |

mod keep;
mod setup;
mod window;

use std::path::PathBuf;
use std::time::Instant;

use http::Method;
use http::request::Parts;
use signatures::{Answer, Duty, Message, Secret};

pub use self::setup::Greeting;
pub use self::window::{OPEN_FOR, Windows};
use crate::body::Whole;
use crate::function::Function;
use crate::reach::Routed;
use crate::refusal::Refusal;
use crate::verify::{Borrowed, Verified};

/// Why a request goes no further than here.
#[derive(Debug)]
pub enum Stop {
    /// It was refused.
    Refused(Refusal),
    /// It was a handshake; what its sender is told.
    Answered(Answer),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Whether a request is a handshake that its provider does not sign: it has a method of its own, which the policy's
/// `methods` need not have, and never reaches the function.
pub(crate) fn is_unsigned(function: &Function, head: &Parts) -> bool {
    function.handshake.as_ref().is_some_and(|greeting| {
        let handshake = greeting.responder().handshake();
        !handshake.is_signed() && with_message(head, &[], |message| handshake.recognises(message))
    })
}

/// Answers a handshake that its provider does not sign.
///
/// # Errors
///
/// If the request is one, rightly made or not.
pub async fn unsigned(routed: &Routed, body: &Whole, windows: &Windows) -> Result<(), Stop> {
    let function = routed.function();
    let head = &routed.inbound().head;
    let answer = answer(function, head, body, false)?;
    match answer {
        None if head.method == Method::OPTIONS || !function.policy.methods.allow(&head.method) => {
            // It came here as a handshake; as anything else it would not have.
            Err(Refusal::MethodNotAllowed(function.policy.methods.header()).into())
        }
        None => Ok(()),
        Some(mut answer) => {
            if let Some(Duty::Keep(secret)) = answer.duty.take() {
                take_secret(function, windows, secret).await?;
            }
            Err(Stop::Answered(answer))
        }
    }
}

/// Answers a handshake whose signature has been found right.
///
/// # Errors
///
/// If the request is one, rightly made or not.
pub fn signed(verified: &Verified) -> Result<(), Stop> {
    match answer(verified.function(), &verified.inbound().head, verified.body(), true)? {
        None => Ok(()),
        Some(answer) => Err(Stop::Answered(answer)),
    }
}

fn answer(function: &Function, head: &Parts, body: &[u8], is_signed: bool) -> Result<Option<Answer>, Refusal> {
    let Some(greeting) = &function.handshake else { return Ok(None) };
    if greeting.responder().handshake().is_signed() != is_signed {
        return Ok(None);
    }
    with_message(head, body, |message| greeting.responder().answer(message)).map_err(Refusal::BadHandshake)
}

fn with_message<T>(head: &Parts, body: &[u8], ask: impl FnOnce(&Message<'_>) -> T) -> T {
    let url = head.uri.path_and_query().map_or("/", |target| target.as_str());
    ask(&Message { method: head.method.as_str(), url, headers: &Borrowed(&head.headers), body })
}

/// Keeps the secret that came, if none is kept and the operator waits for it. It is in force when the host has seen it,
/// as any secret that is put there.
async fn take_secret(function: &Function, windows: &Windows, secret: Secret) -> Result<(), Refusal> {
    let Some(path) = function.handshake.as_ref().and_then(Greeting::awaits) else {
        return Err(Refusal::HandshakeClosed("there is a secret already"));
    };
    if !windows.pass(&function.name, Instant::now()) {
        return Err(Refusal::HandshakeClosed("no window is open for it"));
    }
    let path: PathBuf = path.to_owned();
    let kept = tokio::task::spawn_blocking(move || keep::keep(&path, secret.expose()).map(|()| path)).await;
    match kept {
        Ok(Ok(path)) => {
            tracing::info!(function = &*function.name, file = %path.display(), "a secret came in a handshake and is kept");
            Ok(())
        }
        Ok(Err(error)) => Err(Refusal::SecretNotKept(error.to_string())),
        Err(error) => Err(Refusal::SecretNotKept(error.to_string())),
    }
}
