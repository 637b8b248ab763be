//! What the example `hello` does, for hosts of `wasi:http`: takes the request's body, looks at nothing and greets. Only the
//! benchmark serves it.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, HeaderError, IncomingBody, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

/// The same answer as that of the example.
const GREETING: &[u8] = b"Hello, world!\n";

/// Bytes that are asked for at once: the benchmark's requests fit.
const PIECE: u64 = 64 << 10;

struct Hello;

wasip2::http::proxy::export!(Hello);

impl Guest for Hello {
    // Where something fails, the host answers with a 500 or breaks the answer off, and the benchmark ends with that.
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let Some(_body) = read(request) else { return };
        let Ok(headers) = headers() else { return };
        let response = OutgoingResponse::new(headers);
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        let Ok(stream) = body.write() else { return };
        let written = stream.blocking_write_and_flush(GREETING);
        drop(stream);
        if written.is_ok() {
            let _ = OutgoingBody::finish(body, None);
        }
    }
}

/// With its length, so that the client sees where the answer ends without undoing chunks.
fn headers() -> Result<Fields, HeaderError> {
    let headers = Fields::new();
    headers.set("content-type", &[b"text/plain; charset=utf-8".to_vec()])?;
    headers.set("content-length", &[GREETING.len().to_string().into_bytes()])?;
    Ok(headers)
}

/// The whole body, as the other host hands it to its guests.
fn read(request: IncomingRequest) -> Option<Vec<u8>> {
    let body = request.consume().ok()?;
    let stream = body.stream().ok()?;
    let mut whole = Vec::new();
    loop {
        match stream.blocking_read(PIECE) {
            Ok(piece) => whole.extend(piece),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return None,
        }
    }
    drop(stream);
    drop(IncomingBody::finish(body));
    Some(whole)
}
