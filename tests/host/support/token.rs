//! Tokens, good and bad. The keys in `data/` were made for these tests and protect nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// What `HS256` tokens are signed with.
pub(crate) const SHARED: &str = "a shared secret of more than 32 bytes, for tests";

/// The private keys' public halves.
pub(crate) const RS256_PUBLIC: &str = include_str!("../data/rs256.public.pem");
pub(crate) const ES256_PUBLIC: &str = include_str!("../data/es256.public.pem");
pub(crate) const EDDSA_PUBLIC: &str = include_str!("../data/eddsa.public.pem");

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
    let key = match algorithm {
        Algorithm::HS256 => EncodingKey::from_secret(SHARED.as_bytes()),
        Algorithm::RS256 => EncodingKey::from_rsa_pem(include_bytes!("../data/rs256.private.pem")).unwrap(),
        Algorithm::ES256 => EncodingKey::from_ec_pem(include_bytes!("../data/es256.private.pem")).unwrap(),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(include_bytes!("../data/eddsa.private.pem")).unwrap(),
        other => panic!("no key for {other:?}"),
    };
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
