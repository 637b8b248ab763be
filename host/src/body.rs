//! Reads a request's body: whole, as it was sent, within the policy's size, the host's time and the host's room. A body
//! that says it is too large is refused before a byte of it is read. Only where no gate looks at it, and its function takes
//! it in parts, may a long one go on while the function runs.

mod rest;

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::Instant;

use self::rest::Bounds;
pub use self::rest::{Fault, Rest};
use crate::config::ServerSettings;
use crate::reach::Routed;
use crate::refusal::Refusal;
use crate::room::{Held, Room};

/// How much is set aside at first for a body that says how long it is; what it says is not yet true.
const FIRST_CAPACITY: usize = 64 << 10;

/// A body, whole. It takes up room of the host's until it is dropped.
#[derive(Default)]
pub struct Whole {
    bytes: Bytes,
    _held: Held,
}

impl Whole {
    /// The bytes, for whoever is done with them before this is dropped.
    pub(crate) fn shared(&self) -> Bytes {
        self.bytes.clone()
    }
}

impl Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How much of a body is there before its function is called, where not all of it has to be: most bodies are smaller, and so
/// nobody who sends one drop by drop has a sandbox meanwhile. More than a connection hands over at once.
const BEFORE_THE_CALL: usize = 128 << 10;

/// What was read of a body before the call: all of it, or a part, and then it is the rest alone that has any.
#[derive(Default)]
pub struct Received {
    /// The whole, for the gates to look at.
    pub whole: Whole,
    /// A body that still comes, which no gate looks at.
    pub rest: Option<Box<Rest>>,
}

/// Reads `body` for a routed request.
///
/// # Errors
///
/// If it is larger than the function's `body_limit`, takes too long, breaks off, or there is no room for it.
pub async fn read<B>(routed: &Routed, body: B, room: &Room, server: &ServerSettings) -> Result<Received, Refusal>
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: std::fmt::Display,
{
    let limit = routed.function().policy.limits.body_limit.get();
    if body.size_hint().lower() > limit {
        return Err(Refusal::BodyTooLarge);
    }
    if body.is_end_stream() {
        return Ok(Received::default());
    }
    let before = if routed.function().takes_body_in_parts() { BEFORE_THE_CALL } else { usize::MAX };
    collect(body, (limit, before), room, Pace::new(server)).await
}

/// Reads a body of `limit` bytes at the most: all of it, or `before` bytes and what has come with them.
async fn collect<B>(
    mut body: B,
    (limit, before): (u64, usize),
    room: &Room,
    mut pace: Pace<'_>,
) -> Result<Received, Refusal>
where
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: std::fmt::Display,
{
    // A client of HTTP/2 may end its stream early in a way that looks like the end of the body.
    let promised = body.size_hint().exact();
    let mut held = Held::default();
    let mut whole = Bytes::new();
    let mut parts: Option<BytesMut> = None;
    let mut length: usize = 0;
    let mut first = soon(&mut body).await;
    loop {
        // Only the first: who sends drop by drop has a timer against him.
        let frame = match first.take() {
            Some(frame) => frame,
            None => {
                let (until, why) = pace.until(length);
                tokio::time::timeout_at(until, body.frame()).await.map_err(|_| Refusal::BodyTooSlow(why))?
            }
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| Refusal::BodyBroken(error.to_string()))?;
        // Trailers end here.
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length as u64 > limit {
            return Err(Refusal::BodyTooLarge);
        }
        if !room.grow_now(&mut held, length) {
            let waits = Instant::now();
            if !room.grow(&mut held, length, pace.may_wait()).await {
                return Err(Refusal::NoRoom);
            }
            pace.waited += waits.elapsed();
        }
        // A body that came in one piece is passed on as that piece.
        if whole.is_empty() && parts.is_none() {
            whole = data;
            if body.is_end_stream() {
                break;
            }
        } else {
            let expected = usize::try_from(body.size_hint().lower()).unwrap_or(FIRST_CAPACITY).min(FIRST_CAPACITY);
            let parts = parts.get_or_insert_with(|| {
                let mut parts = BytesMut::with_capacity(whole.len() + data.len() + expected);
                parts.extend_from_slice(&whole);
                parts
            });
            parts.extend_from_slice(&data);
        }
        if length >= before && !body.is_end_stream() {
            let bounds = Bounds { limit, promised, patience: pace.server.body_grace };
            let rest = Rest::new(parts.map_or(whole, BytesMut::freeze), body, &bounds, held);
            return Ok(Received { whole: Whole::default(), rest: Some(Box::new(rest)) });
        }
    }
    if promised.is_some_and(|promised| promised != length as u64) {
        return Err(Refusal::BodyBroken("it is shorter than its content-length".into()));
    }
    let whole = Whole { bytes: parts.map_or(whole, BytesMut::freeze), _held: held };
    Ok(Received { whole, rest: None })
}

/// The next frame, if it is there or comes while the task does what else it has to do: most bodies have arrived with their
/// head, and hyper hands them over at the second time of asking. To look twice is cheaper than a timer.
async fn soon<B: Body + Unpin>(body: &mut B) -> Option<Option<Result<Frame<B::Data>, B::Error>>> {
    let mut has_asked = false;
    poll_fn(|context| match Pin::new(&mut *body).poll_frame(context) {
        Poll::Ready(frame) => Poll::Ready(Some(frame)),
        Poll::Pending if has_asked => Poll::Ready(None),
        Poll::Pending => {
            has_asked = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// How fast a body has to come: it has a time in which it may be slow; then every part of it has to have come no later
/// than at the least rate. What the host made it wait for room does not count.
struct Pace<'a> {
    server: &'a ServerSettings,
    /// From when it is waited for.
    started: Option<Instant>,
    waited: Duration,
}

impl<'a> Pace<'a> {
    fn new(server: &'a ServerSettings) -> Self {
        Self { server, started: None, waited: Duration::ZERO }
    }

    /// When more has to have come of a body of which `length` bytes are there, and what is wrong if it has not.
    fn until(&mut self, length: usize) -> (Instant, &'static str) {
        let ServerSettings { body_timeout, body_grace, body_rate, .. } = self.server;
        let earned = (length as u64).saturating_mul(1000).checked_div(body_rate.get());
        let slow = earned.map(|millis| body_grace.saturating_add(Duration::from_millis(millis)));
        let (within, why) = match slow {
            Some(slow) if slow < *body_timeout => (slow, "it came slower than server.body_rate"),
            _ => (*body_timeout, "it did not arrive within server.body_timeout"),
        };
        (*self.started.get_or_insert_with(Instant::now) + self.waited + within, why)
    }

    /// How long it may wait for room still.
    fn may_wait(&self) -> Duration {
        self.server.permit_wait.saturating_sub(self.waited)
    }
}
