//! Which addresses are public, which belong to a network of somebody's own, and which are no machine's. What is an IPv4
//! address in an IPv6 one is judged by the former. The lists follow the registries of special-purpose addresses (IANA; RFC
//! 6890 and its successors); whatever they do not call global is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To a machine of the internet.
    Public,
    /// To what only some can reach; what that is, in words.
    Private(&'static str),
    /// To no one machine: nobody can be meant by it. What it is, in words.
    Nowhere(&'static str),
}

use Place::{Nowhere, Private, Public};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

const HOST: &str = "this machine";
const LINK: &str = "this link";
const NETWORK: &str = "a private network";
const SPECIAL: &str = "set aside for special purposes";
const METADATA: &str = "a cloud's own services";

/// The first that holds an address counts.
static OF_V4: [(Ipv4Net, Place); 18] = [
    // Connecting to 0.0.0.0 is connecting to this machine.
    (v4(0, 0, 0, 0, 8), Nowhere("no machine's address")),
    (v4(10, 0, 0, 0, 8), Private(NETWORK)),
    (v4(100, 64, 0, 0, 10), Private("a provider's network")),
    (v4(127, 0, 0, 0, 8), Private(HOST)),
    (v4(169, 254, 169, 254, 32), Private(METADATA)),
    (v4(169, 254, 0, 0, 16), Private(LINK)),
    (v4(172, 16, 0, 0, 12), Private(NETWORK)),
    (v4(192, 0, 0, 0, 24), Private(SPECIAL)),
    (v4(192, 0, 2, 0, 24), Private("for examples")),
    (v4(192, 88, 99, 0, 24), Private(SPECIAL)),
    (v4(192, 168, 0, 0, 16), Private(NETWORK)),
    (v4(198, 18, 0, 0, 15), Private("for measurements")),
    (v4(198, 51, 100, 0, 24), Private("for examples")),
    (v4(203, 0, 113, 0, 24), Private("for examples")),
    // A public address that answers inside of Azure alone.
    (v4(168, 63, 129, 16, 32), Private(METADATA)),
    (v4(224, 0, 0, 0, 4), Nowhere("a group's address")),
    (v4(255, 255, 255, 255, 32), Nowhere("everybody's address")),
    (v4(240, 0, 0, 0, 4), Nowhere("no machine's address")),
];

/// The same for IPv6. What is in none of these is public only if it is within [`GLOBAL`].
static OF_V6: [(Ipv6Net, Place); 12] = [
    (v6(0x64, 0xff9b, 1, 48), Private(SPECIAL)),
    (v6(0x100, 0, 0, 64), Nowhere("no machine's address")),
    // Protocols' own, tunnels that lead to any IPv4 address (Teredo) among them.
    (v6(0x2001, 0, 0, 23), Private(SPECIAL)),
    (v6(0x2001, 0xdb8, 0, 32), Private("for examples")),
    // 6to4: the IPv4 address in it is where it leads.
    (v6(0x2002, 0, 0, 16), Private(SPECIAL)),
    (v6(0x3fff, 0, 0, 20), Private("for examples")),
    (v6(0x5f00, 0, 0, 16), Private(SPECIAL)),
    (v6(0xfd00, 0xec2, 0, 32), Private(METADATA)),
    (v6(0xfc00, 0, 0, 7), Private(NETWORK)),
    (v6(0xfe80, 0, 0, 10), Private(LINK)),
    (v6(0xfec0, 0, 0, 10), Private(NETWORK)),
    (v6(0xff00, 0, 0, 8), Nowhere("a group's address")),
];

/// All of IPv6 that has been given to anybody.
const GLOBAL: Ipv6Net = v6(0x2000, 0, 0, 3);

/// IPv4 addresses for those who have IPv6 alone (RFC 6052).
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);

/// Where an address leads.
pub(super) fn place(address: IpAddr) -> Place {
    match canonical(address) {
        IpAddr::V4(address) => OF_V4.iter().find(|(net, _)| net.contains(&address)).map_or(Public, |(_, place)| *place),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Private(HOST),
        IpAddr::V6(address) => match OF_V6.iter().find(|(net, _)| net.contains(&address)) {
            Some((_, place)) => *place,
            None if GLOBAL.contains(&address) => Public,
            None => Nowhere("no machine's address"),
        },
    }
}

/// What an address is to which no request goes, in words; with `private`, those of private networks are let pass.
pub(crate) fn barred(address: IpAddr, private: bool) -> Option<&'static str> {
    match place(address) {
        Public => None,
        Private(_) if private => None,
        Private(what) | Nowhere(what) => Some(what),
    }
}

/// The address that is meant: an IPv4 address that is written as one of IPv6 is itself.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Place {
        place(text.parse().unwrap_or_else(|_| panic!("{text}")))
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert_eq!(of(text), Public, "{text}");
        }
    }

    #[test]
    fn all_that_is_somebodys_own_is_private() {
        for text in [
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:10.1.2.3",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2001::1",
            "2001:0:53aa:64c:0:7f:3fff:fdd2",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
        ] {
            assert!(matches!(of(text), Private(_)), "{text}: {:?}", of(text));
        }
    }

    #[test]
    fn what_is_no_machines_address_is_nowhere() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            // An old way to write an IPv4 address.
            "::127.0.0.1",
            "::ffff:0.0.0.0",
            "64:ff9b::0.0.0.0",
            "100::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(matches!(of(text), Nowhere(_)), "{text}: {:?}", of(text));
        }
    }
}
