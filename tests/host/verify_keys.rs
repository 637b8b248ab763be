//! The keys of `[verify]` that stand beside a scheme and say what is its user's to say: for each a test that fails if the
//! key is ignored, named like it.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use signatures::{Overrides, Secret, SignRequest, scheme, sign};

use crate::support::{Answer, Body, With, host, post};

const BODY: &[u8] = br#"{"id":"e-1","kind":"seat.booked"}"#;
const PRIVATE: [&str; 2] = [
    include_str!("../../signatures/tests/data/ed25519-a.private.pem"),
    include_str!("../../signatures/tests/data/ed25519-b.private.pem"),
];
const PUBLIC: [&str; 2] = [
    include_str!("../../signatures/tests/data/ed25519-a.public.pem"),
    include_str!("../../signatures/tests/data/ed25519-b.public.pem"),
];

/// A message to `target` that a sender of the scheme signs, with what it says otherwise than the scheme.
fn message(
    name: &str,
    target: &str,
    secret: &str,
    other: Overrides,
    change: impl FnOnce(&mut SignRequest<'_>),
) -> Request<Body> {
    let scheme = scheme(name).unwrap().clone().with(&other).unwrap();
    let mut request = SignRequest::new(BODY, SystemTime::now());
    change(&mut request);
    let signed = sign(&scheme, Some(&Secret::new("S", secret)), &request).unwrap();
    let message = post(target, signed.body.into_owned());
    signed.headers.iter().fold(message, |message, (name, value)| message.with(name, value))
}

/// What the echo answers to a message behind `[verify]` with these lines.
async fn ask(lines: &str, message: Request<Body>) -> Answer {
    let policy = format!("[verify]\nreplay = \"allow\"\n{lines}\n");
    host().function("f", "echo", &policy).secret("S", "hunter2").start().send(message).await
}

fn plain(name: &str) -> Request<Body> {
    message(name, "/f", "hunter2", Overrides::default(), |_| {})
}

#[tokio::test]
async fn verify_public_key_is_enforced() {
    let by = |private: &str| message("discord", "/f", private, Overrides::default(), |_| {});
    let (first, second) = (PUBLIC[0].replace('\n', "\\n"), PUBLIC[1].replace('\n', "\\n"));
    for (keys, signer, status) in [
        (format!("\"{first}\""), 0, 200),
        (format!("\"{first}\""), 1, 401),
        (format!("[\"{first}\", \"{second}\"]"), 1, 200),
    ] {
        let answer = ask(&format!("scheme = \"discord\"\npublic_key = {keys}"), by(PRIVATE[signer])).await;
        assert_eq!(answer.status, status, "{keys} {signer}");
    }
}

#[tokio::test]
async fn verify_key_id_is_enforced() {
    let under =
        |name: &'static str| message("pusher", "/f", "hunter2", Overrides::default(), |r| r.key_id = Some(name));
    let lines = "scheme = \"pusher\"\nsecrets = [\"S\"]";
    let named = format!("{lines}\nkey_id = \"mine\"");
    assert_eq!(ask(&named, under("mine")).await.status, 200);
    assert_eq!(ask(&named, under("other")).await.status, 401);
    assert_eq!(ask(&named, plain("pusher")).await.status, 401, "it names no key");
    assert_eq!(ask(lines, under("other")).await.status, 200);
}

#[tokio::test]
async fn verify_url_is_enforced() {
    let to = |url: &'static str| message("square", "/f?a=1", "hunter2", Overrides::default(), |r| r.url = url);
    let lines = "scheme = \"square\"\nsecrets = [\"S\"]\nurl = \"https://hooks.example/square\"";
    assert_eq!(ask(lines, to("https://hooks.example/square?a=1")).await.status, 200);
    for other in ["https://hooks.example/square", "https://hooks.example/f?a=1", "http://localhost:8080/f?a=1"] {
        assert_eq!(ask(lines, to(other)).await.status, 401, "{other}");
    }
}

#[tokio::test]
async fn verify_header_is_enforced() {
    let other = || Overrides { header: Some("x-acme".into()), ..Overrides::default() };
    let lines = "scheme = \"sha256Verifier\"\nsecrets = [\"S\"]";
    let named = format!("{lines}\nheader = \"X-Acme\"");
    assert_eq!(ask(&named, message("sha256Verifier", "/f", "hunter2", other(), |_| {})).await.status, 200);
    assert_eq!(ask(&named, plain("sha256Verifier")).await.status, 401);
    assert_eq!(ask(lines, plain("sha256Verifier")).await.status, 200);
}

#[tokio::test]
async fn verify_prefix_is_enforced() {
    let other = || Overrides { prefix: Some(String::new()), ..Overrides::default() };
    let lines = "scheme = \"sha1Verifier\"\nsecrets = [\"S\"]\nprefix = \"\"";
    assert_eq!(ask(lines, message("sha1Verifier", "/f", "hunter2", other(), |_| {})).await.status, 200);
    assert_eq!(ask(lines, plain("sha1Verifier")).await.status, 401);
}

#[tokio::test]
async fn verify_issuer_is_enforced() {
    let by = |issuer: &str| {
        let other = Overrides { issuer: Some(issuer.into()), ..Overrides::default() };
        message("jwtVerifier", "/f", "hunter2", other, |_| {})
    };
    let lines = "scheme = \"jwtVerifier\"\nsecrets = [\"S\"]";
    let named = format!("{lines}\nissuer = \"acme\"");
    assert_eq!(ask(&named, by("acme")).await.status, 200);
    assert_eq!(ask(&named, by("other")).await.status, 401);
    assert_eq!(ask(lines, by("other")).await.status, 200);
}

#[tokio::test]
async fn verify_id_is_enforced() {
    let lines = "scheme = \"github\"\nsecrets = [\"S\"]\nid = { json = \"id\" }";
    let id = |answer: Answer| answer.json()["context"]["delivery"]["id"].clone();
    assert_eq!(id(ask(lines, plain("github")).await), "e-1");
    // It is what tells deliveries of a scheme apart that signs nothing.
    let policy = "[verify]\nscheme = \"gitlab\"\nsecrets = [\"S\"]\nid = { header = \"x-id\" }\nreplay = \"reject\"\n";
    let host = host().function("f", "echo", policy).secret("S", "hunter2").start();
    let with = |id: &str| plain("gitlab").with("x-id", id);
    assert_eq!(host.send(with("1")).await.status, 200);
    assert_eq!(host.send(with("1")).await.status, 409);
    assert_eq!(host.send(with("2")).await.status, 200);
    assert_eq!(host.instances(), 2);
}

#[tokio::test]
async fn verify_event_is_enforced() {
    let lines = "scheme = \"github\"\nsecrets = [\"S\"]\nevent = { json = \"kind\" }";
    let answer = ask(lines, plain("github")).await;
    assert_eq!(answer.json()["context"]["delivery"]["event_type"], "seat.booked");
}

#[tokio::test]
async fn verify_topic_is_enforced() {
    let recorded: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../signatures/tests/data/webhooks.json")).unwrap();
    let found = recorded.iter().find(|message| message["id"] == "aws-sns/ok-pretty-json").unwrap();
    let body = STANDARD.decode(found["body_base64"].as_str().unwrap()).unwrap();
    let key = found["public_key"].as_str().unwrap();
    let ask = async |topic: &str| {
        let policy = format!("[verify]\nscheme = \"aws-sns\"\npublic_key = \"\"\"{key}\"\"\"\n{topic}\n");
        host().function("f", "echo", &policy).start().send(post("/f", body.clone())).await.status
    };
    let mine = "arn:aws:sns:us-west-2:123456789012:MyTopic";
    assert_eq!(ask(&format!("topic = \"{mine}\"")).await, 200);
    assert_eq!(ask(&format!("topic = [\"arn:aws:sns:us-west-2:1:other\", \"{mine}\"]")).await, 200);
    assert_eq!(ask("topic = \"arn:aws:sns:us-west-2:1:other\"").await, 401);
    assert_eq!(ask("").await, 503, "without a topic anybody's would do");
}

#[tokio::test]
async fn a_url_that_is_written_is_that_of_the_functions_own_route() {
    let to = |url: &'static str| message("square", "/f/refunds", "hunter2", Overrides::default(), |r| r.url = url);
    let lines = "scheme = \"square\"\nsecrets = [\"S\"]\nurl = \"https://hooks.example/square\"";
    assert_eq!(ask(lines, to("https://hooks.example/square/refunds")).await.status, 200);
    assert_eq!(ask(lines, to("https://hooks.example/square")).await.status, 401);
}
