//! Sends the request that it is told to, and answers with what came of it. The body is JSON: `url`, and what may be left out:
//! `method`, `headers` (pairs), `body`, `timeout_ms`, `follow` (go where redirects lead), `spin_ms` (compute for so long
//! first), `hold_ms` (wait for so long before the body is read, with `wasi`), and `via`: `contract`, or `wasi` for `wasi:http`.
//! The host has to keep to its own rules whatever that is.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vestibule::http::{self, Request};
use vestibule::{Error, Event, Response};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::streams::StreamError;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;

/// The longest body that is repeated.
const SHOWN: usize = 1 << 10;

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, Error> {
    let told: Value = event.json()?;
    let mut url = text(&told, "url").to_owned();
    let began = Instant::now();
    let spin = Duration::from_millis(told.get("spin_ms").and_then(Value::as_u64).unwrap_or_default());
    while began.elapsed() < spin {
        std::hint::spin_loop();
    }
    for _ in 0..MOST_REDIRECTS {
        let came = if text(&told, "via") == "wasi" { by_wasi(&told, &url) } else { by_contract(&told, &url) };
        let next = came.get("location").and_then(Value::as_str).map(str::to_owned);
        match next {
            Some(next) if told.get("follow") == Some(&json!(true)) => url = next,
            _ => return Ok(Response::json(&came)),
        }
    }
    Ok(Response::json(&json!({ "error": "redirects" })))
}

fn text<'a>(told: &'a Value, name: &str) -> &'a str {
    told.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn headers(told: &Value) -> impl Iterator<Item = (&str, &str)> {
    let lines = told.get("headers").and_then(Value::as_array).into_iter().flatten();
    lines.filter_map(|line| Some((line.get(0)?.as_str()?, line.get(1)?.as_str()?)))
}

fn method(told: &Value) -> &str {
    Some(text(told, "method")).filter(|method| !method.is_empty()).unwrap_or("GET")
}

fn by_contract(told: &Value, url: &str) -> Value {
    let mut request = Request::new(method(told), url).with_body(text(told, "body"));
    for (name, value) in headers(told) {
        request = request.with_header(name, value);
    }
    if let Some(timeout) = told.get("timeout_ms").and_then(Value::as_u64) {
        request = request.with_timeout(Duration::from_millis(timeout));
    }
    match request.send() {
        Ok(answer) => {
            let headers: Vec<(&str, &str)> = answer.headers().collect();
            came(answer.status(), answer.header("location"), json!(headers), answer.body(), None)
        }
        Err(error) => {
            let kind = match &error {
                http::Error::Denied(_) => "denied",
                http::Error::Invalid(_) => "invalid",
                http::Error::Dns => "dns",
                http::Error::Connect => "connect",
                http::Error::Tls(_) => "tls",
                http::Error::Timeout => "timeout",
                http::Error::TooLarge(_) => "too-large",
                http::Error::Protocol(_) => "protocol",
                http::Error::Busy => "busy",
                _ => "other",
            };
            json!({ "error": kind, "text": error.to_string() })
        }
    }
}

fn came(status: u16, location: Option<&str>, headers: Value, body: &[u8], cut: Option<String>) -> Value {
    let shown = String::from_utf8_lossy(body.get(..SHOWN).unwrap_or(body)).into_owned();
    json!({ "status": status, "location": location, "headers": headers, "length": body.len(), "body": shown, "cut": cut })
}

fn by_wasi(told: &Value, url: &str) -> Value {
    match asked(told, url) {
        Ok(answer) => {
            let status = answer.status();
            let fields = answer.headers().entries();
            let headers: Vec<(String, String)> =
                fields.into_iter().map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned())).collect();
            let location = headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
            std::thread::sleep(Duration::from_millis(told.get("hold_ms").and_then(Value::as_u64).unwrap_or_default()));
            let (body, cut) = read(&answer);
            came(status, location.as_deref(), json!(headers), &body, cut)
        }
        Err(code) => json!({ "error": format!("{code:?}") }),
    }
}

fn asked(told: &Value, url: &str) -> Result<IncomingResponse, ErrorCode> {
    let invalid = |what: &str| ErrorCode::InternalError(Some(what.to_owned()));
    let (scheme, rest) = url.split_once("://").ok_or(ErrorCode::HttpRequestUriInvalid)?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let fields = Fields::new();
    for (name, value) in headers(told) {
        fields.append(name, value.as_bytes()).map_err(|_| invalid("fields"))?;
    }
    let request = OutgoingRequest::new(fields);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    request.set_scheme(Some(&scheme)).map_err(|()| invalid("scheme"))?;
    request.set_authority(Some(authority)).map_err(|()| invalid("authority"))?;
    request.set_path_with_query(Some(path)).map_err(|()| invalid("path"))?;
    request.set_method(&Method::Other(method(told).to_owned())).map_err(|()| invalid("method"))?;
    let body = request.body().map_err(|()| invalid("body"))?;
    let answer = outgoing_handler::handle(request, None)?;
    let stream = body.write().map_err(|()| invalid("body"))?;
    for part in text(told, "body").as_bytes().chunks(4096) {
        if stream.blocking_write_and_flush(part).is_err() {
            break;
        }
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
    answer.subscribe().block();
    answer.get().ok_or_else(|| invalid("not there"))?.map_err(|()| invalid("taken"))?
}

/// The body, and why there is no more of it if it was cut.
fn read(answer: &IncomingResponse) -> (Vec<u8>, Option<String>) {
    let mut all = Vec::new();
    let Ok(body) = answer.consume() else { return (all, Some("consumed".into())) };
    let Ok(stream) = body.stream() else { return (all, Some("streamed".into())) };
    let cut = loop {
        match stream.blocking_read(64 << 10) {
            Ok(part) => all.extend_from_slice(&part),
            Err(StreamError::Closed) => break None,
            Err(StreamError::LastOperationFailed(error)) => break Some(error.to_debug_string()),
        }
    };
    drop(stream);
    drop(IncomingBody::finish(body));
    (all, cut)
}
