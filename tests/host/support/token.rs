//! Tokens, good and bad. The keys in `data/` were made for these tests and protect nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// What `HS256` tokens are signed with.
pub(crate) const SHARED: &str = "a shared secret of more than 32 bytes, for tests";

/// The private keys' public halves.
pub(crate) const RS256_PUBLIC: &str = include_str!("../data/rs256.public.pem");
pub(crate) const ES256_PUBLIC: &str = include_str!("../data/es256.public.pem");
pub(crate) const EDDSA_PUBLIC: &str = include_str!("../data/eddsa.public.pem");
pub(crate) const ES384_PUBLIC: &str = include_str!("../data/es384.public.pem");

/// RSA keys besides: one of somebody else's, and one that is too short.
const OTHER: &[u8] = include_bytes!("../data/other.private.pem");
const SHORT: &[u8] = include_bytes!("../data/rsa1024.private.pem");
pub(crate) const SHORT_PUBLIC: &str = include_str!("../data/rsa1024.public.pem");

/// `host.toml` with the provider `demo`, whose tokens are signed with [`SHARED`], the secret `JWT`; `more` are lines for
/// it.
pub(crate) fn demo(more: &str) -> String {
    format!("[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT\"\n{more}\n")
}

/// Now, in Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Claims that are good for an hour, with `more` over them; null takes a claim away.
pub(crate) fn claims(more: Value) -> Value {
    let mut claims = json!({ "sub": "user-1", "exp": now() + 3600 });
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// A token with these claims, signed by `algorithm` with the key of these tests.
pub(crate) fn token(algorithm: Algorithm, claims: &Value) -> String {
    let key = key(algorithm);
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
}

/// The value of an `Authorization` header with an `HS256` token of [`demo`]; `more` are claims.
pub(crate) fn bearer(more: Value) -> String {
    format!("Bearer {}", token(Algorithm::HS256, &claims(more)))
}

/// A token that is signed with `secret` whatever it is, or with nothing.
pub(crate) fn by_hand(header: &Value, claims: &Value, secret: Option<&[u8]>) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = secret.map(|secret| {
        let key = EncodingKey::from_secret(secret);
        jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap()
    });
    format!("{signed}.{}", signature.unwrap_or_default())
}

/// The key of these tests that `algorithm` signs with.
pub(crate) fn key(algorithm: Algorithm) -> EncodingKey {
    use Algorithm::{ES256, ES384, EdDSA, HS256, HS384, HS512};
    match algorithm {
        HS256 | HS384 | HS512 => EncodingKey::from_secret(SHARED.as_bytes()),
        ES256 => EncodingKey::from_ec_pem(include_bytes!("../data/es256.private.pem")).unwrap(),
        ES384 => EncodingKey::from_ec_pem(include_bytes!("../data/es384.private.pem")).unwrap(),
        EdDSA => EncodingKey::from_ed_pem(include_bytes!("../data/eddsa.private.pem")).unwrap(),
        _ => EncodingKey::from_rsa_pem(include_bytes!("../data/rs256.private.pem")).unwrap(),
    }
}

/// An RSA key that is not that one.
pub(crate) fn other_key() -> EncodingKey {
    EncodingKey::from_rsa_pem(OTHER).unwrap()
}

/// An RSA key of 1024 bits.
pub(crate) fn short_key() -> EncodingKey {
    EncodingKey::from_rsa_pem(SHORT).unwrap()
}

/// Unpadded base64url of a text.
pub(crate) fn base64url(text: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// A token of exactly these texts, signed with `key` as `algorithm` does, whatever its header says.
pub(crate) fn written(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    signed_parts(&base64url(header), &base64url(claims), key, algorithm)
}

/// The same, of parts that are encoded already.
pub(crate) fn signed_parts(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let signed = format!("{header}.{claims}");
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

/// A token with `kid` in its header.
pub(crate) fn named(kid: &str, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// The public half of `key` as an issuer publishes it, with `more` over it; null takes a member away.
pub(crate) fn jwk(kid: &str, key: &EncodingKey, algorithm: Algorithm, more: Value) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
    let jwk_members = jwk.as_object_mut().unwrap();
    jwk_members.retain(|_, value| !value.is_null());
    jwk_members.insert("kid".into(), kid.into());
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            jwk_members.remove(name);
        } else {
            jwk_members.insert(name.clone(), value.clone());
        }
    }
    jwk
}

/// A set of keys.
pub(crate) fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
