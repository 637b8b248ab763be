//! An answer on its way out: in pieces, so that it is known whether the client takes them. Over HTTP/2 a client may leave
//! one answer lying while it takes others; each has a task of its own there, which ends when nothing is taken.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::Response;
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::Instant;

use super::activity::{LEAST_TAKEN, Running};
use crate::pieces::Broken;
use crate::reply::{self, Reply};

/// A piece of an answer, until it is written.
pub(super) struct Piece {
    bytes: Bytes,
    _of: Arc<Running>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

/// An answer's body, handed over piece by piece.
pub(super) struct Answer {
    body: reply::Body,
    /// What of the body has come and is not handed over.
    rest: Bytes,
    /// Since when a piece waits to be taken, for who watches over this stream of HTTP/2.
    taken: Option<Taken>,
    running: Arc<Running>,
}

impl Answer {
    pub(super) fn of(mut reply: Reply, running: Running) -> Response<Self> {
        let held = reply.extensions_mut().remove();
        let taken = TAKEN.try_with(Arc::clone).ok();
        reply.map(|body| {
            let answer = Self { body, rest: Bytes::new(), taken, running: running.answered(held) };
            answer.note(Some(Instant::now()));
            answer
        })
    }

    fn note(&self, since: Option<Instant>) {
        if let Some(taken) = &self.taken {
            *taken.lock().unwrap_or_else(PoisonError::into_inner) = since;
        }
    }
}

impl Body for Answer {
    type Data = Piece;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece>, Broken>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            let frame = Pin::new(&mut this.body).poll_frame(cx);
            if frame.is_pending() {
                // It is the function that is waited for.
                this.note(None);
            }
            match ready!(frame) {
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                Some(Err(broken)) => return Poll::Ready(Some(Err(broken))),
                None => return Poll::Ready(None),
            }
        }
        this.note(Some(Instant::now()));
        let bytes = this.rest.split_to(this.rest.len().min(LEAST_TAKEN));
        Poll::Ready(Some(Ok(Frame::data(Piece { bytes, _of: Arc::clone(&this.running) }))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let still = self.body.size_hint().exact();
        still.map_or_else(SizeHint::new, |still| SizeHint::with_exact(still.saturating_add(self.rest.len() as u64)))
    }
}

/// Over HTTP/2, the watch over the stream ends here, and the last piece may still wait for the client's window.
impl Drop for Answer {
    fn drop(&mut self) {
        if self.taken.is_some() && Arc::strong_count(&self.running) > 1 {
            self.running.last_piece();
        }
    }
}

type Taken = Arc<Mutex<Option<Instant>>>;

tokio::task_local! {
    /// Of the stream whose task this is.
    static TAKEN: Taken;
}

/// Runs the streams of an HTTP/2 connection, and ends one whose answer is not taken within the time.
#[derive(Clone, Copy)]
pub(super) struct Streams {
    pub(super) write_timeout: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let write_timeout = self.write_timeout;
        tokio::spawn(async move {
            let taken = Taken::default();
            tokio::select! {
                () = TAKEN.scope(Arc::clone(&taken), stream) => {}
                // Dropped before its end, the stream is reset.
                () = left(&taken, write_timeout) => tracing::debug!("a stream of HTTP/2 was reset: its answer is not taken"),
            }
        });
    }
}

/// Ready when an answer has begun and no piece of it was taken within the time.
async fn left(taken: &Taken, within: Duration) {
    loop {
        let last = *taken.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match last.map(|last| last + within) {
            Some(deadline) if deadline <= now => return,
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => tokio::time::sleep(within).await,
        }
    }
}
