//! Verifiers of one's own: what they are told, what is believed of them, what they cost, and that nothing they do lets
//! anybody in or takes from others.

use std::task::Poll;
use std::time::{SystemTime, UNIX_EPOCH};

use http::Request;
use serde_json::{Value, json};

use crate::support::token::{self, SHARED, bearer};
use crate::support::verifier::{BODY, HEADERS, SECRETS, URL, gives_back, moody, verifier, verifier_with, waits};
use crate::support::{Answer, Body, Builder, Host, PUBLIC, With, component, get, host, log, post};

const POLICY: &str = "[verify]\nscheme = \"component\"\ncomponent = \"f.verifier.wasm\"\n";
const SECRET: &str = "the secret that the bank and this host share";

/// A host with echo behind `verifier`, with these lines in its `[verify]`.
fn behind(verifier: impl AsRef<[u8]>, lines: &str) -> Builder {
    let host = host().verifiers(2).function("f", "echo", &format!("{POLICY}{lines}\n"));
    host.file("f.verifier.wasm", verifier)
}

/// A notice as the bank of the example sends it, `time` in Unix seconds.
fn notice(secret: &str, time: u64) -> Request<Body> {
    let signed = format!("amount=10.50&currency=EUR&reference=R-1&time={time}");
    let sign = hmac_sha256_upper(secret, &signed);
    let body = json!({
        "time": time.to_string(), "reference": "R-1", "currency": "EUR", "amount": "10.50", "sign": sign
    });
    post("/f", body.to_string())
}

/// The HMAC of a text in upper-case hexadecimal digits, by way of a scheme that signs the body alone.
fn hmac_sha256_upper(secret: &str, text: &str) -> String {
    let request = post("/f", "").signed("github", secret, text.as_bytes(), SystemTime::now());
    let header = request.headers()["x-hub-signature-256"].to_str().unwrap().to_owned();
    header.strip_prefix("sha256=").unwrap().to_uppercase()
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn bank(lines: &str) -> Host {
    let lines = format!("secrets = [\"NEXT\", \"BANK\"]\n{lines}");
    let host = behind(component("bank.verifier"), &lines);
    host.secret("BANK", SECRET).secret("NEXT", "another that is not used yet").start()
}

fn delivery(answer: &Answer) -> Value {
    answer.json()["context"]["delivery"].clone()
}

/// Asserts that a request was refused at the verifier's gate for the reason `kind`, and that no function has run for it.
fn assert_refused(host: &Host, answer: &Answer, kind: &str) {
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("signature missing or invalid")), "{kind}");
    let series = format!("vestibule_refusals_total{{function=\"f\",stage=\"verify\",reason=\"{kind}\"}}");
    assert!(host.metric(&series) > 0, "{series}");
    assert_eq!(log::access(answer.id()).field("stage"), "verify", "{kind}");
    assert_eq!(host.instances(), 0, "{kind}");
}

#[tokio::test]
async fn what_a_verifier_accepts_runs_and_is_told_what_it_found() {
    let host = bank("");
    let now = seconds();
    let answer = host.send(notice(SECRET, now)).await;
    assert_eq!(answer.status, 200);
    let expected =
        json!({ "scheme": "component", "id": "R-1", "event_type": null, "timestamp": now, "secret": "BANK" });
    assert_eq!(delivery(&answer), expected);
    assert_eq!((host.verifier_instances(), host.instances()), (1, 1));
}

#[tokio::test]
async fn what_a_verifier_refuses_has_a_sandbox_of_the_verifier_and_none_of_the_function() {
    let host = bank("");
    for (count, secret) in [(1, "another"), (2, "NEXT"), (3, "BANK")] {
        assert_refused(&host, &host.send(notice(secret, seconds())).await, "custom_refused");
        assert_eq!(host.verifier_instances(), count);
    }
    let answer = host.send(post("/f", "[1]")).await;
    assert_refused(&host, &answer, "custom_refused");
    let reason = log::access(answer.id()).field("reason").to_owned();
    assert!(reason.contains("the body is not what the bank sends"), "{reason}");
}

#[tokio::test]
async fn a_timestamp_that_it_returns_is_held_against_the_tolerance() {
    for (lines, time, expected) in [
        ("", seconds() - 400, "stale"),
        ("", seconds() + 400, "future"),
        ("tolerance = \"1m\"", seconds() - 100, "stale"),
        ("tolerance = \"10m\"", seconds() - 400, ""),
    ] {
        let host = bank(lines);
        let answer = host.send(notice(SECRET, time)).await;
        if expected.is_empty() {
            assert_eq!(answer.status, 200, "{lines}");
        } else {
            assert_refused(&host, &answer, expected);
        }
    }
}

#[tokio::test]
async fn however_a_verifier_fails_it_lets_nobody_in_and_the_next_request_finds_it_as_new() {
    let host = behind(moody(), "timeout = \"100ms\"\nmemory = \"2MiB\"").start();
    for (count, (body, kind, why)) in [
        ("loop", "custom_failed", "it took longer than 100ms"),
        ("trap", "custom_failed", "it trapped: "),
        ("memory", "custom_failed", "it needed more memory than 2MiB"),
        ("no", "custom_refused", "no; INFO \\u{1b}[31mforged"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = host.send(post("/f", body)).await;
        assert_refused(&host, &answer, kind);
        let line = log::access(answer.id());
        assert!(line.field("reason").contains(why), "{line}");
        assert_eq!(host.verifier_instances(), count as u64 + 1);
    }
    assert_eq!(host.send(post("/f", "yes")).await.status, 200);
}

#[tokio::test]
async fn what_it_is_told_is_what_came() {
    let ask = |place, lines: &str, settings: &str| {
        let host = behind(gives_back(place), lines).settings(settings).start();
        async move { delivery(&host.send(post("/f/a%20b?c=d", "the body")).await)["id"].clone() }
    };
    let public = "public_url = \"https://hooks.example.com\"\n";
    let own = "url = \"https://example.com/bank\"";
    for (place, lines, settings, expected) in [
        (0, "", "", "POST"),
        (URL, "", "", "/f/a%20b?c=d"),
        (URL, "", public, "https://hooks.example.com/f/a%20b?c=d"),
        (URL, own, "", "https://example.com/bank/a%20b?c=d"),
        (URL, own, public, "https://example.com/bank/a%20b?c=d"),
        (URL + 2, own, public, "/f/a%20b"),
        (URL + 4, own, public, "c=d"),
        (BODY, "", "", "the body"),
    ] {
        assert_eq!(ask(place, lines, settings).await, expected, "{place} {lines:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_it_has_accepted_runs_once_unless_the_policy_says_otherwise() {
    for (lines, status, runs) in [
        ("", 200, 1),
        ("replay = \"acknowledge\"", 200, 1),
        ("replay = \"reject\"", 409, 1),
        ("replay = \"allow\"", 200, 2),
    ] {
        let host = bank(lines);
        let now = seconds();
        assert_eq!(host.send(notice(SECRET, now)).await.status, 200, "{lines:?}");
        // The same notice an instant later: its id is the same, and nothing else of it.
        assert_eq!(host.send(notice(SECRET, now + 1)).await.status, status, "{lines:?}");
        assert_eq!((host.verifier_instances(), host.instances()), (2, runs), "each is verified: {lines:?}");
    }
}

#[tokio::test]
async fn the_id_that_it_returns_tells_deliveries_apart_and_without_one_all_that_came() {
    let host = behind(gives_back(BODY), "").start();
    for (target, body, runs) in [("/f", "1", 1), ("/f?again", "1", 1), ("/f", "2", 2)] {
        assert_eq!(host.send(post(target, body)).await.status, 200);
        assert_eq!(host.instances(), runs, "{target} {body}");
    }
    let host = behind(moody(), "").start();
    for (target, body, runs) in
        [("/f", "yes", 1), ("/f", "yes", 1), ("/f", "y", 2), ("/f?other", "y", 3), ("/f?other", "y", 3)]
    {
        assert_eq!(host.send(post(target, body).with("x-try", runs.to_string())).await.status, 200);
        assert_eq!(host.instances(), runs, "{target} {body}");
    }
    // What it refuses is no delivery, and takes no other's place.
    assert_eq!(host.send(post("/f", "no")).await.status, 401);
    assert_eq!(host.send(post("/f", "no")).await.status, 401);
    assert_eq!(host.metric("vestibule_replay_entries"), 3);
}

#[tokio::test]
async fn headers_come_in_lower_case_and_as_often_as_they_were_sent() {
    // Gives back the value of the header at a place of the list; each is two texts.
    let value = |n: u32| {
        let at = |offset| format!("(i32.load offset={} (local.get {HEADERS}))", n * 16 + offset);
        behind(verifier(&format!("(call $said (i32.const 1) {} {})", at(8), at(12))), "").start()
    };
    let request = || post("/f", "").with("X-Note", "one").with("x-note", "two").with("x-latin", b"gr\xfcn");
    for (n, expected) in [(1, "one"), (2, "two"), (3, "gr\u{fc}n")] {
        assert_eq!(delivery(&value(n).send(request()).await)["id"], expected);
    }
}

#[tokio::test]
async fn it_gets_the_secrets_that_its_policy_names_and_no_others() {
    // Accepts if there are as many secrets as the body has bytes.
    let count = format!(
        "(if (i32.eq (local.get {}) (local.get {})) (then (return (i32.const 0)))) (unreachable)",
        SECRETS + 1,
        BODY + 1
    );
    for (lines, body) in [("", ""), ("secrets = [\"A\"]", "1"), ("secrets = [\"B\", \"A\"]", "12")] {
        let host = behind(verifier(&count), lines).secret("A", SECRET).secret("B", SECRET).secret("C", SECRET).start();
        assert_eq!(host.send(post("/f", body)).await.status, 200, "{lines:?}");
        assert_eq!(host.send(post("/f", format!("{body}x"))).await.status, 401, "{lines:?}");
    }
}

#[tokio::test]
async fn what_it_says_of_itself_is_bounded_and_checked() {
    let accepts_with_body = behind(gives_back(BODY), "").start();
    let longest = "x".repeat(256);
    for (id, status) in [("id", 200), (&longest, 200), (&format!("{longest}x"), 401), ("a\nb", 401), ("", 401)] {
        assert_eq!(accepts_with_body.send(post("/f", id.to_owned())).await.status, status, "{id:?}");
    }
    let refuses_with_body =
        behind(verifier(&format!("(call $said (i32.const 0) (local.get {BODY}) (local.get {}))", BODY + 1)), "")
            .start();
    let answer = refuses_with_body.send(post("/f", "\u{1b}".repeat(100_000))).await;
    assert_refused(&refuses_with_body, &answer, "custom_refused");
    let reason = log::access(answer.id()).field("reason").to_owned();
    assert!(reason.len() < 600 && !reason.contains('\u{1b}'), "{reason}");
    // A text that lies outside of its memory, or one that is far too long, is no answer.
    for text in ["(i32.const 65530) (i32.const 100)", "(i32.const 0) (i32.const 2000000)"] {
        let grown = format!("(drop (memory.grow (i32.const 100))) (call $said (i32.const 0) {text})");
        let grown = if text.contains("65530") { grown.replace("100)))", "0)))") } else { grown };
        let host = behind(verifier(&grown), "").start();
        assert_refused(&host, &host.send(post("/f", "")).await, "custom_failed");
    }
}

#[tokio::test]
async fn a_secret_is_in_no_line_of_the_log() {
    let host = bank("");
    for request in [notice(SECRET, seconds()), notice(SECRET, 1), notice("another", seconds()), post("/f", "{}")] {
        let answer = host.send(request).await;
        let lines = log::lines(answer.id());
        assert!(!lines.is_empty());
        let text: String = lines.iter().map(ToString::to_string).collect();
        assert!(!text.contains(SECRET) && !text.contains("not used yet"), "{text}");
    }
}

#[tokio::test]
async fn what_it_writes_is_in_the_log_and_marked() {
    let parts = r#"
        (import "wasi:logging/logging@0.1.0-draft" (instance $logging
          (type $level0 (enum "trace" "debug" "info" "warn" "error" "critical"))
          (export "level" (type $level (eq $level0)))
          (export "log" (func (param "level" $level) (param "context" string) (param "message" string)))))
        (core func $log (canon lower (func $logging "log") (memory $memory) (realloc $realloc)))"#;
    let fields = "(import \"host\" \"log\" (func $log (param i32 i32 i32 i32 i32)))";
    let instructions = format!(
        "(call $log (i32.const 3) (i32.const 0) (i32.const 0) (local.get {BODY}) (local.get {})) (i32.const 0)",
        BODY + 1
    );
    let talks = verifier_with(parts, "(export \"log\" (func $log))", fields, &instructions);
    let host = behind(talks, "").start();
    let answer = host.send(post("/f", "a line\nanother")).await;
    let lines = log::guest(answer.id());
    let line = lines.iter().find(|line| line.field("verifier") == "true").expect("the verifier's line");
    assert_eq!((line.field("message"), line.field("function")), ("a line\\nanother", "f"));
}

#[tokio::test]
async fn it_stands_before_the_callers_token_and_both_must_pass() {
    let policy = format!("{POLICY}[auth]\nproviders = [\"demo\"]\n");
    let host = host().verifiers(1).function("f", "echo", &policy).file("f.verifier.wasm", moody());
    let host = host.settings(&token::demo("")).secret("JWT", SHARED).start();
    let refused = host.send(post("/f", "no").with("authorization", bearer(json!({})))).await;
    assert_eq!((refused.status, log::access(refused.id()).field("stage")), (401, "verify"));
    let nobody = host.send(post("/f", "yes")).await;
    assert_eq!((nobody.status, log::access(nobody.id()).field("stage")), (401, "auth"));
    assert_eq!((host.verifier_instances(), host.instances()), (2, 0));
    assert_eq!(host.send(post("/f", "yes").with("authorization", bearer(json!({})))).await.status, 200);
}

#[tokio::test]
async fn who_is_refused_before_it_makes_no_sandbox_of_it() {
    let policy = format!("methods = [\"POST\"]\nbody_limit = \"3B\"\n{POLICY}");
    let host = host().verifiers(1).function("f", "echo", &policy).file("f.verifier.wasm", moody()).start();
    assert_eq!(host.send(get("/f")).await.status, 405);
    assert_eq!(host.send(post("/f", "yess")).await.status, 413);
    assert_eq!((host.verifier_instances(), host.instances()), (0, 0));
}

#[tokio::test]
async fn a_flood_is_bounded_and_takes_no_sandbox_of_a_function() {
    // One sandbox for functions, and places for two verifiers in the whole host.
    for (concurrency, verifiers) in [(2, 4), (4, 2)] {
        let lines = format!("concurrency = {concurrency}\ntimeout = \"10s\"");
        let host = behind(waits(), &lines).function("other", "canary", PUBLIC);
        let host = host.sandboxes(1).verifiers(verifiers).settings("[server]\npermit_wait = \"0ms\"\n").start();
        // Asked once and then left alone: they wait in their sandboxes, however long this takes.
        let mut running = Vec::new();
        for _ in 0..2 {
            let mut sent = Box::pin(host.send(post("/f", "")));
            let asked = std::future::poll_fn(|context| Poll::Ready(sent.as_mut().poll(context).is_pending()));
            assert!(asked.await);
            running.push(sent);
        }
        for _ in 0..20 {
            let answer = host.send(post("/f", "")).await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
            assert_eq!(log::access(answer.id()).field("stage"), "verify");
        }
        assert_eq!(host.verifier_instances(), 2, "{concurrency} {verifiers}");
        assert_eq!(host.send(get("/other")).await.status, 200, "others go on");
        // Whoever goes away gives its place back.
        drop(running.pop());
        assert_eq!(host.send(post("/f", "")).await.status, 200);
        for sent in running {
            assert_eq!(sent.await.status, 200);
        }
    }
}
