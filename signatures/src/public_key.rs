//! Public keys: how they are written down, and the checking of a signature with one. Owns the forms in which providers
//! show keys (hex, Base64, PEM, a certificate, a JWK). A certificate stands for its key alone: whoever writes it into a
//! policy vouches for it, so neither its dates nor its issuer are looked at.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::ed25519::signature::MultipartVerifier;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use rsa::Pkcs1v15Sign;
use rsa::traits::PublicKeyParts;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};

use crate::algorithm::Algorithm;
use crate::jwt::{JwtAlgorithm, JwtKey};

/// The shortest RSA key that is taken, in bits (NIST SP 800-131A), and the longest, as checking takes longer and longer.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// A key to check signatures with.
pub(crate) enum PublicKey {
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    RsaSha1(Box<rsa::PublicKey>),
    RsaSha256(Box<rsa::PublicKey>),
}

impl PublicKey {
    /// Reads a key for an algorithm; the error says what was expected.
    pub(crate) fn parse(text: &str, algorithm: Algorithm) -> Result<Self, &'static str> {
        let der = der(text.trim())?;
        match algorithm {
            Algorithm::Ed25519 => {
                let key = match <[u8; 32]>::try_from(der.as_slice()) {
                    Ok(bytes) => ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok(),
                    Err(_) => ed25519_dalek::VerifyingKey::from_public_key_der(&der).ok(),
                };
                // With a weak key a signature fits any message.
                let key = key.filter(|key| !key.is_weak()).ok_or("is no Ed25519 key, which is 32 bytes")?;
                Ok(Self::Ed25519(Box::new(key)))
            }
            Algorithm::EcdsaP256 => p256::ecdsa::VerifyingKey::from_public_key_der(&der)
                .map(|key| Self::P256(Box::new(key)))
                .map_err(|_| "is no key of the curve P-256"),
            _ => {
                let key = rsa::PublicKey::from_public_key_der(&der).map_err(|_| "is no RSA key")?;
                if !RSA_BITS.contains(&key.n().bit_width()) {
                    return Err("is an RSA key of less than 2048 or more than 8192 bits");
                }
                let key = Box::new(key);
                Ok(if algorithm == Algorithm::RsaSha1 { Self::RsaSha1(key) } else { Self::RsaSha256(key) })
            }
        }
    }

    /// Whether this key made the signature of a content, which comes in pieces.
    pub(crate) fn verifies(&self, content: &[&[u8]], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.multipart_verify(content, &signature).is_ok()),
            Self::P256(key) => p256::ecdsa::DerSignature::try_from(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest::<Sha256>(content), &signature).is_ok()),
            Self::RsaSha1(key) => key.verify(Pkcs1v15Sign::new::<Sha1>(), &digest::<Sha1>(content), signature).is_ok(),
            Self::RsaSha256(key) => {
                key.verify(Pkcs1v15Sign::new::<Sha256>(), &digest::<Sha256>(content), signature).is_ok()
            }
        }
    }
}

/// The hash of a content in pieces.
pub(crate) fn digest<D: Digest>(content: &[&[u8]]) -> Vec<u8> {
    content.iter().fold(D::new(), |hash, piece| hash.chain_update(piece)).finalize().to_vec()
}

/// The keys for tokens that a text holds: one, or those of a JWK set.
pub(crate) fn jwt_keys(text: &str, algorithm: JwtAlgorithm) -> Result<Vec<JwtKey>, &'static str> {
    let text = text.trim();
    if text.starts_with('{') {
        let keys = match serde_json::from_str::<JwkSet>(text) {
            Ok(set) => set.keys,
            Err(_) => vec![serde_json::from_str::<Jwk>(text).map_err(|_| "is neither a JWK nor a JWK set")?],
        };
        let read = |jwk: &Jwk| {
            let key = DecodingKey::from_jwk(jwk).ok().filter(|key| key.family() == algorithm.library().family())?;
            if let AlgorithmParameters::RSA(rsa) = &jwk.algorithm {
                let bytes = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
                RSA_BITS.contains(&u32::try_from(bytes.len().checked_mul(8)?).ok()?).then_some(())?;
            }
            Some(JwtKey { key, id: jwk.common.key_id.clone() })
        };
        let keys: Option<Vec<JwtKey>> = keys.iter().map(read).collect();
        return keys.filter(|keys| !keys.is_empty()).ok_or("holds no key, or one of another kind than `algorithms`");
    }
    let der = der(text)?;
    let key = match algorithm {
        JwtAlgorithm::ES256 => p256::PublicKey::from_public_key_der(&der)
            .ok()
            .and_then(|key| key.to_public_key_pem(LineEnding::LF).ok())
            .and_then(|pem| DecodingKey::from_ec_pem(pem.as_bytes()).ok()),
        JwtAlgorithm::RS256 => rsa::PublicKey::from_public_key_der(&der)
            .ok()
            .filter(|key| RSA_BITS.contains(&key.n().bit_width()))
            .map(|key| DecodingKey::from_rsa_raw_components(&key.n().to_be_bytes(), &key.e().to_be_bytes())),
        JwtAlgorithm::EdDSA => match PublicKey::parse(text, Algorithm::Ed25519)? {
            PublicKey::Ed25519(key) => Some(DecodingKey::from_ed_der(key.as_bytes())),
            _ => None,
        },
        JwtAlgorithm::HS256 | JwtAlgorithm::HS384 | JwtAlgorithm::HS512 => None,
    };
    key.map(|key| vec![JwtKey { key, id: None }]).ok_or("is no key of the kind that `algorithms` need")
}

/// The bytes that a text stands for: a public key in DER (SPKI), or the bare 32 bytes of an Ed25519 key.
fn der(text: &str) -> Result<Vec<u8>, &'static str> {
    const FORMS: &str = "is not a public key: write it as the provider shows it, in PEM, hex or Base64";
    if text.starts_with("-----BEGIN CERTIFICATE") {
        let certificate = Certificate::from_pem(text).map_err(|_| "is not a certificate in PEM")?;
        return certificate.tbs_certificate().subject_public_key_info().to_der().map_err(|_| FORMS);
    }
    if text.starts_with("-----BEGIN PUBLIC KEY") {
        let (label, der) =
            x509_cert::der::pem::decode_vec(text.as_bytes()).map_err(|_| "is not a public key in PEM")?;
        return if label == "PUBLIC KEY" { Ok(der) } else { Err(FORMS) };
    }
    if text.starts_with("-----BEGIN") {
        return Err("is not a public key: write the one that starts with -----BEGIN PUBLIC KEY-----");
    }
    if let Ok(bytes) = hex::decode(text) {
        return Ok(bytes);
    }
    let bytes = STANDARD.decode(text.strip_prefix("whpk_").unwrap_or(text)).map_err(|_| FORMS)?;
    // Some show a certificate's or a key's DER in Base64 without the lines around it.
    match Certificate::from_der(&bytes) {
        Ok(certificate) => certificate.tbs_certificate().subject_public_key_info().to_der().map_err(|_| FORMS),
        Err(_) => Ok(bytes),
    }
}
