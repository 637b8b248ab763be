//! Functions for `wasi:http`: the same gates stand before them, they are told of the call by headers that no client can set,
//! and what they answer in one go is held against the same rules.

use std::time::SystemTime;

use http::{Method, Request};
use http_body::Body as _;
use serde_json::{Value, json};
use tracing::Level;
use vestibule_host::pipeline;

use crate::support::token::{self, SHARED, bearer};
use crate::support::{Answer, Body, Builder, Host, LOCAL, PUBLIC, With, get, host, log, post, request};

const SECRET: &str = "a secret of these tests";

/// Names of the host's own headers as a client may write them, in the hope that the function takes them for the host's.
const FORGED: [&str; 6] = [
    "x-vestibule-identity-subject",
    "X-Vestibule-Identity-Subject",
    "x_vestibule_identity_subject",
    "x-vestibule_identity-subject",
    "x.vestibule.identity.subject",
    "x-vestibule-anything",
];

pub(crate) fn with(policy: &str) -> Builder {
    host().function("f", "incoming", policy)
}

fn public() -> Host {
    with(PUBLIC).start()
}

/// The headers that the function was told, of an answer of `echo`.
fn told(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let head = answer.text().split_once("\n\n").unwrap().0;
    head.lines().skip(1).map(|line| line.split_once(": ").unwrap()).collect()
}

/// The one value of a header that the function was told.
fn one<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut values = told(answer).into_iter().filter(|(known, _)| *known == name).map(|(_, value)| value);
    let value = values.next();
    assert_eq!(values.next(), None, "{name} was told more than once");
    value
}

fn own(answer: &Answer) -> Vec<(&str, &str)> {
    let mut own: Vec<_> =
        told(answer).into_iter().filter(|(name, _)| name.contains("vestibule") && *name != "x-vestibules").collect();
    own.sort_unstable();
    own
}

#[tokio::test]
async fn it_is_told_the_request_as_it_came() {
    let host = public();
    let body = "gr\u{fc}n \u{1f600}".repeat(100);
    let request = post("/f/a%20b/c?do=echo&x=%41", body.clone())
        .with("x-twice", "one")
        .with("x-other", "1")
        .with("x-twice", "two")
        .with("content-type", "text/plain; charset=utf-8")
        .with("te", "trailers")
        .with("x-named", "by connection")
        .with("connection", "x-named");
    let answer = host.send(request).await;
    let (line, rest) = answer.text().split_once('\n').unwrap();
    assert!(
        line.starts_with("Method::Post Some(Scheme::Http) \"localhost:8080\" \"/f/a%20b/c?do=echo&x=%41\""),
        "{line}"
    );
    assert_eq!(rest.split_once("\n\n").unwrap().1, body);
    let all = told(&answer);
    let twice: Vec<_> = all.iter().filter(|(name, _)| *name == "x-twice").map(|(_, value)| *value).collect();
    assert_eq!(twice, ["one", "two"]);
    assert_eq!(one(&answer, "content-type"), Some("text/plain; charset=utf-8"));
    for gone in ["te", "connection", "x-named", "host"] {
        assert_eq!(one(&answer, gone), None, "{gone}");
    }
    let odd = host.send(request_of("BREW", "/f")).await;
    assert!(odd.text().starts_with("Method::Other(\"BREW\")"), "{}", odd.text());
}

fn request_of(method: &str, target: &str) -> Request<Body> {
    request(Method::from_bytes(method.as_bytes()).unwrap(), target, Body::whole(""))
}

#[tokio::test]
async fn it_is_told_of_the_call_by_headers_of_the_hosts() {
    let host = host().function("orders/[id]", "incoming", PUBLIC).start();
    let before = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let answer = host.send(get("/orders/7%20a%26b=c/items?do=echo")).await;
    let deadline: u128 = one(&answer, "x-vestibule-deadline").unwrap().parse().unwrap();
    assert!((before + 10_000..before + 60_000).contains(&deadline), "ten seconds from then, in milliseconds");
    let version = host.ready("orders/[id]").code.version().to_owned();
    let mut own = own(&answer);
    own.retain(|(name, _)| *name != "x-vestibule-deadline");
    let expected = [
        ("x-vestibule-client", "127.0.0.1"),
        ("x-vestibule-function", "orders/[id]"),
        ("x-vestibule-params", "id=7%20a%26b%3Dc"),
        ("x-vestibule-request-id", answer.id()),
        ("x-vestibule-subpath", "/items"),
        ("x-vestibule-trigger", "http"),
        ("x-vestibule-version", &version),
    ];
    assert_eq!(own, expected, "and nothing of an identity or of a delivery, as there is none");
}

#[tokio::test]
async fn no_client_can_set_what_the_host_says() {
    let host = public();
    for name in FORGED {
        let answer = host.send(get("/f").with(name, "admin").with("x-vestibules", "kept")).await;
        assert!(!answer.text().contains("admin"), "{name}: {}", answer.text());
        assert_eq!(own(&answer).len(), 7, "{name}");
        assert_eq!(one(&answer, "x-vestibules"), Some("kept"));
    }
    let answer = host.send(get("/f").with("x-vestibule-request-id", "forged")).await;
    assert_eq!(one(&answer, "x-vestibule-request-id"), Some(answer.id()));
    assert_ne!(answer.id(), "forged");
}

#[tokio::test]
async fn a_signature_is_verified_before_there_is_a_sandbox() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let host = with(policy).secret("S", SECRET).start();
    let body = r#"{"action":"opened"}"#;
    let hook = |body: &'static str| {
        let hook = post("/f", body).with("x-github-delivery", "72d3162e").with("x-github-event", "push x");
        FORGED.iter().fold(hook, |hook, name| hook.with(name, "admin"))
    };
    for request in [
        hook(body),
        hook(body).signed("github", "another secret", body.as_bytes(), SystemTime::now()),
        hook(r#"{"action":"closed"}"#).signed("github", SECRET, body.as_bytes(), SystemTime::now()),
    ] {
        let answer = host.send(request).await;
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("signature missing or invalid")));
        assert_eq!(host.instances(), 0);
    }
    let answer = host.send(hook(body).signed("github", SECRET, body.as_bytes(), SystemTime::now())).await;
    assert_eq!(answer.text().split_once("\n\n").unwrap().1, body, "the bytes that were verified");
    let delivery: Vec<_> = own(&answer).into_iter().filter(|(name, _)| name.contains("-delivery-")).collect();
    let expected = [
        ("x-vestibule-delivery-event-type", "push%20x"),
        ("x-vestibule-delivery-id", "72d3162e"),
        ("x-vestibule-delivery-scheme", "github"),
        ("x-vestibule-delivery-secret", "S"),
    ];
    assert_eq!(delivery, expected);
    assert!(!answer.text().contains("admin") && !answer.text().contains(SECRET));
    assert_eq!(host.instances(), 1);
}

#[tokio::test]
async fn it_is_told_who_is_calling_and_not_by_whom_the_caller_says() {
    let policy = "[auth]\nproviders = [\"demo\"]\n";
    let host = with(policy).settings(&token::demo("")).secret("JWT", SHARED).start();
    let refused = host.send(get("/f").with("x-vestibule-identity-subject", "admin")).await;
    assert_eq!((refused.status, host.instances()), (401, 0));
    let more = json!({ "sub": "Gr\u{fc}n\r\nx-evil: 1", "roles": ["a,b", "editor"], "name": "\u{1f600}" });
    let request = get("/f").with("authorization", bearer(more));
    let request = FORGED.iter().fold(request, |request, name| request.with(name, "admin"));
    let answer = host.send(request).await;
    assert!(!answer.text().contains("admin"), "{}", answer.text());
    assert_eq!(one(&answer, "x-vestibule-identity-provider"), Some("demo"));
    assert_eq!(one(&answer, "x-vestibule-identity-subject"), Some("Gr%C3%BCn%0D%0Ax-evil:%201"));
    assert_eq!(one(&answer, "x-vestibule-identity-roles"), Some("a%2Cb,editor"));
    let claims: Value = serde_json::from_str(one(&answer, "x-vestibule-identity-claims").unwrap()).unwrap();
    assert_eq!((&claims["sub"], &claims["name"]), (&json!("Gr\u{fc}n\r\nx-evil: 1"), &json!("\u{1f600}")));
}

#[tokio::test]
async fn what_it_answers_in_one_go_is_whole_and_has_a_length() {
    let host = public();
    for (target, length) in [("/f?do=length", 5), ("/f?do=parts&parts=30&size=1000", 30_000)] {
        let reply = pipeline::handle(&host.app, get(target), LOCAL).await;
        assert_eq!((reply.status().as_u16(), reply.body().size_hint().exact()), (200, Some(length)), "{target}");
    }
    let answer = host.send(get("/f?do=length")).await;
    assert_eq!((answer.text(), answer.header("x-content-type-options")), ("whole", Some("nosniff")));
    let line = log::access(answer.id());
    assert_eq!((line.field("outcome"), line.field("status"), line.level), ("ok", "200", Level::INFO));
    assert!(line.field("memory_bytes").parse::<u64>().unwrap() > 0, "{line}");
}

#[tokio::test]
async fn headers_are_held_against_the_same_rules() {
    let host = public();
    let answer = host.send(get("/f?do=headers")).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2, still b", "c=3"]);
    assert_eq!(answer.headers["x-kept"].as_bytes(), "gr\u{fc}n".as_bytes());
    for gone in ["te", "trailer", "proxy-authentication-info", "date"] {
        assert!(!answer.headers.contains_key(gone), "{gone}");
    }
    assert_ne!(answer.id(), "somebody-elses");
    let many = host.send(get("/f?do=many-headers")).await;
    assert_eq!((many.status, log::access(many.id()).field("reason")), (502, "more than 256 headers"));
}

#[tokio::test]
async fn a_status_without_a_body_has_none_and_an_interim_one_is_no_answer() {
    let host = public();
    for status in [204, 205, 304] {
        let answer = host.send(get(&format!("/f?do=status&status={status}"))).await;
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
    for status in [200, 418, 599] {
        let answer = host.send(get(&format!("/f?do=status&status={status}"))).await;
        assert_eq!((answer.status, answer.text()), (status, "not always to be sent"));
    }
    for status in [100, 101, 103, 199, 600, 999] {
        let answer = host.send(get(&format!("/f?do=status&status={status}"))).await;
        assert_eq!((answer.status, log::access(answer.id()).field("outcome")), (502, "bad_response"), "{status}");
    }
}

#[tokio::test]
async fn head_is_answered_without_the_body_and_with_the_length_that_it_has() {
    let host = public();
    let head = |target: &str| request_of("HEAD", target);
    for (target, length) in [
        ("/f?do=length", Some("5")),
        ("/f?do=short", Some("100")),
        ("/f?do=claims", Some("5")),
        ("/f?do=parts&parts=3&size=4&ms=5", Some("12")),
        ("/f?do=status&status=204", None),
    ] {
        let answer = host.send(head(target)).await;
        assert_eq!((answer.header("content-length"), answer.body.len()), (length, 0), "{target}");
        assert_eq!(log::access(answer.id()).field("outcome"), "ok", "{target}");
    }
    // Of this status there is no body, whoever asks.
    let answer = host.send(get("/f?do=claims&status=304")).await;
    assert_eq!((answer.status, answer.body.len()), (304, 0));
    let answer = host.send(head("/f?do=parts&parts=0")).await;
    assert_eq!((answer.status, answer.header("content-length")), (200, None), "nobody knows what GET would get");
}

#[tokio::test]
async fn each_way_to_fail_has_its_status_and_its_name() {
    let host = with(&format!("{PUBLIC}timeout = \"1s\"\nmemory = \"16MiB\"\nresponse_limit = \"8KiB\"\n")).start();
    let failed = "the function failed";
    let none = "the function gave no valid answer";
    for (what, status, text, outcome, reason) in [
        ("silent", 500, failed, "no_answer", "the guest ended without an answer"),
        ("forget", 500, failed, "no_answer", "the guest ended without an answer"),
        ("error", 500, failed, "error", "the door is stuck"),
        ("exit", 500, failed, "trap", "the guest exited with status 1"),
        ("trap&when=before", 500, failed, "trap", "unreachable"),
        ("memory", 500, failed, "out_of_memory", "refused memory past its policy's `memory`"),
        ("loop&when=before", 504, "the function took too long", "timeout", "still running at its policy's `timeout`"),
        ("hang&when=before", 504, "the function took too long", "timeout", "still running at its policy's `timeout`"),
        ("trap&ms=0", 500, failed, "trap", "unreachable"),
        ("unfinished&ms=0", 502, none, "bad_response", "did not finish its body"),
        ("left&ms=0", 502, none, "bad_response", "did not finish its body"),
        ("short", 502, none, "bad_response", "shorter than its content-length"),
        ("claims", 502, none, "bad_response", "shorter than its content-length"),
        ("claims&ms=50", 502, none, "bad_response", "shorter than its content-length"),
        ("long", 502, none, "bad_response", "longer than its content-length"),
        (
            "parts&parts=5&size=4000",
            502,
            "the function's answer is too large",
            "response_too_large",
            "larger than the policy's `response_limit`",
        ),
    ] {
        let answer = host.send(get(&format!("/f?do={what}"))).await;
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(text)), "{what}");
        let line = log::access(answer.id());
        assert_eq!((line.field("outcome"), line.level), (outcome, Level::WARN), "{what}");
        assert!(line.field("reason").contains(reason), "{what}: {line}");
        assert!(!answer.text().contains("stuck") && !answer.text().contains("first part"), "{what}");
        assert_eq!(host.send(get("/f?do=length")).await.text(), "whole", "after {what}");
    }
}

#[tokio::test]
async fn what_it_can_have_the_host_keep_is_bounded() {
    let host = with(&format!("{PUBLIC}timeout = \"60s\"\n")).start();
    let hoard = host.send(get("/f?do=hoard")).await;
    let line = log::access(hoard.id());
    assert_eq!((hoard.status, line.field("outcome")), (500, "trap"), "{line}");
    assert!(line.field("reason").contains("no free keys"), "{line}");
    let large = host.send(get("/f?do=large-headers")).await;
    assert_eq!((large.status, log::access(large.id()).field("outcome")), (500, "trap"), "it could not set them");
}

#[tokio::test]
async fn every_request_has_an_instance_of_its_own_and_no_way_out() {
    let host = public();
    for made in 1..=5 {
        assert_eq!(host.send(get("/f?do=length")).await.status, 200);
        assert_eq!(host.instances(), made);
    }
    let answer = host.send(get("/f?do=outgoing")).await;
    assert_eq!((answer.status, answer.text()), (200, "ErrorCode::HttpRequestDenied"));
    let lines = log::guest(answer.id());
    assert!(lines.iter().any(|line| line.field("message").contains("https://example.com")), "{lines:?}");
}
