//! Whose address a request has: the one at the other end of the connection, or what a trusted proxy there says of it. This
//! is the one place where that is decided; limits, lists of addresses, the log and functions all go by it. It believes
//! nothing that a trusted proxy did not write itself, and guesses nothing.
//!
//! Each proxy appends the address that it was reached from. So the list is read from its right end: what the nearest proxy
//! wrote, then, as long as the address is a trusted proxy's too, what that one wrote. The first other address is the
//! client's; all that stands left of it may have come from the client, and is not looked at.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::{ForwardedHeader, ProxySettings, holds};

/// How many proxies a request may have come through: more than any chain has, and few enough to be looked at for each.
pub const MAX_HOPS: usize = 32;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Why it cannot be said whose address a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// An entry that a trusted proxy wrote, or should have written, is not an address.
    NoAddress(&'static str),
    /// There are more trusted proxies than [`MAX_HOPS`].
    TooManyHops,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress(header) => write!(f, "{header} of a trusted proxy does not say where it was reached from"),
            Self::TooManyHops => write!(f, "it came through more than {MAX_HOPS} trusted proxies"),
        }
    }
}

/// The address of the client that sent a request with these headers over a connection from `peer`. IPv4 is never written as
/// IPv6 in it.
///
/// # Errors
///
/// If a trusted proxy sent the request and its header cannot be read: another address would be a guess.
pub fn client(peer: IpAddr, headers: &HeaderMap, proxies: &ProxySettings) -> Result<IpAddr, Unclear> {
    let peer = peer.to_canonical();
    if !holds(&proxies.trusted, peer) {
        return Ok(peer);
    }
    match proxies.header {
        ForwardedHeader::XForwardedFor => {
            let lines = headers.get_all(&X_FORWARDED_FOR).iter().rev();
            let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(address);
            last_untrusted(peer, entries, proxies, "X-Forwarded-For")
        }
        ForwardedHeader::Forwarded => {
            let lines = headers.get_all(FORWARDED).iter().rev();
            let entries = lines.flat_map(|line| elements(line).into_iter().rev());
            last_untrusted(peer, entries, proxies, "Forwarded")
        }
    }
}

/// Goes from proxy to proxy, from the nearest on; `entries` are in that order. Where all are trusted, the first of them sent
/// the request itself.
fn last_untrusted(
    peer: IpAddr,
    entries: impl Iterator<Item = Option<IpAddr>>,
    proxies: &ProxySettings,
    header: &'static str,
) -> Result<IpAddr, Unclear> {
    let mut client = peer;
    for (hop, entry) in entries.enumerate() {
        if hop == MAX_HOPS {
            return Err(Unclear::TooManyHops);
        }
        client = entry.ok_or(Unclear::NoAddress(header))?;
        if !holds(&proxies.trusted, client) {
            break;
        }
    }
    Ok(client)
}

/// An address, with a port or without: `192.0.2.7`, `192.0.2.7:80`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:80`.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = match bare {
        Some(bare) => bare.parse().ok().map(IpAddr::V6)?,
        None => text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok()?,
    };
    Some(address.to_canonical())
}

/// What one line of `Forwarded` says (RFC 7239, section 4): of each element, the address in `for`; none where it has no such
/// address, as in `for=unknown`, `for=_hidden`, or an element without `for`. A line that breaks the grammar anywhere says
/// nothing: where a quote that a client left open ends, a proxy and this may not agree.
fn elements(line: &HeaderValue) -> Vec<Option<IpAddr>> {
    let mut rest = line.as_bytes();
    let mut elements = Vec::new();
    loop {
        match element(rest) {
            Some((entry, None)) => {
                elements.push(entry);
                return elements;
            }
            Some((entry, Some(more))) => {
                elements.push(entry);
                rest = more;
            }
            None => return vec![None],
        }
    }
}

/// The first element of a list, and what comes after its comma; nothing if it is not one.
fn element(mut rest: &[u8]) -> Option<(Option<IpAddr>, Option<&[u8]>)> {
    let mut of = None;
    loop {
        let (name, value);
        (name, rest) = token(trimmed(rest))?;
        (value, rest) = match rest.strip_prefix(b"=")? {
            quoted if quoted.starts_with(b"\"") => quoted_string(quoted.get(1..)?)?,
            bare => token(bare).map(|(value, rest)| (value.to_vec(), rest))?,
        };
        if name.eq_ignore_ascii_case(b"for") && of.replace(node(&value)).is_some() {
            return None;
        }
        rest = trimmed(rest);
        match rest.split_first() {
            None => return Some((of.flatten(), None)),
            Some((b',', more)) => return Some((of.flatten(), Some(more))),
            Some((b';', more)) => rest = more,
            Some(_) => return None,
        }
    }
}

/// The address of a node (RFC 7239, section 6), in which one of IPv6 stands in brackets.
fn node(value: &[u8]) -> Option<IpAddr> {
    address(value).filter(|address| address.is_ipv4() || value.starts_with(b"["))
}

/// A token (RFC 9110, section 5.6.2), and what follows it. The colon and brackets of an address that should have been quoted
/// end it, and then the line is not read.
fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let end = text.iter().position(|byte| !is_token(byte)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(token, _)| !token.is_empty())
}

/// The text of a quoted string whose opening quote is gone, and what follows the closing one.
fn quoted_string(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut bytes = text.iter();
    loop {
        match bytes.next()? {
            b'"' => return Some((value, bytes.as_slice())),
            b'\\' => value.push(*bytes.next()?),
            byte => value.push(*byte),
        }
    }
}

fn trimmed(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
