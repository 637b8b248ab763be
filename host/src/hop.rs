//! Headers that are about one connection and not about the message: they end at the host, in both directions.

use std::collections::HashSet;

use http::header::{CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName};

/// The headers of one message that end at the host.
pub(crate) struct HopByHop {
    named: HashSet<HeaderName>,
}

impl HopByHop {
    /// Reads `Connection` once: it is the client's text, and as long as headers may be.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let tokens = headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        Self { named: tokens.filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok()).collect() }
    }

    /// Whether `name` ends at the host: by its nature, or because `Connection` names it.
    pub(crate) fn contains(&self, name: &HeaderName) -> bool {
        is_always(name) || self.named.contains(name)
    }
}

/// Whether `name` is about the connection by its nature.
pub(crate) fn is_always(name: &HeaderName) -> bool {
    matches!(*name, CONNECTION | TE | TRAILER | TRANSFER_ENCODING | UPGRADE)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connection_names_ends_at_the_host() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, "close, X-One".parse().unwrap());
        headers.append(CONNECTION, "x-two, ,(,".parse().unwrap());
        let ends = HopByHop::of(&headers);
        for (name, hop) in [("x-one", true), ("x-two", true), ("x-three", false), ("te", true), ("host", false)] {
            assert_eq!(ends.contains(&name.parse().unwrap()), hop, "{name}");
        }
    }
}
