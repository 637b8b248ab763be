//! Keys that an issuer publishes, and an issuer that is slow, down, out of its mind, or changing its keys: whom the host
//! lets in, how long it makes anybody wait, and how often it asks.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm::{ES256, RS256};
use serde_json::json;
use tokio::task::JoinSet;
use vestibule_host::reload::STILL;

use crate::jwt::ask;
use crate::jwt_forged::good;
use crate::support::issuer::{Does, Issuer};
use crate::support::token::{jwk, key, named, other_key, set};
use crate::support::{Host, host, log};

/// How long any request may take, whatever the issuer does: the host makes it wait one second, on a busy machine.
const BOUND: Duration = Duration::from_secs(5);

/// How long a test waits for what the host does by itself.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const CALLERS: &str = "[auth]\nproviders = [\"demo\"]\n";

/// Echo as `/me` behind the keys of this issuer; `more` are lines for the provider.
fn behind(issuer: &Issuer, more: &str) -> Host {
    host().function("me", "echo", CALLERS).settings(&provider(issuer, more)).start()
}

fn provider(issuer: &Issuer, more: &str) -> String {
    let url = issuer.url("/keys");
    format!("[auth.demo]\nkind = \"jwks\"\nalgorithms = [\"RS256\", \"ES256\"]\njwks_url = \"{url}\"\n{more}\n")
}

/// The set of the keys `one` (RSA) and `two` (EC).
pub(crate) fn keys() -> String {
    set(&[jwk("one", &key(RS256), RS256, json!({})), jwk("two", &key(ES256), ES256, json!({}))])
}

/// Made once, as signing takes longer than many a request.
static ONE: LazyLock<String> = LazyLock::new(|| named("one", &good(), &key(RS256), RS256));
static TWO: LazyLock<String> = LazyLock::new(|| named("two", &good(), &key(ES256), ES256));
static THREE: LazyLock<String> = LazyLock::new(|| named("three", &good(), &other_key(), RS256));

pub(crate) fn one() -> String {
    ONE.clone()
}

fn two() -> String {
    TWO.clone()
}

/// A token of a key that is not published.
fn three() -> String {
    THREE.clone()
}

/// What is answered, which must not take long.
pub(crate) async fn status(host: &Host, token: &str) -> u16 {
    let start = Instant::now();
    let status = ask(host, token).await.status;
    assert!(start.elapsed() < BOUND, "answered {status} only after {:?}", start.elapsed());
    status
}

/// Asks until the answer is `wanted`.
pub(crate) async fn until(host: &Host, token: &str, wanted: u16) {
    let latest = Instant::now() + PATIENCE;
    loop {
        let found = status(host, token).await;
        if found == wanted {
            return;
        }
        assert!(Instant::now() < latest, "still {found}, not {wanted}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_first_requests_wait_for_the_first_fetch_which_is_one_for_all() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "");
    let (first, second) = (one(), two());
    let all = tokio::join!(ask(&host, &first), ask(&host, &second), ask(&host, &first), ask(&host, &second));
    assert_eq!([all.0, all.1, all.2, all.3].map(|answer| answer.status), [200; 4]);
    assert_eq!(issuer.asked(), 1);
    assert_eq!(status(&host, &three()).await, 401);
    assert_eq!(issuer.asked(), 1, "it was asked a moment ago");
}

#[tokio::test]
async fn while_the_issuer_misbehaves_the_known_keys_go_on_and_nobody_waits_long() {
    let thousand: Vec<_> = (0..1000).map(|i| jwk(&format!("k{i}"), &key(ES256), ES256, json!({}))).collect();
    let elsewhere = Issuer::of(set(&[jwk("three", &other_key(), RS256, json!({}))]));
    let redirect = |status| Does::Answers(status, format!("location: {}\r\n", elsewhere.url("/keys")), String::new());
    let theirs = set(&[jwk("three", &other_key(), RS256, json!({}))]);
    let mut all = JoinSet::new();
    for what in [
        Does::Nothing,
        Does::Drips(keys()),
        Does::HangsUp,
        Does::BreaksOff(theirs.clone()),
        Does::Floods(theirs[..theirs.len() - 1].to_owned()),
        Does::Says(set(&thousand)),
        Does::Says(format!("{}{theirs}", " ".repeat(10 << 20))),
        Does::Says("<html>It works!</html>".into()),
        Does::Says(String::new()),
        Does::Says("{}".into()),
        Does::Says("[]".into()),
        Does::Says("null".into()),
        Does::Says("{\"keys\":null}".into()),
        Does::Says("{\"keys\":{}}".into()),
        Does::Says(theirs[..theirs.len() - 2].to_owned()),
        Does::Answers(500, String::new(), theirs.clone()),
        Does::Answers(404, String::new(), theirs.clone()),
        Does::Answers(201, String::new(), theirs.clone()),
        Does::Answers(304, String::new(), String::new()),
        redirect(301),
        redirect(302),
        redirect(307),
    ] {
        // Loaded here, as that would hold up the requests of the others.
        let issuer = Issuer::of(keys());
        let host = behind(&issuer, "refresh = \"1s\"\nrefresh_pause = \"1s\"");
        all.spawn(async move {
            assert_eq!((status(&host, &one()).await, status(&host, &three()).await), (200, 401), "{what:?}");
            let mut before = issuer.asked();
            issuer.does(what.clone());
            let name: String = format!("{what:?}").chars().take(60).collect();
            // Once more, when the host has seen what came of the first, unless that takes too long.
            let rounds = if matches!(what, Does::Nothing | Does::Drips(_)) { 1 } else { 2 };
            for _ in 0..rounds {
                issuer.wait_until_asked_after(before).await;
                before = issuer.asked();
                for known in [one(), two()] {
                    assert_eq!(status(&host, &known).await, 200, "{name}");
                }
                assert_eq!(status(&host, &three()).await, 401, "{name}");
            }
            assert!(issuer.sent() < 16 << 20, "{name}: it was read without end");
            // And when it is well again, what it says counts.
            issuer.publishes(set(&[jwk("three", &other_key(), RS256, json!({}))]));
            until(&host, &three(), 200).await;
            assert_eq!(status(&host, &one()).await, 401, "{name}");
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    assert_eq!(elsewhere.asked(), 0, "nobody goes where an answer points");
}

#[tokio::test]
async fn before_any_key_is_known_nobody_is_let_in_and_nobody_waits_long() {
    let mut all = JoinSet::new();
    for what in [
        Does::Nothing,
        Does::Drips(keys()),
        Does::HangsUp,
        Does::Says("garbage".into()),
        Does::Answers(500, String::new(), keys()),
        Does::Floods(String::new()),
    ] {
        let issuer = Issuer::of(String::new());
        issuer.does(what.clone());
        let host = behind(&issuer, "refresh = \"1s\"\nrefresh_pause = \"1s\"");
        all.spawn(async move {
            let name = format!("{what:?}");
            for token in [one(), two(), three(), one()] {
                assert_eq!(status(&host, &token).await, 503, "{name:.60}");
            }
            let answer = ask(&host, &one()).await;
            assert!(answer.header("retry-after").is_some(), "it is worth trying again");
            assert_eq!(answer.json()["error"], "identity cannot be checked now");
            let reason = "token of `demo` cannot be checked: the issuer's keys are not here yet";
            assert_eq!(log::access(answer.id()).field("reason"), reason);
            assert_eq!(ask(&host, "garbage").await.status, 401, "what is no token needs no key");
            assert_eq!(host.instances(), 0);
            issuer.publishes(keys());
            until(&host, &one(), 200).await;
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_set_without_keys_lets_nobody_in() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "refresh = \"1s\"");
    assert_eq!(status(&host, &one()).await, 200);
    issuer.publishes(set(&[]));
    until(&host, &one(), 401).await;
    assert_eq!(status(&host, &two()).await, 401);
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_a_while_however_many_ask() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "refresh = \"1h\"\nrefresh_pause = \"1s\"");
    assert_eq!(status(&host, &one()).await, 200);
    let (start, claims, signer) = (Instant::now(), good(), other_key());
    let mut sent = 0;
    while start.elapsed() < Duration::from_millis(3500) {
        let tokens: Vec<String> = (0..10).map(|i| named(&format!("{sent}-{i}"), &claims, &signer, RS256)).collect();
        for token in &tokens {
            assert_eq!(status(&host, token).await, 401);
            sent += 1;
        }
    }
    let asked = issuer.asked();
    println!("{sent} tokens with made-up names in {:?}: {asked} fetches", start.elapsed());
    assert!((2..=2 + start.elapsed().as_secs()).contains(&asked), "{asked} fetches for {sent} tokens");
    assert_eq!(status(&host, &one()).await, 200);
}

#[tokio::test]
async fn a_new_key_is_fetched_for_the_first_token_that_names_it() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "refresh = \"1h\"\nrefresh_pause = \"1s\"");
    assert_eq!((status(&host, &one()).await, status(&host, &two()).await), (200, 200));
    assert_eq!(status(&host, &two()).await, 200, "it is remembered");
    issuer.publishes(set(&[jwk("one", &key(RS256), RS256, json!({})), jwk("three", &other_key(), RS256, json!({}))]));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(issuer.asked(), 1, "nothing asks for keys by itself for an hour");
    assert_eq!(status(&host, &two()).await, 200, "nobody has heard that its key is withdrawn");
    assert_eq!((status(&host, &three()).await, issuer.asked()), (200, 2), "by the fetch that it causes itself");
    assert_eq!(status(&host, &two()).await, 401, "its key has gone with that, and what was remembered of it");
    assert_eq!((status(&host, &one()).await, issuer.asked()), (200, 2));
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_good_until_the_next_fetch_and_no_longer() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "refresh = \"1s\"");
    assert_eq!((status(&host, &one()).await, status(&host, &one()).await), (200, 200), "and it is remembered");
    // The same name for another key: what is remembered of the name must go, too.
    issuer.publishes(set(&[jwk("one", &other_key(), RS256, json!({}))]));
    until(&host, &one(), 401).await;
    let made = host.instances();
    for _ in 0..5 {
        assert_eq!((status(&host, &one()).await, status(&host, &two()).await), (401, 401));
    }
    assert_eq!(host.instances(), made);
    assert_eq!(status(&host, &named("one", &good(), &other_key(), RS256)).await, 200);
}

#[tokio::test]
async fn a_reload_keeps_the_keys_unless_it_is_about_them() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "refresh = \"1h\"");
    assert_eq!(status(&host, &one()).await, 200);
    issuer.does(Does::HangsUp);
    let file = host.functions().join("../host.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut now = Instant::now();
    let mut reload = |text: &str| {
        host.write("../host.toml", text);
        now += STILL;
        host.look(now);
        now += STILL;
        host.look(now);
    };
    let leeway = text.replace("jwks_url", "leeway = \"1s\"\njwks_url");
    for (what, text, wanted) in [
        ("something else", format!("[server]\npermit_wait = \"1s\"\n{text}"), 200),
        ("another leeway", leeway, 200),
        ("as it was", text.clone(), 200),
        ("more time", text.replace("\"1h\"", "\"2h\""), 503),
        ("another place", text.replace("/keys", "/more-keys"), 503),
    ] {
        reload(&text);
        assert_eq!(status(&host, &one()).await, wanted, "{what}");
        if wanted != 503 {
            assert_eq!(issuer.asked(), 1, "{what}");
        }
    }
    // What was thrown away is fetched again.
    issuer.publishes(keys());
    until(&host, &one(), 200).await;
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_any_more_count_for_as_long_as_the_settings_say() {
    let issuer = Issuer::of(keys());
    let host = behind(&issuer, "refresh = \"1s\"\nkeep = \"1s\"");
    assert_eq!(status(&host, &one()).await, 200);
    issuer.does(Does::HangsUp);
    until(&host, &one(), 503).await;
    issuer.publishes(keys());
    until(&host, &one(), 200).await;
}
