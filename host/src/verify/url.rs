//! The URL to which a request was sent, as its sender knows it. The name of a host is taken from the policy or from
//! `host.toml`, and never from the request.

use std::borrow::Cow;

use http::Uri;

/// The URL of a function, as far as whoever checks looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Url {
    /// What comes before the path is of no interest, or nobody knows it.
    Target,
    /// This, and the path and query as they came.
    Host(String),
    /// This, what follows the function's route, and the query as it came.
    Function(String),
}

impl Url {
    /// The URL that was written: `url` of the policy if it has one, else that of the host.
    pub(super) fn new(url: Option<&str>, public_url: Option<&str>) -> Self {
        match (url, public_url) {
            (Some(url), _) => Self::Function(url.to_owned()),
            (None, Some(origin)) => Self::Host(origin.to_owned()),
            (None, None) => Self::Target,
        }
    }

    /// The URL of a request with this target, of which `subpath` follows the function's route.
    pub(super) fn of<'r>(&'r self, uri: &'r Uri, subpath: &str) -> Cow<'r, str> {
        match self {
            Self::Target => Cow::Borrowed(target(uri)),
            Self::Host(origin) => Cow::Owned(format!("{origin}{}", target(uri))),
            Self::Function(url) => match uri.query() {
                None if subpath.is_empty() => Cow::Borrowed(url),
                None => Cow::Owned(format!("{url}{subpath}")),
                Some(query) => Cow::Owned(format!("{url}{subpath}?{query}")),
            },
        }
    }
}

/// Path and query, as they came.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policys_url_goes_before_the_hosts_and_the_query_stays() {
        let with = "/hook/b?c=d".parse().expect("a target");
        let without = "/hook".parse().expect("a target");
        let (own, host) = (Some("https://example.com/own"), Some("https://hooks.example.com"));
        for (url, public_url, expected) in [
            (None, None, ["/hook/b?c=d", "/hook"]),
            (None, host, ["https://hooks.example.com/hook/b?c=d", "https://hooks.example.com/hook"]),
            (own, None, ["https://example.com/own/b?c=d", "https://example.com/own"]),
            (own, host, ["https://example.com/own/b?c=d", "https://example.com/own"]),
        ] {
            let url = Url::new(url, public_url);
            assert_eq!([url.of(&with, "/b"), url.of(&without, "")], expected);
        }
    }
}
