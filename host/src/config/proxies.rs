//! `trusted_proxies` and `forwarded_header` of `host.toml`: who may say for whom a request is sent, and in which header.
//! Keys and settings stand together here; the headers are read in `forwarded`.

use ipnet::IpNet;

use super::choice::Choice;
use super::document::Section;
use super::ip;
use super::key::Custom;
use super::problem::{Problems, Wrong};

/// Who may say for whom a request is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxySettings {
    /// The proxies that are believed; empty if none is.
    pub trusted: Vec<IpNet>,
    /// Where they say it. The other header is not looked at.
    pub header: ForwardedHeader,
}

/// The header in which a proxy says for whom it sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded`, of RFC 7239.
    Forwarded,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self { trusted: Vec::new(), header: FORWARDED_HEADER.default }
    }
}

pub(super) static TRUSTED_PROXIES: Custom<Vec<IpNet>> = Custom {
    name: "trusted_proxies",
    kind: "list of addresses and networks",
    otherwise: "none: headers say nothing of the client's address",
    meaning: "The proxies in front of the host, as `[\"10.0.0.0/8\", \"127.0.0.1\"]`. Of a request that comes from one of them, \
              the client's address is the last one in `forwarded_header` that is not theirs; see \
              [limits](limits.md#behind-a-proxy). With it the host counts as reachable from outside: functions that say nothing \
              about who may call them are not served.",
    read: ip::networks,
};

pub(super) static FORWARDED_HEADER: Choice<ForwardedHeader> = Choice {
    name: "forwarded_header",
    words: &[("x-forwarded-for", ForwardedHeader::XForwardedFor), ("forwarded", ForwardedHeader::Forwarded)],
    // What nginx, HAProxy, Caddy, Traefik and the load balancers of the large providers write unless told otherwise.
    default: ForwardedHeader::XForwardedFor,
    meaning: "The header that the trusted proxies write. A client can send the other one through them, so that one is not \
              looked at.",
};

/// Reads both keys.
pub(super) fn read(root: &mut Section<'_>, problems: &mut Problems) -> ProxySettings {
    if root.has(FORWARDED_HEADER.name) && !root.has(TRUSTED_PROXIES.name) {
        let wrong = Wrong::new("of no use without `trusted_proxies`", "write those as well, or remove it");
        problems.push(root.problem(FORWARDED_HEADER.name, wrong));
    }
    let trusted = root.take(&TRUSTED_PROXIES, problems).unwrap_or_default();
    if trusted.iter().any(|network| network.prefix_len() == 0) {
        let wrong = Wrong::new(
            "trusts everybody, so that every client could say that it is another",
            r#"write the addresses of the proxies: ["10.0.0.0/8", "127.0.0.1"]"#,
        );
        problems.push(root.problem(TRUSTED_PROXIES.name, wrong));
    }
    ProxySettings { trusted, header: root.take_or_default(&FORWARDED_HEADER, problems) }
}
