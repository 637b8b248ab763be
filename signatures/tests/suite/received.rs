//! Messages put together by hand as the providers' documentation has them, header by header and with nothing of `sign`,
//! for schemes of which there is no recorded message. Each is accepted, and refused with another body or key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use signatures::{Accepted, Message, Refused, Secret, Setup, Verifier, scheme};

use crate::by_hand::hmac;
use crate::support::{NOW, URL, at};

const KEY: &str = "shhh, a secret: of the app";
const BODY: &[u8] = br#"{"id":"evt_1", "event_id":"sq_1","notification_id":"ntf_1","update_id":7,"type":"made"}"#;

/// Judges a message to [`URL`] at [`NOW`].
fn judge_with(name: &str, setup: Setup, headers: &[(&str, String)], body: &[u8]) -> Result<Accepted, Refused> {
    let verifier = Verifier::new(scheme(name).unwrap(), setup).unwrap();
    verifier.verify(&Message { method: "POST", url: URL, headers: &headers, body }, at(NOW))
}

fn judge(name: &str, key: &str, headers: &[(&str, String)], body: &[u8]) -> Result<Accepted, Refused> {
    judge_with(name, vec![Secret::new("S", key)].into(), headers, body)
}

/// Takes the message with its id, and refuses it with another body and another key.
fn holds(name: &str, headers: &[(&str, String)], id: Option<&str>) {
    let accepted = judge(name, KEY, headers, BODY).unwrap_or_else(|refused| panic!("{name}: {refused}"));
    assert_eq!(accepted.id.as_ref().map(|id| id.value.as_str()), id, "{name}");
    assert_eq!(judge(name, KEY, headers, b"{}").unwrap_err().kind(), "mismatch", "{name}");
    assert_eq!(judge(name, "another", headers, BODY).unwrap_err().kind(), "mismatch", "{name}");
}

fn mac(before: &str, after: &str) -> Vec<u8> {
    hmac::<Sha256>(KEY.as_bytes(), &[before.as_bytes(), BODY, after.as_bytes()].concat())
}

#[test]
fn keyed_hashes_of_the_body() {
    let of_body = mac("", "");
    holds("circleci", &[("circleci-signature", format!("v1={},v2=00ff", hex::encode(&of_body)))], Some("evt_1"));
    holds("circleci", &[("circleci-signature", format!("v2=00ff,v1={}", hex::encode(&of_body)))], Some("evt_1"));
    for header in ["x-docusign-signature-1", "x-docusign-signature-2"] {
        holds("docusign", &[(header, STANDARD.encode(&of_body))], None);
    }
    let [first, second] = [STANDARD.encode([0; 32]), STANDARD.encode(&of_body)];
    holds("docusign", &[("x-docusign-signature-1", first), ("x-docusign-signature-2", second)], None);
    let square = STANDARD.encode(mac(URL, ""));
    holds("square", &[("x-square-hmacsha256-signature", square)], Some("sq_1"));
    let v2 = Sha256::digest([KEY.as_bytes(), b"POST", URL.as_bytes(), BODY].concat());
    holds(
        "hubspot-v2",
        &[("x-hubspot-signature", hex::encode(v2)), ("x-hubspot-signature-version", "v2".into())],
        None,
    );
    let trello = STANDARD.encode(hmac::<Sha1>(KEY.as_bytes(), &[BODY, URL.as_bytes()].concat()));
    holds("trello", &[("x-trello-webhook", trello)], None);
}

#[test]
fn keyed_hashes_with_a_time() {
    let ms = format!("{NOW}000");
    let time = ("x-zm-request-timestamp", NOW.to_string());
    holds("zoom", &[time, ("x-zm-signature", format!("v0={}", hex::encode(mac(&format!("v0:{NOW}:"), ""))))], None);
    let paddle = |h1: &[u8]| format!("ts={NOW};h1={}", hex::encode(h1));
    let good = mac(&format!("{NOW}:"), "");
    holds("paddle", &[("paddle-signature", paddle(&good))], Some("ntf_1"));
    let rolled = format!("{};h1={}", paddle(&[0; 32]), hex::encode(&good));
    holds("paddle", &[("paddle-signature", rolled)], Some("ntf_1"));
    let of_ms = mac(&format!("{ms}."), "");
    holds("workos", &[("workos-signature", format!("t={ms}, v1={}", hex::encode(&of_ms)))], Some("evt_1"));
    let sanity = format!("t={ms},v1={}", URL_SAFE_NO_PAD.encode(&of_ms));
    holds("sanity", &[("sanity-webhook-signature", sanity), ("idempotency-key", "idem-1".into())], Some("idem-1"));
    let v3 = STANDARD.encode(mac(&format!("POST{URL}"), &ms));
    holds("hubspot-v3", &[("x-hubspot-signature-v3", v3), ("x-hubspot-request-timestamp", ms)], None);
}

#[test]
fn standard_webhooks_of_others() {
    let key = [9; 24];
    let whsec = format!("whsec_{}", STANDARD.encode(key));
    let sent = |key: &[u8]| {
        let content = [format!("msg_1.{NOW}.").as_bytes(), BODY].concat();
        let signature =
            format!("v1,{} v1,{}", STANDARD.encode([0; 32]), STANDARD.encode(hmac::<Sha256>(key, &content)));
        [("webhook-id", "msg_1".to_owned()), ("webhook-timestamp", NOW.to_string()), ("webhook-signature", signature)]
    };
    holds("openai", &sent(KEY.as_bytes()), Some("msg_1"));
    for name in ["openai", "gitlab-signing-token"] {
        let accepted = judge(name, &whsec, &sent(&key), BODY).unwrap();
        assert_eq!(accepted.id.unwrap().value, "msg_1", "{name}");
        assert_eq!(judge(name, &whsec, &sent(whsec.as_bytes()), BODY).unwrap_err().kind(), "mismatch", "{name}");
    }
}

#[test]
fn pusher_names_its_key() {
    let headers = [("x-pusher-key", "app-1".to_owned()), ("x-pusher-signature", hex::encode(mac("", "")))];
    let judge = |key_id: Option<&str>| {
        let setup = Setup { key_id: key_id.map(str::to_owned), ..vec![Secret::new("S", KEY)].into() };
        judge_with("pusher", setup, &headers, BODY).map(|_| ())
    };
    assert_eq!((judge(Some("app-1")), judge(None)), (Ok(()), Ok(())));
    assert_eq!(judge(Some("app-2")).unwrap_err().kind(), "other_key");
    assert_eq!(judge(Some("app-")).unwrap_err().kind(), "other_key");
}

#[test]
fn telegram_sends_the_token() {
    let headers = |token: &str| [("x-telegram-bot-api-secret-token", token.to_owned())];
    let accepted = judge("telegram", "a_Token-1", &headers("a_Token-1"), BODY).unwrap();
    assert_eq!(accepted.id.map(|id| (id.value, id.signed)), Some(("7".to_owned(), false)));
    for other in ["a_Token-", "a_Token-12", "a_token-1"] {
        assert_eq!(judge("telegram", "a_Token-1", &headers(other), BODY).unwrap_err().kind(), "mismatch");
    }
}

#[test]
fn messagebird_leaves_out_the_hash_of_nothing() {
    let token = |alg: &str, payload: Option<&[u8]>| {
        let mut claims = json!({
            "iss": "MessageBird", "nbf": NOW - 1, "exp": NOW + 60, "jti": "jwt_1",
            "url_hash": hex::encode(Sha256::digest(URL)),
        });
        if let Some(payload) = payload {
            claims["payload_hash"] = hex::encode(Sha256::digest(payload)).into();
        }
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let content = format!("{}.{}", part(json!({ "alg": alg, "typ": "JWT" })), part(claims));
        let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
        let signature = match alg {
            "HS256" => hmac::<Sha256>(KEY.as_bytes(), content.as_bytes()),
            "HS384" => signed(&content, &key, jsonwebtoken::Algorithm::HS384),
            _ => signed(&content, &key, jsonwebtoken::Algorithm::HS512),
        };
        [("messagebird-signature-jwt", format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature)))]
    };
    for alg in ["HS256", "HS384", "HS512"] {
        let accepted = judge("messagebird", KEY, &token(alg, Some(BODY)), BODY).unwrap();
        assert_eq!(accepted.id.unwrap().value, "jwt_1");
        assert!(judge("messagebird", KEY, &token(alg, None), b"").is_ok());
        assert_eq!(judge("messagebird", KEY, &token(alg, None), BODY).unwrap_err().kind(), "claim");
        assert_eq!(judge("messagebird", KEY, &token(alg, Some(BODY)), b"").unwrap_err().kind(), "claim");
    }
}

/// By the library, as [`hmac`] is for hashes with shorter blocks.
fn signed(content: &str, key: &jsonwebtoken::EncodingKey, algorithm: jsonwebtoken::Algorithm) -> Vec<u8> {
    let text = jsonwebtoken::crypto::sign(content.as_bytes(), key, algorithm).unwrap();
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
