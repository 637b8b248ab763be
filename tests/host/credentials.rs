//! Callers who were given something: keys and passwords; and which of several providers a request means.

use http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::token::{SHARED, bearer, demo};
use crate::support::{Answer, Body, Host, With, get, host, log, post};

/// Keys of these tests: they protect nothing.
const ADA: &str = "key-of-ada-0123456789";
const BOT: &str = "key-of-the-bot-0123456789";

fn hash(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `host.toml` with every kind of provider that needs no network: `demo`, `keys`, `partners`, `staff`.
fn settings() -> String {
    let mut text = demo("issuer = \"https://demo.example\"");
    let keys = |table: &str| {
        format!(
            "[[auth.{table}.keys]]\nname = \"ada\"\nsha256 = \"{}\"\nroles = [\"admin\"]\nscopes = [\"read\"]\n\
             [[auth.{table}.keys]]\nname = \"bot\"\nsha256 = \"{}\"\n",
            hash(ADA),
            hash(BOT)
        )
    };
    text += &format!("[auth.partners]\nkind = \"api-key\"\nheader = \"X-Api-Key\"\n{}", keys("partners"));
    text += &format!("[auth.keys]\nkind = \"api-key\"\n{}", keys("keys"));
    text += "[auth.staff]\nkind = \"basic\"\n[[auth.staff.users]]\nname = \"grace\"\nsecret = \"GRACE\"\nroles = [\"admin\"]\n";
    text
}

fn guarded(providers: &str, more: &str) -> Host {
    let policy = format!("[auth]\nproviders = [{providers}]\n{more}");
    host().settings(&settings()).secret("JWT", SHARED).secret("GRACE", "hopper").function("me", "echo", &policy).start()
}

fn with(name: &str, value: &str) -> Request<Body> {
    get("/me").with(name, value)
}

fn identity(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["context"]["identity"].clone()
}

#[tokio::test]
async fn a_key_says_who_is_calling_and_never_reaches_the_function() {
    let host = guarded("\"partners\"", "");
    let answer = host.send(with("x-api-key", ADA)).await;
    let expected = json!({ "provider": "partners", "subject": "ada", "roles": ["admin"], "claims": {} });
    assert_eq!(identity(&answer), expected);
    assert!(!answer.text().contains(ADA), "the function has the key: {}", answer.text());
    let made = host.instances();
    let longer = format!("{ADA}0");
    for wrong in ["", "short", &ADA.to_uppercase(), &longer, &ADA[1..], &hash(ADA), &"x".repeat(600)] {
        let answer = host.send(with("x-api-key", wrong)).await;
        assert_eq!((answer.status, host.instances()), (401, made), "{wrong}");
        assert_eq!(answer.header("www-authenticate"), Some("ApiKey header=\"x-api-key\""), "{wrong}");
        assert!(!log::access(answer.id()).to_string().contains(ADA));
    }
    assert_eq!(host.send(with("x-api-key", ADA).with("x-api-key", ADA)).await.status, 400, "which of them?");
    assert_eq!(host.send(get(&format!("/me?x-api-key={ADA}"))).await.status, 401, "not from the query");
    assert_eq!(host.instances(), made);
}

#[tokio::test]
async fn a_key_may_be_a_bearer_token_and_has_roles_and_scopes() {
    let host = guarded("\"keys\"", "roles = [\"admin\"]\nscopes = [\"read\"]\n");
    let answer = host.send(with("authorization", &format!("Bearer {ADA}"))).await;
    assert_eq!(identity(&answer)["subject"], "ada");
    assert!(!answer.text().contains(ADA), "the function has the key");
    let made = host.instances();
    assert_eq!(host.send(with("authorization", &format!("Bearer {BOT}"))).await.status, 403);
    assert_eq!(host.send(with("x-api-key", ADA)).await.status, 401, "this provider looks elsewhere");
    assert_eq!(host.instances(), made);
}

#[tokio::test]
async fn a_name_and_a_password_say_who_is_calling() {
    let host = guarded("\"staff\"", "roles = [\"admin\"]\n");
    // grace:hopper
    let answer = host.send(with("authorization", "Basic Z3JhY2U6aG9wcGVy")).await;
    assert_eq!(identity(&answer)["subject"], "grace");
    assert!(!answer.text().contains("Z3JhY2U6aG9wcGVy"), "the function has the password");
    let made = host.instances();
    // grace:wrong, :hopper, grace:, gracehopper, ada:hopper, and what is no Base64.
    for wrong in [
        "Z3JhY2U6d3Jvbmc=",
        "OmhvcHBlcg==",
        "Z3JhY2U6",
        "Z3JhY2Vob3BwZXI=",
        "YWRhOmhvcHBlcg==",
        "Z3JhY2U6aG9wcGVy=",
        "???",
    ] {
        let answer = host.send(with("authorization", &format!("Basic {wrong}"))).await;
        assert_eq!((answer.status, host.instances()), (401, made), "{wrong}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"staff\", charset=\"UTF-8\""));
    }
    assert_eq!(host.send(get("/me")).await.status, 401);
}

#[tokio::test]
async fn a_password_that_a_browser_adds_for_another_site_changes_nothing() {
    let host = guarded("\"staff\"", "");
    let send = |more: &[(&str, &str)]| {
        let request = post("/me", "").with("authorization", "Basic Z3JhY2U6aG9wcGVy");
        host.send(more.iter().fold(request, |request, (name, value)| request.with(name, *value)))
    };
    for other in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        assert_eq!((send(other).await.status, host.instances()), (403, 0), "{other:?}");
    }
    for own in [&[][..], &[("origin", "http://localhost:8080")], &[("sec-fetch-site", "same-origin")]] {
        assert_eq!(send(own).await.status, 200, "{own:?}");
    }
}

#[tokio::test]
async fn what_the_named_provider_does_not_look_at_is_not_passed_over_where_callers_are_optional() {
    let policy = "access = \"public\"\n[auth]\nproviders = [\"demo\", \"partners\"]\noptional = true\n";
    let host = host().settings(&settings()).secret("JWT", SHARED).function("me", "echo", policy).start();
    let answer = host.send(with("authorization", "Bearer junk").with("auth-provider", "partners")).await;
    assert_eq!((answer.status, host.instances()), (401, 0));
    assert_eq!(host.send(with("auth-provider", "partners")).await.status, 200, "it shows nothing");
}

#[tokio::test]
async fn a_password_that_is_missing_keeps_the_function_from_being_served() {
    let policy = "[auth]\nproviders = [\"staff\"]\n";
    let host = host().settings(&settings()).secret("JWT", SHARED).function("me", "echo", policy).start();
    assert_eq!(host.send(with("authorization", "Basic Z3JhY2U6aG9wcGVy")).await.status, 503);
    assert!(host.problems.to_string().contains("GRACE"), "{}", host.problems);
}

#[tokio::test]
async fn of_several_providers_the_one_counts_that_looks_at_what_is_shown() {
    let host = guarded("\"demo\", \"partners\", \"staff\"", "");
    let demo = bearer(json!({ "iss": "https://demo.example" }));
    for (name, value, provider) in [
        ("authorization", demo.as_str(), "demo"),
        ("x-api-key", BOT, "partners"),
        ("authorization", "Basic Z3JhY2U6aG9wcGVy", "staff"),
    ] {
        assert_eq!(identity(&host.send(with(name, value)).await)["provider"], provider);
    }
    let made = host.instances();
    let both = || with("authorization", &demo).with("x-api-key", BOT);
    let answer = host.send(both()).await;
    assert_eq!((answer.status, host.instances()), (401, made), "it shows two things");
    let named = host.send(both().with("auth-provider", "partners")).await;
    assert_eq!(identity(&named)["provider"], "partners");
    let made = host.instances();
    let other = host.send(with("x-api-key", BOT).with("auth-provider", "demo")).await;
    assert_eq!((other.status, host.instances()), (401, made), "it names one and shows what another looks at");
    let unknown = host.send(with("x-api-key", BOT).with("auth-provider", "nobody")).await;
    assert_eq!((unknown.status, host.instances()), (401, made));
    let nothing = host.send(get("/me")).await;
    let offers: Vec<_> = nothing.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(offers, ["Bearer", "ApiKey header=\"x-api-key\"", "Basic realm=\"staff\", charset=\"UTF-8\""]);
}

#[tokio::test]
async fn of_keys_and_signed_tokens_in_one_place_each_goes_to_its_own_provider_alone() {
    let host = guarded("\"demo\", \"keys\"", "");
    let good = bearer(json!({ "iss": "https://demo.example" }));
    assert_eq!(identity(&host.send(with("authorization", &good)).await)["provider"], "demo");
    let key = format!("Bearer {BOT}");
    assert_eq!(identity(&host.send(with("authorization", &key)).await)["provider"], "keys");
    let made = host.instances();
    for wrong in
        [bearer(json!({ "iss": "https://demo.example", "exp": 1 })), bearer(json!({})), "Bearer abc".to_owned()]
    {
        let answer = host.send(with("authorization", &wrong)).await;
        assert_eq!((answer.status, host.instances()), (401, made), "{wrong}");
    }
}

#[tokio::test]
async fn the_header_of_a_key_reaches_no_function_as_the_key_would_be_good_for_others() {
    let host = host().settings(&settings()).secret("JWT", SHARED).secret("GRACE", "hopper");
    let host = host.function("me", "echo", "access = \"public\"\n").start();
    let answer = host.send(with("x-api-key", ADA).with("x-other", "kept")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("kept") && !answer.text().contains(ADA), "{}", answer.text());
}

#[tokio::test]
async fn the_log_says_who_called() {
    let host = guarded("\"partners\"", "");
    let answer = host.send(with("x-api-key", ADA)).await;
    assert_eq!(log::access(answer.id()).field("caller"), "partners:ada");
}
