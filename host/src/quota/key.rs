//! What tells one caller from another: an address, a header's value, an identity. Of values that may be credentials only a
//! hash is kept.

use std::net::IpAddr;

use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

/// What stands before a hashed key's own bytes, so that they are taken for nothing else.
const OF_HEADER: &[u8] = b"vestibule quota header 1\0";
const OF_SUBJECT: &[u8] = b"vestibule quota subject 1\0";

/// One caller, by one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// An IPv4 address.
    V4(u32),
    /// The first 64 bits of an IPv6 address: a network of that size is what one customer of a provider has at the least, and
    /// whoever has it can choose any address of it.
    V6(u64),
    /// A header's value, hashed.
    Header(Hash),
    /// A provider's subject, hashed.
    Subject(Hash),
}

/// Half of a SHA-256: enough that nobody finds two values with the same.
type Hash = [u8; 16];

impl Key {
    pub(super) fn ip(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d].into_iter().fold(0, |bits, segment| bits << 16 | u64::from(segment)))
            }
        }
    }

    pub(super) fn header(name: &HeaderName, value: &HeaderValue) -> Self {
        Self::Header(hash(OF_HEADER, name.as_str().as_bytes(), value.as_bytes()))
    }

    pub(super) fn subject(provider: &str, subject: &str) -> Self {
        Self::Subject(hash(OF_SUBJECT, provider.as_bytes(), subject.as_bytes()))
    }

    /// A hash of all that was hashed before, and of this.
    pub(super) fn hash_into(&self, hash: Sha256) -> Sha256 {
        match self {
            Self::V4(bits) => hash.chain_update([0]).chain_update(bits.to_be_bytes()),
            Self::V6(bits) => hash.chain_update([1]).chain_update(bits.to_be_bytes()),
            Self::Header(value) => hash.chain_update([2]).chain_update(value),
            Self::Subject(value) => hash.chain_update([3]).chain_update(value),
        }
    }

    /// Whether it is a network of IPv6.
    pub(super) fn is_network(&self) -> bool {
        matches!(self, Self::V6(_))
    }

    /// The name of what it counts by, for people and clients.
    pub(super) fn counted_by(&self) -> &'static str {
        match self {
            Self::V4(_) | Self::V6(_) => "ip",
            Self::Header(_) => "header",
            Self::Subject(_) => "subject",
        }
    }
}

/// The hash of two texts, of which the length of the first says where it ends.
fn hash(domain: &[u8], first: &[u8], second: &[u8]) -> Hash {
    let length = u64::try_from(first.len()).unwrap_or(u64::MAX).to_be_bytes();
    let hash = Sha256::new().chain_update(domain).chain_update(length).chain_update(first).chain_update(second);
    let whole: [u8; 32] = hash.finalize().into();
    let mut half = Hash::default();
    half.iter_mut().zip(whole).for_each(|(kept, byte)| *kept = byte);
    half
}

/// All that one request counts by: it has to have room by each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Keys {
    first: Key,
    second: Option<Key>,
}

impl Keys {
    pub(super) fn one(key: Key) -> Self {
        Self { first: key, second: None }
    }

    pub(super) fn both(first: Key, second: Key) -> Self {
        Self { first, second: Some(second) }
    }

    pub(super) fn first(&self) -> Key {
        self.first
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Key> + use<> {
        [Some(self.first), self.second].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Key {
        Key::ip(text.parse().unwrap())
    }

    #[test]
    fn an_address_of_ipv6_counts_by_its_64_and_one_of_ipv4_by_itself_however_written() {
        assert_eq!(ip("2001:db8:1:2::1"), ip("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(ip("2001:db8:1:2::1"), ip("2001:db8:1:3::1"));
        assert_ne!(ip("2001:db8:1:2::1"), ip("1:db8:1:2::1"));
        assert_ne!(ip("192.0.2.7"), ip("192.0.2.8"));
        assert_eq!(ip("192.0.2.7"), ip("::ffff:192.0.2.7"));
        // Not mapped: it stands for no IPv4 address.
        assert_ne!(ip("192.0.2.7"), ip("::192.0.2.7"));
    }

    #[test]
    fn a_subject_is_one_of_its_provider_and_a_header_one_of_its_name() {
        assert_ne!(Key::subject("a", "bc"), Key::subject("ab", "c"));
        assert_ne!(Key::subject("a", "b"), Key::subject("b", "b"));
        let header =
            |name: &'static str, value| Key::header(&HeaderName::from_static(name), &HeaderValue::from_static(value));
        assert_ne!(header("x-a", "1"), header("x-b", "1"));
        assert_ne!(header("x-a", "1"), header("x-a", "2"));
        let shown = format!("{:?}", header("x-api-key", "hunter2"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
