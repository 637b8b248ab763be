//! What goes back to the client: a guest's answer, held against the rules of HTTP, or a fixed text for what was refused
//! or went wrong. Every answer names its request.

mod body;
mod failure;
mod guests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body as _;

use crate::pieces;
use crate::refusal::{self, Challenge, Refusal};
use crate::replay::Claim;
use crate::request::{REQUEST_ID, RequestId};
use crate::room::{Held, Portion, Room};
use crate::runtime::{Begun, Outcome};

pub use self::body::Body;
pub(crate) use self::failure::Failure;
use self::failure::failure;
use self::guests::{checked, checked_head, checked_http, may_have_body};

/// An answer: whole, or one that a function still writes.
pub type Reply = Response<Body>;

/// Headers that come to an answer on its way: its id, those for browsers, those of a quota. Room is made for them once.
const MORE_HEADERS: usize = 8;

/// The outcome of a call whose function answered.
const OK: &str = "ok";

/// What a call came to, in one word, and what its client gets.
pub(crate) struct Settled {
    /// For log and metric.
    pub(crate) outcome: &'static str,
    /// Why, where it was not a good answer. For the log alone.
    pub(crate) reason: Option<String>,
    /// For the client.
    pub(crate) reply: Reply,
}

/// Turns a call's outcome into a reply.
pub(crate) fn settle(outcome: Outcome, id: &RequestId) -> Settled {
    let reply = match outcome {
        Outcome::Answer(answer) => checked(answer, id).map_err(Failure::bad_response),
        Outcome::HttpAnswer(answer) => checked_http(*answer, id).map_err(Failure::bad_response),
        other => failure(other).map_or_else(|| Ok(Reply::default()), Err),
    };
    match reply {
        Ok(reply) => Settled { outcome: OK, reason: None, reply },
        Err(failure) => failure.settled(id),
    }
}

/// What a call came to whose answer has gone out in pieces: the outcome, and why, if it was not a good one.
pub(crate) fn settle_streamed(outcome: Outcome) -> (&'static str, Option<String>) {
    failure(outcome).map_or((OK, None), |failure| (failure.outcome, Some(failure.reason)))
}

/// Has a delivery remembered that has run well; what came to anything else may run again. Where it cannot be remembered,
/// its sender is told to send it once more, as if it had not run.
pub(crate) async fn conclude(settled: Settled, claim: Option<Claim>, id: &RequestId) -> Settled {
    let Some(claim) = claim.filter(|_| settled.outcome == OK && settled.reply.status().is_success()) else {
        return settled;
    };
    match claim.complete().await {
        Ok(()) => settled,
        Err(trouble) => {
            let reason = format!("the function answered, but the delivery could not be remembered: {trouble}");
            Failure::overloaded("not_remembered", reason).settled(id)
        }
    }
}

/// Gives the answer its place in `room`, and in its function's portion of it, until its client has taken it: it goes with
/// the reply. Without one within `wait`, the answer is dropped, though its call was made.
pub(crate) async fn place(
    mut settled: Settled,
    room: &Room,
    portion: &Portion,
    wait: Duration,
    id: &RequestId,
) -> Settled {
    let body = settled.reply.body();
    // One that is left out may have a length.
    let length = if body.is_end_stream() { Some(0) } else { body.size_hint().exact() };
    let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    match hold(length, room, portion, wait).await {
        Ok(held) => {
            settled.reply.extensions_mut().insert(Arc::new(held));
            settled
        }
        Err(failure) => failure.settled(id),
    }
}

async fn hold(length: usize, room: &Room, portion: &Portion, wait: Duration) -> Result<Held, Failure> {
    let until = Instant::now() + wait;
    let Some(mut held) = portion.take(length, wait).await else {
        let reason =
            "answers of this function that nobody took filled its part of server.answer_bytes for server.permit_wait";
        return Err(Failure::overloaded("no_room", reason));
    };
    if !room.grow(&mut held, length, until.saturating_duration_since(Instant::now())).await {
        let reason = "answers that nobody took filled server.answer_bytes for server.permit_wait";
        return Err(Failure::overloaded("no_room", reason));
    }
    Ok(held)
}

/// The reply to which an answer has begun that is still written, with room for what may be of it on the way.
///
/// # Errors
///
/// If its head is none, or there is no room for it within `wait`.
pub(crate) async fn begin(
    begun: Begun,
    room: &Room,
    portion: &Portion,
    wait: Duration,
    id: &RequestId,
) -> Result<Reply, Failure> {
    let mut reply = checked_head(begun.head, id).map_err(Failure::bad_response)?;
    if may_have_body(reply.status()) {
        *reply.body_mut() = Body::Pieces(begun.body);
        let held = hold(pieces::ROOM, room, portion, wait).await?;
        reply.extensions_mut().insert(Arc::new(held));
    }
    Ok(reply)
}

/// What a refused request is answered with.
pub(crate) fn refused(refusal: &Refusal, id: &RequestId) -> Reply {
    let (status, text) = refusal.answer();
    let mut reply = fixed(status, text, id);
    let headers = reply.headers_mut();
    match refusal {
        Refusal::MethodNotAllowed(allow) => {
            if let Ok(allow) = HeaderValue::from_str(allow) {
                headers.insert(ALLOW, allow);
            }
        }
        Refusal::Unidentified(challenge, challenges, _) => {
            let values = match challenge {
                Challenge::Missing => challenges.for_missing(),
                Challenge::InvalidToken => challenges.for_invalid(),
            };
            for value in values {
                headers.append(WWW_AUTHENTICATE, value.clone());
            }
        }
        Refusal::ScopeMissing(Some(challenge), _) => {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        Refusal::KeysUnavailable(_) => {
            headers.insert(RETRY_AFTER, retry_after());
        }
        Refusal::RateLimited(exceeded) => {
            headers.insert(RETRY_AFTER, exceeded.standing().retry_after());
        }
        Refusal::NoRoom | Refusal::VerifierBusy(_) | Refusal::Unremembered(_) | Refusal::Overloaded(_) => {
            headers.insert(RETRY_AFTER, retry_after());
        }
        _ => {}
    }
    reply
}

/// What the sender of a delivery is told that has run before: all is well, so that it does not send it again.
pub(crate) fn duplicate(id: &RequestId) -> Reply {
    json(StatusCode::OK, ("status", "duplicate"), id)
}

/// The answer to a handshake. It is one asker's and of this moment, and what it echoes is not to be taken for a page.
pub(crate) fn handshake(answer: signatures::Answer, id: &RequestId) -> Reply {
    let Ok(status) = StatusCode::from_u16(answer.status) else { return internal(id) };
    let mut reply = Response::new(Body::from(answer.body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    for (name, value) in answer.headers {
        let Ok(value) = HeaderValue::try_from(value) else { return internal(id) };
        headers.insert(name, value);
    }
    if let Some(kind) = answer.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REQUEST_ID, id.header());
    reply
}

/// The host's own answer to `OPTIONS`.
pub(crate) fn options(allow: &str, id: &RequestId) -> Reply {
    let mut reply = Response::new(Body::default());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    if let Ok(allow) = HeaderValue::from_str(allow) {
        reply.headers_mut().insert(ALLOW, allow);
    }
    reply.headers_mut().insert(REQUEST_ID, id.header());
    reply
}

/// The answer to HEAD: the headers that GET would have got, the length among them, and no body. HTTP/2 would not leave it
/// out by itself.
pub(crate) fn without_body(reply: Reply) -> Reply {
    let (mut head, body) = reply.into_parts();
    if let Some(length) = body.size_hint().exact().filter(|_| may_have_body(head.status)) {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(head, Body::default())
}

/// What a client is told where the host itself failed.
pub(crate) fn internal(id: &RequestId) -> Reply {
    fixed(StatusCode::INTERNAL_SERVER_ERROR, "internal error", id)
}

fn retry_after() -> HeaderValue {
    HeaderValue::from(refusal::RETRY_AFTER.as_secs())
}

fn fixed(status: StatusCode, text: &'static str, id: &RequestId) -> Reply {
    json(status, ("error", text), id)
}

fn json(status: StatusCode, (key, text): (&'static str, &'static str), id: &RequestId) -> Reply {
    // Neither the fixed texts nor a well-formed id hold anything that JSON escapes.
    let body = format!("{{\"{key}\":\"{text}\",\"request_id\":\"{id}\"}}\n");
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    *headers = HeaderMap::with_capacity(MORE_HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REQUEST_ID, id.header());
    reply
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::replay::{Answer as Told, Deliveries, Found, Key, Store, Trouble};
    use crate::runtime::Answer;

    /// A store on a disk that is full.
    struct Broken;

    impl Store for Broken {
        fn claim<'a>(&'a self, _key: &'a Key, _lasts: Duration) -> Told<'a, Found> {
            Box::pin(async { Ok(Found::Nothing) })
        }

        fn complete<'a>(&'a self, _key: &'a Key, _keep: Duration) -> Told<'a, ()> {
            Box::pin(async { Err(Trouble::Failed("no space left".into())) })
        }

        fn release(&self, _key: &Key) {}
    }

    #[tokio::test]
    async fn what_cannot_be_remembered_is_asked_for_again_and_only_that() {
        let (id, minute) = (RequestId::of(&HeaderMap::new()), Duration::from_secs(60));
        let deliveries = Deliveries::new(Box::new(Broken));
        for (answered, has_claim, status) in [(200, true, 503), (404, true, 404), (200, false, 200)] {
            let answer = Answer { status: answered, headers: Vec::new(), body: Vec::new() };
            let claim = if has_claim { deliveries.claim([1; 32], minute, minute).await.ok() } else { None };
            assert_eq!(claim.is_some(), has_claim, "the one before was given back");
            let settled = conclude(settle(Outcome::Answer(answer), &id), claim, &id).await;
            assert_eq!(settled.reply.status(), status, "{answered}");
            let is_lost = settled.outcome == "not_remembered" && settled.reply.headers().contains_key(RETRY_AFTER);
            assert_eq!(is_lost, status == 503);
        }
    }
}
