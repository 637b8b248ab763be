//! The events and answers of AWS API Gateway, as people have them in files: of a REST API (payload format 1.0, which is also
//! what Netlify and Redwood hand to functions) and of an HTTP API or function URL (2.0). Owns what their fields mean as a
//! request, and the form of the answer. It knows no function, no policy and no file.
//!
//! What AWS adds and no request has (`resource`, `stageVariables`, `pathParameters`, …) is passed over. What contradicts
//! itself is refused: a field that was changed beside another that says the same would else count for nothing, unseen.
//!
//! | file | owns |
//! |---|---|
//! | `v1`, `v2` | the two forms of an event |
//! | `field` | reading a field, and saying which one is wrong |
//! | `text` | what of a text has to be encoded to stand in a path or a query |
//! | `answer` | the two forms of an answer |

mod answer;
mod field;
mod text;
mod v1;
mod v2;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};

use self::field::Object;

pub use self::answer::answer;
pub use self::text::{encoded, path};

/// Which of the two forms an event has; its answer has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Payload format 1.0.
    V1,
    /// Payload format 2.0.
    V2,
}

/// A request, as an event tells of it.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// The event's form.
    pub form: Form,
    /// The method.
    pub method: Method,
    /// The path, percent-encoded; none where the event leaves it out.
    pub path: Option<String>,
    /// The query as it would have come, without `?`; empty for none.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// Where it came from.
    pub client: Option<IpAddr>,
    /// What an authorizer has found out about the caller: the claims of its token.
    pub claims: Option<Map<String, Value>>,
}

/// Why an event is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Wrong {
    /// The field that has to be changed, with dots from the outside in.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Wrong {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Reads an event, of whichever form it is.
///
/// # Errors
///
/// If it is no event, a field is not what it must be, or two fields contradict each other.
pub fn read(text: &[u8]) -> Result<Told, Wrong> {
    let event: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|error| Wrong::new("the event", format!("it is not a JSON object: {error}")))?;
    let event = Object::whole(&event);
    let version = event.text("version")?;
    let v2_method = event.object("requestContext")?.object("http")?.text("method")?;
    match (version, event.text("httpMethod")?, v2_method) {
        (Some("2.0"), None, _) => v2::read(event),
        (Some("2.0"), Some(_), _) => Err(Wrong::new(
            "httpMethod",
            "an event of version 2.0 has its method in requestContext.http.method; remove one of `version` and `httpMethod`",
        )),
        (Some("1.0") | None, Some(_), None) => v1::read(event),
        (Some("1.0") | None, Some(_), Some(_)) => Err(Wrong::new(
            "requestContext.http",
            "the event has httpMethod, of version 1.0, as well; remove one of them, or write \"version\": \"2.0\" and no \
             httpMethod",
        )),
        (Some("1.0"), None, _) => Err(Wrong::new("httpMethod", "an event of version 1.0 has one; write \"GET\"")),
        (None, None, Some(_)) => v2::read(event),
        (None, None, None) => Err(Wrong::new(
            "httpMethod",
            "there is neither this, of version 1.0, nor requestContext.http.method, of version 2.0: an event of API Gateway \
             has one of them",
        )),
        (Some(_), ..) => Err(Wrong::new("version", "write \"1.0\" or \"2.0\"")),
    }
}

/// The method that a field names.
fn method(field: &str, name: &str) -> Result<Method, Wrong> {
    Method::from_bytes(name.as_bytes()).map_err(|_| Wrong::new(field, "it is no method; write \"GET\""))
}

/// The body, which is text, or bytes in Base64.
fn body(event: Object<'_>) -> Result<Vec<u8>, Wrong> {
    let is_encoded = event.flag("isBase64Encoded")?.unwrap_or_default();
    match event.text("body")? {
        None => Ok(Vec::new()),
        Some(text) if is_encoded => BASE64_STANDARD
            .decode(text)
            .map_err(|error| Wrong::new("body", format!("isBase64Encoded is true, and it is not Base64: {error}"))),
        Some(text) => Ok(text.as_bytes().to_vec()),
    }
}

/// One header.
fn header(field: &str, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Wrong> {
    let field = || format!("{field}.{name}");
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Wrong::new(field(), "it is no name of a header"))?;
    let value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| Wrong::new(field(), "it holds what no header's value can, as a line break"))?;
    Ok((name, value))
}

/// The client's address.
fn client(context: Object<'_>) -> Result<Option<IpAddr>, Wrong> {
    let Some(text) = context.text("sourceIp")? else { return Ok(None) };
    let address = text.parse().map_err(|_| {
        Wrong::new(context.name("sourceIp"), "it is no address; write one as \"192.0.2.7\", or leave it out")
    })?;
    Ok(Some(address))
}
