//! Handshakes: what the host answers in a function's stead, when it does, and that it never makes a sandbox for that.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use serde_json::{Value, json};
use signatures::{Secret, SignRequest};
use vestibule_host::reload::STILL;

use crate::support::{Answer, Body, Host, With, get, host, log, post, request};

const SECRET: &str = "a secret of these tests";
const DISCORD: &str = include_str!("../../signatures/tests/data/ed25519-a.private.pem");
const DISCORD_PUBLIC: &str = include_str!("../../signatures/tests/data/ed25519-a.public.pem");

/// What stands in a policy to have Asana's secret arrive.
const ASANA: &str = "[verify]\nscheme = \"asana\"\nsecrets = [\"HOOK\"]\nhandshake = \"asana\"\n";
const HOOK_SECRET: &str = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";

/// A host with the canary as `/hook`, which takes POST alone, under `scheme` and these lines of `[verify]`.
fn receiver(scheme: &str, more: &str) -> Host {
    let keys = if scheme == "discord" {
        format!("public_key = '''\n{DISCORD_PUBLIC}'''")
    } else {
        "secrets = [\"S\"]".to_owned()
    };
    let policy = format!("methods = [\"POST\"]\n[verify]\nscheme = \"{scheme}\"\n{keys}\n{more}\n");
    host()
        .settings("public_url = \"https://hooks.example\"")
        .function("hook", "canary", &policy)
        .secret("S", SECRET)
        .secret("T", "meatyhamhock")
        .start()
}

fn signed(scheme: &str, body: &'static str) -> Request<Body> {
    let secret = if scheme == "discord" { DISCORD } else { SECRET };
    let scheme = signatures::scheme(scheme).unwrap();
    let asked = SignRequest { id: Some("id-1"), ..SignRequest::new(body.as_bytes(), SystemTime::now()) };
    let asked = if scheme.name() == "twitch" { asked } else { SignRequest { id: None, ..asked } };
    let headers = signatures::sign(scheme, Some(&Secret::new("NAME", secret)), &asked).unwrap().headers;
    let request = headers.iter().fold(post("/hook", body), |request, (name, value)| request.with(name, value));
    match scheme.name() {
        "twitch" => request.with("twitch-eventsub-message-type", "webhook_callback_verification"),
        _ => request,
    }
}

fn options(name: &str, value: &str) -> Request<Body> {
    request(Method::OPTIONS, "/hook", Body::whole("")).with(name, value)
}

/// Asserts that the host answered a handshake itself, once.
fn assert_answered(host: &Host, answer: &Answer, case: &str) {
    let line = log::access(answer.id());
    assert_eq!((line.field("outcome"), line.field("stage")), ("handshake", ""), "{case}: {line}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{case}");
    assert_eq!((host.outcomes("hook", "handshake"), host.instances()), (1, 0), "{case}");
}

/// Asserts that a request was turned away at a gate, without a sandbox.
fn assert_refused(host: &Host, answer: &Answer, status: u16, stage: &str, case: &str) {
    assert_eq!((answer.status, log::access(answer.id()).field("stage")), (status, stage), "{case}");
    assert_eq!((host.outcomes("hook", "handshake"), host.instances()), (0, 0), "{case}");
}

const SLACK: &str = r#"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV"}"#;
const ZOOM: &str = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
const TWITCH: &str = r#"{"challenge":"pogchamp-kappa","subscription":{"id":"f1"}}"#;
const PING: &str = r#"{"type":1}"#;

/// Those that their providers sign, each with its body and what is answered.
const SIGNED: [(&str, &str, u16, &str); 5] = [
    ("slack", SLACK, 200, "3eZbrw1aBm2rZgRNFdxV"),
    ("zoom", ZOOM, 200, "plainToken"),
    ("twitch", TWITCH, 200, "pogchamp-kappa"),
    ("discord", PING, 200, PING),
    ("discord", r#"{"version":1,"type":0}"#, 204, ""),
];

/// Those that their providers do not sign, each with what a policy says and what is answered.
fn unsigned() -> Vec<(&'static str, &'static str, Request<Body>, &'static str)> {
    let meta = "/hook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
    let azure = r#"[{"data":{"validationCode":"512d38b6"}}]"#;
    vec![
        ("meta", "handshake_token = \"T\"", get(meta), "1158201444"),
        ("dropbox", "", get("/hook?challenge=abc123"), "abc123"),
        ("microsoft-graph", "", post("/hook?validationToken=Validation%3A+Testing", ""), "Validation: Testing"),
        (
            "azure-eventgrid",
            "",
            post("/hook", azure).with("aeg-event-type", "SubscriptionValidation"),
            r#"{"validationResponse":"512d38b6"}"#,
        ),
        ("cloudevents", "", options("webhook-request-origin", "eventemitter.example.com"), ""),
        ("x", "", get("/hook?crc_token=challenge_string"), "sha256="),
        ("okta", "", get("/hook").with("x-okta-verification-challenge", "my challenge"), "my challenge"),
        ("trello", "", request(Method::HEAD, "/hook", Body::whole("")), ""),
    ]
}

#[tokio::test]
async fn what_its_provider_signs_is_answered_after_the_signature() {
    for (name, body, status, text) in SIGNED {
        let host = receiver(name, &format!("handshake = \"{name}\""));
        let answer = host.send(signed(name, body)).await;
        assert_eq!(answer.status, status, "{name}");
        assert!(answer.text().contains(text), "{name}: {}", answer.text());
        assert_answered(&host, &answer, name);
    }
}

#[tokio::test]
async fn without_the_right_signature_it_is_not_answered() {
    for (name, body, ..) in SIGNED {
        let host = receiver(name, &format!("handshake = \"{name}\""));
        assert_refused(&host, &host.send(post("/hook", body)).await, 401, "verify", name);
        let mut forged = signed(name, body);
        *forged.body_mut() = Body::whole(format!("{body} "));
        assert_refused(&host, &host.send(forged).await, 401, "verify", name);
    }
}

#[tokio::test]
async fn what_its_provider_does_not_sign_is_answered_with_any_method_and_only_that() {
    for (name, more, request, text) in unsigned() {
        let host = receiver("github", &format!("handshake = \"{name}\"\n{more}"));
        let answer = host.send(request).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.text().contains(text), "{name}: {}", answer.text());
        assert_answered(&host, &answer, name);

        let other = host.send(get("/hook?other=1")).await;
        assert_eq!((other.status, other.header("allow")), (405, Some("POST, OPTIONS")), "{name}");
        assert_eq!(host.send(post("/hook", "{}")).await.status, 401, "{name}");
        let preflight = host.send(options("origin", "https://app.example")).await;
        assert_eq!((preflight.status, preflight.header("allow")), (204, Some("POST, OPTIONS")), "{name}");
        assert_eq!(host.instances(), 0, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_made_with_a_secret_is_made_with_the_first_one() {
    let policy = "[verify]\nscheme = \"braintree\"\nsecrets = [\"S\", \"T\"]\nkey_id = \"integration_public_key\"\n\
                  handshake = \"braintree\"\n";
    let host = host()
        .function("hook", "canary", policy)
        .secret("S", "integration_private_key")
        .secret("T", "another private key")
        .start();
    let answer = host.send(get("/hook?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53")).await;
    assert_eq!(answer.text(), "integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4");
    assert_answered(&host, &answer, "braintree");
}

#[tokio::test]
async fn none_is_answered_that_the_policy_does_not_turn_on() {
    for (name, body, ..) in SIGNED {
        let host = receiver(name, "");
        assert_eq!(host.send(signed(name, body)).await.text(), "the canary ran", "{name}");
        let host = receiver(name, "handshake = \"dropbox\"");
        assert_eq!(host.send(signed(name, body)).await.text(), "the canary ran", "{name}");
        assert_eq!(host.outcomes("hook", "handshake"), 0, "{name}");
    }
    for (name, _, request, _) in unsigned() {
        let host = receiver("github", "");
        let answer = host.send(request).await;
        let status = answer.status;
        assert!(matches!(status, 204 | 401 | 405) && answer.body.len() < 200, "{name}: {status}");
        assert_eq!((host.outcomes("hook", "handshake"), host.instances()), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn an_event_beside_a_handshake_reaches_the_function() {
    let host = receiver("slack", "handshake = \"slack\"");
    let event = signed("slack", r#"{"type":"event_callback","event_id":"Ev1"}"#);
    assert_eq!(host.send(event).await.text(), "the canary ran");
}

#[tokio::test]
async fn a_handshake_may_come_again_and_claims_no_delivery() {
    let host = receiver("slack", "handshake = \"slack\"");
    for _ in 0..3 {
        assert_eq!(host.send(signed("slack", SLACK)).await.text(), "3eZbrw1aBm2rZgRNFdxV");
    }
    assert_eq!((host.outcomes("hook", "handshake"), host.instances()), (3, 0));
    assert_eq!((host.metric("vestibule_replay_entries"), host.outcomes("hook", "replayed")), (0, 0));
}

#[tokio::test]
async fn what_is_echoed_is_text_and_never_a_page() {
    let host = receiver("github", "handshake = \"dropbox\"");
    let answer = host.send(get("/hook?challenge=%3Cscript%3Ealert(1)%3C/script%3E")).await;
    assert_eq!((answer.status, answer.text()), (200, "<script>alert(1)</script>"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_answered(&host, &answer, "a script");
}

#[tokio::test]
async fn what_is_too_long_garbled_or_said_twice_is_not_echoed() {
    for query in [
        format!("challenge={}", "a".repeat(1025)),
        "challenge=a%0d%0aset-cookie:b".to_owned(),
        "challenge=%00".to_owned(),
        "challenge=%ff".to_owned(),
        "challenge=".to_owned(),
        "challenge=a&challenge=a".to_owned(),
    ] {
        let host = receiver("github", "handshake = \"dropbox\"");
        assert_refused(&host, &host.send(get(&format!("/hook?{query}"))).await, 400, "handshake", &query);
    }
    let host = receiver("github", "handshake = \"dropbox\"");
    let longest = host.send(get(&format!("/hook?challenge={}", "a".repeat(1024)))).await;
    assert_eq!((longest.status, longest.body.len()), (200, 1024));
}

#[tokio::test]
async fn a_token_that_is_not_the_policys_gets_no_echo() {
    for token in ["&hub.verify_token=hunter2", "&hub.verify_token=", "", "&hub.verify_token=meatyhamhock%00"] {
        let host = receiver("meta", "handshake = \"meta\"\nhandshake_token = \"T\"");
        let target = format!("/hook?hub.mode=subscribe&hub.challenge=1{token}");
        assert_refused(&host, &host.send(get(&target)).await, 403, "handshake", token);
    }
}

#[tokio::test]
async fn a_subscription_is_told_to_the_operator_and_never_confirmed() {
    let recorded: Vec<Value> = serde_json::from_str(include_str!("../../signatures/tests/data/webhooks.json")).unwrap();
    let found = recorded.iter().find(|message| message["id"] == "aws-sns/ok-subscription").unwrap();
    let body = STANDARD.decode(found["body_base64"].as_str().unwrap()).unwrap();
    let certificate = found["public_key"].as_str().unwrap();
    let policy = format!(
        "[verify]\nscheme = \"aws-sns\"\npublic_key = '''\n{certificate}'''\nhandshake = \"aws-sns\"\ntopic = \"arn:aws:sns:us-west-2:123456789012:MyTopic\"\n"
    );
    let host = host().function("hook", "canary", &policy).start();

    let answer = host.send(post("/hook", body.clone())).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_answered(&host, &answer, "sns");
    let told: Vec<_> = log::lines(answer.id()).into_iter().filter(|line| !line.field("url").is_empty()).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].field("url"), "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription");

    let mut forged: Value = serde_json::from_slice(&body).unwrap();
    forged["SubscribeURL"] = json!("https://sns.us-west-2.amazonaws.com/?Action=Another");
    let forged = host.send(post("/hook", forged.to_string())).await;
    assert_eq!(forged.status, 401);
    assert!(log::lines(forged.id()).iter().all(|line| line.field("url").is_empty()));
}

#[tokio::test]
async fn a_secret_that_arrives_is_kept_once_and_only_while_the_operator_waits_for_it() {
    let host = host().function("hook", "canary", ASANA).start();
    let file = host.functions().join("../secrets/HOOK");
    let event = || post("/hook", "{}").signed("asana", HOOK_SECRET, b"{}", SystemTime::now());
    let handshake = |secret: &str| post("/hook", "{}").with("x-hook-secret", secret);

    assert_refused(&host, &host.send(event()).await, 503, "verify", "nobody can have signed yet");
    assert_refused(&host, &host.send(get("/hook")).await, 503, "verify", "nor without a signature");
    assert_refused(&host, &host.send(handshake(HOOK_SECRET)).await, 403, "handshake", "no window");
    assert!(!file.exists());

    host.app.windows.open(&"hook".into(), Instant::now());
    let answer = host.send(handshake(HOOK_SECRET)).await;
    assert_eq!((answer.status, answer.header("x-hook-secret"), answer.body.len()), (200, Some(HOOK_SECRET), 0));
    assert_answered(&host, &answer, "asana");
    assert_eq!(fs::read_to_string(&file).unwrap(), HOOK_SECRET);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert!(log::lines(answer.id()).iter().all(|line| !line.to_string().contains(HOOK_SECRET)));

    let other = "f".repeat(64);
    assert_eq!(host.send(handshake(&other)).await.status, 403, "the window has closed behind the first");
    host.app.windows.open(&"hook".into(), Instant::now());
    assert_eq!(host.send(handshake(&other)).await.status, 503, "what is kept is not written over");
    assert_eq!(fs::read_to_string(&file).unwrap(), HOOK_SECRET);
    assert_eq!(host.instances(), 0);

    let now = Instant::now();
    host.look(now);
    host.look(now + STILL);
    assert_eq!(host.send(event()).await.text(), "the canary ran");
    host.app.windows.open(&"hook".into(), Instant::now());
    assert_eq!(host.send(handshake(&other)).await.status, 403, "there is a secret");
    assert_eq!(host.send(post("/hook", "{}")).await.status, 401);
}

#[tokio::test]
async fn a_handshake_that_lacks_what_it_needs_keeps_the_function_from_being_served() {
    for (policy, key) in [
        ("scheme = \"github\"\nsecrets = [\"S\"]\nhandshake = \"slak\"", "verify.handshake"),
        ("scheme = \"github\"\nsecrets = [\"S\"]\nhandshake = \"meta\"", "verify.handshake_token"),
        (
            "scheme = \"github\"\nsecrets = [\"S\"]\nhandshake = \"meta\"\nhandshake_token = \"NO\"",
            "verify.handshake_token",
        ),
        (
            "scheme = \"github\"\nsecrets = [\"S\"]\nhandshake = \"slack\"\nhandshake_token = \"S\"",
            "verify.handshake_token",
        ),
        ("scheme = \"github\"\nsecrets = [\"S\"]\nhandshake = \"braintree\"", "verify.handshake"),
        ("scheme = \"zoom\"\nsecrets = [\"NO\"]\nhandshake = \"zoom\"", "verify.secrets"),
        ("scheme = \"asana\"\nsecrets = [\"S\", \"T\"]\nhandshake = \"asana\"", "verify.secrets"),
        ("scheme = \"none\"\nhandshake = \"slack\"", "verify.handshake"),
    ] {
        let public = if policy.contains("none") { "access = \"public\"\n" } else { "" };
        let host = host()
            .function("hook", "canary", &format!("{public}[verify]\n{policy}\n"))
            .secret("S", SECRET)
            .secret("T", SECRET)
            .start();
        assert_eq!(host.send(get("/hook?challenge=a")).await.status, 503, "{policy}");
        let keys: Vec<_> = host.problems.iter().map(|problem| problem.key.as_deref().unwrap_or_default()).collect();
        assert_eq!(keys, [key], "{policy}: {}", host.problems);
    }
}
