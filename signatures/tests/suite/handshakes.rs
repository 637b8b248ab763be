//! Handshakes: the recorded examples with the answers that their providers expect, and what is no handshake, or one that
//! nobody should answer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use signatures::{
    Answer, Duty, HandshakeSetup, LONGEST_ECHO, Message, Refused, Responder, Secret, Verifier, handshake, handshakes,
    scheme,
};

use crate::support::at;

#[derive(Deserialize)]
struct Example {
    provider: String,
    request: Asked,
    expected_response: Expected,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    #[serde(default = "root")]
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    secret: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    status: u16,
    content_type: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

fn root() -> String {
    "/".to_owned()
}

fn examples() -> Vec<Example> {
    serde_json::from_str(include_str!("../data/handshakes.json")).unwrap()
}

/// Confirmations of SNS are recorded with the other signed messages.
fn confirmation() -> String {
    let recorded: Vec<Value> = serde_json::from_str(include_str!("../data/webhooks.json")).unwrap();
    let found = recorded.iter().find(|message| message["id"] == "aws-sns/ok-subscription").unwrap();
    String::from_utf8(STANDARD.decode(found["body_base64"].as_str().unwrap()).unwrap()).unwrap()
}

/// What everybody needs who answers this handshake.
fn setup(name: &str, secret: &str) -> HandshakeSetup {
    HandshakeSetup {
        secrets: vec![Secret::new("S", secret), Secret::new("NEXT", "another")],
        key_id: Some("integration_public_key".to_owned()),
        token: (name == "meta").then(|| Secret::new("T", "meatyhamhock")),
    }
}

fn responder(name: &str) -> Responder {
    Responder::new(handshake(name).unwrap(), setup(name, "integration_private_key")).unwrap()
}

fn ask(name: &str, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Option<Answer>, Refused> {
    responder(name).answer(&Message { method, url, headers: &headers, body: body.as_bytes() })
}

#[test]
fn every_example_is_answered_as_its_provider_expects() {
    for Example { provider, request, expected_response: expected } in examples() {
        let name = if provider == "x-twitter" { "x" } else { &provider };
        let secret = request.secret.as_deref().unwrap_or("integration_private_key");
        let responder = Responder::new(handshake(name).unwrap(), setup(name, secret)).unwrap();
        let body = if name == "aws-sns" { confirmation() } else { request.body };
        let headers: Vec<_> = request.headers.iter().collect();
        let message = Message { method: &request.method, url: &request.url, headers: &headers, body: body.as_bytes() };
        assert!(responder.handshake().recognises(&message), "{name}");
        let answer = responder.answer(&message).unwrap().unwrap_or_else(|| panic!("{name} is not answered"));

        let words = |kind: &str| kind.split([';', ' ']).next().unwrap().to_owned();
        assert_eq!(answer.status, expected.status, "{name}");
        assert_eq!(answer.content_type.map(words), expected.content_type.as_deref().map(words), "{name}");
        let headers: BTreeMap<_, _> =
            answer.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        assert_eq!(headers, expected.headers, "{name}");
        assert_eq!(String::from_utf8(answer.body).unwrap(), expected.body.unwrap_or_default(), "{name}");
    }
    let mut missing: Vec<_> = handshakes().map(|handshake| handshake.name()).collect();
    missing.retain(|name| !examples().iter().any(|example| example.provider.trim_end_matches("-twitter") == *name));
    assert_eq!(missing, [""; 0], "without an example");
}

#[test]
fn the_signed_example_is_signed_as_events_are() {
    let example = examples().into_iter().find(|example| example.provider == "zoom").unwrap().request;
    let verifier = Verifier::new(scheme("zoom").unwrap(), vec![Secret::new("S", example.secret.unwrap())]).unwrap();
    let headers: Vec<_> = example.headers.iter().collect();
    verifier.verify(&Message::new(&headers, example.body.as_bytes()), at(1_760_000_000)).unwrap();
}

#[test]
fn what_is_no_handshake_is_left_to_others() {
    for (name, method, url, headers, body) in [
        ("slack", "POST", "/", &[][..], r#"{"type":"event_callback","challenge":"a"}"#),
        ("slack", "GET", "/", &[], r#"{"type":"url_verification","challenge":"a"}"#),
        ("slack", "POST", "/", &[], r#"{"type":"event_callback","type":"url_verification","challenge":"a"}"#),
        ("slack", "POST", "/", &[], "type=url_verification"),
        ("meta", "POST", "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=meatyhamhock", &[], ""),
        ("meta", "GET", "/?hub.mode=unsubscribe", &[], ""),
        ("meta", "GET", "/", &[], ""),
        ("zoom", "POST", "/", &[], r#"{"event":"meeting.started","payload":{"plainToken":"a"}}"#),
        ("discord", "POST", "/", &[], r#"{"version":1,"type":1,"event":{"type":"ENTITLEMENT_CREATE"}}"#),
        ("discord", "POST", "/", &[], r#"{"type":2}"#),
        ("twitch", "POST", "/", &[("twitch-eventsub-message-type", "notification")], r#"{"challenge":"a"}"#),
        ("dropbox", "GET", "/?challenges=a", &[], ""),
        ("dropbox", "POST", "/?challenge=a", &[], ""),
        ("microsoft-graph", "GET", "/?validationToken=a", &[], ""),
        ("azure-eventgrid", "POST", "/", &[("aeg-event-type", "Notification")], "[]"),
        ("cloudevents", "OPTIONS", "/", &[("origin", "https://app.example")], ""),
        ("cloudevents", "POST", "/", &[("webhook-request-origin", "a")], ""),
        ("okta", "GET", "/", &[], ""),
        ("x", "GET", "/?token=a", &[], ""),
        ("braintree", "POST", "/?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53", &[], ""),
        ("trello", "GET", "/", &[], ""),
        ("asana", "POST", "/", &[("x-hook-signature", "00")], "{}"),
        (
            "aws-sns",
            "POST",
            "/",
            &[("x-amz-sns-message-type", "SubscriptionConfirmation")],
            r#"{"Type":"Notification"}"#,
        ),
    ] {
        assert!(ask(name, method, url, headers, body).unwrap().is_none(), "{name} {method} {url} {headers:?} {body}");
    }
}

#[test]
fn what_looks_like_one_and_is_not_well_formed_is_refused() {
    let hex = "20f9f8ed05f77439fe955c977e4c8a53";
    let kept = "s".repeat(31);
    for (name, method, url, headers, body, kind) in [
        ("slack", "POST", "/", &[][..], r#"{"type":"url_verification"}"#, "missing"),
        ("slack", "POST", "/", &[], r#"{"type":"url_verification","challenge":""}"#, "empty"),
        ("slack", "POST", "/", &[], r#"{"type":"url_verification","challenge":{"a":"b"}}"#, "unreadable"),
        ("slack", "POST", "/", &[], r#"{"type":"url_verification","challenge":"a","challenge":"b"}"#, "unreadable"),
        ("slack", "POST", "/", &[], r#"{"type":"url_verification","challenge":"a\nb"}"#, "not_echoed"),
        ("meta", "GET", "/?hub.mode=subscribe&hub.challenge=1", &[], "", "other_token"),
        ("meta", "GET", "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=meaty", &[], "", "other_token"),
        ("meta", "GET", "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", &[], "", "other_token"),
        ("meta", "GET", "/?hub.mode=subscribe&hub.verify_token=meatyhamhock", &[], "", "missing"),
        ("meta", "GET", "/?hub.mode=subscribe&hub.mode=subscribe", &[], "", "repeated"),
        ("dropbox", "GET", "/?challenge=a&challenge=b", &[], "", "repeated"),
        ("dropbox", "GET", "/?challenge=a%0d%0ab", &[], "", "not_echoed"),
        ("dropbox", "GET", "/?challenge=%ff", &[], "", "not_echoed"),
        ("dropbox", "GET", "/?challenge=%c2%85", &[], "", "not_echoed"),
        ("dropbox", "GET", "/?challenge=", &[], "", "empty"),
        ("azure-eventgrid", "POST", "/", &[("aeg-event-type", "SubscriptionValidation")], "[]", "missing"),
        (
            "okta",
            "GET",
            "/",
            &[("x-okta-verification-challenge", "a"), ("x-okta-verification-challenge", "a")],
            "",
            "repeated",
        ),
        ("cloudevents", "OPTIONS", "/", &[("webhook-request-origin", "a b")], "", "not_echoed"),
        ("cloudevents", "OPTIONS", "/", &[("webhook-request-origin", "gr\u{fc}n")], "", "not_echoed"),
        ("x", "GET", r#"/?crc_token={"a":1}"#, &[], "", "not_echoed"),
        (
            "zoom",
            "POST",
            "/",
            &[],
            r#"{"event":"endpoint.url_validation","payload":{"plainToken":"v0:1:{}"}}"#,
            "not_echoed",
        ),
        ("braintree", "GET", &format!("/?bt_challenge={}", &hex[..19]), &[], "", "not_echoed"),
        ("braintree", "GET", &format!("/?bt_challenge={hex}0"), &[], "", "not_echoed"),
        ("braintree", "GET", &format!("/?bt_challenge={}", hex.to_uppercase()), &[], "", "not_echoed"),
        ("asana", "POST", "/", &[("x-hook-secret", kept.as_str())], "{}", "not_echoed"),
    ] {
        let refused = ask(name, method, url, headers, body).unwrap_err();
        assert_eq!(refused.kind(), kind, "{name} {url} {headers:?} {body}");
    }
}

#[test]
fn an_echo_is_as_long_as_a_kibibyte_and_no_longer() {
    let echo = |length: usize| ask("dropbox", "GET", &format!("/?challenge={}", "a".repeat(length)), &[], "");
    assert_eq!(echo(LONGEST_ECHO).unwrap().unwrap().body.len(), LONGEST_ECHO);
    assert_eq!(echo(LONGEST_ECHO + 1).unwrap_err().kind(), "not_echoed");
}

/// A challenge of X's is signed as its events are. If any text were, everybody could have an event signed.
#[test]
fn nobody_gets_an_event_signed_by_asking_for_it() {
    for event in [
        r#"{"for_user_id":"1"}"#,
        "[]",
        "\"text\"",
        "bt_payload=a",
        "a=b&c=",
        "1760000000.a",
        "v0:1760000000:{}",
        "a b",
    ] {
        let query: String = event.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(ask("x", "GET", &format!("/?crc_token={query}"), &[], "").unwrap_err().kind(), "not_echoed");
        let body = json!({ "event": "endpoint.url_validation", "payload": { "plainToken": event } }).to_string();
        assert_eq!(ask("zoom", "POST", "/", &[], &body).unwrap_err().kind(), "not_echoed");
    }
}

#[test]
fn what_is_put_into_json_cannot_leave_its_place() {
    let challenge = r#"a","admin":"b\"#;
    let answer = ask("okta", "GET", "/", &[("x-okta-verification-challenge", challenge)], "").unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap(), json!({ "verification": challenge }));
}

#[test]
fn a_secret_that_arrives_is_handed_on_and_not_shown() {
    let secret = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
    let answer = ask("asana", "POST", "/", &[("x-hook-secret", secret)], "{}").unwrap().unwrap();
    assert!(!format!("{answer:?} {:?}", answer.duty).contains(secret));
    let Some(Duty::Keep(kept)) = answer.duty else { panic!("nobody keeps it") };
    assert_eq!(kept.expose(), secret.as_bytes());
}

#[test]
fn a_subscription_is_told_of_only_where_the_url_leads_to_amazon() {
    let with = |url: &str| {
        ask(
            "aws-sns",
            "POST",
            "/",
            &[],
            &json!({ "Type": "SubscriptionConfirmation", "SubscribeURL": url }).to_string(),
        )
    };
    for url in ["https://sns.us-west-2.amazonaws.com/?a=b&c", "https://sns.cn-north-1.amazonaws.com.cn/?a"] {
        let duty = with(url).unwrap().unwrap().duty;
        assert!(matches!(duty, Some(Duty::Tell(told)) if told == url), "{url}");
    }
    for url in [
        "http://sns.us-west-2.amazonaws.com/",
        "https://sns.us-west-2.amazonaws.com.evil.example/",
        "https://169.254.169.254/",
    ] {
        assert_eq!(with(url).unwrap_err().kind(), "unexpected", "{url}");
    }
    assert_eq!(with("https://sns.us-west-2.amazonaws.com/\u{7}").unwrap_err().kind(), "not_echoed");
}

#[test]
fn what_a_handshake_needs_is_asked_for_by_the_key_to_write() {
    let problems = |name: &str, setup: HandshakeSetup| {
        let error = Responder::new(handshake(name).unwrap(), setup).unwrap_err();
        error.problems.into_iter().map(|problem| problem.key).collect::<Vec<_>>()
    };
    let nothing = HandshakeSetup::default;
    let empty = || HandshakeSetup { secrets: vec![Secret::new("S", "")], ..nothing() };
    assert_eq!(problems("zoom", nothing()), ["handshake"]);
    assert_eq!(problems("zoom", empty()), ["secrets"]);
    assert_eq!(problems("braintree", empty()), ["secrets", "handshake"]);
    assert_eq!(problems("meta", nothing()), ["handshake_token"]);
    let token = |value: &str| HandshakeSetup { token: Some(Secret::new("T", value)), ..nothing() };
    assert_eq!(problems("meta", token("")), ["handshake_token"]);
    assert_eq!(problems("slack", token("hunter2")), ["handshake_token"]);
}

#[test]
fn an_unknown_name_is_answered_with_those_that_are_spelt_like_it() {
    assert_eq!(handshake("slak").unwrap_err().to_string(), "there is no handshake \"slak\"; did you mean \"slack\"?");
    let unlike = handshake("nobody-at-all").unwrap_err().to_string();
    assert!(unlike.contains("the known ones are asana, aws-sns, azure-eventgrid"), "{unlike}");
}
