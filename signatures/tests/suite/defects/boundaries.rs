//! Content that is put together without clear boundaries: a byte that moves from one field into the next leaves the
//! signature right and the message wrong.

use signatures::{SignError, scheme, schemes};

use crate::support::{A, NOW, Sent, at};

/// `id.time.body`: all libraries that were run accept a message whose first dots have moved into the id.
#[test]
fn an_id_cannot_take_over_what_follows_it() {
    for name in
        ["standardwebhooks", "svix", "clerk", "resend", "openai", "gitlab-signing-token", "standardwebhooks-v1a"]
    {
        let scheme = scheme(name).unwrap();
        let header = if scheme.usual().header.as_deref().is_some_and(|h| h.starts_with("svix")) {
            "svix-id"
        } else {
            "webhook-id"
        };
        let body = format!("{NOW}.{{\"amount\":1}}");
        let sent = A.send(scheme, body.as_bytes(), "msg_1", at(NOW));
        assert!(A.judge(scheme, &sent).is_ok());
        let mut moved = Sent { body: b"{\"amount\":1}".to_vec(), ..sent };
        moved.set(header, format!("msg_1.{NOW}"));
        assert_eq!(A.refuses(scheme, &moved), "ambiguous_id", "{name}");

        let error = A.send_body(scheme, b"{}", "a.b", at(NOW)).unwrap_err();
        assert!(matches!(error, SignError::Value { forbidden: Some('.'), .. }), "{error}");
    }
}

/// PayPal's fields have `|` between them.
#[test]
fn a_transmission_id_holds_no_bar() {
    let paypal = scheme("paypal").unwrap();
    let mut sent = A.send(paypal, b"{}", "1", at(NOW));
    sent.set("paypal-transmission-id", "1|2025-10-09T08:53:20Z");
    assert_eq!(A.refuses(paypal, &sent), "ambiguous_id");
}

/// Twitch: nothing stands between id, time and body. The event names a later time, which would renew the message.
#[test]
fn a_time_in_the_body_cannot_pass_for_the_time_of_a_twitch_message() {
    let twitch = scheme("twitch").unwrap();
    let header = |part: &str| format!("twitch-eventsub-message-{part}");
    let then = "2025-10-09T07:53:20Z";
    let body = r#"{"ends_at":"2025-10-09T08:53:20Z","broadcaster":"me"}"#;
    let old = A.send(twitch, body.as_bytes(), "msg-1", at(NOW - 3600));
    assert_eq!(A.refuses(twitch, &old), "stale");

    let (before, after) = body.split_once("2025-10-09T08:53:20Z").unwrap();
    let mut moved = Sent { body: after.as_bytes().to_vec(), ..old };
    moved.set(&header("id"), format!("msg-1{then}{before}"));
    moved.set(&header("timestamp"), "2025-10-09T08:53:20Z");
    assert_eq!(A.refuses(twitch, &moved), "ambiguous_id");
}

/// A byte of the id at the front of the time, or of the time at the front of the body.
#[test]
fn no_byte_moves_between_id_time_and_body() {
    for (name, time) in [
        ("twitch", "twitch-eventsub-message-timestamp"),
        ("zendesk", "x-zendesk-webhook-signature-timestamp"),
        ("discord", "x-signature-timestamp"),
        ("sendgrid", "x-twilio-email-event-webhook-timestamp"),
        ("hubspot-v3", "x-hubspot-request-timestamp"),
        ("box", "box-delivery-timestamp"),
    ] {
        let scheme = scheme(name).unwrap();
        let is_after = matches!(name, "hubspot-v3" | "box");
        // Digits at both ends of the body, so that the time could grow on either side.
        let sent = A.send(scheme, b"1234567890", "7", at(NOW));
        let text = sent.text(time);
        for count in 1..=text.len().min(10) {
            let mut shorter = sent.clone();
            let mut longer = sent.clone();
            if is_after {
                shorter.set(time, &text[count..]);
                shorter.body = [&*sent.body, &text.as_bytes()[..count]].concat();
                longer.set(time, [&sent.body[10 - count..], text.as_bytes()].concat());
                longer.body.truncate(10 - count);
            } else {
                shorter.set(time, &text[..text.len() - count]);
                shorter.body = [&text.as_bytes()[text.len() - count..], &*sent.body].concat();
                longer.set(time, [text.as_bytes(), &sent.body[..count]].concat());
                longer.body.drain(..count);
            }
            for moved in [shorter, longer] {
                let kind = A.refuses(scheme, &moved);
                assert!(["malformed_timestamp", "empty"].contains(&kind), "{name} {count}: {kind}");
            }
        }
    }
}

/// Mailgun signs time and token as one text.
#[test]
fn no_digit_moves_between_the_time_and_the_token_of_mailgun() {
    let mailgun = scheme("mailgun").unwrap();
    let sent = A.send(mailgun, b"x", "1234567890", at(NOW));
    let move_to = |timestamp: &str, token: &str| {
        let body = String::from_utf8(sent.body.clone()).unwrap();
        let body = body.replace(&format!("\"{NOW}\""), &format!("\"{timestamp}\""));
        let body = body.replace("\"1234567890\"", &format!("\"{token}\""));
        Sent { body: body.into_bytes(), ..sent.clone() }
    };
    assert!(A.judge(mailgun, &move_to(&NOW.to_string(), "1234567890")).is_ok());
    assert_eq!(A.refuses(mailgun, &move_to("17600000001", "234567890")), "malformed_timestamp");
    assert_eq!(A.refuses(mailgun, &move_to("176000000", "01234567890")), "malformed_timestamp");
    assert_eq!(A.refuses(mailgun, &move_to(&format!("{NOW}1234567890"), "")), "malformed_timestamp");
}

/// Templates that are filled in by one replacement after another read fields out of ids and bodies.
#[test]
fn ids_and_bodies_are_never_read_as_templates() {
    let body = b"{\"t\":\"{timestamp}{id}{body}{secret}{url}$&$1%s\"}";
    for scheme in schemes() {
        let id = "{timestamp}{body}{id}$&%s\\1";
        let sent = A.send(scheme, body, id, at(NOW));
        let accepted = A.judge(scheme, &sent);
        assert!(accepted.is_ok(), "{}: {accepted:?}", scheme.name());
        if crate::support::takes_id(scheme.usual()) && scheme.usual().id.is_some() {
            assert_eq!(accepted.unwrap().id.unwrap().value, id, "{}", scheme.name());
        }
    }
}
