//! `wasi:http`: its types, and requests to other servers on the same client as those of the contract's `http`. Nothing of it is
//! made for a guest that does not use it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use ::http::{HeaderName, Request, Response};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView,
};

use super::super::output::GuestOutput;
use super::super::state::State;
use crate::grant::{Grants, denied_request};
use crate::outbound::{Failure, Large, Received, Target, Trace, Wish};
use crate::pieces::PIECE;

/// The most that one `fields` may come to, in bytes, as it is in memory. A guest may hold a thousand of them.
const FIELDS: usize = 32 << 10;

/// What `wasi:http` has of one guest.
pub(in super::super) struct WasiHttp {
    context: WasiHttpCtx,
    hooks: Hooks,
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let wasi_http = self.wasi_http.get_or_insert_with(|| {
            let mut context = WasiHttpCtx::new();
            context.set_field_size_limit(FIELDS);
            let (grants, output) = (Arc::clone(&self.grants), Arc::clone(&self.output));
            let hooks = Hooks { grants, output, trace: self.trace.clone(), ended: Arc::default() };
            Box::new(WasiHttp { context, hooks })
        });
        let WasiHttp { context, hooks } = &mut **wasi_http;
        WasiHttpCtxView { hooks, table: &mut self.handles, ctx: context }
    }
}

struct Hooks {
    grants: Arc<Grants>,
    output: Arc<GuestOutput>,
    trace: Option<Box<Trace>>,
    /// Whether the guest has come to its end, of whichever kind.
    ended: Arc<AtomicBool>,
}

/// Before the handles are dropped: a body whose other end goes with them looks finished.
impl Drop for Hooks {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// A future that `wasi:http` waits for, and what becomes of the connection: here nothing, the client has it.
type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Ended), Error>> + Send>;
type Ended = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Hooks {
    /// As without it, but for the closure that would be made for every header.
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(&mut self, request: Request<WasiBody>, options: Option<RequestOptions>, _: Ended) -> Sending {
        let (grants, output) = (Arc::clone(&self.grants), Arc::clone(&self.output));
        let request = request.map(|body| Upload { body, ended: Arc::clone(&self.ended) });
        let options = options.unwrap_or_default();
        // Connecting is a part of the wait for the first byte.
        let first_byte = options.first_byte_timeout.map(|wait| wait + options.connect_timeout.unwrap_or_default());
        let wish = Wish {
            request_id: Arc::clone(output.request_id()),
            trace: self.trace.clone(),
            timeout: None,
            first_byte,
            between: options.between_bytes_timeout,
        };
        Box::new(async move {
            let answer = send(&grants, &output, request, wish).await.map_err(|failure| {
                if let Failure::Barred(barred) = &failure {
                    output.denied(&denied_request(barred).to_string());
                }
                told(failure)
            })?;
            let answer = answer.map(|body| body.map_err(told).boxed_unsync());
            Ok((answer, Box::new(async { Ok(()) }) as Ended))
        })
    }

    /// Two of these may wait in each body that a guest writes, and a guest may hold as many as handles.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }
}

async fn send(
    grants: &Grants,
    output: &GuestOutput,
    request: Request<Upload>,
    wish: Wish,
) -> Result<Response<Received>, Failure> {
    let target = Target::read(&request.uri().to_string())?;
    let Some(client) = grants.http() else {
        let failure = target.not_granted();
        output.ledger().sent(failure.outcome());
        return Err(failure);
    };
    client.send(target, request.map(|body| body.boxed_unsync()), wish).await
}

/// A body that a guest sends. It is whole only if it ends while its guest is there: when a guest has trapped, ran out of time
/// or left, its bodies end as finished ones do, and no server may take half of one for all of it. One that was finished,
/// but whose end nobody has come to since, breaks with the others.
struct Upload {
    body: WasiBody,
    ended: Arc<AtomicBool>,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => Some(Err(unfinished(&error))),
            None if self.ended.load(Ordering::Acquire) => Some(Err(unfinished(&"its function has ended"))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What became of a request's body that its guest did not finish.
fn unfinished(why: &dyn std::fmt::Display) -> Failure {
    Failure::Invalid(format!("its body was not finished: {why}"))
}

/// A failure in the words of `wasi:http`.
fn told(failure: Failure) -> Error {
    match failure {
        Failure::Barred(_) => Error::HttpRequestDenied,
        Failure::Invalid(what) => Error::InternalError(Some(what)),
        Failure::Dns(_) => Error::DnsError { rcode: None, info_code: None },
        Failure::Connect(_) => Error::DestinationUnavailable,
        Failure::Tls(_) => Error::TlsCertificateError,
        Failure::Timeout(_) => Error::HttpResponseTimeout,
        Failure::TooLarge(Large::RequestHeaders) => Error::HttpRequestHeaderSectionSize(None),
        Failure::TooLarge(Large::Request) => Error::HttpRequestBodySize(None),
        Failure::TooLarge(Large::AnswerHeaders) => Error::HttpResponseHeaderSectionSize(None),
        Failure::TooLarge(Large::Answer) => Error::HttpResponseBodySize(None),
        Failure::Protocol(_) => Error::HttpProtocolError,
        Failure::Busy(_) => Error::ConnectionLimitReached,
    }
}
