//! What a component of `wasi:http` answers: taken while its guest runs, and handed on in pieces if the guest goes on after
//! it has begun; else in one piece, as the contract's functions answer. Bounded by the policy's `response_limit`.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, WasiBody};

use super::invoke::{Outcome, shown};
use crate::pieces::{PIECE, Pieces, Writer, pieces};

/// What a guest hands to the host as its answer.
pub(super) type Given = Result<Response<WasiBody>, ErrorCode>;

/// Bytes that are kept of an answer while it is not known whether its guest goes on: who writes no more than this without
/// waiting for anything else has an answer in one piece.
const FIRST: usize = 32 << 10;

/// Bytes of an error's text that are kept for the log.
const MAX_ERROR: usize = 512;

/// The head of a guest's answer, unchecked.
pub struct HttpHead {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
}

/// An answer whose guest goes on.
pub struct Begun {
    /// Its head.
    pub head: HttpHead,
    /// Its body, which breaks if the guest fails.
    pub body: Pieces,
}

/// An answer that is there as a whole.
pub struct HttpAnswer {
    /// Its head.
    pub head: HttpHead,
    /// Its body, within the policy's limit; empty where it was not asked for.
    pub body: Bytes,
    /// The length that the body has or would have, where that is known.
    pub length: Option<u64>,
}

/// The answer grew past the policy's limit.
pub(super) struct TooLarge;

/// What is left of an answer whose guest has ended.
pub(super) enum Rest {
    /// All of it.
    Whole(HttpAnswer),
    /// The last of it, for whom has had the rest; none if all has gone.
    Last(Option<(Writer, Bytes)>),
}

/// An answer that is taken.
pub(super) struct Answering {
    given: oneshot::Receiver<Given>,
    /// Where it goes if the guest goes on; taken when it has begun.
    begin: Option<oneshot::Sender<Begun>>,
    limit: u64,
    /// Whether the client wants more than the head.
    wants_body: bool,
    head: Option<HttpHead>,
    /// What the guest says its body's length is.
    length: Option<u64>,
    /// Whether the status is one of which there may be a body.
    has_body: bool,
    /// Until its end.
    body: Option<WasiBody>,
    /// Bytes of the body so far.
    taken: u64,
    kept: Kept,
    writer: Option<Writer>,
    has_begun: bool,
    waits_for_client: bool,
    /// What is wrong with it.
    fault: Option<Outcome>,
}

impl Answering {
    /// Of a guest that will set `given`.
    pub(super) fn new(
        given: oneshot::Receiver<Given>,
        begin: Option<oneshot::Sender<Begun>>,
        limit: u64,
        wants_body: bool,
    ) -> Self {
        Self {
            given,
            begin,
            limit,
            wants_body,
            head: None,
            length: None,
            has_body: true,
            body: None,
            taken: 0,
            kept: Kept::default(),
            writer: None,
            has_begun: false,
            waits_for_client: false,
            fault: None,
        }
    }

    /// Whether it is the client that is waited for.
    pub(super) fn waits_for_client(&self) -> bool {
        self.waits_for_client
    }

    /// Takes what there is and what comes, for as long as this is polled: only while the guest goes on, so that an answer
    /// that was given in one go stays in one piece. Nothing is lost if it is dropped.
    pub(super) async fn take(&mut self) -> Result<Infallible, TooLarge> {
        if self.head.is_none() {
            match (&mut self.given).await {
                Ok(given) => self.accept(given),
                // The guest has dropped what it would have answered with, and may still do something.
                Err(_) => return pending().await,
            }
        }
        if self.length.is_some_and(|length| self.wants_body && length > self.limit) {
            return Err(TooLarge);
        }
        if self.begin.is_some() {
            self.take_first().await?;
        }
        // Nothing of it is out: what is wrong with it can still be told.
        if self.fault.is_some() {
            return pending().await;
        }
        if let Some(begin) = self.begin.take()
            && let Some(head) = self.head.take()
        {
            let (writer, body) = pieces(self.length);
            (self.writer, self.has_begun) = (Some(writer), true);
            let _ = begin.send(Begun { head, body });
            self.write_kept().await;
        }
        while let Some(body) = &mut self.body {
            let place = match &self.writer {
                Some(writer) => {
                    self.waits_for_client = true;
                    let place = writer.place().await;
                    self.waits_for_client = false;
                    Some(place)
                }
                None => None,
            };
            let frame = body.frame().await;
            let Some(part) = self.part(frame)? else { continue };
            match (&self.writer, place) {
                (Some(writer), Some(place)) => writer.write(part, place),
                _ => self.keep(part),
            }
        }
        // The body is whole, or broken: its client need not wait for the guest's end.
        if let Some(writer) = self.writer.take()
            && self.fault.is_none()
        {
            writer.end();
        }
        pending().await
    }

    /// Keeps what the guest writes for as long as it waits for nothing but room for more.
    async fn take_first(&mut self) -> Result<(), TooLarge> {
        let mut before = None;
        // Each time, the guest has had its turn.
        while before != Some(self.taken) && self.taken <= FIRST as u64 {
            before = Some(self.taken);
            self.drain().await?;
            let mut has_asked = false;
            poll_fn(|context| {
                if std::mem::replace(&mut has_asked, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        Ok(())
    }

    /// Hands on what was kept.
    async fn write_kept(&mut self) {
        while let Some(writer) = &self.writer
            && !self.kept.is_empty()
        {
            self.waits_for_client = true;
            let place = writer.place().await;
            self.waits_for_client = false;
            writer.write(self.kept.first(PIECE), place);
        }
    }

    /// What is left of it when the guest has ended, as long as what the guest had is there; its fault, if it is no answer.
    pub(super) async fn end(mut self) -> Result<Rest, Outcome> {
        if self.head.is_none() && !self.has_begun && self.fault.is_none() {
            match self.given.try_recv() {
                Ok(given) => self.accept(given),
                Err(_) => return Err(Outcome::NoAnswer),
            }
        }
        if self.drain().await.is_err() {
            return Err(Outcome::ResponseTooLarge);
        }
        if self.body.is_some() && self.wants_body {
            self.fault.get_or_insert_with(unfinished);
        }
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let Some(head) = self.head else {
            return Ok(Rest::Last(self.writer.map(|writer| (writer, self.kept.whole()))));
        };
        let written = (self.taken > 0 || self.wants_body).then_some(self.taken);
        Ok(Rest::Whole(HttpAnswer { head, body: self.kept.whole(), length: self.length.or(written) }))
    }

    /// Takes what has been written, and waits for nothing.
    async fn drain(&mut self) -> Result<(), TooLarge> {
        // Not to be mistaken for nothing: a task's share of its thread that is used up.
        unconstrained(poll_fn(|context| Poll::Ready(self.poll_drain(context)))).await
    }

    fn poll_drain(&mut self, context: &mut Context<'_>) -> Result<(), TooLarge> {
        while let Some(body) = &mut self.body
            && let Poll::Ready(frame) = Pin::new(body).poll_frame(context)
        {
            if let Some(part) = self.part(frame)? {
                self.keep(part);
            }
        }
        Ok(())
    }

    fn accept(&mut self, given: Given) {
        match given {
            Ok(response) => {
                let (head, body) = response.into_parts();
                self.length = declared(&head.headers);
                self.has_body = !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
                self.head = Some(HttpHead { status: head.status, headers: head.headers });
                self.body = Some(body);
            }
            Err(code) => {
                let text = format!("it answered with the error {code:?}");
                self.fault = Some(Outcome::Error(shown(text.as_bytes(), MAX_ERROR)));
            }
        }
    }

    /// The part of the body that a frame brings, if it brings one.
    fn part(&mut self, frame: Option<Result<Frame<Bytes>, Error>>) -> Result<Option<Bytes>, TooLarge> {
        match frame {
            Some(Ok(frame)) => {
                // Trailers end here.
                let Ok(part) = frame.into_data() else { return Ok(None) };
                self.taken = self.taken.saturating_add(part.len() as u64);
                if self.taken > self.limit {
                    return Err(TooLarge);
                }
                if self.wants_body && self.length.is_some_and(|length| self.taken > length) {
                    self.body = None;
                    self.fault = Some(Outcome::BadAnswer("its body is longer than its content-length".into()));
                    return Ok(None);
                }
                Ok(Some(part))
            }
            Some(Err(_)) => {
                self.body = None;
                // Where it was not asked for, there need be none.
                if self.wants_body {
                    self.fault = Some(unfinished());
                }
                Ok(None)
            }
            None => {
                self.body = None;
                // Where its guest never wrote one, nobody has held it against what the head says.
                if self.wants_body && self.has_body && self.length.is_some_and(|length| self.taken != length) {
                    self.fault = Some(unfinished());
                }
                Ok(None)
            }
        }
    }

    fn keep(&mut self, part: Bytes) {
        if self.wants_body {
            self.kept.add(part);
        }
    }
}

/// Parts of a body that are kept until it is whole.
#[derive(Default)]
struct Kept {
    /// While there is one alone, it stays as it is.
    one: Bytes,
    more: BytesMut,
}

impl Kept {
    fn add(&mut self, part: Bytes) {
        if self.is_empty() {
            self.one = part;
            return;
        }
        self.more.extend_from_slice(&std::mem::take(&mut self.one));
        self.more.extend_from_slice(&part);
    }

    fn is_empty(&self) -> bool {
        self.one.is_empty() && self.more.is_empty()
    }

    /// Takes the first bytes, `most` of them at the most.
    fn first(&mut self, most: usize) -> Bytes {
        if self.one.is_empty() {
            self.one = std::mem::take(&mut self.more).freeze();
        }
        self.one.split_to(self.one.len().min(most))
    }

    fn whole(self) -> Bytes {
        if self.more.is_empty() { self.one } else { self.more.freeze() }
    }
}

fn unfinished() -> Outcome {
    Outcome::BadAnswer("it did not finish its body, or its body is shorter than its content-length".into())
}

/// The length that the headers say the body has.
fn declared(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(CONTENT_LENGTH)?.to_str().ok()?;
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
}
