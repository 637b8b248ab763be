//! Where a request goes, as its URL says: read once, in one way, so that what is checked is what is connected to. Host names
//! and addresses are taken as the URL standard has them: `0x7f.1`, `2130706433` and `127.0.0.1` are the same.

use std::net::{IpAddr, SocketAddr};

use http::Uri;
use url::{Host, Url};

use super::address::{Place, place};
use super::failure::{Barred, Failure};
use super::own::Own;
use crate::config::Destination;

/// The longest URL, in bytes.
const LONGEST_URL: usize = 16 << 10;

/// Where a request goes.
#[derive(Clone, Debug)]
pub struct Target {
    /// Scheme, host and port, as a grant would name them.
    pub(super) origin: String,
    /// The URL without its fragment.
    pub(super) uri: Uri,
    secure: bool,
    host: String,
    port: u16,
    /// The host, where it is an address.
    address: Option<IpAddr>,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// If it is none to which a request can be sent.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let invalid = |what: &str| Failure::Invalid(format!("the URL {what}"));
        if text.len() > LONGEST_URL {
            return Err(invalid("is too long"));
        }
        let mut url = Url::parse(text).map_err(|error| invalid(&format!("will not do: {error}")))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(invalid("does not start with https:// or http://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("holds a user or a password: send an `authorization` header instead"));
        }
        url.set_fragment(None);
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or_else(|| invalid("has no valid port"))?;
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(invalid("has no host")),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let uri: Uri = url.as_str().parse().map_err(|_| invalid("has characters that no request can have"))?;
        // Whoever connects looks at this one.
        let same_port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 }) == port;
        if uri.host() != Some(&host) || !same_port {
            return Err(invalid("can be read in two ways"));
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { origin, uri, secure, host, port, address })
    }

    /// Whether the connection is to be one of TLS.
    pub(super) fn secure(&self) -> bool {
        self.secure
    }

    /// The host: a name in lower case and in ASCII, or an address, one of IPv6 in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The host, where it is an address.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Why a function may not ask here that was granted nothing of the kind.
    pub fn not_granted(&self) -> Failure {
        let private = self.address.is_some_and(|address| place(address) != Place::Public);
        Failure::Barred(Barred::NotNamed { origin: self.origin.clone(), private })
    }
}

/// What a function was granted.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) destinations: Vec<Destination>,
    /// Whether addresses may be meant that are not public.
    pub(super) private: bool,
}

impl Rules {
    /// Holds a target against the grants, before anything is looked up.
    pub(super) fn check(&self, target: &Target, own: &Own) -> Result<(), Failure> {
        let Target { secure, host, port, address, .. } = target;
        let named = self.destinations.iter().any(|destination| destination.covers(*secure, host, *port));
        match address {
            // What no grant opens comes first: nobody is told to write one.
            Some(address) => match self.check_address(&target.origin, SocketAddr::new(*address, *port), own) {
                Err(barred @ Barred::Never { .. }) => Err(barred.into()),
                Err(barred) if named => Err(barred.into()),
                _ if named => Ok(()),
                _ => Err(target.not_granted()),
            },
            None if named => Ok(()),
            None => Err(target.not_granted()),
        }
    }

    /// Holds an address that `origin` stands for against the grants.
    pub(super) fn check_address(&self, origin: &str, address: SocketAddr, own: &Own) -> Result<(), Barred> {
        let (origin, ip) = (origin.to_owned(), address.ip());
        if own.holds(address) {
            return Err(Barred::Never { origin, address: ip, what: "where this host itself listens" });
        }
        match place(ip) {
            Place::Public => Ok(()),
            Place::Private(_) if self.private => Ok(()),
            Place::Private(what) => Err(Barred::Private { origin, address: ip, what }),
            Place::Nowhere(what) => Err(Barred::Never { origin, address: ip, what }),
        }
    }
}

impl From<Barred> for Failure {
    fn from(barred: Barred) -> Self {
        Self::Barred(barred)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Destination;

    fn rules(destinations: &[&str], private: bool) -> Rules {
        let destinations = destinations.iter().map(|text| Destination::of(text)).collect();
        Rules { destinations, private }
    }

    fn check(rules: &Rules, url: &str) -> Result<(), Barred> {
        let own = Own::new(vec!["127.0.0.1:8080".parse().unwrap(), "0.0.0.0:8081".parse().unwrap()]);
        let target = Target::read(url).unwrap_or_else(|failure| panic!("{url}: {failure}"));
        rules.check(&target, &own).map_err(|failure| match failure {
            Failure::Barred(barred) => barred,
            other => panic!("{url}: {other}"),
        })
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for url in [
            "",
            "api.example",
            "//api.example/",
            "ftp://api.example/",
            "file:///etc/passwd",
            "https://",
            "https://user@api.example/",
            "https://api.example@evil.example/",
            "https://:pw@api.example/",
            "https://api.example:0/",
            "https://api.example:99999/",
            "https://api example/",
            "https://api.example%2f.evil/",
            "https://[::1/",
            &format!("https://api.example/{}", "a".repeat(LONGEST_URL)),
        ] {
            assert!(matches!(Target::read(url), Err(Failure::Invalid(_))), "{url}");
        }
    }

    #[test]
    fn every_way_to_write_an_address_is_that_address() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.0.0.1/",
            "http://0x7f000001/",
            "http://127.1/",
            "http://%31%32%37.0.0.1/",
            "http:\\\\127.0.0.1\\x",
            "http://127.0.0.1./",
            "http://①②⑦.0.0.1/",
        ] {
            let barred = check(&rules(&["http://*"], false), url).unwrap_err();
            assert!(matches!(barred, Barred::Private { what: "this machine", .. }), "{url}: {barred:?}");
        }
    }

    #[test]
    fn what_no_grant_names_is_barred() {
        let granted = rules(&["https://api.example", "http://10.0.0.5:8000"], false);
        assert_eq!(check(&granted, "https://api.example/a?b#c"), Ok(()));
        assert_eq!(check(&granted, "https://API.example:443/"), Ok(()));
        for (url, origin, private) in [
            ("http://api.example/", "http://api.example", false),
            ("https://api.example:8443/", "https://api.example:8443", false),
            ("https://api.example.evil.example/", "https://api.example.evil.example", false),
            ("http://10.0.0.6:8000/", "http://10.0.0.6:8000", true),
            ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]", true),
        ] {
            assert_eq!(check(&granted, url), Err(Barred::NotNamed { origin: origin.into(), private }), "{url}");
        }
        assert!(matches!(check(&granted, "http://10.0.0.5:8000/"), Err(Barred::Private { .. })));
        assert_eq!(check(&rules(&["http://10.0.0.5:8000"], true), "http://10.0.0.5:8000/"), Ok(()));
    }

    #[test]
    fn the_hosts_own_listeners_and_what_is_no_machine_are_never_granted() {
        let all = rules(&["http://*:8080", "http://*:8081", "http://*"], true);
        for url in [
            "http://127.0.0.1:8080/",
            "http://[::ffff:127.0.0.1]:8080/",
            "http://127.9.9.9:8081/",
            "http://[::1]:8081/",
            "http://0.0.0.0/",
            "http://224.0.0.1/",
            "http://[::]/",
        ] {
            for rules in [&all, &rules(&[], false)] {
                assert!(matches!(check(rules, url), Err(Barred::Never { .. })), "{url}");
            }
        }
        assert_eq!(check(&all, "http://127.0.0.1/"), Ok(()));
    }
}
