//! What of a guest's answer goes to its client: what HTTP allows, and what is not the host's to write.

use http::header::{CONTENT_LENGTH, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::{Body, MORE_HEADERS, Reply};
use crate::hop;
use crate::request::{REQUEST_ID, RequestId};
use crate::runtime::{Answer, HttpAnswer, HttpHead};

/// Bytes of names and values that a guest's headers may have together.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// The most headers that a guest may set.
const MAX_HEADERS: usize = 256;

/// The most of a bad header's name that is logged, in bytes.
const MAX_SHOWN: usize = 64;

/// What the host writes itself. The date is its own, as it is the host that answers.
static WRITTEN_BY_HOST: [HeaderName; 3] = [CONTENT_LENGTH, DATE, REQUEST_ID];

/// A guest's answer as a reply, or why it is none.
pub(super) fn checked(answer: Answer, id: &RequestId) -> Result<Reply, String> {
    let status = checked_status(answer.status)?;
    let headers = headers(answer.headers)?;
    let body = if may_have_body(status) { Body::from(answer.body) } else { Body::default() };
    Ok(guests(status, headers, body, id))
}

/// The same of an answer of `wasi:http`.
pub(super) fn checked_http(answer: HttpAnswer, id: &RequestId) -> Result<Reply, String> {
    let HttpAnswer { head, body, length } = answer;
    let mut reply = checked_head(head, id)?;
    if !may_have_body(reply.status()) {
        return Ok(reply);
    }
    *reply.body_mut() = match length {
        // Asked for by HEAD: there is a length, if any, and no body.
        Some(length) if length != body.len() as u64 => Body::LeftOut(Some(length)),
        Some(_) => Body::from(body),
        None => Body::LeftOut(None),
    };
    Ok(reply)
}

/// The head of an answer of `wasi:http`, without what the host writes itself, and with no body yet.
pub(super) fn checked_head(head: HttpHead, id: &RequestId) -> Result<Reply, String> {
    let status = checked_status(head.status.as_u16())?;
    let mut size = Size::default();
    let mut headers = HeaderMap::with_capacity(head.headers.len().min(MAX_HEADERS) + MORE_HEADERS);
    for (name, value) in &head.headers {
        size.add(name.as_str().len() + value.len())?;
        if !is_hosts(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    Ok(guests(status, headers, Body::default(), id))
}

fn checked_status(status: u16) -> Result<StatusCode, String> {
    let found = StatusCode::from_u16(status).ok().filter(|status| (200..=599).contains(&status.as_u16()));
    found.ok_or_else(|| format!("status {status} is not within 200 to 599"))
}

fn guests(status: StatusCode, headers: HeaderMap, body: Body, id: &RequestId) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    *reply.headers_mut() = headers;
    reply.headers_mut().insert(REQUEST_ID, id.header());
    reply
}

/// How many headers there are, and of how many bytes.
#[derive(Default)]
struct Size {
    headers: usize,
    bytes: usize,
}

impl Size {
    fn add(&mut self, bytes: usize) -> Result<(), String> {
        self.headers += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        match self {
            Self { headers, .. } if *headers > MAX_HEADERS => Err(format!("more than {MAX_HEADERS} headers")),
            Self { bytes, .. } if *bytes > MAX_HEADER_BYTES => {
                Err(format!("more than {MAX_HEADER_BYTES} bytes of headers"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a header is the host's to write, or to leave out.
fn is_hosts(name: &HeaderName) -> bool {
    hop::is_always(name) || WRITTEN_BY_HOST.contains(name)
}

fn headers(given: Vec<(String, String)>) -> Result<HeaderMap, String> {
    if given.len() > MAX_HEADERS {
        return Err(format!("{} headers; {MAX_HEADERS} are allowed", given.len()));
    }
    let mut headers = HeaderMap::with_capacity(given.len() + MORE_HEADERS);
    let mut size = Size::default();
    for (name, value) in given {
        size.add(name.len().saturating_add(value.len()))?;
        let shown = || crate::observe::text::shortened(name.as_bytes(), MAX_SHOWN);
        let parsed = HeaderName::try_from(&name).map_err(|_| format!("`{}` is not the name of a header", shown()))?;
        if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(format!("the value of `{}` holds a CR, LF or NUL", shown()));
        }
        if is_hosts(&parsed) {
            continue;
        }
        let value = HeaderValue::try_from(value.into_bytes())
            .map_err(|_| format!("the value of `{}` holds a control character", shown()))?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// 204 and 304 end with their headers, and 205 has none by its meaning (RFC 9110, section 15.3.6).
pub(super) fn may_have_body(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}
