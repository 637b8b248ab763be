//! Which tokens are taken and which are not, for each kind of key.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::token::{
    self, EDDSA_PUBLIC, ES256_PUBLIC, ES384_PUBLIC, RS256_PUBLIC, SHARED, by_hand, claims, now, token,
};
use crate::support::{Answer, Host, With, get, host, log};

const POLICY: &str = "[auth]\nproviders = [\"demo\"]\n";

/// A host whose provider has this in `host.toml`, and echo behind it.
pub(crate) fn with_provider(provider: &str) -> Host {
    host().function("me", "echo", POLICY).settings(provider).secret("JWT", SHARED).start()
}

/// The provider of the key that `algorithm` takes.
pub(crate) fn provider(algorithm: Algorithm) -> String {
    let key = match algorithm {
        Algorithm::HS256 => return token::demo(""),
        Algorithm::ES256 => ES256_PUBLIC,
        Algorithm::ES384 => ES384_PUBLIC,
        Algorithm::EdDSA => EDDSA_PUBLIC,
        _ => RS256_PUBLIC,
    };
    format!("[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"{algorithm:?}\"]\npublic_key = '''\n{key}'''\n")
}

const ALGORITHMS: [Algorithm; 4] = [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

pub(crate) async fn ask(host: &Host, token: &str) -> Answer {
    host.send(get("/me").with("authorization", format!("Bearer {token}"))).await
}

/// Asserts that a token is refused, and that the log gives `reason`.
pub(crate) async fn assert_refused(host: &Host, token: &str, reason: &str) {
    let before = host.instances();
    let answer = ask(host, token).await;
    assert_eq!(answer.status, 401, "{reason}");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{reason}");
    let line = log::access(answer.id());
    // Behind it may stand what the claim says.
    let (said, expected) = (line.field("reason"), format!("token of `demo` refused: {reason}"));
    assert!(said.starts_with(&expected), "{said} instead of {expected}");
    assert!(!line.to_string().contains(token), "the log must not hold a token");
    assert_eq!(host.instances(), before, "{reason}");
}

#[tokio::test]
async fn a_token_of_each_algorithm_is_taken_and_its_claims_reach_the_function() {
    for algorithm in ALGORITHMS {
        let host = with_provider(&provider(algorithm));
        let claims =
            claims(json!({ "sub": "user-7", "roles": ["admin", "editor"], "name": "Zo\u{eb}", "n": [1, {"a": null}] }));
        let answer = ask(&host, &token(algorithm, &claims)).await;
        assert_eq!(answer.status, 200, "{algorithm:?}");
        let expected =
            json!({ "provider": "demo", "subject": "user-7", "roles": ["admin", "editor"], "claims": claims });
        assert_eq!(answer.json()["context"]["identity"], expected, "{algorithm:?}");
        assert_eq!(answer.json()["context"]["delivery"], json!(null));
    }
}

#[tokio::test]
async fn a_token_of_any_other_algorithm_is_refused() {
    for configured in ALGORITHMS {
        let host = with_provider(&provider(configured));
        for other in ALGORITHMS.into_iter().filter(|other| *other != configured) {
            let other = token(other, &claims(json!({})));
            assert_refused(&host, &other, "its algorithm is not one of the provider's").await;
        }
    }
}

#[tokio::test]
async fn a_token_that_says_it_needs_no_signature_is_refused() {
    for algorithm in ALGORITHMS {
        let host = with_provider(&provider(algorithm));
        for none in ["none", "None", "NONE", ""] {
            let unsigned = by_hand(&json!({ "typ": "JWT", "alg": none }), &claims(json!({})), None);
            let answer = ask(&host, &unsigned).await;
            assert_eq!(answer.status, 401, "{algorithm:?}: {none:?}");
        }
        // The algorithm is the right one, and the signature is missing.
        let (head, _) =
            token(algorithm, &claims(json!({}))).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert_eq!(ask(&host, &format!("{head}.")).await.status, 401, "{algorithm:?}");
        assert_eq!(host.instances(), 0, "{algorithm:?}");
    }
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_shared_secret() {
    for (algorithm, public) in
        [(Algorithm::RS256, RS256_PUBLIC), (Algorithm::ES256, ES256_PUBLIC), (Algorithm::EdDSA, EDDSA_PUBLIC)]
    {
        let host = with_provider(&provider(algorithm));
        for secret in [public, public.trim_end()] {
            let header = json!({ "typ": "JWT", "alg": "HS256" });
            let confused = by_hand(&header, &claims(json!({ "roles": ["admin"] })), Some(secret.as_bytes()));
            assert_refused(&host, &confused, "its algorithm is not one of the provider's").await;
        }
        // The same, under the name of the algorithm that is expected.
        let header = json!({ "typ": "JWT", "alg": format!("{algorithm:?}") });
        let confused = by_hand(&header, &claims(json!({})), Some(public.as_bytes()));
        assert_eq!(ask(&host, &confused).await.status, 401);
        assert_eq!(host.instances(), 0);
    }
}

#[tokio::test]
async fn a_key_in_the_token_itself_is_not_looked_at() {
    let header = json!({ "alg": "HS256", "kid": "../../dev/null", "jku": "http://127.0.0.1/keys",
                         "jwk": { "kty": "oct", "k": "c2VjcmV0" } });
    let host = with_provider(&token::demo(""));
    let own = by_hand(&header, &claims(json!({})), Some(b"secret"));
    assert_refused(&host, &own, "the signature does not match").await;
}

#[tokio::test]
async fn a_token_with_a_critical_extension_is_refused() {
    let host = with_provider(&token::demo(""));
    for crit in [json!(["b64"]), json!([]), json!("exp")] {
        let header = json!({ "alg": "HS256", "crit": crit });
        let critical = by_hand(&header, &claims(json!({})), Some(SHARED.as_bytes()));
        assert_eq!(ask(&host, &critical).await.status, 401, "{crit}");
    }
    let plain = by_hand(&json!({ "alg": "HS256" }), &claims(json!({})), Some(SHARED.as_bytes()));
    assert_eq!(ask(&host, &plain).await.status, 200, "the tokens of this test differ in that alone");
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    for algorithm in ALGORITHMS {
        let host = with_provider(&provider(algorithm));
        let genuine = token(algorithm, &claims(json!({ "roles": ["reader"] })));
        let forged = token(algorithm, &claims(json!({ "roles": ["admin"] })));
        let (header, rest) = genuine.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let body = forged.split('.').nth(1).unwrap();
        assert_refused(&host, &format!("{header}.{body}.{signature}"), "the signature does not match").await;
    }
}

#[tokio::test]
async fn time_is_checked_with_the_leeway_and_no_further() {
    let host = with_provider(&token::demo("leeway = \"60s\""));
    for (more, reason) in [
        (json!({ "exp": now() - 50 }), None),
        (json!({ "exp": now() - 70 }), Some("it has expired (`exp`)")),
        (json!({ "nbf": now() + 50 }), None),
        (json!({ "nbf": now() + 70 }), Some("it is not valid yet (`nbf`)")),
        (json!({ "exp": null }), Some("it has no `exp`")),
    ] {
        let token = token(Algorithm::HS256, &claims(more.clone()));
        match reason {
            None => assert_eq!(ask(&host, &token).await.status, 200, "{more}"),
            Some(reason) => assert_refused(&host, &token, reason).await,
        }
    }
    let strict = with_provider(&token::demo("leeway = \"0s\""));
    let expired = token(Algorithm::HS256, &claims(json!({ "exp": now() - 1 })));
    assert_refused(&strict, &expired, "it has expired (`exp`)").await;
}

#[tokio::test]
async fn a_time_that_is_no_number_lets_nobody_in() {
    let host = with_provider(&token::demo(""));
    for time in [json!("tomorrow"), json!(true), json!([]), json!({}), json!(-1)] {
        let odd = token(Algorithm::HS256, &claims(json!({ "exp": time })));
        assert_eq!(ask(&host, &odd).await.status, 401, "exp = {time}");
    }
    for time in [json!("tomorrow"), json!([now() + 999]), json!({})] {
        let odd = token(Algorithm::HS256, &claims(json!({ "nbf": time })));
        assert_eq!(ask(&host, &odd).await.status, 401, "nbf = {time}");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn issuer_and_audience_must_be_there_and_be_right_where_they_are_set() {
    let right = json!({ "iss": "https://id.example", "aud": "vestibule" });
    let with = |name: &str, value: Value| {
        let mut claims = claims(right.clone());
        claims[name] = value;
        claims
    };
    let host = with_provider(&token::demo("issuer = \"https://id.example\"\naudience = [\"vestibule\", \"porch\"]"));
    for good in [claims(right.clone()), with("aud", json!("porch")), with("aud", json!(["other", "vestibule"]))] {
        assert_eq!(ask(&host, &token(Algorithm::HS256, &good)).await.status, 200, "{good}");
    }
    let mut without_issuer = right.clone();
    without_issuer.as_object_mut().unwrap().remove("iss");
    let mut without_audience = right.clone();
    without_audience.as_object_mut().unwrap().remove("aud");
    for (bad, reason) in [
        (with("iss", json!("https://id.example.evil")), "it is of another issuer (`iss`)"),
        (with("iss", json!("https://id.example/")), "it is of another issuer (`iss`)"),
        (with("aud", json!("street")), "it is for another audience (`aud`)"),
        (with("aud", json!(["street"])), "it is for another audience (`aud`)"),
        (with("aud", json!([])), "it is for another audience (`aud`)"),
        (claims(without_issuer), "it has no `iss`"),
        (claims(without_audience), "it has no `aud`"),
    ] {
        assert_refused(&host, &token(Algorithm::HS256, &bad), reason).await;
    }
}

#[tokio::test]
async fn without_issuer_and_audience_in_the_settings_a_token_may_have_any() {
    let host = with_provider(&token::demo(""));
    let any = claims(json!({ "iss": "https://anyone.example", "aud": "anything" }));
    assert_eq!(ask(&host, &token(Algorithm::HS256, &any)).await.status, 200);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let host = with_provider(&token::demo(""));
    for garbage in [
        "garbage-token",
        "zz..zz",
        "zz.yy.xx",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiJ9.e30",
        "\u{7e}.\u{7e}.\u{7e}",
    ] {
        assert_refused(&host, garbage, "it is not a JWT").await;
    }
}
