//! Headers that are about one connection and not about the message: they end at the host, in both directions.

use std::collections::HashSet;

use http::header::{CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName};

/// The headers of one message that end at the host.
pub(crate) struct HopByHop {
    named: HashSet<HeaderName>,
}

/// Those that are about the connection by their nature, and those between a client and a proxy, which the host is not: a
/// function that wrote one could have a browser ask its user for the proxy's password.
static ALWAYS: [HeaderName; 11] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authentication-info"),
    HeaderName::from_static("http2-settings"),
];

impl HopByHop {
    /// Reads `Connection` once: it is the client's text, and as long as headers may be.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let tokens = headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        Self { named: tokens.filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok()).collect() }
    }

    /// What `Connection` names.
    pub(crate) fn named(&self) -> impl Iterator<Item = &HeaderName> {
        self.named.iter()
    }

    /// Takes out what ends at the host: by its nature, or because `Connection` names it. The others keep their order, which
    /// `HeaderMap::remove` would not.
    pub(crate) fn remove_from(&self, headers: &mut HeaderMap) {
        let ends = |name: &HeaderName| is_always(name) || self.named.contains(name);
        if headers.keys().any(ends) {
            let kept = headers.iter().filter(|(name, _)| !ends(name));
            let kept: HeaderMap = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
            *headers = kept;
        }
    }
}

/// Whether `name` is about the connection by its nature.
pub(crate) fn is_always(name: &HeaderName) -> bool {
    ALWAYS.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connection_names_ends_at_the_host() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, "close, X-One".parse().unwrap());
        headers.append(CONNECTION, "x-two, ,(,".parse().unwrap());
        for name in ["x-one", "X-Two", "x-three", "te", "host"] {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), "1".parse().unwrap());
        }
        HopByHop::of(&headers).remove_from(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["x-three", "host"]);
    }
}
