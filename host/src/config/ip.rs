//! `[ip]` of a policy, or of the defaults: from which addresses a function may be called; and how addresses and networks
//! are written anywhere. Keys and settings stand together here. Whose address a request has is not known here.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::key::{Custom, Group, Read};
use super::problem::{Problems, Wrong, quoted};
use super::values;

/// From which addresses a function may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Those that may; empty if all may that are not denied.
    pub allow: Vec<IpNet>,
    /// Those that may not, whatever `allow` says.
    pub deny: Vec<IpNet>,
}

impl AddressPolicy {
    /// Whether `client` may call. An IPv4 address that is written as IPv6 is one of IPv4.
    pub fn admits(&self, client: IpAddr) -> bool {
        !holds(&self.deny, client) && (self.allow.is_empty() || holds(&self.allow, client))
    }
}

/// Whether one of `networks` has `address` in it. An IPv4 address that is written as IPv6 is one of IPv4.
pub fn holds(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

static ALLOW: Custom<Vec<IpNet>> = Custom {
    name: "allow",
    kind: "list of addresses and networks",
    otherwise: "all addresses",
    meaning: "The addresses that may call: `\"192.0.2.7\"`, `\"192.30.252.0/22\"`, `\"2001:db8::/32\"`. With it, all others get \
              403.",
    read: networks,
};

static DENY: Custom<Vec<IpNet>> = Custom {
    name: "deny",
    kind: "list of addresses and networks",
    otherwise: "none",
    meaning: "The addresses that get 403, whatever `allow` says.",
    read: networks,
};

/// From where a function may be called.
pub(super) static IP: Group = Group {
    table: "ip",
    about: "From which addresses the function may be called; others get 403, before anything else is looked at. It says \
            nothing of who may call: that needs `[verify]`, `[auth]` or `access` as before. IPv4 and IPv6 are apart; an IPv4 \
            address written as IPv6 (`::ffff:192.0.2.7`) is one of IPv4. See [limits](limits.md#addresses).",
    keys: &[&ALLOW, &DENY],
    tables: &[],
    later: &[],
};

/// Reads the table: none if it is not as it must be, which the problems then say.
pub(super) fn read(table: &mut Section<'_>, problems: &mut Problems) -> Option<AddressPolicy> {
    if !table.has("allow") && !table.has("deny") {
        problems
            .push(table.whole(Wrong::new("says nothing", r#"write allow = ["192.0.2.0/24"] or deny, or remove it"#)));
    }
    let before = problems.len();
    let allow = table.take(&ALLOW, problems).unwrap_or_default();
    let deny = table.take(&DENY, problems).unwrap_or_default();
    // What could not be read would leave all addresses in.
    let is_right = problems.len() == before;
    table.finish(&IP, None, problems);
    is_right.then_some(AddressPolicy { allow, deny })
}

/// A list of addresses and networks.
pub(super) fn networks(value: &Spanned<DeValue<'_>>) -> Read<Vec<IpNet>> {
    values::list(value, r#"["192.0.2.7", "192.30.252.0/22", "2001:db8::/32"]"#, network)
}

/// A network, or an address, which is a network of one. What is IPv4 written as IPv6 becomes IPv4.
fn network(text: &str) -> Result<IpNet, Wrong> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let network = text.parse::<IpNet>().map_err(|_| {
        Wrong::new(
            format!("{} is neither an address nor a network", quoted(text)),
            r#"write an IP address, "192.0.2.7", or a network with the length of its prefix, "192.30.252.0/22""#,
        )
    })?;
    if network.trunc() != network {
        return Err(Wrong::new(
            format!("{} has bits set beyond its prefix of {}", quoted(text), network.prefix_len()),
            format!("write the network, \"{}\", or the address alone, \"{}\"", network.trunc(), network.addr()),
        ));
    }
    Ok(unmapped(network))
}

/// A network within `::ffff:0:0/96` as the one of IPv4 that it stands for.
fn unmapped(network: IpNet) -> IpNet {
    let (IpAddr::V6(address), Some(prefix)) = (network.addr(), network.prefix_len().checked_sub(96)) else {
        return network;
    };
    let mapped = address.to_ipv4_mapped().and_then(|address| Ipv4Net::new(address, prefix).ok());
    mapped.map_or(network, IpNet::from)
}
