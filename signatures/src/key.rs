//! Keys and the tags that they make. Owns the algorithms and the comparison in constant time; a key is wiped when it is
//! dropped and cannot be printed. Knows nothing of headers or templates.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::jwt::JwtKey;
use crate::public_key::PublicKey;

/// A key, ready for use: the keyed state is made once and copied for each message.
pub(crate) enum Key {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
    /// No key: the secret is in the content, which is hashed with SHA-256.
    Hash,
    /// The tag of a token, see [`Tag::of_token`].
    Token(Tag),
    Public(PublicKey),
    Jwt(JwtKey),
}

/// The bytes of a signature: what a key makes of a message, or what a header claims it is.
///
/// Two tags of one key always have the same length, so comparing them says nothing about where they differ.
pub(crate) struct Tag {
    bytes: Zeroizing<[u8; Tag::CAPACITY]>,
    length: usize,
}

impl Key {
    /// A key of these bytes for an algorithm that makes tags; nothing for the others.
    pub(crate) fn shared(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::HmacSha1 => Hmac::new_from_slice(bytes).map(Self::Sha1).ok(),
            Algorithm::HmacSha256 => Hmac::new_from_slice(bytes).map(Self::Sha256).ok(),
            Algorithm::HmacSha384 => Hmac::new_from_slice(bytes).map(Self::Sha384).ok(),
            Algorithm::HmacSha512 => Hmac::new_from_slice(bytes).map(Self::Sha512).ok(),
            Algorithm::Sha256 => Some(Self::Hash),
            _ => None,
        }
    }

    /// The tag of a content that comes in pieces; nothing is copied together. Nothing for keys that make none.
    pub(crate) fn tag<'a>(&self, content: impl Iterator<Item = &'a [u8]>) -> Option<Tag> {
        match self {
            Self::Sha1(mac) => Some(finish(mac.clone(), content)),
            Self::Sha256(mac) => Some(finish(mac.clone(), content)),
            Self::Sha384(mac) => Some(finish(mac.clone(), content)),
            Self::Sha512(mac) => Some(finish(mac.clone(), content)),
            Self::Hash => {
                let hash = content.fold(Sha256::new(), |hash, piece| hash.chain_update(piece));
                Some(Tag::new(&hash.finalize()))
            }
            Self::Token(tag) => Some(Tag::new(tag.as_bytes())),
            Self::Public(_) | Self::Jwt(_) => None,
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

    /// The length of the tags of an algorithm, in bytes; nothing for those that make none.
    pub(crate) fn length_of(algorithm: Algorithm) -> Option<usize> {
        match algorithm {
            Algorithm::HmacSha1 => Some(20),
            Algorithm::HmacSha256 | Algorithm::Sha256 => Some(32),
            Algorithm::HmacSha384 => Some(48),
            Algorithm::HmacSha512 => Some(64),
            _ => None,
        }
    }

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

    /// RFC 2202 (SHA-1) and RFC 4231 (the others), test case 2, in pieces.
    #[test]
    fn published_values() {
        for (algorithm, expected) in [
            (Algorithm::HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Algorithm::HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Algorithm::HmacSha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                Algorithm::HmacSha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a\
                 6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let key = Key::shared(algorithm, b"Jefe").unwrap();
            let pieces: [&[u8]; 3] = [b"what do ya ", b"", b"want for nothing?"];
            let tag = key.tag(pieces.into_iter()).unwrap();
            assert_eq!(hex::encode(tag.as_bytes()), expected);
            assert_eq!(Some(tag.as_bytes().len()), Tag::length_of(algorithm));
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
