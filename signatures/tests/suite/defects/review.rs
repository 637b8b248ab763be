//! Ways in that were found by looking for them: what is signed put together in another way, and what costs more to check
//! than to send.

use sha2::Digest;
use signatures::{Description, Refused, Scheme, Setup, SignRequest, Verifier, scheme, sign};

use crate::support::{A, NOW, at, secret};

/// The parameters of a form are signed right behind the URL. With the text of a message that somebody chose, the same
/// bytes are a URL with a hash in the middle of its query.
#[test]
fn a_signed_form_cannot_be_read_as_a_url_with_a_hash_of_another_body() {
    let twilio = scheme("twilio").unwrap();
    let evil = br#"{"evil":true}"#;
    let hash = hex::encode(sha2::Sha256::digest(evil));
    let verifier = Verifier::new(twilio, vec![secret("S")]).unwrap();
    let body = format!("Body=%26bodySHA256%3D{hash}%26&From=1");
    let url = "https://hooks.example/sms?a=1";
    let request = SignRequest { url, ..SignRequest::new(body.as_bytes(), at(NOW)) };
    let signed = sign(twilio, Some(&secret("S")), &request).unwrap();
    let genuine = signatures::Message { method: "POST", url, headers: &signed.headers, body: &signed.body };
    assert!(verifier.verify(&genuine, at(NOW)).is_ok());

    let json = [("content-type", "application/json"), ("x-twilio-signature", signature(&signed.headers))];
    let moved = format!("{url}Body&bodySHA256={hash}&From1");
    let forged = signatures::Message { method: "POST", url: &moved, headers: &json, body: evil };
    assert_eq!(verifier.verify(&forged, at(NOW)), Err(Refused::BodyHash));
}

fn signature(headers: &[(String, String)]) -> &str {
    &headers.iter().find(|(name, _)| name == "x-twilio-signature").unwrap().1
}

/// Each item is signed by itself, so some of them, or the same in another order, would be another delivery.
#[test]
fn items_that_are_signed_one_by_one_are_not_one_delivery() {
    let adyen = scheme("adyen-payments").unwrap();
    let item = |number: u32| {
        let members = format!(r#""pspReference":"{number}","amount":{{"value":1,"currency":"EUR"}}"#);
        format!(r#"{{"NotificationRequestItem":{{{members},"eventCode":"REFUND","success":"true"}}}}"#)
    };
    let judge = |items: &[String]| {
        let body = format!(r#"{{"notificationItems":[{}]}}"#, items.join(","));
        let sent = A.send_body(adyen, body.as_bytes(), "1", at(NOW)).unwrap();
        let accepted = A.judge(adyen, &sent).unwrap();
        A.verifier(adyen).replay_key(&sent.message(), &accepted)
    };
    assert!(matches!(judge(&[item(1)]), Ok(Some(_))));
    assert_eq!(judge(&[item(1), item(2)]), Err(Refused::Several));
}

/// Whoever sends them has proven nothing yet.
#[test]
fn what_costs_more_to_check_than_to_send_is_bounded() {
    let mandrill = scheme("mandrill").unwrap();
    let many = "a=1&".repeat(1001);
    let sent = A.send_body(mandrill, many.as_bytes(), "1", at(NOW));
    assert!(sent.is_err(), "it cannot even be signed");
    let few = "a=1&".repeat(1000);
    let mut sent = A.send_body(mandrill, few.as_bytes(), "1", at(NOW)).unwrap();
    assert!(A.judge(mandrill, &sent).is_ok());
    sent.body = many.into_bytes();
    assert_eq!(A.refuses(mandrill, &sent), "too_many");

    let asymmetric = scheme("standardwebhooks-v1a").unwrap();
    let mut sent = A.send(asymmetric, b"{}", "1", at(NOW));
    let signature = sent.text("webhook-signature");
    sent.set("webhook-signature", [signature.as_str(); 4].join(" "));
    assert!(A.judge(asymmetric, &sent).is_ok());
    sent.set("webhook-signature", [signature.as_str(); 5].join(" "));
    assert_eq!(A.refuses(asymmetric, &sent), "too_many");
}

/// Of a body as large as any, each element would have a signature of its own.
#[test]
fn a_list_whose_elements_are_signed_one_by_one_is_bounded_for_both_sides() {
    let adyen = scheme("adyen-payments").unwrap();
    let list = |elements: usize| {
        let item = r#"{"NotificationRequestItem":{}}"#;
        format!(r#"{{"notificationItems":[{}]}}"#, vec![item; elements].join(","))
    };
    let most = A.send_body(adyen, list(1000).as_bytes(), "1", at(NOW)).unwrap();
    assert!(A.judge(adyen, &most).is_ok());
    let smallest = format!(r#"{{"notificationItems":[{}]}}"#, vec!["{}"; (1 << 20) / 3].join(","));
    for many in [list(1001), smallest] {
        let why = A.send_body(adyen, many.as_bytes(), "1", at(NOW)).unwrap_err().to_string();
        assert!(why.ends_with("it must not hold more than any provider sends"), "{why}");
        let mut sent = most.clone();
        sent.body = many.into_bytes();
        assert_eq!(A.refuses(adyen, &sent), "too_many");
    }
}

/// Amazon signs for all its customers with one key.
#[test]
fn a_topic_of_somebody_else_is_not_that_of_the_policy() {
    let mine = |topics: &[&str]| {
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let overrides = signatures::Overrides { topics, ..Default::default() };
        scheme("aws-sns").unwrap().clone().with(&overrides).unwrap()
    };
    let sent = A.send(&mine(&["arn:aws:sns:eu-1:1:other"]), b"{}", "1", at(NOW));
    assert!(A.judge(&mine(&["arn:a", "arn:aws:sns:eu-1:1:other"]), &sent).is_ok());
    assert_eq!(A.refuses(&mine(&["arn:a"]), &sent), "unexpected");
    let overrides = signatures::Overrides { topics: vec!["arn:a".to_owned()], ..Default::default() };
    let problems = scheme("github").unwrap().clone().with(&overrides).unwrap_err();
    assert_eq!(problems[0].key, "topic");
}

/// A sender whose messages may be alike would lose the second of two.
#[test]
fn schemes_whose_messages_may_be_alike_tell_no_deliveries_apart() {
    let alike: Vec<&str> = signatures::schemes()
        .filter(|scheme| scheme.forms().any(|form| form.alike))
        .inspect(|scheme| assert!(!scheme.tells_deliveries_apart()))
        .map(Scheme::name)
        .collect();
    assert_eq!(alike, ["doppler", "dropbox"]);
}

/// A message is remembered for as long as it counts.
#[test]
fn the_window_of_a_scheme_is_its_own() {
    let window = |description: Description, tolerance: Option<u64>| {
        let tolerance = tolerance.map(std::time::Duration::from_secs);
        let scheme = Scheme::custom(description);
        let setup = Setup { tolerance, ..Setup::from(vec![secret("S")]) };
        Verifier::new(&scheme, setup).unwrap().window().map(|window| window.as_secs())
    };
    let with = |text: &str| {
        toml::from_str::<Description>(&format!(
            "algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nheader = \"x-s\"\ncontent = \"{{timestamp}}.{{body}}\"\n\
         timestamp = {{ header = \"x-t\" }}\n{text}"
        ))
        .unwrap()
    };
    assert_eq!(window(with(""), None), Some(600));
    assert_eq!(window(with("past = \"72h\""), None), Some(72 * 3600 + 300));
    assert_eq!(window(with("past = \"72h\""), Some(60)), Some(120));
    assert_eq!(window(with("past = \"unlimited\""), None), None);
}

/// By its place, nothing would keep it apart from what stands beside it.
#[test]
fn an_id_or_a_time_stands_in_the_content_by_its_own_name() {
    for (key, name, content) in [("id", "x-i", "{header:x-i}.{body}"), ("timestamp", "x-t", "{header:x-t}.{body}")] {
        let text = format!(
            "algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nheader = \"x-s\"\n{key} = {{ header = \"{name}\" }}\n\
             content = \"{content}\""
        );
        let scheme = Scheme::custom(toml::from_str(&text).unwrap());
        let error = Verifier::new(&scheme, vec![secret("S")]).unwrap_err().to_string();
        assert!(error.contains(&format!("has the {key} by its place; write {{{key}}} there")), "{error}");
    }
}

/// A sender's library may escape what is not ASCII before it signs, or not; both are one delivery.
#[test]
fn a_body_may_be_signed_escaped_and_is_the_same_delivery() {
    let name = scheme("box").unwrap();
    let verifier = A.verifier(name);
    let body = "{\"a\":\"é\u{1F680}\"}".as_bytes();
    let escaped = br#"{"a":"\u00e9\ud83d\ude80"}"#;
    let of_escaped = A.send_body(name, escaped, "1", at(NOW)).unwrap();
    let mut raw = of_escaped.clone();
    raw.body = body.to_vec();
    let keys = [&of_escaped, &raw].map(|sent| {
        let accepted = A.judge(name, sent).unwrap();
        verifier.replay_key(&sent.message(), &accepted).unwrap()
    });
    assert_eq!(keys[0], keys[1]);
    raw.body = "{\"a\":\"è\u{1F680}\"}".into();
    assert_eq!(A.refuses(name, &raw), "mismatch");
}

/// Braintree's own libraries take a signature over the payload with a line break at its end, too.
#[test]
fn a_payload_may_be_signed_with_a_line_break_at_its_end() {
    let braintree = scheme("braintree").unwrap();
    let key = sha1::Sha1::digest(b"private");
    let sign = |content: &[u8]| {
        use hmac::{KeyInit, Mac};
        let mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
        hex::encode(mac.chain_update(content).finalize().into_bytes())
    };
    let verifier = Verifier::new(braintree, vec![signatures::Secret::new("S", *b"private")]).unwrap();
    let judge = |signed: &str| {
        let body = format!("bt_signature=public%7C{}&bt_payload=PG4%2B", sign(signed.as_bytes()));
        verifier.verify(&signatures::Message::new(&[("", ""); 0], body.as_bytes()), at(NOW)).is_ok()
    };
    assert!(judge("PG4+") && judge("PG4+\n"));
    assert!(!judge("PG4+\n\n") && !judge("PG4+\r\n") && !judge("PG4"));
}
