//! The rules of a request's head, whatever function it is for: what stands in it has one meaning, for the host, for what is
//! in front of it and for the function. Headers about the connection are taken out here, before any gate looks: what a
//! gate has seen is what the function gets.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, FORWARDED, HOST, ORIGIN, VIA,
};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Version};

use crate::config::ServerSettings;
use crate::hop::HopByHop;
use crate::refusal::Refusal;
use crate::request::{Inbound, Repeated, only};

/// The longest method, in bytes. The longest that is registered, `UPDATEREDIRECTREF`, has 17.
pub(crate) const MAX_METHOD: usize = 32;

/// Headers of which a second one would say something else to another program.
static SINGLE: [(HeaderName, &str); 4] = [
    (HOST, "more than one Host header"),
    (AUTHORIZATION, "more than one Authorization header"),
    (CONTENT_LENGTH, "more than one Content-Length header"),
    (ORIGIN, "more than one Origin header"),
];

/// Headers that are for the end of the line, and that a client or a proxy must not have taken out on the way by naming them
/// in `Connection` (RFC 9110, section 7.6.1): gates look at them, or functions decide by them.
static END_TO_END: [HeaderName; 10] =
    [HOST, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, COOKIE, EXPECT, FORWARDED, ORIGIN, VIA];

/// Checks a head and takes out of it what is about the connection.
///
/// # Errors
///
/// If it is malformed or too large, or expects what the host does not do.
pub fn check(inbound: &mut Inbound, limits: &ServerSettings) -> Result<(), Refusal> {
    let malformed = |reason: &str| Refusal::Malformed(reason.into());
    let head = &mut inbound.head;
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target as u64 > limits.target_bytes.get() {
        return Err(Refusal::TargetTooLong);
    }
    let bytes: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head.headers.len() > limits.header_count || bytes as u64 > limits.header_bytes.get() {
        return Err(Refusal::HeadersTooLarge);
    }
    if head.method.as_str().len() > MAX_METHOD {
        return Err(malformed("the method is longer than any"));
    }
    if head.uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
        return Err(malformed("the target's scheme is neither http nor https"));
    }
    if head.uri.path_and_query().is_some_and(|target| !target.as_str().is_ascii()) {
        return Err(malformed("the target is not ASCII"));
    }
    for (name, reason) in &SINGLE {
        only(&head.headers, name).map_err(|Repeated| malformed(reason))?;
    }
    let host = host(&head.headers, head.uri.authority()).map_err(malformed)?;
    if host.is_none() && head.version > Version::HTTP_10 {
        return Err(malformed("it names no host"));
    }
    if head.version > Version::HTTP_10 && !expects_only_to_continue(&head.headers) {
        return Err(Refusal::Expectation);
    }
    let hop = HopByHop::of(&head.headers);
    if hop.named().any(|name| END_TO_END.contains(name) || name.as_str().starts_with("x-forwarded-")) {
        return Err(malformed("Connection names a header that is not about the connection"));
    }
    hop.remove_from(&mut head.headers);
    if head.version == Version::HTTP_2 {
        join_cookies(&mut head.headers);
    }
    Ok(())
}

/// The host that the request names: in its target, where it is there, else in its one `Host` header.
///
/// # Errors
///
/// If what it names is no host, or if it names two.
pub(crate) fn host(headers: &HeaderMap, target: Option<&Authority>) -> Result<Option<Authority>, &'static str> {
    let header = only(headers, &HOST).map_err(|Repeated| "more than one Host header")?;
    let header = match header {
        None => None,
        Some(value) => {
            let host = Authority::try_from(value.as_bytes()).map_err(|_| "the Host header is not a host")?;
            Some(host)
        }
    };
    if [target, header.as_ref()].into_iter().flatten().any(|host| host.as_str().contains('@')) {
        return Err("a user stands before the host");
    }
    match (target, header) {
        (Some(target), Some(header)) if *target != header => Err("the target and the Host header name two hosts"),
        (Some(target), _) => Ok(Some(target.clone())),
        (None, header) => Ok(header),
    }
}

/// Whether the request expects nothing but what the host does before it reads a body. RFC 9110, section 10.1.1.
fn expects_only_to_continue(headers: &HeaderMap) -> bool {
    headers.get_all(EXPECT).iter().all(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// HTTP/2 lets a client send one cookie a line; what does not know of HTTP/2 gets them as one. RFC 9113, section 8.2.3.
fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}
