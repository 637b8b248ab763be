//! What a function may say at the head of a request, and what is the host's to say.

use http::header::{CONTENT_LENGTH, EXPECT, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::failure::{Failure, Large};
use crate::config::OutboundSettings;
use crate::head::MAX_METHOD;
use crate::hop::HopByHop;

/// A method of this name.
///
/// # Errors
///
/// If there is none.
pub fn method(name: &str) -> Result<Method, Failure> {
    Method::from_bytes(name.as_bytes()).map_err(|_| Failure::Invalid("the method is not one".into()))
}

/// Headers of these names and values.
///
/// # Errors
///
/// If one of them cannot be.
pub fn headers(lines: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let header = HeaderName::try_from(name).map_err(|_| Failure::Invalid("a header's name is not one".into()))?;
        let value = HeaderValue::from_bytes(value.as_bytes());
        let value = value.map_err(|_| Failure::Invalid(format!("the value of the header {header} cannot be sent")))?;
        let added = headers.try_append(header, value);
        added.map_err(|_| Failure::TooLarge(Large::RequestHeaders))?;
    }
    // How long the body is, the host knows.
    headers.remove(CONTENT_LENGTH);
    Ok(headers)
}

/// Holds a request's head against the limits, and takes out what is about the connection.
pub(super) fn check(head: &mut Parts, limits: &OutboundSettings) -> Result<(), Failure> {
    if head.method == Method::CONNECT {
        return Err(Failure::Invalid("no function can be a tunnel's end".into()));
    }
    if head.method.as_str().len() > MAX_METHOD {
        return Err(Failure::Invalid("the method is longer than any".into()));
    }
    if !fits(&head.headers, limits) {
        return Err(Failure::TooLarge(Large::RequestHeaders));
    }
    HopByHop::of(&head.headers).remove_from(&mut head.headers);
    head.headers.remove(HOST);
    // A body is sent without waiting to be asked for it.
    head.headers.remove(EXPECT);
    let mut lengths = head.headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next().map(|length| length.to_str().ok().and_then(digits));
    match length {
        None => Ok(()),
        Some(Some(length)) if lengths.next().is_none() && length <= limits.request_bytes.get() => Ok(()),
        Some(Some(_)) => Err(Failure::TooLarge(Large::Request)),
        Some(None) => Err(Failure::Invalid("its `content-length` is no length".into())),
    }
}

/// A number that is written in digits alone.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Whether headers are no more, and no longer, than they may be.
pub(super) fn fits(headers: &HeaderMap, limits: &OutboundSettings) -> bool {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers.len() <= limits.header_count && bytes as u64 <= limits.header_bytes.get()
}
