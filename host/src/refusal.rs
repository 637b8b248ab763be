//! Why a request was turned away before a sandbox existed, and what its client is told. The reason in full goes to the
//! log; the client gets the status and a fixed text.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};

use crate::auth::Challenges;
use crate::function::NotLoaded;
use crate::quota::Exceeded;
use crate::replay::Trouble;

/// The gate at which a request was turned away, in the order in which they are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Finding the function.
    Route,
    /// From where the function may be called.
    Address,
    /// The method.
    Method,
    /// How often a caller may call.
    Rate,
    /// Reading the body.
    Body,
    /// The signature.
    Verify,
    /// What a provider asks beside its events.
    Handshake,
    /// The caller.
    Auth,
    /// Whether the delivery has run before.
    Replay,
    /// A free sandbox.
    Admit,
}

impl Stage {
    /// The stage's name in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Address => "address",
            Self::Method => "method",
            Self::Rate => "rate",
            Self::Body => "body",
            Self::Verify => "verify",
            Self::Handshake => "handshake",
            Self::Auth => "auth",
            Self::Replay => "replay",
            Self::Admit => "admit",
        }
    }
}

/// Which bearer challenge goes with a 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// No token came.
    Missing,
    /// A token came and was not accepted.
    InvalidToken,
}

/// Why a request was turned away. What a variant holds is for the log.
#[derive(Debug)]
pub enum Refusal {
    /// The path or a header breaks the rules of HTTP or of routes.
    Malformed(String),
    /// The target is longer than `server.target_bytes`.
    TargetTooLong,
    /// There are more or larger headers than `server.header_count` and `server.header_bytes` allow.
    HeadersTooLarge,
    /// The request expects something else than `100-continue`.
    Expectation,
    /// No function has this route.
    NotFound,
    /// The function is there but could not be loaded.
    NotLoaded(Arc<NotLoaded>),
    /// An undeclared function was asked for by other than the people at this machine.
    Undeclared(&'static str),
    /// The policy does not allow the client's address.
    AddressForbidden,
    /// The policy does not allow the method; the `Allow` header's value.
    MethodNotAllowed(String),
    /// The caller has called too often.
    RateLimited(Exceeded),
    /// The body did not arrive in time; which time.
    BodyTooSlow(&'static str),
    /// The body is larger than the policy's `body_limit`.
    BodyTooLarge,
    /// Other requests took up all room.
    NoRoom,
    /// The body ended before its end.
    BodyBroken(String),
    /// The signature is missing or does not match.
    Unverified(signatures::Refused),
    /// The function's own verifier refuses it; why.
    CustomRefused(String),
    /// The function's own verifier came to no verdict that counts; how.
    CustomFailed(String),
    /// There was no room to run the function's own verifier; what was taken.
    VerifierBusy(&'static str),
    /// The signature cannot be checked before a secret has arrived.
    AwaitsSecret,
    /// It is a handshake, but not as its provider sends them.
    BadHandshake(signatures::Refused),
    /// A secret came that nobody waits for; why not.
    HandshakeClosed(&'static str),
    /// A secret came and could not be kept; why not.
    SecretNotKept(String),
    /// The caller's identity is missing or not accepted.
    Unidentified(Challenge, Arc<Challenges>, String),
    /// Whether the caller's token is good cannot be said, as its issuer's keys are not there; why not.
    KeysUnavailable(String),
    /// A browser says who is calling, by a cookie or a password that it keeps, and nothing says that the caller meant that.
    CrossSite,
    /// The caller has none of the roles.
    RoleMissing(String),
    /// The caller has not all of the scopes; what to say of that to who showed a token.
    ScopeMissing(Option<HeaderValue>, String),
    /// The delivery has nothing that tells it from others.
    NoDeliveryId,
    /// The delivery has run before.
    Replayed,
    /// Whether the delivery has run before cannot be said, or it could not be remembered.
    Unremembered(Trouble),
    /// All sandboxes of the function or of the host stayed busy.
    Overloaded(&'static str),
}

/// How long a client is told to wait when the host is overloaded. A sandbox is free again as soon as one answer is
/// out; the second keeps clients from coming back at once.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Refusal {
    /// What the client is told: status and fixed text.
    pub fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_) | Self::BodyBroken(_) => (StatusCode::BAD_REQUEST, "bad request"),
            Self::TargetTooLong => (StatusCode::URI_TOO_LONG, "request target too long"),
            Self::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "request headers too large"),
            Self::Expectation => (StatusCode::EXPECTATION_FAILED, "expectation failed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "no such function"),
            Self::NotLoaded(_) => (StatusCode::SERVICE_UNAVAILABLE, "function not available"),
            Self::Undeclared(_) | Self::AddressForbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method not allowed"),
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "too many requests"),
            Self::BodyTooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "request body too slow"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "request body too large"),
            Self::Unverified(_) | Self::CustomRefused(_) | Self::CustomFailed(_) => {
                (StatusCode::UNAUTHORIZED, "signature missing or invalid")
            }
            Self::AwaitsSecret | Self::SecretNotKept(_) => (StatusCode::SERVICE_UNAVAILABLE, "function not available"),
            Self::BadHandshake(signatures::Refused::OtherToken { .. }) | Self::HandshakeClosed(_) => {
                (StatusCode::FORBIDDEN, "forbidden")
            }
            Self::BadHandshake(_) => (StatusCode::BAD_REQUEST, "bad request"),
            Self::Unidentified(..) => (StatusCode::UNAUTHORIZED, "identity missing or invalid"),
            Self::KeysUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "identity cannot be checked now"),
            Self::CrossSite | Self::RoleMissing(_) | Self::ScopeMissing(..) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NoDeliveryId => (StatusCode::UNAUTHORIZED, "delivery id missing or invalid"),
            Self::Replayed => (StatusCode::CONFLICT, "delivered before"),
            Self::NoRoom | Self::VerifierBusy(_) | Self::Unremembered(_) | Self::Overloaded(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "overloaded")
            }
        }
    }

    /// The gate.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Malformed(_) | Self::TargetTooLong | Self::HeadersTooLarge => Stage::Route,
            Self::Expectation | Self::NotFound | Self::NotLoaded(_) => Stage::Route,
            Self::Undeclared(_) | Self::AddressForbidden => Stage::Address,
            Self::MethodNotAllowed(_) => Stage::Method,
            Self::RateLimited(_) => Stage::Rate,
            Self::BodyTooSlow(_) | Self::BodyTooLarge | Self::NoRoom | Self::BodyBroken(_) => Stage::Body,
            Self::Unverified(_) | Self::AwaitsSecret => Stage::Verify,
            Self::CustomRefused(_) | Self::CustomFailed(_) | Self::VerifierBusy(_) => Stage::Verify,
            Self::BadHandshake(_) | Self::HandshakeClosed(_) | Self::SecretNotKept(_) => Stage::Handshake,
            Self::Unidentified(..) | Self::KeysUnavailable(_) | Self::CrossSite => Stage::Auth,
            Self::RoleMissing(_) | Self::ScopeMissing(..) => Stage::Auth,
            Self::NoDeliveryId | Self::Replayed | Self::Unremembered(_) => Stage::Replay,
            Self::Overloaded(_) => Stage::Admit,
        }
    }

    /// The kind of refusal, a word of a small fixed set, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TargetTooLong => "target_too_long",
            Self::HeadersTooLarge => "headers_too_large",
            Self::Expectation => "expectation",
            Self::NotFound => "not_found",
            Self::NotLoaded(_) => "not_loaded",
            Self::Undeclared(_) => "undeclared",
            Self::AddressForbidden => "address_forbidden",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::RateLimited(_) => "rate_limited",
            Self::BodyTooSlow(_) => "body_too_slow",
            Self::BodyTooLarge => "body_too_large",
            Self::NoRoom => "no_room",
            Self::BodyBroken(_) => "body_broken",
            Self::Unverified(refused) | Self::BadHandshake(refused) => refused.kind(),
            Self::AwaitsSecret => "awaits_secret",
            Self::HandshakeClosed(_) => "closed",
            Self::SecretNotKept(_) => "not_kept",
            Self::CustomRefused(_) => "custom_refused",
            Self::CustomFailed(_) => "custom_failed",
            Self::VerifierBusy(_) => "overloaded",
            Self::Unidentified(Challenge::Missing, ..) => "identity_missing",
            Self::Unidentified(Challenge::InvalidToken, ..) => "identity_invalid",
            Self::KeysUnavailable(_) => "keys_unavailable",
            Self::CrossSite => "cross_site",
            Self::RoleMissing(_) => "role_missing",
            Self::ScopeMissing(..) => "scope_missing",
            Self::NoDeliveryId => "delivery_id_missing",
            Self::Replayed => "replayed",
            Self::Unremembered(Trouble::Busy) => "copies_run",
            Self::Unremembered(Trouble::Full) => "store_full",
            Self::Unremembered(Trouble::Failed(_)) => "store_failed",
            Self::Overloaded(_) => "overloaded",
        }
    }
}

/// The reason, for the log.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "malformed request: {reason}"),
            Self::TargetTooLong => f.write_str("the request target is longer than server.target_bytes"),
            Self::HeadersTooLarge => f.write_str("more than server.header_count headers or server.header_bytes bytes"),
            Self::Expectation => f.write_str("the request expects something else than 100-continue"),
            Self::NotFound => f.write_str("no function has this route"),
            Self::NotLoaded(function) => {
                write!(f, "the function is not loaded: {}: {}", function.name, function.reason)
            }
            Self::Undeclared(reason) => write!(
                f,
                "the function is open to this machine alone, and {reason}; protect it with [verify] or [auth], or say \
                 `access = \"public\"` in its policy"
            ),
            Self::MethodNotAllowed(allow) => write!(f, "the policy allows {allow}"),
            Self::AddressForbidden => f.write_str("the policy's [ip] does not allow the client's address"),
            Self::RateLimited(exceeded) => write!(f, "{exceeded}"),
            Self::BodyTooSlow(why) => write!(f, "the body was too slow: {why}"),
            Self::BodyTooLarge => f.write_str("the body is larger than body_limit"),
            Self::NoRoom => f.write_str("other requests took up server.body_bytes for server.permit_wait"),
            Self::BodyBroken(reason) => write!(f, "the body broke off: {reason}"),
            Self::Unverified(refused) => write!(f, "{refused}"),
            Self::CustomRefused(reason) => write!(f, "the verifier refuses it: {reason}"),
            Self::CustomFailed(how) => write!(f, "the verifier failed: {how}"),
            Self::VerifierBusy(what) => write!(f, "{what}"),
            Self::AwaitsSecret => f.write_str("the secret has not arrived yet; it comes in the handshake"),
            Self::BadHandshake(refused) => write!(f, "the handshake is not as its provider sends it: {refused}"),
            Self::HandshakeClosed(why) => write!(f, "the secret that came in a handshake is not taken: {why}"),
            Self::SecretNotKept(why) => write!(f, "the secret that came in a handshake could not be kept: {why}"),
            Self::Unidentified(_, _, reason) | Self::KeysUnavailable(reason) => f.write_str(reason),
            Self::CrossSite => f.write_str(
                "a browser says who is calling, and there is neither an auth-provider header nor an allowed Origin",
            ),
            Self::RoleMissing(reason) | Self::ScopeMissing(_, reason) => f.write_str(reason),
            Self::NoDeliveryId => f.write_str("the delivery has no id that tells it from others"),
            Self::Replayed => f.write_str("the delivery has run before"),
            Self::Unremembered(trouble) => write!(f, "whether the delivery has run before cannot be said: {trouble}"),
            Self::Overloaded(what) => write!(f, "all {what} stayed busy for server.permit_wait"),
        }
    }
}
