//! A request as it arrives, before anything is known of it. The types of the stages that follow (`Routed`, `Verified`,
//! `Authorized`, `Admitted`) live in the modules that make them; each takes the one before it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::ProxySettings;
use crate::forwarded::{self, Unclear};
use crate::room::Held;

/// Names a request: in the log, in the answer, for the guest.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken from a client.
const MAX_ID: usize = 64;

/// The name of one request: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The client's own `x-request-id` if it is well formed and the only one, else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        only(headers, &REQUEST_ID)
            .ok()
            .flatten()
            .and_then(|value| value.to_str().ok())
            .filter(|id| Self::well_formed(id))
            .map_or_else(Self::new, |id| Self(id.into()))
    }

    fn new() -> Self {
        // Ordered by time, so that ids of a log sort as its lines do.
        Self(uuid::Uuid::now_v7().simple().to_string().into())
    }

    fn well_formed(id: &str) -> bool {
        (1..=MAX_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as shared text.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The id as a header's value.
    pub fn header(&self) -> HeaderValue {
        // Well formed ids are header values.
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A header that came more than once where it must be the only one.
#[derive(Debug, PartialEq, Eq)]
pub struct Repeated;

/// The value of a header that may come once.
///
/// # Errors
///
/// If it came more often: which of the values another program would look at, nobody knows.
pub fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Repeated> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(Repeated) } else { Ok(first) }
}

/// A request whose head has arrived.
pub struct Inbound {
    /// Method, target, version, headers.
    pub head: Box<Parts>,
    /// The client's address: that at the other end of the connection, or what a trusted proxy there says.
    pub client: IpAddr,
    /// Why that cannot be said; then `client` is the proxy's, for the log, and the request goes no further.
    pub(crate) unclear: Option<Unclear>,
    /// Its name.
    pub id: RequestId,
    /// When it arrived.
    pub arrived: Instant,
    /// The room that its head takes up.
    pub(crate) held: Held,
}

/// What a request and each of its headers take in memory besides the bytes of the names and values, about.
const OVERHEAD: usize = 1 << 10;
const OVERHEAD_OF_HEADER: usize = 64;

impl Inbound {
    /// Takes a request's head as it arrives now over a connection from `peer`. Where HTTP/2 names the host in the target
    /// alone, it becomes the header that HTTP/1.1 would have had (RFC 9113, section 8.3.1): a function need not know which of
    /// them a client speaks.
    pub fn new(mut head: Parts, peer: IpAddr, proxies: &ProxySettings) -> Self {
        if let Some(authority) = head.uri.authority()
            && !head.headers.contains_key(HOST)
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            head.headers.insert(HOST, host);
        }
        let id = RequestId::of(&head.headers);
        let (client, unclear) = match forwarded::client(peer, &head.headers, proxies) {
            Ok(client) => (client, None),
            Err(unclear) => (peer.to_canonical(), Some(unclear)),
        };
        Self { head: Box::new(head), client, unclear, id, arrived: Instant::now(), held: Held::default() }
    }

    /// What the head takes in memory, in bytes, about. HTTP/2 repeats a header in one byte, and has it in memory once for
    /// many requests; it counts in full, as it is copied for the function.
    pub(crate) fn weight(&self) -> usize {
        let headers = self.head.headers.iter();
        let headers: usize = headers.map(|(name, value)| OVERHEAD_OF_HEADER + name.as_str().len() + value.len()).sum();
        OVERHEAD + headers + self.head.uri.path_and_query().map_or(0, |target| target.as_str().len())
    }

    /// The path as received, without the query.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REQUEST_ID, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn a_clients_request_id_is_taken_only_if_well_formed() {
        assert_eq!(id_of(&["abc-1.2_Z"]), "abc-1.2_Z");
        let longest = "x".repeat(64);
        assert_eq!(id_of(&[&longest]), longest);
        for bad in [vec![], vec![""], vec!["a b"], vec!["a\"b"], vec!["é"], vec!["one", "two"], vec![&"x".repeat(65)]]
        {
            let id = id_of(&bad);
            assert!(RequestId::well_formed(&id) && !bad.contains(&id.as_str()), "{bad:?} gave {id}");
        }
    }

    #[test]
    fn new_ids_differ() {
        assert_ne!(id_of(&[]), id_of(&[]));
    }
}
