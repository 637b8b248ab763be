//! A function that knows nothing of this host: it is written for `wasi:http`, as other hosts take it too. It answers in
//! three parts, each a moment after the one before it, and its client gets each as it is written.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

struct Parts;

wasip2::http::proxy::export!(Parts);

/// Between two parts, in nanoseconds.
const MOMENT: u64 = 200_000_000;

/// What this host says of the call; no client can set it.
const REQUEST_ID: &str = "x-vestibule-request-id";

impl Guest for Parts {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let id = request.headers().get(REQUEST_ID).pop().and_then(|id| String::from_utf8(id).ok());
        let headers = Fields::new();
        // What is wrong with a header shows in the answer, which then lacks it.
        let _ = headers.set("content-type", &[b"text/plain; charset=utf-8".to_vec()]);
        let response = OutgoingResponse::new(headers);
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        let Ok(stream) = body.write() else { return };
        for part in ["one", "two", "three"] {
            let line = format!("part {part} of request {}\n", id.as_deref().unwrap_or("without an id"));
            // A client that has gone away, or a part that is too large: an answer that is not finished is no answer.
            if stream.blocking_write_and_flush(line.as_bytes()).is_err() {
                return;
            }
            subscribe_duration(MOMENT).block();
        }
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}
