//! Outgoing webhooks in a native test: signed as the host signs them, with what the test granted and nothing else.

use std::time::{Duration, UNIX_EPOCH};

use signatures::{Message, Secret, Verifier, scheme};
use vestibule::webhooks::{Error, Webhook, send, sign};
use vestibule::{http, testing};

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

#[test]
fn what_is_sent_is_what_was_signed() {
    testing::grant_sign("OUT", "correct horse");
    let url = "https://hooks.example/orders?x=1";
    for name in ["github", "stripe", "twilio", "aws-sns", "vercel"] {
        testing::http::answer("POST", url, http::Response::new(204));
        let Ok(answer) = send(url, name, "OUT", r#"{"type":"order.shipped"}"#) else {
            assert_eq!(name, "aws-sns", "it signs with a private key, and this is none");
            assert!(testing::http::sent().is_empty());
            continue;
        };
        assert_eq!(answer.status(), 204);
        let sent = testing::http::sent();
        let [request] = sent.as_slice() else { panic!("{name}: {sent:?}") };
        assert_eq!(request.headers().filter(|(name, _)| *name == "content-type").count(), 1, "{name}");
        let headers: Vec<(&str, &str)> = request.headers().collect();
        let headers = &headers[..];
        let mut message = Message::new(&headers, request.body());
        message.url = request.url();
        let verifier = Verifier::new(scheme(name).unwrap(), vec![Secret::new("OUT", *b"correct horse")]).unwrap();
        let accepted = verifier.verify(&message, std::time::SystemTime::now());
        assert!(accepted.is_ok(), "{name}: {accepted:?}");
    }
}

#[test]
fn what_cannot_be_sent_says_whether_it_was_signed() {
    let url = "https://hooks.example/";
    assert!(matches!(send(url, "github", "OUT", "{}"), Err(Error::NotSigned(_))));
    testing::grant_sign("OUT", "correct horse");
    assert!(matches!(Webhook::new("{}").send("github", "OUT"), Err(Error::NotSigned(why)) if why.contains("no URL")));
    assert!(matches!(send(url, "github", "OUT", "{}"), Err(Error::NotSent(http::Error::Denied(_)))));
    testing::http::fail("POST", url, http::Error::Timeout);
    assert_eq!(send(url, "github", "OUT", "{}").unwrap_err(), Error::NotSent(http::Error::Timeout));
}
