//! What a genuine token says of time, issuer, audience and party, in forms that a check may take for something else.

use jsonwebtoken::Algorithm::HS256;
use serde_json::{Value, json};

use crate::jwt::{ask, assert_refused, with_provider};
use crate::jwt_forged::assert_none_taken;
use crate::support::token::{claims, demo, key, now, token, written};

/// A token whose claims are this text.
fn saying(claims: &str) -> String {
    written("{\"alg\":\"HS256\"}", claims, &key(HS256), HS256)
}

fn with(more: Value) -> String {
    token(HS256, &claims(more))
}

#[tokio::test]
async fn a_time_counts_only_if_it_is_a_number_of_seconds_that_has_not_passed() {
    let host = with_provider(&demo("leeway = \"0s\""));
    let mut tokens = Vec::new();
    for exp in [
        "0",
        "1",
        "-1",
        "-9223372036854775808",
        "1.5",
        "-0.0",
        "-1e300",
        "1e300",
        "1e999",
        "18446744073709551616",
        "99999999999999999999999999",
        "\"9999999999\"",
        "\"never\"",
        "null",
        "true",
        "[9999999999]",
        "{\"n\":9999999999}",
        "NaN",
        "Infinity",
        "0x7fffffff",
    ] {
        tokens.push((format!("exp: {exp}"), saying(&format!("{{\"sub\":\"a\",\"exp\":{exp}}}"))));
    }
    for nbf in ["9999999999", "9999999999.5", "1e300", "18446744073709551616", "\"0\"", "true", "[0]", "{}", "-1"] {
        tokens.push((format!("nbf: {nbf}"), saying(&format!("{{\"sub\":\"a\",\"exp\":9999999999,\"nbf\":{nbf}}}"))));
    }
    for claims in [
        "{\"sub\":\"a\"}",
        "{\"exp\":1,\"exp\":9999999999}",
        "{\"exp\":9999999999,\"exp\":1}",
        "{\"EXP\":9999999999}",
        "{\"claims\":{\"exp\":9999999999}}",
    ] {
        tokens.push((claims.to_owned(), saying(claims)));
    }
    assert_none_taken(&host, tokens).await;
    for good in [
        json!({ "exp": now() + 60 }),
        json!({ "exp": now() as f64 + 60.7 }),
        json!({ "exp": u64::MAX }),
        json!({ "nbf": now() - 1 }),
        json!({ "nbf": 0.5 }),
        json!({ "nbf": null, "iat": "yesterday" }),
    ] {
        assert_eq!(ask(&host, &with(good.clone())).await.status, 200, "{good}");
    }
}

#[tokio::test]
async fn claims_are_an_object_and_nothing_else() {
    let host = with_provider(&demo(""));
    let tokens = [
        "",
        "null",
        "[]",
        "{}",
        "\"{}\"",
        "9999999999",
        "[{\"exp\":9999999999}]",
        "{\"exp\":9999999999}{}",
        "{\"exp\":9999999999",
        "exp=9999999999",
        "\u{feff}{\"exp\":9999999999}",
    ];
    assert_none_taken(&host, tokens.map(|claims| (claims.to_owned(), saying(claims)))).await;
    // So deep that a reader that calls itself would not come back.
    let deep = format!("{{\"exp\":9999999999,\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_none_taken(&host, [("deep".to_owned(), saying(&deep))]).await;
}

#[tokio::test]
async fn the_issuer_is_one_text_to_the_letter() {
    let host = with_provider(&demo("issuer = \"https://id.example\""));
    let wrong = "it is of another issuer (`iss`)";
    for iss in [
        json!("https://ID.example"),
        json!("https://id.example "),
        json!("https://id.example/"),
        json!("https://id.example\u{0}"),
        json!("http://id.example"),
        json!(""),
        json!(["https://id.example"]),
        json!(["https://id.example", "https://evil.example"]),
        json!({ "iss": "https://id.example" }),
        json!(7),
        json!(true),
    ] {
        assert_refused(&host, &with(json!({ "iss": iss })), wrong).await;
    }
    assert_refused(&host, &with(json!({})), "it has no `iss`").await;
    let twice = "{\"iss\":\"https://evil.example\",\"iss\":\"https://id.example\",\"exp\":9999999999}";
    assert_none_taken(&host, [("twice".to_owned(), saying(twice))]).await;
    assert_eq!(ask(&host, &with(json!({ "iss": "https://id.example" }))).await.status, 200);
}

#[tokio::test]
async fn the_audience_is_one_text_or_a_list_in_which_it_stands() {
    let host = with_provider(&demo("audience = [\"vestibule\", \"porch\"]"));
    for aud in [json!("vestibule"), json!(["porch"]), json!(["else", "vestibule"]), json!([7, null, "porch"])] {
        assert_eq!(ask(&host, &with(json!({ "aud": aud }))).await.status, 200, "{aud}");
    }
    let wrong = "it is for another audience (`aud`)";
    for aud in [
        json!("Vestibule"),
        json!("vestibule porch"),
        json!("vestibule,porch"),
        json!("vestibul"),
        json!("vestibule/"),
        json!(""),
        json!("*"),
        json!([]),
        json!([["vestibule"]]),
        json!([{ "aud": "vestibule" }]),
        json!({ "vestibule": true }),
        json!({ "0": "vestibule" }),
        json!(0),
        json!(true),
    ] {
        assert_refused(&host, &with(json!({ "aud": aud })), wrong).await;
    }
    let none = saying("{\"aud\":null,\"exp\":9999999999}");
    assert_none_taken(&host, [("null".to_owned(), none)]).await;
    assert_refused(&host, &with(json!({ "client_id": "vestibule" })), "it has no `aud`").await;
}

#[tokio::test]
async fn the_party_is_one_of_those_that_are_authorized() {
    let host = with_provider(&demo("authorized_parties = [\"https://app.example\", \"https://two.example\"]"));
    for azp in ["https://app.example", "https://two.example"] {
        assert_eq!(ask(&host, &with(json!({ "azp": azp }))).await.status, 200, "{azp}");
    }
    for azp in [
        json!("https://evil.example"),
        json!("https://app.example.evil.example"),
        json!("https://app.example/"),
        json!(""),
        json!(["https://app.example"]),
        json!({}),
        json!(1),
    ] {
        assert_refused(&host, &with(json!({ "azp": azp })), "it was issued to another party (`azp`)").await;
    }
    assert_refused(&host, &with(json!({})), "it has no `azp`").await;
}

#[tokio::test]
async fn a_caller_is_who_the_subject_says_if_it_is_a_text() {
    let host = with_provider(&demo(""));
    for (sub, subject) in [(json!("a"), "a"), (json!("\u{e9}"), "\u{e9}"), (json!(null), "")] {
        let answer = ask(&host, &with(json!({ "sub": sub }))).await;
        assert_eq!(answer.json()["context"]["identity"]["subject"], subject, "{sub}");
    }
    for sub in [json!(7), json!(["a"]), json!({ "a": "a" })] {
        assert_none_taken(&host, [(sub.to_string(), with(json!({ "sub": sub })))]).await;
    }
}
