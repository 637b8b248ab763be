//! What goes back to the client: a guest's answer, held against the rules of HTTP, or a fixed text for what was refused
//! or went wrong. Every answer names its request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;

use crate::hop;
use crate::refusal::{self, Challenge, Refusal};
use crate::replay::Claim;
use crate::request::{REQUEST_ID, RequestId};
use crate::room::{Portion, Room};
use crate::runtime::{Answer, Outcome};

/// An answer, whole.
pub type Reply = Response<Full<Bytes>>;

/// Bytes of names and values that a guest's headers may have together.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// The most headers that a guest may set.
const MAX_HEADERS: usize = 256;

/// Headers that come to an answer on its way: its id, those for browsers, those of a quota. Room is made for them once.
const MORE_HEADERS: usize = 8;

/// The most of a bad header's name that is logged, in bytes.
const MAX_SHOWN: usize = 64;

/// What the host writes itself. The date is its own, as it is the host that answers.
static WRITTEN_BY_HOST: [HeaderName; 3] = [CONTENT_LENGTH, DATE, REQUEST_ID];

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

/// Turns a call's outcome into a reply. Each way to fail has its own name; the client learns the status and no more.
pub(crate) fn settle(outcome: Outcome, id: &RequestId) -> Settled {
    let failed = |outcome, status, text, reason: String| Settled {
        outcome,
        reason: Some(reason),
        reply: fixed(status, text, id),
    };
    match outcome {
        Outcome::Answer(answer) => match checked(answer, id) {
            Ok(reply) => Settled { outcome: OK, reason: None, reply },
            Err(reason) => failed("bad_response", StatusCode::BAD_GATEWAY, "the function gave no valid answer", reason),
        },
        Outcome::Error(error) => failed("error", StatusCode::INTERNAL_SERVER_ERROR, "the function failed", error),
        Outcome::Trap(how) => failed("trap", StatusCode::INTERNAL_SERVER_ERROR, "the function failed", how),
        Outcome::OutOfMemory => failed(
            "out_of_memory",
            StatusCode::INTERNAL_SERVER_ERROR,
            "the function failed",
            "the guest was refused memory past its policy's `memory` and did not go on".into(),
        ),
        Outcome::Timeout => failed(
            "timeout",
            StatusCode::GATEWAY_TIMEOUT,
            "the function took too long",
            "the guest was still running at its policy's `timeout`".into(),
        ),
        Outcome::ResponseTooLarge => failed(
            "response_too_large",
            StatusCode::BAD_GATEWAY,
            "the function's answer is too large",
            "the answer is larger than the policy's `response_limit`, or a log line than any should be".into(),
        ),
        Outcome::NoSandbox => overloaded(
            "no_sandbox",
            "the pool had no sandbox left: components of many memories took more than their share",
            id,
        ),
        Outcome::Instantiation(how) => {
            failed("instantiation", StatusCode::INTERNAL_SERVER_ERROR, "the function failed", how)
        }
    }
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
            overloaded("not_remembered", &reason, id)
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
    let length = settled.reply.body().size_hint().exact().and_then(|length| usize::try_from(length).ok());
    let length = length.unwrap_or(usize::MAX);
    let until = Instant::now() + wait;
    let Some(mut held) = portion.take(length, wait).await else {
        let reason =
            "answers of this function that nobody took filled its part of server.answer_bytes for server.permit_wait";
        return overloaded("no_room", reason, id);
    };
    if !room.grow(&mut held, length, until.saturating_duration_since(Instant::now())).await {
        return overloaded("no_room", "answers that nobody took filled server.answer_bytes for server.permit_wait", id);
    }
    settled.reply.extensions_mut().insert(Arc::new(held));
    settled
}

fn overloaded(outcome: &'static str, reason: &str, id: &RequestId) -> Settled {
    let mut reply = fixed(StatusCode::SERVICE_UNAVAILABLE, "overloaded", id);
    reply.headers_mut().insert(RETRY_AFTER, retry_after());
    Settled { outcome, reason: Some(reason.to_owned()), reply }
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
    let mut reply = Response::new(Full::from(answer.body));
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
    let mut reply = Response::new(Full::default());
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
    Response::from_parts(head, Full::default())
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
    let mut reply = Response::new(Full::from(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    *headers = HeaderMap::with_capacity(MORE_HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REQUEST_ID, id.header());
    reply
}

/// A guest's answer as a reply, or why it is none.
fn checked(answer: Answer, id: &RequestId) -> Result<Reply, String> {
    let status = StatusCode::from_u16(answer.status)
        .ok()
        .filter(|status| (200..=599).contains(&status.as_u16()))
        .ok_or_else(|| format!("status {} is not within 200 to 599", answer.status))?;
    let headers = headers(answer.headers)?;
    let body = if may_have_body(status) { Full::from(answer.body) } else { Full::default() };
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    *reply.headers_mut() = headers;
    reply.headers_mut().insert(REQUEST_ID, id.header());
    Ok(reply)
}

fn headers(given: Vec<(String, String)>) -> Result<HeaderMap, String> {
    if given.len() > MAX_HEADERS {
        return Err(format!("{} headers; {MAX_HEADERS} are allowed", given.len()));
    }
    let mut headers = HeaderMap::with_capacity(given.len() + MORE_HEADERS);
    let mut bytes = 0usize;
    for (name, value) in given {
        bytes = bytes.saturating_add(name.len()).saturating_add(value.len());
        if bytes > MAX_HEADER_BYTES {
            return Err(format!("more than {MAX_HEADER_BYTES} bytes of headers"));
        }
        let shown = || crate::observe::text::shortened(name.as_bytes(), MAX_SHOWN);
        let parsed = HeaderName::try_from(&name).map_err(|_| format!("`{}` is not the name of a header", shown()))?;
        if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(format!("the value of `{}` holds a CR, LF or NUL", shown()));
        }
        if hop::is_always(&parsed) || WRITTEN_BY_HOST.contains(&parsed) {
            continue;
        }
        let value = HeaderValue::try_from(value.into_bytes())
            .map_err(|_| format!("the value of `{}` holds a control character", shown()))?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// 204 and 304 end with their headers, and 205 has none by its meaning (RFC 9110, section 15.3.6).
fn may_have_body(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::replay::{Answer as Told, Deliveries, Found, Key, Store, Trouble};

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
