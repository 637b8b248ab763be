//! Origins: as browsers write them (`https://app.example`, RFC 6454 and the URL standard), and as a policy names them,
//! with a form for every name below a domain. It compares bytes, and knows neither requests nor policies.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// The longest origin, in bytes: a name of 253, a scheme and a port.
const MAX_ORIGIN: usize = 300;

/// The longest label of a name, in bytes. RFC 1035, section 2.3.4.
const MAX_LABEL: usize = 63;

/// Who may read a function's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Every page.
    Any,
    /// Pages of these origins.
    Listed(Vec<Origin>),
}

impl Origins {
    /// Whether `origin`, as a request has it, is one that was written down. `Any` names nobody.
    pub(super) fn name(&self, origin: &[u8]) -> bool {
        matches!(self, Self::Listed(listed) if listed.iter().any(|listed| listed.matches(origin)))
    }
}

/// What a policy names: an origin, or all whose names are below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This one.
    Exact(String),
    /// `before`, one or more whole labels, `after`: `https://` and `.app.example` for `https://*.app.example`.
    Below {
        /// The scheme and `://`.
        before: String,
        /// A dot, the domain, and the port if there is one.
        after: String,
    },
}

/// Why a text is none, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub struct BadOrigin {
    /// What is wrong. Never holds a user or a password.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl BadOrigin {
    fn new(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: message.into(), fix: fix.into() }
    }
}

impl Origin {
    /// Whether `origin` is this one, byte for byte, or of this form. Browsers write each in one way only.
    pub fn matches(&self, origin: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => exact.as_bytes() == origin,
            Self::Below { before, after } => origin
                .strip_prefix(before.as_bytes())
                .and_then(|rest| rest.strip_suffix(after.as_bytes()))
                .is_some_and(|labels| labels.split(|byte| *byte == b'.').all(is_label)),
        }
    }
}

/// Whether the bytes can be one label of a name: then they hold nothing that ends a host.
fn is_label(label: &[u8]) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => f.write_str(exact),
            Self::Below { before, after } => write!(f, "{before}*{after}"),
        }
    }
}

const EXAMPLE: &str = r#"write scheme and host, and a port if it is not the usual one: "https://app.example""#;

impl FromStr for Origin {
    type Err = BadOrigin;

    /// Takes what browsers write and nothing else, so that what stands in a file can be compared as it is.
    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        if text == "null" {
            return Err(nobody("\"null\" is what sandboxed pages, files and redirected requests call themselves"));
        }
        if text.len() > MAX_ORIGIN {
            return Err(BadOrigin::new(format!("longer than {MAX_ORIGIN} bytes"), EXAMPLE));
        }
        let Some((scheme, host)) = text.split_once("://") else {
            return Err(BadOrigin::new("not an origin: it has no scheme", EXAMPLE));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => of_web(text, scheme, host),
            "file" => Err(nobody("a page from a file has the origin \"null\"")),
            // An application's own, `capacitor://localhost`, or an extension's, `chrome-extension://…`.
            _ if is_plain(scheme, b"+-.") && is_plain(host, b"-.") => Ok(Self::Exact(text.to_owned())),
            _ => Err(BadOrigin::new("not an origin", EXAMPLE)),
        }
    }
}

/// `null` is not one page's name, and anybody's page can have it.
fn nobody(what: &str) -> BadOrigin {
    BadOrigin::new(
        format!("{what}, and any site can have a page do so"),
        "remove it; serve the page from an origin of its own, and write that",
    )
}

fn is_plain(text: &str, besides: &[u8]) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || besides.contains(&byte))
}

/// An origin of the web: the URL standard says how it is written.
fn of_web(text: &str, scheme: &str, host: &str) -> Result<Origin, BadOrigin> {
    let below = host.strip_prefix("*.");
    let named = below.unwrap_or(host);
    if named.contains('*') {
        return Err(BadOrigin::new(
            "`*` stands for whole labels in front of a domain, and nowhere else",
            r#"write "https://*.app.example" for every name below app.example; "*" alone for any origin"#,
        ));
    }
    let url = Url::parse(&format!("{scheme}://{named}")).ok();
    let (Some(url), true) = (url, !named.is_empty()) else {
        return Err(BadOrigin::new("not an origin: it has no valid host and port", EXAMPLE));
    };
    if below.is_some() && !matches!(url.host(), Some(Host::Domain(name)) if is_ones_own(name)) {
        return Err(BadOrigin::new(
            "below an address or a top-level domain there are no names of one owner",
            r#"write the domain that is yours: "https://*.app.example""#,
        ));
    }
    let written = url.origin().ascii_serialization();
    let canonical = match (below, written.split_once("://")) {
        (Some(_), Some((scheme, host))) => Origin::Below { before: format!("{scheme}://"), after: format!(".{host}") },
        _ => Origin::Exact(written),
    };
    if canonical.to_string() == text {
        return Ok(canonical);
    }
    let message = if named.contains('@') {
        "holds a user or a password"
    } else {
        "browsers write it otherwise: in lower case, without the usual port, and with nothing after it"
    };
    Err(BadOrigin::new(message, format!("write \"{canonical}\"")))
}

/// Whether a domain can be somebody's, with all names below it. Those that many share are named by [`wide`](super::wide).
fn is_ones_own(domain: &str) -> bool {
    domain == "localhost" || domain.trim_end_matches('.').contains('.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap_or_else(|bad: BadOrigin| panic!("{text}: {}", bad.message))
    }

    #[test]
    fn an_origin_is_itself_and_nothing_else() {
        for (written, others) in [
            (
                "https://app.example",
                &[
                    "http://app.example",
                    "https://app.example:8443",
                    "https://app.example.",
                    "https://app.example/",
                    "https://App.example",
                    "https://app.example.evil.example",
                    "https://evilapp.example",
                    "https://x.app.example",
                    "https://app.exampl",
                    "https://user@app.example",
                    "null",
                    "",
                ][..],
            ),
            ("http://localhost:3000", &["http://localhost", "http://localhost:30000", "https://localhost:3000"]),
            ("https://[2001:db8::1]:8443", &["https://[2001:db8::1]"]),
            ("https://192.0.2.1", &["https://192.0.2.10"]),
            ("https://xn--bcher-kva.example", &["https://bücher.example"]),
            ("capacitor://localhost", &["http://localhost", "capacitor://localhost:1"]),
            ("chrome-extension://abcdefghijklmnop", &["chrome-extension://abcdefghijklmno"]),
        ] {
            let listed = origin(written);
            assert_eq!(listed.to_string(), written);
            assert!(listed.matches(written.as_bytes()), "{written}");
            for other in others {
                assert!(!listed.matches(other.as_bytes()), "{written}: {other}");
            }
        }
    }

    #[test]
    fn a_star_stands_for_whole_labels_below_the_domain() {
        let listed = origin("https://*.app.example:8443");
        for below in ["a", "a.b", "x-1", "_a", "xn--bcher-kva", &"a".repeat(63)] {
            let text = format!("https://{below}.app.example:8443");
            assert!(listed.matches(text.as_bytes()), "{text}");
        }
        for text in [
            "https://app.example:8443",
            "https://.app.example:8443",
            "https://a..app.example:8443",
            "https://.a.app.example:8443",
            "https://evilapp.example:8443",
            "https://a.app.example",
            "https://a.app.example:84430",
            "https://a.app.example:8443.",
            "http://a.app.example:8443",
            "https://A.app.example:8443",
            "https://evil.example/.app.example:8443",
            "https://evil.example?.app.example:8443",
            "https://evil.example#.app.example:8443",
            "https://evil.example:80.app.example:8443",
            "https://evil.example\\.app.example:8443",
            "https://user@a.app.example:8443",
            "https://a%2eb.app.example:8443",
            "https://*.app.example:8443",
            "https://a b.app.example:8443",
            &format!("https://{}.app.example:8443", "a".repeat(64)),
            "null",
            "*",
        ] {
            assert!(!listed.matches(text.as_bytes()), "{text}");
        }
        assert!(origin("http://*.localhost:3000").matches(b"http://a.localhost:3000"));
    }

    #[test]
    fn what_browsers_write_otherwise_is_refused_with_what_they_write() {
        for (text, fix) in [
            ("https://app.example/", "https://app.example"),
            ("https://app.example/index.html?a=b#c", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:80", "http://app.example"),
            ("HTTPS://app.example", "https://app.example"),
            ("https://App.Example:8443", "https://app.example:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://0x7f.1", "https://127.0.0.1"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"),
            ("https://user:hunter2@app.example", "https://app.example"),
            ("https://*.App.example/", "https://*.app.example"),
            ("https://*.app.example:443", "https://*.app.example"),
        ] {
            let bad = text.parse::<Origin>().expect_err(text);
            assert_eq!(bad.fix, format!("write \"{fix}\""), "{text}");
            assert!(!bad.message.contains("hunter2"), "{}", bad.message);
            assert_eq!(origin(fix).to_string(), fix);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_the_reason() {
        let long = format!("https://{}.example", "a".repeat(300));
        for (text, message) in [
            ("null", "any site can have a page do so"),
            ("file://", "has the origin \"null\""),
            ("file:///index.html", "has the origin \"null\""),
            ("app.example", "it has no scheme"),
            ("//app.example", "it has no scheme"),
            ("https:app.example", "it has no scheme"),
            ("https://", "no valid host"),
            ("https://:443", "no valid host"),
            ("https://a b.example", "no valid host"),
            ("https://app.example:99999", "no valid host"),
            ("app://a/b", "not an origin"),
            ("App://a", "not an origin"),
            ("https://*", "whole labels"),
            ("https://*app.example", "whole labels"),
            ("https://a.*.example", "whole labels"),
            ("https://*.*.example", "whole labels"),
            ("https://app.example:*", "whole labels"),
            ("*.app.example", "it has no scheme"),
            ("https://*.com", "top-level domain"),
            ("https://*.com.", "top-level domain"),
            ("https://*.192.0.2.1", "below an address"),
            ("https://*.[2001:db8::1]", "below an address"),
            (&long, "longer than 300 bytes"),
        ] {
            let bad = text.parse::<Origin>().expect_err(text);
            assert!(bad.message.contains(message), "{text}: {}", bad.message);
        }
    }

    /// Pieces of which origins that are nearly right are made.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "https://", "http://", "app", "example", "evil", ".", "..", "*", ":", "443", "8443", "/", "@", "\\", "?",
            "#", "%2e", "-", "_", "A", "a", "null", "\0", "[", "]", " ", "ü",
        ]);
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        /// Whatever matches is, to the URL standard, an origin whose host is the written one or really below it.
        #[test]
        fn only_the_named_host_and_real_names_below_it_match(start in pieces(), middle in pieces(), end in pieces()) {
            for (written, scheme, domain, port, is_below) in [
                ("https://app.example", "https", "app.example", 443, false),
                ("https://*.app.example", "https", "app.example", 443, true),
                ("http://*.app.example:8443", "http", "app.example", 8443, true),
            ] {
                let listed = origin(written);
                let domain_and_port = written.split_once("example").unwrap().1;
                for text in [
                    start.clone(),
                    format!("{scheme}://{middle}.app.example{domain_and_port}"),
                    format!("{scheme}://{middle}app.example{domain_and_port}"),
                    format!("{scheme}://app.example{domain_and_port}{end}"),
                    format!("{scheme}://{middle}.app.example{end}"),
                    format!("{start}{middle}{end}"),
                ] {
                    if !listed.matches(text.as_bytes()) {
                        continue;
                    }
                    let url = Url::parse(&text).unwrap();
                    prop_assert_eq!(url.origin().ascii_serialization(), text.clone(), "{}", written);
                    prop_assert_eq!((url.scheme(), url.port_or_known_default()), (scheme, Some(port)), "{}", &text);
                    let host = url.host_str().unwrap();
                    let is_right = match is_below {
                        true => host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
                        false => host == domain,
                    };
                    prop_assert!(is_right, "{} let in {}", written, text);
                }
            }
        }

        /// What is taken from a file stands there as it is compared.
        #[test]
        fn what_is_read_is_written_the_same(text in pieces()) {
            if let Ok(read) = text.parse::<Origin>() {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
