//! Outgoing webhooks in a native test: signed as the host signs them, with what the test granted and nothing else.

use std::time::{Duration, UNIX_EPOCH};

use signatures::{Message, Secret, Verifier, scheme};
use vestibule::testing;
use vestibule::webhooks::{Webhook, sign};

#[test]
fn what_is_signed_is_what_its_receiver_accepts() {
    testing::grant_sign("OUT", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let url = "https://example.com/hook";
    for name in ["standardwebhooks", "github", "stripe", "twilio", "qstash", "mailgun"] {
        let webhook = Webhook::new(r#"{"type":"order.shipped"}"#).with_url(url).with_timestamp(1_760_000_000);
        let signed = webhook.sign(name, "OUT").unwrap_or_else(|error| panic!("{name}: {error}"));
        let secret = Secret::new("OUT", *b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let verifier = Verifier::new(scheme(name).unwrap(), vec![secret]).unwrap();
        let headers: Vec<(&str, &str)> = signed.headers().collect();
        let headers = &headers[..];
        let mut message = Message::new(&headers, signed.payload());
        message.url = signed.url().unwrap_or(url);
        let accepted = verifier.verify(&message, UNIX_EPOCH + Duration::from_secs(1_760_000_000));
        assert!(accepted.is_ok(), "{name}: {accepted:?}");
    }
}

#[test]
fn an_error_says_what_is_missing() {
    let text = |scheme, secret| sign(scheme, secret, "{}").unwrap_err().to_string();
    testing::grant_secret("READ", "value");
    assert!(text("github", "READ").contains(r#"sign = ["READ"]"#));
    testing::grant_sign("OUT", "value");
    assert!(text("githup", "OUT").contains(r#"did you mean "github"?"#));
    assert!(text("twilio", "OUT").contains("give one"));
}
