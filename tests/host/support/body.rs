//! Request bodies that a test can script: in pieces, with trailers, broken off, stalled, or lying about their length.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

/// A body that plays its steps one after the other.
pub(crate) struct Body {
    steps: VecDeque<Step>,
    /// The length that the client declared, if it did.
    declared: Option<u64>,
    asked: Arc<AtomicUsize>,
}

enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Break,
    /// Nothing ever comes again.
    Stall,
    /// A piece comes each time that the time has passed, without end.
    Drip(Bytes, Duration, Pin<Box<Sleep>>),
}

impl Body {
    /// In one piece, with its length declared.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let declared = Some(bytes.len() as u64);
        let steps = if bytes.is_empty() { VecDeque::new() } else { [Step::Data(bytes)].into() };
        Self { declared, ..Self::of(steps) }
    }

    /// In pieces of `size` bytes at the most, its length not declared: as chunked encoding brings it.
    pub(crate) fn pieces(bytes: &[u8], size: usize) -> Self {
        Self::of(bytes.chunks(size).map(|piece| Step::Data(Bytes::copy_from_slice(piece))).collect())
    }

    /// Nothing but the claim of a length.
    pub(crate) fn claims(length: u64) -> Self {
        Self { declared: Some(length), ..Self::stalls("") }
    }

    /// Ends with trailers.
    pub(crate) fn then_trailers(mut self, trailers: HeaderMap) -> Self {
        self.steps.push_back(Step::Trailers(trailers));
        self
    }

    /// Breaks off after `start`.
    pub(crate) fn breaks(start: &'static str) -> Self {
        Self::of([Step::Data(start.into()), Step::Break].into())
    }

    /// Stops after `start`, and neither goes on nor ends.
    pub(crate) fn stalls(start: impl Into<Bytes>) -> Self {
        Self::of([Step::Data(start.into()), Step::Stall].into())
    }

    /// Goes on and on with a `piece` each time that `every` has passed.
    pub(crate) fn drips(piece: impl Into<Bytes>, every: Duration) -> Self {
        Self::of([Step::Drip(piece.into(), every, Box::pin(tokio::time::sleep(every)))].into())
    }

    /// How often the host has asked for more.
    pub(crate) fn asked(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.asked)
    }

    fn of(steps: VecDeque<Step>) -> Self {
        Self { steps, declared: None, asked: Arc::default() }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Break) => Poll::Ready(Some(Err("the connection was reset"))),
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
            Some(Step::Drip(piece, every, mut next)) => {
                let has_come = next.as_mut().poll(context).map(|()| piece.clone());
                if has_come.is_ready() {
                    next = Box::pin(tokio::time::sleep(every));
                }
                self.steps.push_front(Step::Drip(piece, every, next));
                has_come.map(|piece| Some(Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
