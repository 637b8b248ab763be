//! Tokens: whatever stands in header and claims, one that is accepted is signed with the one algorithm and says what the
//! scheme wants, as a plain reading of it shows.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;
use signatures::{Message, Secret, Verifier, scheme};

use super::words;

const WORDS: &[&[u8]] = &[
    b"\n",
    b"{\"alg\":\"HS256\"}\n{\"iss\":\"Upstash\",\"sub\":\"https://hooks.example/\",\"exp\":1760000009,\"nbf\":1,",
    b"\"body\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}",
    b"\"body\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\"}",
    b"{",
    b"}",
    b",",
    b":",
    b"[",
    b"]",
    b"\"alg\":\"HS256\"",
    b"\"alg\":\"none\"",
    b"\"alg\":\"HS512\"",
    b"\"typ\":\"JWT\"",
    b"\"crit\":[\"exp\"]",
    b"\"zip\":\"DEF\"",
    b"\"kid\":\"1\"",
    b"\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}",
    b"\"iss\":\"Upstash\"",
    b"\"iss\":[\"Upstash\"]",
    b"\"sub\":\"https://hooks.example/\"",
    b"\"exp\":1760000009",
    b"\"exp\":1760000000",
    b"\"exp\":1e400",
    b"\"exp\":\"1760000009\"",
    b"\"exp\":1760000000.5",
    b"\"nbf\":1760000001",
    b"\"nbf\":1760000000",
    b"\"nbf\":null",
    b"\"body\":\"\"",
    b"\"body\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"",
    b"\"jti\":\"1\"",
    b"1",
    b"null",
    b".",
    b"\\u0041",
    b"\xff",
];

/// The first line is the header, the rest the claims; the first byte says whether the signature is right.
pub(crate) fn check(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let is_genuine = first % 4 != 0;
    let text = words::text(WORDS, data);
    let (header, claims) = match text.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text.as_slice(), &b""[..]),
    };
    let secret: &[u8] = if is_genuine { b"the secret of both sides" } else { b"another" };
    let content = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(content.as_bytes(), &key, Algorithm::HS256).unwrap();

    let secrets = vec![Secret::new("SECRET", *b"the secret of both sides")];
    let verifier = Verifier::new(scheme("qstash").unwrap(), secrets).unwrap();
    let headers = [("upstash-signature", format!("{content}.{signature}"))];
    let message = Message { method: "POST", url: "https://hooks.example/", headers: &headers, body: b"" };
    if verifier.verify(&message, UNIX_EPOCH + Duration::from_secs(1_760_000_000)).is_err() {
        return;
    }
    let header: Value = serde_json::from_slice(header).unwrap();
    let claims: Value = serde_json::from_slice(claims).unwrap();
    assert!(is_genuine, "{header} {claims}");
    assert_eq!(header["alg"], "HS256");
    assert!(header["crit"].is_null() && header["zip"].is_null(), "{header}");
    assert_eq!((&claims["iss"], &claims["sub"]), (&"Upstash".into(), &"https://hooks.example/".into()));
    assert!(claims["exp"].as_f64().unwrap() > 1_760_000_000.0, "{claims}");
    assert!(claims["nbf"].as_f64().unwrap() <= 1_760_000_000.0, "{claims}");
    let hash = claims["body"].as_str().unwrap().trim_end_matches('=');
    assert_eq!(hash, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}
