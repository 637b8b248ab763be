//! The host's own listeners: no function is connected with them, whatever its policy says. Requests that come from the host
//! itself would have another standing there than those that come from outside.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use arc_swap::ArcSwap;

use super::address::canonical;

/// Where the host listens.
pub(super) struct Own(ArcSwap<Vec<SocketAddr>>);

impl Own {
    pub(super) fn new(listeners: Vec<SocketAddr>) -> Self {
        Self(ArcSwap::from_pointee(listeners))
    }

    /// Names other listeners.
    pub(super) fn set(&self, listeners: Vec<SocketAddr>) {
        self.0.store(listeners.into());
    }

    /// Whether who connects to `address` reaches one of them.
    pub(super) fn holds(&self, address: SocketAddr) -> bool {
        let listeners = self.0.load();
        let mut same_port = listeners.iter().filter(|own| own.port() == address.port()).peekable();
        let ip = canonical(address.ip());
        same_port.peek().is_some()
            && same_port
                .any(|own| canonical(own.ip()) == ip || (own.ip().is_unspecified() && is_this_machine(address, ip)))
    }
}

/// Whether an address is one of this machine's.
fn is_this_machine(address: SocketAddr, ip: IpAddr) -> bool {
    if ip.is_loopback() || ip.is_unspecified() {
        return true;
    }
    // The system gives out a machine's own addresses alone. Of an address of this link it wants to know which link.
    let scoped = match address {
        SocketAddr::V6(mut address) if ip.is_ipv6() => {
            address.set_port(0);
            address.into()
        }
        _ => SocketAddr::new(ip, 0),
    };
    may_be_ours(&UdpSocket::bind(scoped).map(drop))
}

/// Whether an address that could be bound, or could not be, may be one of this machine's: only where the system says so is it
/// another's. Without a descriptor, or without leave, it says something else.
fn may_be_ours(bound: &io::Result<()>) -> bool {
    !matches!(bound, Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(listeners: &[&str], address: &str) -> bool {
        let listeners = listeners.iter().map(|text| text.parse().unwrap()).collect();
        Own::new(listeners).holds(address.parse().unwrap())
    }

    #[test]
    fn a_listener_is_found_at_its_own_address() {
        assert!(holds(&["10.1.2.3:80", "127.0.0.1:8081"], "127.0.0.1:8081"));
        assert!(holds(&["127.0.0.1:8081"], "[::ffff:127.0.0.1]:8081"));
        assert!(holds(&["127.0.0.1:8081"], "[64:ff9b::7f00:1]:8081"));
        assert!(holds(&["[::1]:8081"], "[::1]:8081"));
        assert!(!holds(&["127.0.0.1:8081"], "127.0.0.1:8080"));
        assert!(!holds(&["127.0.0.1:8081"], "127.0.0.2:8081"));
    }

    #[test]
    fn a_listener_on_every_address_is_found_at_each() {
        for listener in ["0.0.0.0:80", "[::]:80"] {
            for address in ["127.0.0.1:80", "127.8.8.8:80", "[::1]:80", "0.0.0.0:80", "[::]:80"] {
                assert!(holds(&[listener], address), "{listener} {address}");
            }
            // An address for examples is no machine's.
            assert!(!holds(&[listener], "192.0.2.7:80"), "{listener}");
        }
    }

    #[test]
    fn an_address_is_another_machines_only_where_the_system_says_so() {
        assert!(may_be_ours(&Ok(())));
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::AddrInUse, io::ErrorKind::Other] {
            assert!(may_be_ours(&Err(kind.into())), "{kind}");
        }
        // EMFILE, of Linux: no descriptor was left.
        assert!(may_be_ours(&Err(io::Error::from_raw_os_error(24))));
        assert!(!may_be_ours(&Err(io::ErrorKind::AddrNotAvailable.into())));
    }

    #[test]
    fn this_machines_address_in_its_network_is_found() {
        // What the system would send from; nothing is sent.
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        if socket.connect("192.0.2.7:9").is_ok() {
            let own = socket.local_addr().unwrap().ip();
            assert!(holds(&["0.0.0.0:80"], &SocketAddr::new(own, 80).to_string()), "{own}");
        }
    }
}
