//! Where functions may send requests, as `grants.http` of a policy and `http` of a ceiling write it: scheme, host and port.
//! It looks no name up; which addresses are out of reach all the same is decided where connections are made.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

use super::problem::{Wrong, quoted};

/// The longest name of a host in the DNS.
const LONGEST_NAME: usize = 253;

/// Servers that a function may send requests to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Whether the connection is one of TLS.
    secure: bool,
    host: Hosts,
    port: u16,
}

/// The hosts that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    /// Any, written `*`.
    Any,
    /// Every name that ends in this, which begins with a dot: `*.example.com` is `.example.com`, without `example.com` itself.
    Below(String),
    /// This one: a name in lower case and in ASCII, or an address as URLs have it.
    One(String),
}

impl Destination {
    /// Reads a destination as it is written: `https://api.stripe.com`, `https://*.example.com:8443`, `https://*`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write instead.
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        const FIX: &str = "write scheme and host, and a port if it is not the usual one: \"https://api.stripe.com\", \
                           \"https://*.example.com\", \"http://10.0.0.5:8080\"";
        let wrong = |what: &str| Wrong::new(format!("{} {what}", quoted(text)), FIX);
        let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(wrong("does not start with https:// or http://")),
        };
        if rest.contains('@') {
            // Not repeated: it holds a password.
            return Err(Wrong::new("holds a user or a password", FIX));
        }
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(wrong("has something after the host; a grant is for all paths of it"));
        }
        let usual = if secure { 443 } else { 80 };
        if let Some(port) = rest.strip_prefix('*').filter(|port| port.is_empty() || port.starts_with(':')) {
            let port = match port.strip_prefix(':') {
                None => usual,
                Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(|| wrong("has no valid port"))?,
            };
            return Ok(Self { secure, host: Hosts::Any, port });
        }
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if rest.contains('*') {
            return Err(wrong("has a * that does not stand for all that is left of a dot"));
        }
        // As a URL: what functions ask for is read in the same way, so the two are the same or not.
        let url = Url::parse(&format!("http{}://{rest}", if secure { "s" } else { "" }));
        let url = url.map_err(|_| wrong("has no valid host"))?;
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or_else(|| wrong("has no valid port"))?;
        let host = match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                if name.is_empty() || name.len() > LONGEST_NAME {
                    return Err(wrong("has no valid host"));
                }
                if below { Hosts::Below(format!(".{name}")) } else { Hosts::One(name.to_owned()) }
            }
            Some(_) if below => return Err(wrong("has a * before an address")),
            Some(address) => Hosts::One(address.to_string()),
            None => return Err(wrong("has no valid host")),
        };
        Ok(Self { secure, host, port })
    }

    /// Reads one that is right, for tests of who uses it.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self::read(text).unwrap_or_else(|_| panic!("{text}"))
    }

    /// Whether a request to this place is meant. `host` is as [`Url`] has it, a name without a dot at its end.
    pub fn covers(&self, secure: bool, host: &str, port: u16) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.secure == secure
            && self.port == port
            && match &self.host {
                Hosts::Any => true,
                Hosts::Below(end) => host.len() > end.len() && host.ends_with(end),
                Hosts::One(name) => name == host,
            }
    }

    /// The address that it is, if it is written as one; the names of this machine have one of its own.
    pub fn address(&self) -> Option<IpAddr> {
        match &self.host {
            Hosts::One(name) if name == "localhost" || name.ends_with(".localhost") => {
                Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
            }
            Hosts::One(host) => host.trim_start_matches('[').trim_end_matches(']').parse().ok(),
            Hosts::Any | Hosts::Below(_) => None,
        }
    }

    /// Whether all that `other` means is meant by this as well.
    pub(super) fn includes(&self, other: &Destination) -> bool {
        self.secure == other.secure
            && self.port == other.port
            && match (&self.host, &other.host) {
                (Hosts::Any, _) => true,
                (Hosts::Below(end), Hosts::Below(name)) => name.ends_with(end),
                (Hosts::Below(end), Hosts::One(name)) => name.len() > end.len() && name.ends_with(end),
                (Hosts::One(name), Hosts::One(other)) => name == other,
                _ => false,
            }
    }
}

/// As it is written in a policy.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        match &self.host {
            Hosts::Any => write!(f, "{scheme}://*")?,
            Hosts::Below(end) => write!(f, "{scheme}://*{end}")?,
            Hosts::One(host) => write!(f, "{scheme}://{host}")?,
        }
        if self.port != usual { write!(f, ":{}", self.port) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for (text, shown) in [
            ("https://api.stripe.com", "https://api.stripe.com"),
            ("https://API.Stripe.com:443", "https://api.stripe.com"),
            ("http://api.stripe.com:443", "http://api.stripe.com:443"),
            ("https://*.example.com:8443", "https://*.example.com:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://10.0.0.5:8080", "http://10.0.0.5:8080"),
            // Other ways to write an address are the address.
            ("http://0x7f.1", "http://127.0.0.1"),
            ("http://2130706433", "http://127.0.0.1"),
            ("http://[::1]", "http://[::1]"),
            ("https://name.", "https://name"),
            ("https://*", "https://*"),
            ("https://*:8443", "https://*:8443"),
        ] {
            assert_eq!(Destination::read(text).unwrap_or_else(|_| panic!("{text}")).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_destination_is_refused() {
        for text in [
            "api.stripe.com",
            "ftp://api.stripe.com",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://u:p@a",
            "https://a:0",
            "https://a:99999",
            "https://*a.example",
            "https://a.*",
            "https://a.*.example",
            "https://*.127.0.0.1",
            "https://*.*",
            "https://*:0",
            "https://.",
            "https://a b",
        ] {
            assert!(Destination::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_destination_covers_its_scheme_host_and_port_alone() {
        let read = |text| Destination::read(text).unwrap_or_else(|_| panic!("{text}"));
        let one = read("https://api.example.com");
        assert!(one.covers(true, "api.example.com", 443) && one.covers(true, "api.example.com.", 443));
        for (secure, host, port) in [
            (false, "api.example.com", 443),
            (true, "api.example.com", 80),
            (true, "xapi.example.com", 443),
            (true, "a.api.example.com", 443),
            (true, "example.com", 443),
        ] {
            assert!(!one.covers(secure, host, port), "{host}");
        }
        let below = read("https://*.example.com");
        assert!(below.covers(true, "a.example.com", 443) && below.covers(true, "a.b.example.com", 443));
        assert!(!below.covers(true, "example.com", 443) && !below.covers(true, "badexample.com", 443));
        assert!(!below.covers(true, ".example.com", 443), "nothing is left of the dot");
    }

    #[test]
    fn an_address_is_known_as_one() {
        let address = |text| Destination::of(text).address().map(|address| address.to_string());
        assert_eq!(address("http://10.0.0.5:8080").as_deref(), Some("10.0.0.5"));
        assert_eq!(address("http://[fd00::1]").as_deref(), Some("fd00::1"));
        assert_eq!(address("http://localhost:3000").as_deref(), Some("127.0.0.1"));
        assert_eq!(address("https://api.stripe.com").or(address("https://*")).or(address("https://*.a.com")), None);
    }

    #[test]
    fn one_destination_may_include_another() {
        let read = |text| Destination::read(text).unwrap_or_else(|_| panic!("{text}"));
        for (outer, inner, includes) in [
            ("https://*", "https://*.a.com", true),
            ("https://*", "http://a.com", false),
            ("https://*.a.com", "https://b.a.com", true),
            ("https://*.a.com", "https://*.b.a.com", true),
            ("https://*.a.com", "https://*.a.com", true),
            ("https://*.a.com", "https://a.com", false),
            ("https://*.b.a.com", "https://*.a.com", false),
            ("https://a.com", "https://*.a.com", false),
            ("https://a.com", "https://a.com:444", false),
        ] {
            assert_eq!(read(outer).includes(&read(inner)), includes, "{outer} {inner}");
        }
    }
}
