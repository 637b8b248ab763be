//! Reads a request's body: whole, as it was sent, within the policy's size and the host's time. A body that says it is
//! too large is refused before a byte of it is read.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use crate::reach::Routed;
use crate::refusal::Refusal;

/// How much is set aside at first for a body that says how long it is; what it says is not yet true.
const FIRST_CAPACITY: usize = 64 << 10;

/// Reads `body` for a routed request; `within` bounds the time for all of it.
///
/// # Errors
///
/// If it is larger than the function's `body_limit`, takes too long, or breaks off.
pub async fn read<B>(routed: &Routed, body: B, within: Duration) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let limit = routed.function().policy.limits.body_limit.get();
    if body.size_hint().lower() > limit {
        return Err(Refusal::BodyTooLarge);
    }
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    tokio::time::timeout(within, collect(body, limit)).await.unwrap_or(Err(Refusal::BodyTooSlow))
}

async fn collect<B>(mut body: B, limit: u64) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    // A client of HTTP/2 may end its stream early in a way that looks like the end of the body.
    let promised = body.size_hint().exact();
    let mut whole = Bytes::new();
    let mut parts: Option<BytesMut> = None;
    let mut length: u64 = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::BodyBroken(error.to_string()))?;
        // Trailers end here.
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len() as u64);
        if length > limit {
            return Err(Refusal::BodyTooLarge);
        }
        // A body that came in one piece is passed on as that piece.
        if whole.is_empty() && parts.is_none() {
            whole = data;
            continue;
        }
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(FIRST_CAPACITY).min(FIRST_CAPACITY);
        let parts = parts.get_or_insert_with(|| {
            let mut parts = BytesMut::with_capacity(whole.len() + data.len() + expected);
            parts.extend_from_slice(&whole);
            parts
        });
        parts.extend_from_slice(&data);
    }
    if promised.is_some_and(|promised| promised != length) {
        return Err(Refusal::BodyBroken("it is shorter than its content-length".into()));
    }
    Ok(parts.map_or(whole, BytesMut::freeze))
}
