//! Webhook signatures: who is let in, who is not, and what the function learns of the delivery.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Request;
use serde_json::json;

use crate::support::token::{self, SHARED, bearer};
use crate::support::{Answer, Body, Host, With, host, log, post};

const OLD: &str = "the secret that is on its way out";
const NEW: &str = "the secret that is on its way in";
const BODY: &[u8] = br#"{"id":"evt_1","type":"invoice.paid"}"#;

/// A host with echo under `scheme` and both secrets, the new one first.
fn receiver(scheme: &str) -> Host {
    let policy = format!("[verify]\nscheme = \"{scheme}\"\nsecrets = [\"NEW\", \"OLD\"]\n");
    host().function("hook", "echo", &policy).secret("OLD", OLD).secret("NEW", NEW).start()
}

fn hook() -> Request<Body> {
    post("/hook", BODY)
}

/// Unix seconds.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Asserts that a request was refused by the signature's gate for the reason `kind`, without a sandbox.
fn assert_refused(host: &Host, answer: &Answer, kind: &str) {
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("signature missing or invalid")), "{kind}");
    assert_eq!(answer.header("www-authenticate"), None, "a signature is nothing that a browser could ask for");
    let series = format!("vestibule_refusals_total{{function=\"hook\",stage=\"verify\",reason=\"{kind}\"}}");
    assert_eq!(host.metric(&series), 1, "{series}");
    assert_eq!(host.instances(), 0, "{kind}");
}

#[tokio::test]
async fn a_github_delivery_tells_its_id_its_event_and_the_name_of_the_secret() {
    let host = receiver("github");
    let request = hook().with("x-github-delivery", "72d3162e").with("x-github-event", "push");
    let answer = host.send(request.signed("github", OLD, BODY, SystemTime::now())).await;
    assert_eq!(answer.status, 200);
    let expected =
        json!({ "scheme": "github", "id": "72d3162e", "event_type": "push", "timestamp": null, "secret": "OLD" });
    assert_eq!(answer.json()["context"]["delivery"], expected);
    assert_eq!(answer.json()["context"]["identity"], json!(null));
}

#[tokio::test]
async fn a_secret_that_the_sender_shows_ends_at_the_host() {
    for (scheme, header) in [("gitlab", "x-gitlab-token"), ("orbit", "x-orbit-signature")] {
        let host = receiver(scheme);
        let answer = host.send(hook().with("x-kept", "kept").signed(scheme, OLD, BODY, SystemTime::now())).await;
        assert_eq!(answer.status, 200, "{scheme}");
        let event = answer.json()["event"].to_string();
        assert!(event.contains("x-kept"), "{event}");
        assert!(!event.contains(header) && !event.contains(OLD), "{scheme}: {event}");
    }
}

#[tokio::test]
async fn a_stripe_delivery_tells_when_it_was_signed() {
    let host = receiver("stripe");
    let signed_at = SystemTime::now() - Duration::from_secs(60);
    let answer = host.send(hook().signed("stripe", NEW, BODY, signed_at)).await;
    assert_eq!(answer.status, 200);
    let expected = json!({
        "scheme": "stripe",
        "id": "evt_1",
        "event_type": "invoice.paid",
        "timestamp": seconds(signed_at),
        "secret": "NEW",
    });
    assert_eq!(answer.json()["context"]["delivery"], expected);
}

#[tokio::test]
async fn any_of_the_secrets_may_have_signed_and_no_other() {
    for scheme in ["github", "stripe"] {
        for (secret, name) in [(OLD, "OLD"), (NEW, "NEW")] {
            let host = receiver(scheme);
            let answer = host.send(hook().signed(scheme, secret, BODY, SystemTime::now())).await;
            assert_eq!(answer.json()["context"]["delivery"]["secret"], name, "{scheme}");
        }
        let host = receiver(scheme);
        let answer = host.send(hook().signed(scheme, "neither of them", BODY, SystemTime::now())).await;
        assert_refused(&host, &answer, "mismatch");
    }
}

#[tokio::test]
async fn a_secret_that_the_policy_no_longer_names_lets_nobody_in() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"NEW\"]\n";
    let host = host().function("hook", "echo", policy).secret("OLD", OLD).secret("NEW", NEW).start();
    let answer = host.send(hook().signed("github", OLD, BODY, SystemTime::now())).await;
    assert_refused(&host, &answer, "mismatch");
}

#[tokio::test]
async fn a_missing_an_empty_or_a_garbled_signature_is_refused() {
    for (value, kind) in [
        (None, "missing"),
        (Some(""), "empty"),
        (Some("sha256="), "malformed_signature"),
        (Some("sha1=0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"), "malformed_signature"),
        (Some("sha256=not-hexadecimal"), "malformed_signature"),
    ] {
        let host = receiver("github");
        let request = match value {
            Some(value) => hook().with("x-hub-signature-256", value),
            None => hook(),
        };
        assert_refused(&host, &host.send(request).await, kind);
    }
}

#[tokio::test]
async fn a_signature_that_came_twice_is_refused_even_if_both_are_right() {
    let host = receiver("github");
    let now = SystemTime::now();
    let twice = hook().signed("github", NEW, BODY, now).signed("github", NEW, BODY, now);
    assert_refused(&host, &host.send(twice).await, "repeated");
}

#[tokio::test]
async fn a_signature_of_another_body_is_refused() {
    for scheme in ["github", "stripe"] {
        let host = receiver(scheme);
        let answer = host.send(hook().signed(scheme, NEW, b"{}", SystemTime::now())).await;
        assert_refused(&host, &answer, "mismatch");
    }
}

#[tokio::test]
async fn a_timestamp_may_be_five_minutes_off_and_no_more() {
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let now = SystemTime::now();
    let accepted = receiver("stripe");
    for signed_at in [now - minutes(4), now + minutes(4)] {
        assert_eq!(accepted.send(hook().signed("stripe", NEW, BODY, signed_at)).await.status, 200);
    }
    for (signed_at, kind) in [(now - minutes(6), "stale"), (now + minutes(6), "future")] {
        let host = receiver("stripe");
        assert_refused(&host, &host.send(hook().signed("stripe", NEW, BODY, signed_at)).await, kind);
    }
}

#[tokio::test]
async fn a_timestamp_that_was_changed_afterwards_is_refused() {
    let host = receiver("stripe");
    let now = SystemTime::now();
    let old = now - Duration::from_secs(3600);
    let mut request = hook().signed("stripe", NEW, BODY, old);
    let signature = request.headers()["stripe-signature"].to_str().unwrap();
    let fresh = signature.replace(&format!("t={}", seconds(old)), &format!("t={}", seconds(now)));
    request = request.with_only("stripe-signature", &fresh);
    assert_refused(&host, &host.send(request).await, "mismatch");
}

#[tokio::test]
async fn with_verify_and_auth_both_must_pass() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"NEW\"]\n[auth]\nproviders = [\"demo\"]\n";
    let host = host()
        .function("hook", "echo", policy)
        .settings(&token::demo(""))
        .secret("NEW", NEW)
        .secret("JWT", SHARED)
        .start();
    let signed = || hook().signed("github", NEW, BODY, SystemTime::now());
    let with_token = |request: Request<Body>| request.with("authorization", bearer(json!({})));

    let unsigned = host.send(with_token(hook())).await;
    assert_eq!((unsigned.status, log::access(unsigned.id()).field("stage")), (401, "verify"));
    let nobody = host.send(signed()).await;
    assert_eq!((nobody.status, log::access(nobody.id()).field("stage")), (401, "auth"));
    assert_eq!(host.instances(), 0);

    let both = host.send(with_token(signed())).await;
    assert_eq!(both.status, 200);
    assert_eq!(both.json()["context"]["delivery"]["secret"], "NEW");
    assert_eq!(both.json()["context"]["identity"]["subject"], "user-1");
}

#[tokio::test]
async fn a_scheme_that_checks_nothing_lets_everyone_in_and_tells_of_no_delivery() {
    let host = host().function("hook", "echo", "access = \"public\"\n[verify]\nscheme = \"none\"\n").start();
    let answer = host.send(hook().with("x-hub-signature-256", "sha256=00")).await;
    assert_eq!((answer.status, &answer.json()["context"]["delivery"]), (200, &json!(null)));
}
