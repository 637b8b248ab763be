//! Sets of keys: which of them a token means, and which are never used.

use jsonwebtoken::Algorithm::{self, ES256, ES384, EdDSA, HS256, PS256, RS256, RS512};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use crate::jwt::{ask, assert_refused};
use crate::jwt_forged::{assert_none_taken, good};
use crate::support::token::{
    EDDSA_PUBLIC, ES256_PUBLIC, ES384_PUBLIC, RS256_PUBLIC, SHARED, SHORT_PUBLIC, jwk, key, named, other_key, set,
    short_key, token, written,
};
use crate::support::{Host, host};

/// Echo as `/me`, behind a provider with this set of keys in a file.
fn with_set(algorithms: &[Algorithm], keys: &[Value]) -> Host {
    let algorithms: Vec<String> = algorithms.iter().map(|algorithm| format!("{algorithm:?}")).collect();
    let settings = format!("[auth.demo]\nkind = \"jwt\"\nalgorithms = {algorithms:?}\njwk_file = \"keys.json\"\n");
    let policy = "[auth]\nproviders = [\"demo\"]\n";
    host().function("me", "echo", policy).file("../keys.json", set(keys)).settings(&settings).start()
}

const UNKNOWN: &str = "the provider has no key of its name (`kid`) for its algorithm";
const AMBIGUOUS: &str = "the provider has several keys that it may mean (`kid`)";

fn rsa() -> EncodingKey {
    key(RS256)
}

/// The public half of the RSA key of these tests.
fn rsa_jwk(kid: &str, more: Value) -> Value {
    jwk(kid, &rsa(), RS256, more)
}

fn other_jwk(kid: &str) -> Value {
    jwk(kid, &other_key(), RS256, json!({}))
}

fn ec_jwk(kid: &str) -> Value {
    jwk(kid, &key(ES256), ES256, json!({}))
}

#[tokio::test]
async fn the_kid_chooses_the_key_and_no_other_key_is_tried() {
    let host = with_set(&[RS256, ES256], &[rsa_jwk("one", json!({})), other_jwk("two"), ec_jwk("three")]);
    for (kid, key, algorithm) in [("one", rsa(), RS256), ("two", other_key(), RS256), ("three", key(ES256), ES256)] {
        assert_eq!(ask(&host, &named(kid, &good(), &key, algorithm)).await.status, 200, "{kid}");
    }
    let wrong = "the signature does not match";
    assert_refused(&host, &named("one", &good(), &other_key(), RS256), wrong).await;
    assert_refused(&host, &named("two", &good(), &rsa(), RS256), wrong).await;
    // The name of a key for another algorithm.
    assert_refused(&host, &named("three", &good(), &rsa(), RS256), UNKNOWN).await;
    assert_refused(&host, &named("one", &good(), &key(ES256), ES256), UNKNOWN).await;
    for kid in ["", "four", "One", "one ", "../one", "one\u{0}", "*", "' OR 1=1 --", "/dev/null", &"k".repeat(4096)] {
        assert_refused(&host, &named(kid, &good(), &rsa(), RS256), UNKNOWN).await;
    }
}

#[tokio::test]
async fn two_keys_of_one_name_are_told_apart_by_what_they_are_for_or_not_at_all() {
    let host = with_set(&[RS256, ES256], &[rsa_jwk("same", json!({})), other_jwk("same")]);
    for key in [rsa(), other_key()] {
        assert_refused(&host, &named("same", &good(), &key, RS256), AMBIGUOUS).await;
    }
    let encrypting = jwk("same", &other_key(), RS256, json!({ "use": "enc", "alg": "RSA-OAEP" }));
    let host = with_set(&[RS256, ES256], &[encrypting, rsa_jwk("same", json!({})), ec_jwk("same")]);
    assert_eq!(ask(&host, &named("same", &good(), &rsa(), RS256)).await.status, 200);
    assert_eq!(ask(&host, &named("same", &good(), &key(ES256), ES256)).await.status, 200);
}

#[tokio::test]
async fn a_token_without_a_kid_means_the_only_key_for_its_algorithm() {
    let host = with_set(&[RS256, ES256], &[rsa_jwk("one", json!({})), ec_jwk("two")]);
    assert_eq!(ask(&host, &token(RS256, &good())).await.status, 200);
    assert_eq!(ask(&host, &token(ES256, &good())).await.status, 200);
    let host = with_set(&[RS256, ES256], &[rsa_jwk("one", json!({})), other_jwk("two"), ec_jwk("three")]);
    assert_refused(&host, &token(RS256, &good()), AMBIGUOUS).await;
    assert_eq!(ask(&host, &token(ES256, &good())).await.status, 200);
}

#[tokio::test]
async fn a_kid_that_is_there_twice_or_is_no_text_is_refused() {
    let host = with_set(&[RS256], &[rsa_jwk("one", json!({})), other_jwk("two")]);
    let tokens =
        ["\"kid\":\"one\",\"kid\":\"two\"", "\"kid\":\"two\",\"kid\":\"one\"", "\"kid\":[\"one\"]", "\"kid\":1"];
    let tokens = tokens.map(|kid| {
        let header = format!("{{\"alg\":\"RS256\",{kid}}}");
        (kid.to_owned(), written(&header, &good().to_string(), &rsa(), RS256))
    });
    assert_none_taken(&host, tokens).await;
}

#[tokio::test]
async fn a_key_without_a_name_is_for_tokens_without_one() {
    let host = with_set(&[RS256], &[rsa_jwk("", json!({ "kid": null }))]);
    assert_eq!(ask(&host, &token(RS256, &good())).await.status, 200);
    assert_refused(&host, &named("one", &good(), &rsa(), RS256), UNKNOWN).await;
}

#[tokio::test]
async fn a_key_checks_only_what_it_says_it_is_for() {
    // Beside a key that is good, so that the provider is ready.
    for more in [
        json!({ "use": "enc" }),
        json!({ "use": "tls" }),
        json!({ "key_ops": ["sign"] }),
        json!({ "key_ops": ["encrypt", "wrapKey"] }),
        json!({ "key_ops": [] }),
        json!({ "use": "enc", "key_ops": ["verify"] }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "PS256" }),
        json!({ "alg": "RSA-OAEP" }),
        json!({ "alg": "none" }),
        json!({ "alg": "ES256" }),
        json!({ "kty": "oct" }),
        json!({ "kty": "EC" }),
    ] {
        let host = with_set(&[RS256, ES256], &[rsa_jwk("one", more.clone()), ec_jwk("two")]);
        assert_refused(&host, &named("one", &good(), &rsa(), RS256), UNKNOWN).await;
        assert_refused(&host, &token(RS256, &good()), UNKNOWN).await;
        assert_eq!(ask(&host, &named("two", &good(), &key(ES256), ES256)).await.status, 200, "{more}");
    }
    for more in
        [json!({ "use": "sig" }), json!({ "key_ops": ["verify"] }), json!({ "alg": null }), json!({ "ext": true })]
    {
        let host = with_set(&[RS256], &[rsa_jwk("one", more.clone())]);
        assert_eq!(ask(&host, &named("one", &good(), &rsa(), RS256)).await.status, 200, "{more}");
    }
    let host = with_set(&[RS256, RS512, PS256], &[rsa_jwk("one", json!({ "alg": "RS256" }))]);
    assert_eq!(ask(&host, &named("one", &good(), &rsa(), RS256)).await.status, 200);
    for algorithm in [RS512, PS256] {
        assert_refused(&host, &named("one", &good(), &rsa(), algorithm), UNKNOWN).await;
    }
}

#[tokio::test]
async fn private_and_shared_and_weak_and_broken_keys_of_a_set_are_never_used() {
    let published = rsa_jwk("bad", json!({}));
    let ec = ec_jwk("bad");
    let cut = |member: &str| json!(&ec[member].as_str().unwrap()[..40]);
    let zeros = "A".repeat(43);
    for (what, bad, signer, algorithm) in [
        ("private", rsa_jwk("bad", json!({ "d": "AQAB" })), rsa(), RS256),
        ("private, in whatever form", rsa_jwk("bad", json!({ "d": 7 })), rsa(), RS256),
        ("short", jwk("bad", &short_key(), RS256, json!({})), short_key(), RS256),
        ("even", rsa_jwk("bad", json!({ "n": published["e"] })), rsa(), RS256),
        ("without a modulus", rsa_jwk("bad", json!({ "n": null })), rsa(), RS256),
        ("padded", rsa_jwk("bad", json!({ "n": format!("{}==", published["n"].as_str().unwrap()) })), rsa(), RS256),
        ("a shared secret", json!({ "kty": "oct", "kid": "bad", "k": SHARED, "alg": "HS256" }), key(HS256), HS256),
        ("cut", jwk("bad", &key(ES256), ES256, json!({ "x": cut("x") })), key(ES256), ES256),
        ("not on the curve", jwk("bad", &key(ES256), ES256, json!({ "x": zeros, "y": zeros })), key(ES256), ES256),
        ("of another curve", jwk("bad", &key(ES256), ES256, json!({ "crv": "P-384" })), key(ES256), ES256),
        ("of an old curve", jwk("bad", &key(ES256), ES256, json!({ "crv": "secp256k1" })), key(ES256), ES256),
        ("for exchanging keys", jwk("bad", &key(EdDSA), EdDSA, json!({ "crv": "X25519" })), key(EdDSA), EdDSA),
    ] {
        let host = with_set(&[RS256, ES256, EdDSA, ES384], &[bad, jwk("good", &key(ES384), ES384, json!({}))]);
        assert_none_taken(&host, [(what.to_owned(), named("bad", &good(), &signer, algorithm))]).await;
        assert_eq!(ask(&host, &named("good", &good(), &key(ES384), ES384)).await.status, 200, "{what}");
    }
}

#[tokio::test]
async fn a_provider_whose_only_key_is_too_short_serves_nobody() {
    let policy = "[auth]\nproviders = [\"demo\"]\n";
    let pem = format!("[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"RS256\"]\npublic_key = '''\n{SHORT_PUBLIC}'''\n");
    let file = "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"RS256\"]\njwk_file = \"keys.json\"\n".to_owned();
    let short = set(&[jwk("one", &short_key(), RS256, json!({}))]);
    for settings in [pem, file] {
        let host = host().function("me", "echo", policy).file("../keys.json", &short).settings(&settings).start();
        let signed = named("one", &good(), &short_key(), RS256);
        assert_eq!((ask(&host, &signed).await.status, host.instances()), (503, 0), "{settings}");
        assert!(host.problems.to_string().contains("`demo` is not ready"), "{}", host.problems);
    }
}

#[tokio::test]
async fn a_provider_whose_only_key_is_of_another_kind_serves_nobody() {
    let policy = "[auth]\nproviders = [\"demo\"]\n";
    let pems = [("RS256", RS256_PUBLIC), ("ES256", ES256_PUBLIC), ("ES384", ES384_PUBLIC), ("EdDSA", EDDSA_PUBLIC)];
    for (algorithm, own) in pems {
        for (of, pem) in pems {
            let key = format!("algorithms = [\"{algorithm}\"]\npublic_key = '''\n{pem}'''\n");
            let settings = format!("[auth.demo]\nkind = \"jwt\"\n{key}");
            let host = host().function("me", "echo", policy).settings(&settings).start();
            let status = if own == pem { 401 } else { 503 };
            let found = ask(&host, &token(HS256, &good())).await.status;
            assert_eq!(found, status, "the key of {of} for {algorithm}: {}", host.problems);
        }
    }
}

#[tokio::test]
async fn what_is_no_key_in_a_set_is_passed_over() {
    let junk = [
        json!(null),
        json!(7),
        json!("key"),
        json!([]),
        json!({}),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }),
    ];
    let mut keys = junk.to_vec();
    keys.push(rsa_jwk("one", json!({ "x5c": 7, "use": "sig" })));
    keys.push(rsa_jwk("two", json!({ "nonstandard": { "deep": [1] } })));
    let host = with_set(&[RS256], &keys);
    assert_eq!(ask(&host, &named("two", &good(), &rsa(), RS256)).await.status, 200);
    assert_refused(&host, &named("one", &good(), &rsa(), RS256), UNKNOWN).await;
}
