//! Who may call: where a token may stand, which provider checks it, which roles let a caller in.

use http::Request;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::token::{self, ES256_PUBLIC, SHARED, bearer, claims, token};
use crate::support::{Answer, Body, Host, With, get, host, log};

/// Echo as `/me` behind `[auth]` with these lines; `provider` are lines for `[auth.demo]`.
fn guarded(policy: &str, provider: &str) -> Host {
    let settings = token::demo(provider);
    host().function("me", "echo", policy).settings(&settings).secret("JWT", SHARED).start()
}

const DEMO: &str = "[auth]\nproviders = [\"demo\"]\n";
const OPTIONAL: &str = "access = \"public\"\n[auth]\nproviders = [\"demo\"]\noptional = true\n";

fn authorized(more: Value) -> Request<Body> {
    get("/me").with("authorization", bearer(more))
}

fn identity(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["context"]["identity"].clone()
}

#[tokio::test]
async fn two_authorization_headers_are_malformed_even_if_both_are_right() {
    let host = guarded(DEMO, "");
    let answer = host.send(authorized(json!({})).with("authorization", bearer(json!({})))).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("bad request")));
    assert_eq!(log::access(answer.id()).field("reason"), "malformed request: more than one Authorization header");
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_token_anywhere_but_in_the_authorization_header_is_no_token() {
    let good = token(Algorithm::HS256, &claims(json!({})));
    let host = guarded(DEMO, "");
    let elsewhere = [
        get(&format!("/me?access_token={good}&token={good}")),
        get("/me").with("cookie", format!("token={good}; access_token={good}; sb-access-token={good}")),
        get("/me").with("proxy-authorization", format!("Bearer {good}")),
        get("/me").with("x-authorization", format!("Bearer {good}")).with("x-access-token", &good),
    ];
    for request in elsewhere {
        let answer = host.send(request).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn another_scheme_than_bearer_is_refused() {
    let good = token(Algorithm::HS256, &claims(json!({})));
    let host = guarded(DEMO, "");
    for value in [
        good.clone(),
        format!("Basic {good}"),
        format!("Token {good}"),
        format!("Bearer\t{good}"),
        format!("Bearer {good} {good}"),
        format!("Bearer {good},"),
        format!("Bearer: {good}"),
        "Bearer".to_owned(),
    ] {
        let answer = host.send(get("/me").with("authorization", &value)).await;
        assert_eq!(answer.status, 401, "{value}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{value}");
    }
    assert_eq!(host.instances(), 0);
    let lower = host.send(get("/me").with("authorization", format!("bearer {good}"))).await;
    assert_eq!(lower.status, 200, "the name of a scheme is the same in any case");
}

#[tokio::test]
async fn one_of_the_roles_is_enough_and_none_of_them_is_forbidden() {
    let host = guarded("[auth]\nproviders = [\"demo\"]\nroles = [\"admin\", \"editor\"]\n", "");
    for roles in [json!(["admin"]), json!(["reader", "editor"]), json!("admin")] {
        let answer = host.send(authorized(json!({ "roles": roles }))).await;
        assert_eq!(answer.status, 200, "{roles}");
    }
    let instances = host.instances();
    for roles in [
        json!(null),
        json!([]),
        json!(["reader"]),
        json!(["Admin"]),
        json!("admin,editor"),
        json!({ "admin": true }),
        json!([["admin"]]),
        json!(true),
    ] {
        let answer = host.send(authorized(json!({ "roles": roles }))).await;
        assert_eq!(answer.status, 403, "{roles}");
        assert_eq!(answer.header("www-authenticate"), None, "another token would not help");
    }
    assert_eq!(host.instances(), instances);
}

#[tokio::test]
async fn roles_may_lie_deep_in_the_claims() {
    let admins = "[auth]\nproviders = [\"demo\"]\nroles = [\"admin\"]\n";
    for path in ["\"app_metadata.roles\"", "[\"app_metadata\", \"roles\"]"] {
        let host = guarded(admins, &format!("roles = {path}"));
        let nested = host.send(authorized(json!({ "app_metadata": { "roles": ["admin"] } }))).await;
        assert_eq!(identity(&nested)["roles"], json!(["admin"]), "{path}");
        for elsewhere in [json!({ "roles": ["admin"] }), json!({ "app_metadata": ["admin"] })] {
            assert_eq!(host.send(authorized(elsewhere)).await.status, 403, "{path}");
        }
    }
    let host = guarded(admins, "roles = [\"https://id.example/roles\"]");
    let dotted = host.send(authorized(json!({ "https://id.example/roles": ["admin"] }))).await;
    assert_eq!(identity(&dotted)["roles"], json!(["admin"]));
}

#[tokio::test]
async fn optional_lets_nobody_in_as_nobody_and_refuses_a_wrong_token() {
    let host = guarded(OPTIONAL, "");
    assert_eq!(identity(&host.send(get("/me")).await), json!(null));
    assert_eq!(identity(&host.send(authorized(json!({}))).await)["subject"], "user-1");
    let instances = host.instances();
    for value in [bearer(json!({ "exp": 1 })), "Bearer x".to_owned(), "Basic dTpw".to_owned()] {
        let answer = host.send(get("/me").with("authorization", &value)).await;
        assert_eq!(answer.status, 401, "{value}");
    }
    assert_eq!(host.instances(), instances);
}

#[tokio::test]
async fn a_function_without_auth_learns_nothing_of_a_token_but_the_header() {
    let host = guarded("access = \"public\"\n", "");
    let answer = host.send(authorized(json!({}))).await;
    assert_eq!(identity(&answer), json!(null));
}

/// Two providers with keys of different kinds, and `iss` set for each.
fn two_providers(first_issuer: &str, second_issuer: &str) -> Host {
    let settings = format!(
        "{}issuer = \"{first_issuer}\"\n[auth.other]\nkind = \"jwt\"\nalgorithms = [\"ES256\"]\n\
         public_key = '''\n{ES256_PUBLIC}'''\nissuer = \"{second_issuer}\"\n",
        token::demo("")
    );
    let policy = "[auth]\nproviders = [\"demo\", \"other\"]\n";
    host().function("me", "echo", policy).settings(&settings).secret("JWT", SHARED).start()
}

const ONE: &str = "https://one.example";
const TWO: &str = "https://two.example";

fn signed_by(algorithm: Algorithm, issuer: Option<&str>) -> Request<Body> {
    get("/me").with("authorization", format!("Bearer {}", token(algorithm, &claims(json!({ "iss": issuer })))))
}

#[tokio::test]
async fn of_several_providers_the_tokens_issuer_chooses_one() {
    let host = two_providers(ONE, TWO);
    let first = host.send(signed_by(Algorithm::HS256, Some(ONE))).await;
    assert_eq!(identity(&first)["provider"], "demo");
    let second = host.send(signed_by(Algorithm::ES256, Some(TWO))).await;
    assert_eq!(identity(&second)["provider"], "other");
}

#[tokio::test]
async fn the_provider_that_was_chosen_is_the_only_one_that_is_asked() {
    let host = two_providers(ONE, TWO);
    // Each would pass with the key of the provider that is not chosen.
    for request in [
        signed_by(Algorithm::ES256, Some(ONE)),
        signed_by(Algorithm::HS256, Some(TWO)),
        signed_by(Algorithm::HS256, Some(ONE)).with("auth-provider", "other"),
        signed_by(Algorithm::ES256, Some(TWO)).with("auth-provider", "demo"),
    ] {
        assert_eq!(host.send(request).await.status, 401);
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn the_auth_provider_header_chooses_where_the_issuer_cannot() {
    let host = two_providers(ONE, ONE);
    let ambiguous = host.send(signed_by(Algorithm::HS256, Some(ONE))).await;
    assert_eq!(ambiguous.status, 401);
    assert!(log::access(ambiguous.id()).field("reason").contains("not of exactly one"));
    for (algorithm, name) in [(Algorithm::HS256, "demo"), (Algorithm::ES256, "other")] {
        let answer = host.send(signed_by(algorithm, Some(ONE)).with("auth-provider", name)).await;
        assert_eq!(identity(&answer)["provider"], name);
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_chosen_lets_nobody_in() {
    let host = two_providers(ONE, TWO);
    for (request, reason) in [
        (signed_by(Algorithm::HS256, None), "a token without `iss`"),
        (signed_by(Algorithm::HS256, Some("https://three.example")), "not of exactly one"),
        (signed_by(Algorithm::HS256, Some(ONE)).with("auth-provider", "third"), "names none of the providers"),
        (
            signed_by(Algorithm::HS256, Some(ONE)).with("auth-provider", "demo").with("auth-provider", "demo"),
            "more than one auth-provider header",
        ),
    ] {
        let answer = host.send(request).await;
        assert_eq!(answer.status, 401, "{reason}");
        assert!(log::access(answer.id()).field("reason").contains(reason), "{reason}");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_provider_that_the_policy_does_not_name_cannot_be_chosen() {
    let settings = format!(
        "{}[auth.other]\nkind = \"jwt\"\nalgorithms = [\"ES256\"]\npublic_key = '''\n{ES256_PUBLIC}'''\n",
        token::demo("")
    );
    let host = host().function("me", "echo", DEMO).settings(&settings).secret("JWT", SHARED).start();
    for request in [
        signed_by(Algorithm::ES256, None),
        signed_by(Algorithm::ES256, None).with("auth-provider", "other"),
        signed_by(Algorithm::HS256, None).with("auth-provider", "other"),
    ] {
        assert_eq!(host.send(request).await.status, 401);
    }
    assert_eq!(host.send(signed_by(Algorithm::HS256, None).with("auth-provider", "demo")).await.status, 200);
}
