//! Bodies on their way, counted: what a function sends, and what it is answered with. None is longer than it may be, and none
//! takes longer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::exchange::Exchange;
use super::failure::{Failure, Large};

/// A body that a function sends.
pub type Outgoing = UnsyncBoxBody<Bytes, Failure>;

/// A body that is there already.
pub fn whole(bytes: Vec<u8>) -> Outgoing {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync()
}

/// A body that a function sends, up to a limit. What else it sends after it, as trailers, ends here.
pub(super) struct Counted {
    body: Outgoing,
    left: u64,
}

impl Counted {
    pub(super) fn new(body: Outgoing, limit: u64) -> Self {
        Self { body, left: limit }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => Poll::Ready(Some(take(&mut self.left, data, Large::Request))),
                Err(_) => Poll::Ready(None),
            },
            end => Poll::Ready(end),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Takes `data` off what is `left`.
fn take(left: &mut u64, data: Bytes, what: Large) -> Result<Frame<Bytes>, Failure> {
    *left = left.checked_sub(data.len() as u64).ok_or(Failure::TooLarge(what))?;
    Ok(Frame::data(data))
}

/// The body that a function is answered with. It ends with an error where it would be too long, or takes too long.
pub struct Received {
    body: Incoming,
    left: u64,
    until: Instant,
    /// How long the next part may take.
    between: Option<Duration>,
    alarm: Pin<Box<Sleep>>,
    exchange: Exchange,
    is_over: bool,
}

impl Received {
    pub(super) fn new(
        body: Incoming,
        limit: u64,
        until: Instant,
        between: Option<Duration>,
        exchange: Exchange,
    ) -> Self {
        let alarm = Box::pin(tokio::time::sleep_until(next(until, between)));
        let mut received = Self { body, left: limit, until, between, alarm, exchange, is_over: false };
        // Nobody asks for the end of what is empty.
        if received.body.is_end_stream() {
            received.is_over = true;
            received.exchange.complete();
        }
        received
    }

    /// The whole of it.
    ///
    /// # Errors
    ///
    /// If it is too long, takes too long or is cut off.
    pub async fn whole(mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.frame().await {
            if let Ok(data) = frame?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok(bytes)
    }

    fn end(&mut self, failure: Failure) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        self.is_over = true;
        self.exchange.fail(&failure);
        Poll::Ready(Some(Err(failure)))
    }
}

fn next(until: Instant, between: Option<Duration>) -> Instant {
    between.and_then(|between| Instant::now().checked_add(between)).map_or(until, |next| until.min(next))
}

impl Body for Received {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            ready!(self.alarm.as_mut().poll(context));
            return self.end(Failure::Timeout("the answer"));
        };
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                // A server that sends all the time takes too long as well.
                Ok(_) if Instant::now() >= self.until => self.end(Failure::Timeout("the answer")),
                Ok(data) => {
                    self.exchange.received += data.len() as u64;
                    match take(&mut self.left, data, Large::Answer) {
                        Ok(frame) => {
                            if self.between.is_some() {
                                let at = next(self.until, self.between);
                                self.alarm.as_mut().reset(at);
                            }
                            Poll::Ready(Some(Ok(frame)))
                        }
                        Err(failure) => self.end(failure),
                    }
                }
                // Trailers end at the host.
                Err(_) => {
                    self.is_over = true;
                    self.exchange.complete();
                    Poll::Ready(None)
                }
            },
            Some(Err(error)) => {
                let failure = Failure::of_body(&error);
                self.end(failure)
            }
            None => {
                self.is_over = true;
                self.exchange.complete();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
