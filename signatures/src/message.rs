//! A message as it came, the way the engine looks at it. Owns the parts of its URL. Knows nothing of schemes.

use crate::header::{Header, Headers};

/// A message to check, as it came.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Its method, as `POST`.
    pub method: &'a str,
    /// The URL to which the sender sent it, as the sender knows it and with the query as it came. Where the receiver
    /// does not know its own scheme and host, path and query alone; a scheme that signs the URL then refuses it.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a dyn Headers,
    /// Its body, byte for byte as it was sent.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// A message of which only headers and body count: sent with `POST` to `/`.
    pub fn new(headers: &'a dyn Headers, body: &'a [u8]) -> Self {
        Self { method: "POST", url: "/", headers, body }
    }

    /// Path and query, as sent.
    pub(crate) fn target(&self) -> &'a str {
        let rest = match self.url.split_once("://") {
            Some((scheme, rest)) if !scheme.contains('/') => rest,
            _ => return self.url,
        };
        rest.find(['/', '?']).and_then(|start| rest.get(start..)).unwrap_or("/")
    }

    /// The query without its question mark; empty if there is none.
    pub(crate) fn query(&self) -> &'a str {
        self.target().split_once('?').map_or("", |(_, query)| query)
    }

    /// The whole URL, if it is one.
    pub(crate) fn whole_url(&self) -> Option<&'a str> {
        let (scheme, rest) = self.url.split_once("://")?;
        (matches!(scheme, "http" | "https") && !rest.starts_with(['/', '?']) && !rest.is_empty()).then_some(self.url)
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.get(name) != Header::Missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_its_parts() {
        for (url, whole, target, query) in [
            ("https://a.example/b/c?d=1&e", true, "/b/c?d=1&e", "d=1&e"),
            ("https://a.example", true, "/", ""),
            ("https://a.example?x=1", true, "?x=1", "x=1"),
            ("http://a.example:8080/?", true, "/?", ""),
            ("/b?u=https://c.example/", false, "/b?u=https://c.example/", "u=https://c.example/"),
            ("ftp://a.example/b", false, "/b", ""),
            ("https:///b", false, "/b", ""),
            ("", false, "", ""),
        ] {
            let headers: [(&str, &str); 0] = [];
            let message = Message { url, ..Message::new(&headers, b"") };
            assert_eq!(
                (message.whole_url().is_some(), message.target(), message.query()),
                (whole, target, query),
                "{url}"
            );
        }
    }
}
