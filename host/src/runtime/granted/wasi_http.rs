//! `wasi:http`: what a guest's requests and answers are made of. No guest sends requests of its own: they are denied.

use std::sync::Arc;

use http::{HeaderName, Request, Response};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView,
};

use super::super::output::GuestOutput;
use super::super::state::State;
use crate::grant::Denied;
use crate::pieces::PIECE;

/// Bytes of all names and values of one set of headers, with what they take besides: more than servers in front take of an
/// answer, and little enough, as a guest may hold as many sets as handles.
const FIELDS: usize = 32 << 10;

/// What a store holds for a guest that uses `wasi:http`.
pub(in super::super) struct Http {
    ctx: WasiHttpCtx,
    hooks: Hooks,
}

struct Hooks {
    output: Arc<GuestOutput>,
}

/// What comes of a request that a guest sends.
type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let uri = request.uri();
        let origin =
            format!("{}://{}", uri.scheme_str().unwrap_or("https"), uri.authority().map_or("", |a| a.as_str()));
        self.output.denied(&Denied::new("a request to", &origin, "http").to_string());
        Box::new(async { Err(Error::HttpRequestDenied) })
    }

    /// Two of these may wait in each body that a guest writes, and a guest may hold as many as handles.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let output = &self.output;
        let http = self.http.get_or_insert_with(|| {
            let mut ctx = WasiHttpCtx::new();
            ctx.set_field_size_limit(FIELDS);
            Box::new(Http { ctx, hooks: Hooks { output: Arc::clone(output) } })
        });
        WasiHttpCtxView { hooks: &mut http.hooks, table: &mut self.handles, ctx: &mut http.ctx }
    }
}
