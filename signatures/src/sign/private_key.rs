//! Private keys, for whoever signs. Owns the forms in which they are written. The crate for RSA is known to take a time
//! that depends on the key (RUSTSEC-2023-0071), and those for whom a host signs choose what is signed and can measure how long
//! it takes. So each signature is blinded with fresh random numbers; the library for tokens does that by itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use getrandom::SysRng;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::pkcs8::DecodePrivateKey;
use rsa::Pkcs1v15Sign;
use rsa::rand_core::TryCryptoRng;
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::jwt::JwtAlgorithm;
use crate::public_key::digest;

/// The signature of a content with a private key; the error says what is wrong with the key.
pub(super) fn sign(algorithm: Algorithm, key: &str, content: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    match algorithm {
        Algorithm::Ed25519 => Ok(ed25519(key)?.sign(&content.concat()).to_vec()),
        Algorithm::EcdsaP256 => {
            let key = p256::ecdsa::SigningKey::from_pkcs8_pem(key).map_err(|_| "is no private key of P-256 in PEM")?;
            let signature: p256::ecdsa::DerSignature =
                key.sign_prehash(&digest::<Sha256>(content)).map_err(|_| "cannot sign")?;
            Ok(signature.as_bytes().to_vec())
        }
        Algorithm::RsaSha1 | Algorithm::RsaSha256 => rsa(&mut SysRng, algorithm, key, content),
        _ => Err("is not used by this algorithm"),
    }
}

/// Blinded with numbers of `random`; without them nothing is signed.
fn rsa<R: TryCryptoRng>(
    random: &mut R,
    algorithm: Algorithm,
    key: &str,
    content: &[&[u8]],
) -> Result<Vec<u8>, &'static str> {
    let key = rsa::PrivateKey::from_pkcs8_pem(key).map_err(|_| "is no private RSA key in PEM")?;
    let signature = match algorithm {
        Algorithm::RsaSha1 => key.sign_with_rng(random, Pkcs1v15Sign::new::<Sha1>(), &digest::<Sha1>(content)),
        _ => key.sign_with_rng(random, Pkcs1v15Sign::new::<Sha256>(), &digest::<Sha256>(content)),
    };
    signature.map_err(|_| "cannot sign")
}

/// 32 bytes in hex or Base64, `whsk_` before it or not, or PEM. Of 64 bytes the first half counts.
fn ed25519(key: &str) -> Result<ed25519_dalek::SigningKey, &'static str> {
    const WRONG: &str = "is no private Ed25519 key in PEM, hex or Base64";
    if key.starts_with("-----BEGIN") {
        return ed25519_dalek::SigningKey::from_pkcs8_pem(key).map_err(|_| WRONG);
    }
    let key = key.trim();
    let bytes = match hex::decode(key) {
        Ok(bytes) => bytes,
        Err(_) => STANDARD.decode(key.strip_prefix("whsk_").unwrap_or(key)).map_err(|_| WRONG)?,
    };
    let bytes = Zeroizing::new(bytes);
    if !matches!(bytes.len(), 32 | 64) {
        return Err(WRONG);
    }
    let seed = bytes.first_chunk::<32>().ok_or(WRONG)?;
    Ok(ed25519_dalek::SigningKey::from_bytes(seed))
}

/// The key for tokens of an algorithm.
pub(super) fn for_tokens(algorithm: JwtAlgorithm, key: &[u8]) -> Result<jsonwebtoken::EncodingKey, &'static str> {
    let key = match algorithm {
        JwtAlgorithm::HS256 | JwtAlgorithm::HS384 | JwtAlgorithm::HS512 => {
            Ok(jsonwebtoken::EncodingKey::from_secret(key))
        }
        JwtAlgorithm::RS256 => jsonwebtoken::EncodingKey::from_rsa_pem(key),
        JwtAlgorithm::ES256 => jsonwebtoken::EncodingKey::from_ec_pem(key),
        JwtAlgorithm::EdDSA => jsonwebtoken::EncodingKey::from_ed_pem(key),
    };
    key.map_err(|_| "is no private key in PEM for the token's algorithm")
}

#[cfg(test)]
mod tests {
    use rsa::rand_core::TryRng;

    use super::*;

    /// Has no random number to give.
    struct Nothing;

    impl TryRng for Nothing {
        type Error = std::fmt::Error;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Err(std::fmt::Error)
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Err(std::fmt::Error)
        }

        fn try_fill_bytes(&mut self, _to: &mut [u8]) -> Result<(), Self::Error> {
            Err(std::fmt::Error)
        }
    }

    impl TryCryptoRng for Nothing {}

    #[test]
    fn nothing_is_signed_with_rsa_that_is_not_blinded() {
        let key = include_str!("../../tests/data/rsa-a.private.pem");
        for algorithm in [Algorithm::RsaSha1, Algorithm::RsaSha256] {
            assert!(rsa(&mut SysRng, algorithm, key, &[b"content"]).is_ok());
            assert_eq!(rsa(&mut Nothing, algorithm, key, &[b"content"]), Err("cannot sign"));
        }
    }
}
