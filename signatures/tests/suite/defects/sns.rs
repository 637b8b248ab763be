//! Amazon SNS and Adyen, which sign some members of a JSON body: a second member of one name, or a line break in the
//! wrong place, could say something that nobody signed.

use signatures::{Refused, Scheme, scheme};

use crate::support::{A, NOW, Sent, at};

fn sns() -> (&'static Scheme, Sent) {
    let sns = scheme("aws-sns").unwrap();
    let body = br#"{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:t","Subject":"Hello","Message":"{\"a\":1}","UnsubscribeURL":"https://x"}"#;
    (sns, A.send_body(sns, body, "m-1", at(NOW)).unwrap())
}

fn adyen() -> (&'static Scheme, Sent) {
    let adyen = scheme("adyen-payments").unwrap();
    (adyen, A.send(adyen, b"1", "1", at(NOW)))
}

fn with(sent: &Sent, from: &str, to: &str) -> Sent {
    let body = String::from_utf8(sent.body.clone()).unwrap();
    assert!(body.contains(from), "{body}");
    Sent { body: body.replacen(from, to, 1).into_bytes(), ..sent.clone() }
}

/// The signature covers one of two members; which one, and which one the function reads, is for each parser to say.
#[test]
fn a_signed_member_that_is_there_twice_is_refused() {
    let (scheme, sent) = sns();
    assert!(A.judge(scheme, &sent).is_ok());
    for (name, value) in
        [("Message", "x"), ("MessageId", "m-2"), ("Subject", ""), ("TopicArn", ""), ("Type", "Notification")]
    {
        for (from, to) in [("{", format!(r#"{{"{name}":"{value}","#)), ("}", format!(r#","{name}":"{value}"}}"#))] {
            let sent = match from {
                "{" => with(&sent, from, &to),
                _ => Sent { body: [&sent.body[..sent.body.len() - 1], to.as_bytes()].concat(), ..sent.clone() },
            };
            assert_eq!(A.refuses(scheme, &sent), "unreadable", "{name}");
        }
    }
    // Under a name that is written in another way.
    assert_eq!(A.refuses(scheme, &with(&sent, "{", r#"{"\u004dessage":"x","#)), "unreadable");

    let (scheme, sent) = adyen();
    assert!(A.judge(scheme, &sent).is_ok());
    for (from, to) in [
        (r#""pspReference":"#, r#""pspReference":"","pspReference":"#),
        (r#""originalReference":"""#, r#""originalReference":"","originalReference":"9""#),
        (r#""success":"true""#, r#""success":"true","success":"false""#),
        (r#""value":1130"#, r#""value":1130,"value":1"#),
        (r#""amount":"#, r#""amount":{},"amount":"#),
        (r#""additionalData":"#, r#""additionalData":{},"additionalData":"#),
        (r#""NotificationRequestItem":"#, r#""NotificationRequestItem":{},"NotificationRequestItem":"#),
        (r#""notificationItems":"#, r#""notificationItems":[],"notificationItems":"#),
    ] {
        assert_eq!(A.refuses(scheme, &with(&sent, from, to)), "unreadable", "{to}");
    }
}

/// A member that is signed as `""` is one that a forger may leave out or fill; the first changes nothing.
#[test]
fn every_signed_member_of_every_item_counts() {
    let (scheme, sent) = adyen();
    for (from, to) in [
        (r#""pspReference":"31""#, r#""pspReference":"32""#),
        (r#""pspReference":"2""#, r#""pspReference":"3""#),
        (r#""originalReference":"""#, r#""originalReference":"x""#),
        (r#""merchantAccountCode":"Shop""#, r#""merchantAccountCode":"Shop2""#),
        (r#""merchantReference":"order-1""#, r#""merchantReference":"order-2""#),
        (r#""value":1130"#, r#""value":11300"#),
        (r#""currency":"EUR""#, r#""currency":"USD""#),
        (r#""eventCode":"AUTHORISATION""#, r#""eventCode":"REFUND""#),
        (r#""success":"true""#, r#""success":"false""#),
    ] {
        assert_eq!(A.refuses(scheme, &with(&sent, from, to)), "mismatch", "{to}");
    }
    for (from, to) in [
        (r#""value":1130"#, r#""value":1130.0"#),
        (r#""value":1130"#, r#""value":[1130]"#),
        (r#""success":"true""#, r#""success":true"#),
    ] {
        assert_eq!(A.refuses(scheme, &with(&sent, from, to)), "unreadable", "{to}");
    }
}

/// One good item does not speak for the others, and none is no message.
#[test]
fn every_item_has_a_signature() {
    let (scheme, sent) = adyen();
    let unsigned = r#""notificationItems":[{"NotificationRequestItem":{"pspReference":"9"}},"#;
    assert_eq!(A.refuses(scheme, &with(&sent, r#""notificationItems":["#, unsigned)), "missing");
    for body in [r#"{"notificationItems":[]}"#, r#"{"notificationItems":[[]]}"#, r#"{"notificationItems":[{}]}"#] {
        let sent = Sent { body: body.as_bytes().to_vec(), ..sent.clone() };
        assert_eq!(A.refuses(scheme, &sent), "missing", "{body}");
    }
    for body in
        ["{}", "", "[]", r#"{"notificationItems":{}}"#, r#"{"notificationItems":[1]}"#, r#"{"notificationItems":null}"#]
    {
        let sent = Sent { body: body.as_bytes().to_vec(), ..sent.clone() };
        assert_eq!(A.refuses(scheme, &sent), "unreadable", "{body}");
    }
}

/// The content is lines of names and values, so a line break in a value makes another member of it.
#[test]
fn a_line_break_cannot_move_a_member() {
    let (scheme, _) = sns();
    let body = br#"{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:t","Message":"hi\nMessageId\nm-0"}"#;
    let sent = A.send_body(scheme, body, "m-1", at(NOW)).unwrap();
    assert!(A.judge(scheme, &sent).is_ok());
    // The same content, as a shorter message and a longer id.
    let moved = with(&with(&sent, r#""hi\nMessageId\nm-0""#, r#""hi""#), r#""m-1""#, r#""m-0\nMessageId\nm-1""#);
    assert_eq!(A.refuses(scheme, &moved), "unreadable");

    let (scheme, sent) = sns();
    let moved = with(&with(&sent, r#","Subject":"Hello""#, ""), r#""m-1""#, r#""m-1\nSubject\nHello""#);
    assert_eq!(A.refuses(scheme, &moved), "unreadable");
}

#[test]
fn every_signed_member_counts() {
    let (scheme, sent) = sns();
    for (from, to, kind) in [
        (r#""m-1""#, r#""m-2""#, "mismatch"),
        (r#""arn:t""#, r#""arn:u""#, "mismatch"),
        (r#""Hello""#, r#""Bye""#, "mismatch"),
        (r#","Subject":"Hello""#, "", "mismatch"),
        (r#"{\"a\":1}"#, r#"{\"a\":2}"#, "mismatch"),
        ("2025-10-09T08:53:20Z", "2025-10-09T08:53:21Z", "mismatch"),
        (r#""Notification""#, r#""SubscriptionConfirmation""#, "mismatch"),
        (r#""Type":"Notification""#, r#""Type":"Notification","Token":"t""#, "unexpected"),
        (r#""Type":"Notification""#, r#""Type":"Notification","SubscribeURL":"https://x""#, "unexpected"),
        (r#""MessageId":"m-1","#, "", "missing"),
        (r#""arn:t""#, "{}", "unreadable"),
        (r#""m-1""#, "null", "missing"),
    ] {
        assert_eq!(A.refuses(scheme, &with(&sent, from, to)), kind, "{to}");
    }
    // What the documentation says is not signed.
    assert!(A.judge(scheme, &with(&sent, "https://x", "https://y")).is_ok());
}

/// The signature of a message, in a body that is none.
#[test]
fn a_body_that_is_not_json_is_refused() {
    for name in ["aws-sns", "mailgun", "linear"] {
        let scheme = scheme(name).unwrap();
        let sent = A.send(scheme, b"x", "1", at(NOW));
        for body in [&b""[..], b"null", b"[]", b"\"\"", b"{", b"\xff", b"{}{}"] {
            let sent = Sent { body: body.to_vec(), ..sent.clone() };
            let refused: Refused = A.judge(scheme, &sent).unwrap_err();
            assert!(["missing", "unreadable", "mismatch"].contains(&refused.kind()), "{name} {body:?} {refused}");
        }
    }
}
