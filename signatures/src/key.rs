//! Keys and the tags that they make. Owns the algorithms and the comparison in constant time; a key is wiped when it is
//! dropped and cannot be printed. Knows nothing of headers or templates.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::plan::Hash;

/// A key, ready for use: the keyed state is made once and copied for each message.
pub(crate) enum Key {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
    /// The tag of a token, see [`Tag::of_token`].
    Token(Tag),
}

/// The bytes of a signature: what a key makes of a message, or what a header claims it is.
///
/// Two tags of one key always have the same length, so comparing them says nothing about where they differ.
pub(crate) struct Tag {
    bytes: Zeroizing<[u8; Tag::CAPACITY]>,
    length: usize,
}

impl Key {
    /// A key of these bytes; nothing if the algorithm cannot use them (HMAC can use all).
    pub(crate) fn mac(hash: Hash, bytes: &[u8]) -> Option<Self> {
        match hash {
            Hash::Sha1 => Hmac::new_from_slice(bytes).map(Self::Sha1).ok(),
            Hash::Sha256 => Hmac::new_from_slice(bytes).map(Self::Sha256).ok(),
            Hash::Sha512 => Hmac::new_from_slice(bytes).map(Self::Sha512).ok(),
        }
    }

    /// The tag of a content that comes in pieces; nothing is copied together.
    pub(crate) fn tag<'a>(&self, content: impl Iterator<Item = &'a [u8]>) -> Tag {
        match self {
            Self::Sha1(mac) => finish(mac.clone(), content),
            Self::Sha256(mac) => finish(mac.clone(), content),
            Self::Sha512(mac) => finish(mac.clone(), content),
            Self::Token(tag) => Tag::new(tag.as_bytes()),
        }
    }
}

fn finish<'a, M: Mac>(mut mac: M, content: impl Iterator<Item = &'a [u8]>) -> Tag {
    for piece in content {
        mac.update(piece);
    }
    Tag::new(&mac.finalize().into_bytes())
}

impl Tag {
    /// The length of the longest, SHA-512's, in bytes.
    pub(crate) const CAPACITY: usize = 64;

    /// A tag of these bytes. No algorithm makes more than [`Tag::CAPACITY`]; what is past it would be left out.
    pub(crate) fn new(value: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; Self::CAPACITY]);
        for (to, from) in bytes.iter_mut().zip(value) {
            *to = *from;
        }
        Self { bytes, length: value.len().min(Self::CAPACITY) }
    }

    /// The tag of a token: its SHA-256, so that tokens of any two lengths compare in the same time.
    pub(crate) fn of_token(token: &[u8]) -> Self {
        Self::new(&Sha256::digest(token))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether both are the same, in a time that depends on neither.
    pub(crate) fn equals(&self, other: &Self) -> Choice {
        let bytes = self.bytes.as_slice().ct_eq(other.bytes.as_slice());
        bytes & self.length.ct_eq(&other.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 (SHA-1) and RFC 4231 (SHA-256, SHA-512), test case 2, in pieces.
    #[test]
    fn published_values() {
        for (hash, expected) in [
            (Hash::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Hash::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Hash::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a\
                 6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let key = Key::mac(hash, b"Jefe").unwrap();
            let pieces: [&[u8]; 3] = [b"what do ya ", b"", b"want for nothing?"];
            let tag = key.tag(pieces.into_iter());
            assert_eq!(hex::encode(tag.as_bytes()), expected);
            assert_eq!(tag.as_bytes().len(), hash.length());
        }
    }

    #[test]
    fn tags_differ_by_bytes_and_by_length() {
        let tag = Tag::new;
        assert!(bool::from(tag(b"abc").equals(&tag(b"abc"))));
        assert!(!bool::from(tag(b"abc").equals(&tag(b"abd"))));
        assert!(!bool::from(tag(b"abc").equals(&tag(b"abc\0"))));
    }
}
