//! The keys that one provider's tokens are checked with, and which of them a token means. A key checks only what it is for:
//! the token's header chooses among keys, and never what is done with one.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

/// Keys of one set that are looked at. Providers have two to ten.
const MAX_KEYS: usize = 100;

/// The length of an RSA key's modulus, in bytes: RFC 7518, section 3.3, asks for 2048 bits, and the library takes no more
/// than 4096.
pub(super) const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// The keys of a provider.
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// Tells one set from the one before.
    pub(super) generation: u64,
}

/// One key.
pub(super) struct Key {
    /// Its name; none for a provider's only key, whatever name a token gives it.
    id: Option<String>,
    /// What it may check.
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// None has its name, or may check its algorithm.
    Unknown,
    /// Several may, and it does not say which.
    Ambiguous,
}

#[derive(Deserialize)]
struct Written {
    keys: Vec<Value>,
}

impl KeySet {
    /// The set of one key.
    pub(super) fn of(key: DecodingKey, algorithms: &[Algorithm]) -> Self {
        Self { keys: vec![Key { id: None, algorithms: algorithms.to_vec(), key }], generation: 0 }
    }

    /// Reads a set (RFC 7517, section 5): of its keys those that can check one of `algorithms`. What is no key for that is
    /// left out, as the RFC has it, and so is a private key, which has no business there.
    ///
    /// # Errors
    ///
    /// If it is no set of keys, or too large a one.
    pub(super) fn parse(json: &[u8], algorithms: &[Algorithm], generation: u64) -> Result<Self, String> {
        let written: Written =
            serde_json::from_slice(json).map_err(|_| "it is not a set of keys (`{\"keys\": […]}`)")?;
        if written.keys.len() > MAX_KEYS {
            return Err(format!("it has {} keys; {MAX_KEYS} are allowed", written.keys.len()));
        }
        let keys = written.keys.into_iter().filter_map(|key| Key::read(key, algorithms)).collect();
        Ok(Self { keys, generation })
    }

    /// Whether no token can be checked with it.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The one key that a token with this header means.
    pub(super) fn find(&self, header: &Header) -> Result<&Key, NoKey> {
        let is_named = |key: &&Key| key.id.is_none() || header.kid.is_none() || key.id == header.kid;
        let may_check = |key: &&Key| key.algorithms.contains(&header.alg);
        let mut meant = self.keys.iter().filter(is_named).filter(may_check);
        match (meant.next(), meant.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(NoKey::Unknown),
            (Some(_), Some(_)) => Err(NoKey::Ambiguous),
        }
    }
}

impl Key {
    fn read(written: Value, algorithms: &[Algorithm]) -> Option<Self> {
        if written.get("d").is_some() {
            return None;
        }
        let jwk: Jwk = serde_json::from_value(written).ok()?;
        let common = &jwk.common;
        let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
            && common.key_operations.as_ref().is_none_or(|may| may.contains(&KeyOperations::Verify));
        let own = of_type(&jwk.algorithm).filter(|_| is_for_signatures)?;
        let algorithms: Vec<Algorithm> = algorithms
            .iter()
            .filter(|&algorithm| {
                own.contains(algorithm)
                    && common.key_algorithm.is_none_or(|only| only == KeyAlgorithm::from(*algorithm))
            })
            .copied()
            .collect();
        if algorithms.is_empty() {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: Some(jwk.common.key_id.unwrap_or_default()), algorithms, key })
    }
}

/// What a key of this type can check. A shared secret is not published, so it is none.
pub(super) fn of_type(key: &AlgorithmParameters) -> Option<&'static [Algorithm]> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match key {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = BASE64_URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            let length = modulus.iter().skip_while(|byte| **byte == 0).count();
            RSA_MODULUS.contains(&length).then_some(&[RS256, RS384, RS512, PS256, PS384, PS512])
        }
        AlgorithmParameters::EllipticCurve(ec) => {
            // Put one behind the other, a long and a short one would make another point.
            let length = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_or(0, |bytes| bytes.len());
            match (&ec.curve, length(&ec.x), length(&ec.y)) {
                (EllipticCurve::P256, 32, 32) => Some(&[ES256]),
                (EllipticCurve::P384, 48, 48) => Some(&[ES384]),
                _ => None,
            }
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Some(&[EdDSA]),
        _ => None,
    }
}
