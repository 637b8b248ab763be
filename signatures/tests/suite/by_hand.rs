//! What `sign` makes, against values put together from the definitions alone: HMAC from RFC 2104 and a bare hash, the
//! content by formatting, the headers by their documentation. Nothing here uses the engine's parts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use signatures::{Secret, SignRequest, scheme, sign};

use crate::support::{NOW, URL, at};

/// RFC 2104 for hashes with blocks of 64 bytes.
pub(crate) fn hmac<H: Digest>(key: &[u8], content: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { H::digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| -> Vec<u8> { block.iter().map(|byte| byte ^ pad).collect() };
    let inner = H::digest([padded(0x36).as_slice(), content].concat());
    H::digest([padded(0x5c).as_slice(), inner.as_slice()].concat()).to_vec()
}

/// The headers that a scheme puts on a body at [`NOW`].
fn headers(name: &str, secret: &[u8], body: &[u8], id: Option<&str>) -> Vec<(String, String)> {
    let request = SignRequest { id, url: URL, ..SignRequest::new(body, at(NOW)) };
    sign(scheme(name).unwrap(), Some(&Secret::new("S", secret)), &request).unwrap().headers
}

fn value(headers: &[(String, String)], name: &str) -> String {
    let header = headers.iter().find(|(candidate, _)| candidate == name);
    header.unwrap().1.clone()
}

const BODY: &[u8] = b"{\"a\": \"\xff\x00{body}\"}\r\n";
const KEY: &[u8] = b"whsec_a key that is longer than one block of the hash, which is sixty-four bytes";

#[test]
fn schemes_that_sign_the_body() {
    let sha256 = hmac::<Sha256>(KEY, BODY);
    for (name, header, expected) in [
        ("github", "x-hub-signature-256", format!("sha256={}", hex::encode(&sha256))),
        ("discourse", "x-discourse-event-signature", format!("sha256={}", hex::encode(&sha256))),
        ("shopify", "x-shopify-hmac-sha256", STANDARD.encode(&sha256)),
        ("vercel", "x-vercel-signature", hex::encode(hmac::<Sha1>(KEY, BODY))),
        ("intercom", "x-hub-signature", format!("sha1={}", hex::encode(hmac::<Sha1>(KEY, BODY)))),
        ("typeform", "typeform-signature", format!("sha256={}", STANDARD.encode(&sha256))),
        ("docusign", "x-docusign-signature-1", STANDARD.encode(&sha256)),
        ("hubspot-v1", "x-hubspot-signature", hex::encode(Sha256::digest([KEY, BODY].concat()))),
    ] {
        assert_eq!(value(&headers(name, KEY, BODY, None), header), expected, "{name}");
    }
}

#[test]
fn schemes_that_sign_the_url_too() {
    let content = [URL.as_bytes(), BODY].concat();
    let square = headers("square", KEY, BODY, None);
    assert_eq!(value(&square, "x-square-hmacsha256-signature"), STANDARD.encode(hmac::<Sha256>(KEY, &content)));

    let content = [BODY, URL.as_bytes()].concat();
    let trello = headers("trello", KEY, BODY, None);
    assert_eq!(value(&trello, "x-trello-webhook"), STANDARD.encode(hmac::<Sha1>(KEY, &content)));

    let content = [b"POST", URL.as_bytes(), BODY, format!("{NOW}000").as_bytes()].concat();
    let hubspot = headers("hubspot-v3", KEY, BODY, None);
    assert_eq!(value(&hubspot, "x-hubspot-signature-v3"), STANDARD.encode(hmac::<Sha256>(KEY, &content)));

    let twilio = headers("twilio", KEY, b"b=2&a=1+1&b=2&b=0", None);
    let content = format!("{URL}a1 1b0b2");
    assert_eq!(value(&twilio, "x-twilio-signature"), STANDARD.encode(hmac::<Sha1>(KEY, content.as_bytes())));
}

#[test]
fn schemes_that_sign_the_time_too() {
    let mac = |content: &str| hmac::<Sha256>(KEY, &[content.as_bytes(), BODY].concat());

    let stripe = headers("stripe", KEY, BODY, None);
    let expected = format!("t={NOW},v1={}", hex::encode(mac(&format!("{NOW}."))));
    assert_eq!(value(&stripe, "stripe-signature"), expected);

    let slack = headers("slack", KEY, BODY, None);
    let expected = format!("v0={}", hex::encode(mac(&format!("v0:{NOW}:"))));
    assert_eq!(value(&slack, "x-slack-signature"), expected);
    assert_eq!(value(&slack, "x-slack-request-timestamp"), NOW.to_string());

    let paddle = headers("paddle", KEY, BODY, None);
    let expected = format!("ts={NOW};h1={}", hex::encode(mac(&format!("{NOW}:"))));
    assert_eq!(value(&paddle, "paddle-signature"), expected);

    let workos = headers("workos", KEY, BODY, None);
    let expected = format!("t={NOW}000, v1={}", hex::encode(mac(&format!("{NOW}000."))));
    assert_eq!(value(&workos, "workos-signature"), expected);

    let twitch = headers("twitch", KEY, BODY, Some("m-1"));
    let expected = format!("sha256={}", hex::encode(mac("m-12025-10-09T08:53:20Z")));
    assert_eq!(value(&twitch, "twitch-eventsub-message-signature"), expected);
}

#[test]
fn standard_webhooks_and_svix() {
    let key = [7_u8; 32];
    let secret = format!("whsec_{}", STANDARD.encode(key));
    let content = [format!("msg_1.{NOW}.").as_bytes(), BODY].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac::<Sha256>(&key, &content)));
    for (name, prefix) in [("standardwebhooks", "webhook"), ("svix", "svix")] {
        let headers = headers(name, secret.as_bytes(), BODY, Some("msg_1"));
        assert_eq!(value(&headers, &format!("{prefix}-id")), "msg_1");
        assert_eq!(value(&headers, &format!("{prefix}-timestamp")), NOW.to_string());
        assert_eq!(value(&headers, &format!("{prefix}-signature")), expected);
    }
}

#[test]
fn tokens_are_sent_as_they_are() {
    for (name, header) in [("gitlab", "x-gitlab-token"), ("orbit", "x-orbit-signature")] {
        assert_eq!(value(&headers(name, b"token 1", BODY, None), header), "token 1");
    }
}
