//! The call itself, and what came of it: the answer as its client has it, and what the log says of it beside that.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;
use serde_json::{Map, Value};

use super::notes::{Line, Notes};
use super::ready::Ready;
use crate::{event, pipeline};

/// What came of a call.
pub(crate) struct Came {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the answer ended before its end.
    pub(crate) is_broken: bool,
    /// What the function said, in its order.
    pub(crate) lines: Vec<Line>,
    /// What the host says of the request: the fields of its line in the log.
    pub(crate) closing: Map<String, Value>,
    /// Sandboxes that were made for it: none if it was refused.
    pub(crate) sandboxes: u64,
}

/// What came of a call, as JSON.
#[derive(Serialize)]
pub(crate) struct Json<'a> {
    function: &'a str,
    version: &'a str,
    status: u16,
    headers: Vec<(&'a str, String)>,
    /// The body, if it is text.
    body: Option<&'a str>,
    /// The body, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    whole: bool,
    logs: &'a [Line],
    outcome: Option<&'a Value>,
    stage: Option<&'a Value>,
    reason: Option<&'a Value>,
    caller: Option<&'a Value>,
    duration_ms: Option<&'a Value>,
    instance_ms: Option<&'a Value>,
    memory_bytes: Option<&'a Value>,
    sandboxes: u64,
    state: Option<&'a str>,
}

/// Sends a request from `client` through the gates, and waits for the function's end.
pub(crate) async fn call(ready: &Ready, request: Request<Full<Bytes>>, client: IpAddr, notes: &Notes) -> Came {
    let app = &ready.app;
    let (head, mut body) = pipeline::handle(app, request, client).await.into_parts();
    let (mut taken, mut is_broken) = (Vec::new(), false);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => taken.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Err(_broken) => is_broken = true,
        }
    }
    // A function may go on when its answer is out, and its line comes when it has ended.
    app.calls.close();
    app.calls.wait().await;
    let (lines, closing) = notes.take();
    Came {
        status: head.status,
        headers: head.headers,
        body: taken,
        is_broken,
        lines,
        closing,
        sandboxes: app.metrics.instances_created(),
    }
}

impl Came {
    /// A text of the line that closes the request.
    pub(crate) fn said(&self, field: &str) -> Option<&str> {
        self.closing.get(field).and_then(Value::as_str)
    }

    /// A number of that line.
    pub(crate) fn number(&self, field: &str) -> Option<f64> {
        self.closing.get(field).and_then(Value::as_f64)
    }

    /// Whether the answer is a good one, whole and below 400.
    pub(crate) fn is_good(&self) -> bool {
        self.status.as_u16() < 400 && !self.is_broken
    }

    /// All of it, as JSON.
    pub(crate) fn json<'a>(&'a self, ready: &'a Ready) -> Json<'a> {
        use base64::Engine as _;
        let body = std::str::from_utf8(&self.body).ok();
        let headers = self.headers.iter();
        Json {
            function: &ready.function.name,
            version: ready.function.code.version(),
            status: self.status.as_u16(),
            headers: headers.map(|(name, value)| (name.as_str(), event::text(value.as_bytes()).into_owned())).collect(),
            body,
            body_base64: body.is_none().then(|| base64::prelude::BASE64_STANDARD.encode(&self.body)),
            whole: !self.is_broken,
            logs: &self.lines,
            outcome: self.closing.get("outcome"),
            stage: self.closing.get("stage"),
            reason: self.closing.get("reason"),
            caller: self.closing.get("caller"),
            duration_ms: self.closing.get("duration_ms"),
            instance_ms: self.closing.get("instance_ms"),
            memory_bytes: self.closing.get("memory_bytes"),
            sandboxes: self.sandboxes,
            state: ready.state.as_deref(),
        }
    }
}
