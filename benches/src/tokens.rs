//! Callers who are known: tokens, and the providers that vouch for them. Their keys protect nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

/// What `HS256` tokens are signed with.
pub(crate) const SHARED: &str = "a shared secret of more than 32 bytes, of the benchmark";

const ES256: &str = include_str!("../../tests/host/data/es256.private.pem");
const ES256_PUBLIC: &str = include_str!("../../tests/host/data/es256.public.pem");

/// How long tokens are good, in seconds: longer than any run takes.
const GOOD_FOR: u64 = 24 * 60 * 60;

/// `host.toml` with the providers `hs256` and `es256`.
pub(crate) fn providers() -> String {
    format!(
        "[auth.hs256]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT_SECRET\"\naudience = \"bench\"\n\
         [auth.es256]\nkind = \"jwt\"\nalgorithms = [\"ES256\"]\npublic_key = '''\n{ES256_PUBLIC}'''\naudience = \"bench\"\n"
    )
}

/// The headers with a token of each.
pub(crate) fn headers() -> Result<[(String, String); 2]> {
    let keys = [
        (Algorithm::HS256, EncodingKey::from_secret(SHARED.as_bytes())),
        (Algorithm::ES256, EncodingKey::from_ec_pem(ES256.as_bytes())?),
    ];
    let expires = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + GOOD_FOR;
    let claims = json!({ "sub": "user-42", "aud": "bench", "roles": ["editor"], "exp": expires });
    let [hs256, es256] = keys.map(|(algorithm, key)| {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims, &key)?;
        Ok::<_, anyhow::Error>(("authorization".to_owned(), format!("Bearer {token}")))
    });
    Ok([hs256?, es256?])
}
