//! Headers that are about one connection and not about the message: they end at the host, in both directions.

use http::header::{CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName};

/// Whether `name` ends at the host: by its nature, or because `Connection` in the same `headers` names it.
pub(crate) fn is_hop_by_hop(name: &HeaderName, headers: &HeaderMap) -> bool {
    is_always(name) || named_by_connection(name, headers)
}

/// Whether `name` is about the connection by its nature.
pub(crate) fn is_always(name: &HeaderName) -> bool {
    matches!(*name, CONNECTION | TE | TRAILER | TRANSFER_ENCODING | UPGRADE)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

fn named_by_connection(name: &HeaderName, headers: &HeaderMap) -> bool {
    headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|token| token.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connection_names_ends_at_the_host() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, "close, X-One".parse().unwrap());
        headers.append(CONNECTION, "x-two".parse().unwrap());
        for (name, hop) in [("x-one", true), ("x-two", true), ("x-three", false), ("te", true), ("host", false)] {
            assert_eq!(is_hop_by_hop(&name.parse().unwrap(), &headers), hop, "{name}");
        }
    }
}
