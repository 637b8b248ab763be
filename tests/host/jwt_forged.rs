//! Tokens whose header was made to get past the check: with another algorithm, with none, with a key of its own. Each is
//! refused, and nothing runs for it.

use std::net::TcpListener;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm::{self, ES256, ES384, EdDSA, HS256, PS256, RS256};
use serde_json::{Value, json};

use crate::jwt::{ask, provider, with_provider};
use crate::support::token::{
    EDDSA_PUBLIC, ES256_PUBLIC, RS256_PUBLIC, base64url, claims, demo, jwk, key, other_key, signed_parts, token,
    written,
};
use crate::support::{Host, log};

/// Asserts that none of these tokens is taken; each comes with what is wrong with it.
pub(crate) async fn assert_none_taken(host: &Host, tokens: impl IntoIterator<Item = (String, String)>) {
    let before = host.instances();
    for (what, token) in tokens {
        let answer = ask(host, &token).await;
        assert_eq!(answer.status, 401, "{what}: {token}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{what}");
        let is_logged = log::lines(answer.id()).iter().any(|line| line.to_string().contains(&token));
        assert!(!is_logged, "{what}: the log must not hold a token");
        assert_eq!(host.instances(), before, "{what}");
    }
}

pub(crate) fn good() -> Value {
    claims(json!({ "roles": ["admin"] }))
}

/// Its header, claims and signature.
pub(crate) fn parts(token: &str) -> (&str, &str, &str) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    (header, claims, signature)
}

const ALGORITHMS: [Algorithm; 6] = [HS256, RS256, PS256, ES256, ES384, EdDSA];

#[tokio::test]
async fn a_signature_of_another_algorithm_is_not_taken_whatever_the_header_calls_it() {
    for configured in ALGORITHMS {
        let host = with_provider(&provider(configured));
        assert_eq!(ask(&host, &token(configured, &good())).await.status, 200, "{configured:?}");
        for other in ALGORITHMS.into_iter().filter(|other| *other != configured) {
            let called = format!("{{\"alg\":\"{configured:?}\"}}");
            assert_none_taken(
                &host,
                [
                    (format!("{other:?} for {configured:?}"), token(other, &good())),
                    (
                        format!("{other:?} called {configured:?}"),
                        written(&called, &good().to_string(), &key(other), other),
                    ),
                ],
            )
            .await;
        }
    }
}

#[tokio::test]
async fn nothing_of_a_public_key_is_a_shared_secret() {
    for (algorithm, pem) in [(RS256, RS256_PUBLIC), (ES256, ES256_PUBLIC), (EdDSA, EDDSA_PUBLIC)] {
        let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let published = jwk("k", &key(algorithm), algorithm, json!({}));
        let mut secrets = vec![
            ("the PEM", pem.as_bytes().to_vec()),
            ("the PEM of one line", pem.trim_end().as_bytes().to_vec()),
            ("the PEM with line breaks of two", pem.replace('\n', "\r\n").into_bytes()),
            ("the DER", BASE64_STANDARD.decode(&inner).unwrap()),
            ("the DER in Base64", inner.into_bytes()),
            ("the JWK", published.to_string().into_bytes()),
            ("nothing", Vec::new()),
        ];
        for member in ["n", "x", "y"] {
            if let Some(value) = published[member].as_str() {
                secrets.push(("a member", value.as_bytes().to_vec()));
                secrets.push(("a member's bytes", BASE64_URL_SAFE_NO_PAD.decode(value).unwrap()));
            }
        }
        let host = with_provider(&provider(algorithm));
        for (what, secret) in secrets {
            let secret = jsonwebtoken::EncodingKey::from_secret(&secret);
            let forged = ["HS256", &format!("{algorithm:?}")].map(|called| {
                let header = format!("{{\"typ\":\"JWT\",\"alg\":\"{called}\"}}");
                (
                    format!("{what} of {algorithm:?}, called {called}"),
                    written(&header, &good().to_string(), &secret, HS256),
                )
            });
            assert_none_taken(&host, forged).await;
        }
    }
}

#[tokio::test]
async fn a_header_that_names_no_algorithm_of_the_provider_is_refused_even_if_the_signature_is_right() {
    let host = with_provider(&demo(""));
    let mut tokens = Vec::new();
    for alg in [
        "\"none\"",
        "\"None\"",
        "\"NONE\"",
        "\"nOnE\"",
        "\"none \"",
        "\" none\"",
        "\"\\u0000none\"",
        "\"non\\u0065\"",
        "\"\"",
        "\"hs256\"",
        "\"HS256 \"",
        "\"HS257\"",
        "\"HS384\"",
        "\"HS512\"",
        "\"HMAC\"",
        "\"dir\"",
        "\"A256GCMKW\"",
        "\"ES256K\"",
        "\"RS256\"",
        "\"HS256,none\"",
        "null",
        "true",
        "256",
        "0",
        "[]",
        "[\"HS256\"]",
        "[\"HS256\",\"none\"]",
        "{}",
        "{\"HS256\":null}",
    ] {
        let right = written(&format!("{{\"alg\":{alg}}}"), &good().to_string(), &key(HS256), HS256);
        let (header, claims, _) = parts(&right);
        tokens.push((format!("{alg} without a signature"), format!("{header}.{claims}.")));
        tokens.push((format!("{alg} without a third part"), format!("{header}.{claims}")));
        tokens.push((alg.to_owned(), right));
    }
    for header in [
        "{}",
        "{\"typ\":\"JWT\"}",
        "{\"ALG\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
        "{\"alg\":\"none\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\"}{\"alg\":\"none\"}",
        "{\"alg\":\"HS256\"",
        "{'alg':'HS256'}",
        "\u{feff}{\"alg\":\"HS256\"}",
        "[\"JWT\",\"HS256\"]",
        "[{\"alg\":\"HS256\"}]",
        "\"HS256\"",
        "HS256",
        "null",
        "",
        "{\"alg\":\"HS256\",\"kid\":7}",
        "{\"alg\":\"HS256\",\"kid\":[\"k\"]}",
        "{\"alg\":\"HS256\",\"kid\":\"a\",\"kid\":\"b\"}",
    ] {
        tokens.push((header.to_owned(), written(header, &good().to_string(), &key(HS256), HS256)));
    }
    let latin = signed_parts(
        &base64url(b"{\"alg\":\"HS256\",\"typ\":\"\xe9\"}"),
        &base64url(good().to_string()),
        &key(HS256),
        HS256,
    );
    tokens.push(("not UTF-8".to_owned(), latin));
    assert_none_taken(&host, tokens).await;
    let plain = written("{\"alg\":\"HS256\"}", &good().to_string(), &key(HS256), HS256);
    assert_eq!(ask(&host, &plain).await.status, 200, "the tokens of this test differ in their headers alone");
}

#[tokio::test]
async fn a_key_that_a_token_brings_or_points_to_is_not_used_and_not_fetched() {
    // Whoever is asked for a key would be asked here.
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", elsewhere.local_addr().unwrap());
    let host = with_provider(&provider(RS256));
    let theirs = jwk("theirs", &other_key(), RS256, json!({}));
    let mut tokens = Vec::new();
    for member in [
        json!({ "jwk": theirs }),
        json!({ "jwk": theirs, "kid": "theirs" }),
        json!({ "jwk": { "kty": "oct", "k": base64url("secret") } }),
        json!({ "jku": url }),
        json!({ "jku": url, "kid": "theirs" }),
        json!({ "x5u": url }),
        json!({ "x5c": [BASE64_STANDARD.encode("no certificate")] }),
        json!({ "x5u": url, "x5c": [], "x5t": "AAAA", "jku": url, "jwk": theirs, "kid": url }),
    ] {
        let mut header = member.clone();
        header["alg"] = json!("RS256");
        let header = header.to_string();
        tokens.push((member.to_string(), written(&header, &good().to_string(), &other_key(), RS256)));
        // The provider's own key is the one that counts, whatever stands beside it.
        let genuine = written(&header, &good().to_string(), &key(RS256), RS256);
        let status = ask(&host, &genuine).await.status;
        assert_eq!(status, 200, "{member}");
    }
    assert_none_taken(&host, tokens).await;
    assert!(elsewhere.accept().is_err(), "somebody was asked for a key");
}

#[tokio::test]
async fn what_a_token_calls_critical_is_not_understood() {
    let host = with_provider(&demo(""));
    let mut tokens = Vec::new();
    for more in [
        "\"crit\":[\"b64\"],\"b64\":false",
        "\"crit\":[\"b64\"],\"b64\":true",
        "\"crit\":[\"exp\"],\"exp\":9999999999",
        "\"crit\":[\"alg\"]",
        "\"crit\":[\"http://example.com/UNDEFINED\"],\"http://example.com/UNDEFINED\":true",
        "\"crit\":[]",
        "\"crit\":\"b64\"",
        "\"crit\":{}",
    ] {
        let header = format!("{{\"alg\":\"HS256\",{more}}}");
        tokens.push((more.to_owned(), written(&header, &good().to_string(), &key(HS256), HS256)));
    }
    // RFC 7797: the claims as they are, signed as they are.
    for header in ["{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", "{\"alg\":\"HS256\",\"b64\":false}"] {
        let claims = json!({ "sub": "user", "exp": 9_999_999_999_u64 }).to_string();
        tokens.push((header.to_owned(), signed_parts(&base64url(header), &claims, &key(HS256), HS256)));
    }
    assert_none_taken(&host, tokens).await;
}
