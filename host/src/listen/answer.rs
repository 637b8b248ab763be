//! An answer on its way out: in pieces, so that it is known whether the client takes them. Over HTTP/2 a client may leave
//! one answer lying while it takes others; each has a task of its own there, which ends when nothing is taken.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::rt::Executor;
use tokio::time::Instant;

use super::activity::{Activity, LEAST_TAKEN};
use crate::reply::Reply;
use crate::room::Held;

/// Counts a request as running until it is dropped.
pub(super) struct Running(Arc<Activity>);

impl Running {
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        activity.begin();
        Self(Arc::clone(activity))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// An answer's body, handed over piece by piece; its request runs until it is dropped.
pub(super) struct Answer {
    whole: Full<Bytes>,
    rest: Bytes,
    /// When the last piece was taken, for who watches over this stream of HTTP/2.
    taken: Option<Taken>,
    /// Its place among all answers of the host.
    _held: Option<Arc<Held>>,
    _running: Running,
}

impl Answer {
    pub(super) fn of(mut reply: Reply, running: Running) -> Response<Self> {
        let held = reply.extensions_mut().remove();
        let taken = TAKEN.try_with(Arc::clone).ok();
        reply.map(|whole| {
            let answer = Self { whole, rest: Bytes::new(), taken, _held: held, _running: running };
            answer.note();
            answer
        })
    }

    fn note(&self) {
        if let Some(taken) = &self.taken {
            *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.whole).poll_frame(cx)) {
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                None => return Poll::Ready(None),
            }
        }
        this.note();
        let piece = this.rest.split_to(this.rest.len().min(LEAST_TAKEN));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.whole.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let whole = self.whole.size_hint().exact().unwrap_or_default();
        SizeHint::with_exact(whole + self.rest.len() as u64)
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
