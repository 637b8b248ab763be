//! A body that is handed to its function while it still comes: for functions that take one in parts, where no gate looks at
//! it. It has its bounds as a whole one has, and who reads it learns when one of them is passed.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::Sleep;

use crate::room::Held;

/// What of a body has come before its function is called, and the rest as it comes. What is not read yet stays with the
/// client. It takes up the room of what had come: each part after that is smaller.
pub struct Rest {
    first: Bytes,
    /// Until its end.
    body: Option<UnsyncBoxBody<Bytes, String>>,
    /// Bytes so far, those of `first` among them.
    length: u64,
    /// How many it may be.
    limit: u64,
    /// How many the client said there are.
    promised: Option<u64>,
    /// How long each part may take, from when it is waited for.
    patience: Duration,
    waits: Option<Pin<Box<Sleep>>>,
    _held: Held,
}

/// What is wrong with a body of which a part has been read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is larger than the policy's `body_limit`, in bytes.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// A part of it did not come in time.
    #[error("it did not go on within server.body_grace")]
    TooSlow,
    /// It ended before its end; how.
    #[error("it broke off: {0}")]
    Broken(String),
}

/// The bounds of a body.
pub(super) struct Bounds {
    pub(super) limit: u64,
    pub(super) promised: Option<u64>,
    pub(super) patience: Duration,
}

impl Rest {
    /// What follows the bytes `first`, which are held already.
    pub(super) fn new<B>(first: Bytes, body: B, bounds: &Bounds, held: Held) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: std::fmt::Display,
    {
        let Bounds { limit, promised, patience } = *bounds;
        let length = first.len() as u64;
        let body = Some(body.map_err(|error| error.to_string()).boxed_unsync());
        Self { first, body, length, limit, promised, patience, waits: None, _held: held }
    }

    fn fail(&mut self, fault: Fault) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.body = None;
        Poll::Ready(Some(Err(fault)))
    }
}

impl Body for Rest {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let this = self.get_mut();
        if !this.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.first)))));
        }
        loop {
            let Some(body) = &mut this.body else { return Poll::Ready(None) };
            match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    this.waits = None;
                    // Trailers end here.
                    let Ok(part) = frame.into_data() else { continue };
                    this.length = this.length.saturating_add(part.len() as u64);
                    if this.length > this.limit {
                        return this.fail(Fault::TooLarge(this.limit));
                    }
                    return Poll::Ready(Some(Ok(Frame::data(part))));
                }
                Poll::Ready(Some(Err(error))) => return this.fail(Fault::Broken(error)),
                Poll::Ready(None) if this.promised.is_some_and(|promised| promised != this.length) => {
                    return this.fail(Fault::Broken("it is shorter than its content-length".into()));
                }
                Poll::Ready(None) => {
                    this.body = None;
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    let patience = this.patience;
                    let waits = this.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
                    return match waits.as_mut().poll(cx) {
                        Poll::Ready(()) => this.fail(Fault::TooSlow),
                        Poll::Pending => Poll::Pending,
                    };
                }
            }
        }
    }
}
