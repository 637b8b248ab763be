//! Bodies: the bytes as they came, whatever is in them.

use signatures::{Scheme, scheme, schemes};

use crate::support::{A, NOW, Sent, at};

/// Libraries that read the body as text lose bytes that are none, and then nothing or too much verifies.
#[test]
fn a_body_is_bytes() {
    let bodies: [&[u8]; 5] = [b"\xff\xfe\x00\x80", b"\xef\xbf\xbd", b"\r\n", b"", b"\x00"];
    for scheme in schemes().filter(|scheme| scheme.binds_body()) {
        for body in bodies {
            let Ok(sent) = A.send_body(scheme, body, "1", at(NOW)) else { continue };
            assert!(A.judge(scheme, &sent).is_ok(), "{} {body:?}", scheme.name());
            for other in bodies.iter().filter(|other| **other != body) {
                let other = Sent { body: other.to_vec(), ..sent.clone() };
                assert!(A.judge(scheme, &other).is_err(), "{} {body:?} {other:?}", scheme.name());
            }
        }
    }
}

/// Libraries that read JSON and write it again take what means the same for what is the same. (Box signs in two ways, see
/// `defects::review`, and either is read from the bytes as they came.)
#[test]
fn json_is_not_read_before_it_is_checked() {
    let bodies = [
        r#"{"a":1,"b":"\u00e9"}"#,
        r#"{"a":1, "b":"\u00e9"}"#,
        r#"{"b":"\u00e9","a":1}"#,
        r#"{"a":1,"b":"é"}"#,
        r#"{"a":1.0,"b":"\u00E9"}"#,
    ];
    for name in ["zoom", "workos", "sentry", "meta", "sha256Verifier"] {
        let scheme = scheme(name).unwrap();
        for signed in bodies {
            let sent = A.send(scheme, signed.as_bytes(), "1", at(NOW));
            for other in bodies {
                let other = Sent { body: other.as_bytes().to_vec(), ..sent.clone() };
                assert_eq!(A.judge(scheme, &other).is_ok(), other.body == sent.body, "{name}");
            }
        }
    }
}

/// With a second event in it, Mailgun's signature is still right: what is told about the scheme says so, and the token
/// that it is told by can be used once.
#[test]
fn a_scheme_that_does_not_bind_the_body_says_so_and_its_deliveries_are_still_told_apart() {
    let mailgun = scheme("mailgun").unwrap();
    assert!(!mailgun.binds_body() && mailgun.signs_id() && mailgun.tells_deliveries_apart());
    let sent = A.send(mailgun, b"one", "token-1", at(NOW));
    let body = String::from_utf8(sent.body.clone()).unwrap();
    let forged = Sent { body: body.replace(&hex::encode("one"), &hex::encode("two")).into_bytes(), ..sent.clone() };
    let verifier = A.verifier(mailgun);
    let key = |sent: &Sent| {
        let accepted = verifier.verify(&sent.message(), at(NOW)).unwrap();
        assert!(accepted.id.as_ref().unwrap().signed);
        verifier.replay_key(&sent.message(), &accepted).unwrap().unwrap()
    };
    assert_eq!(key(&sent), key(&forged));
}

/// PayPal signs a checksum of the body, for which anybody can make another body. The other fields are told apart all
/// the same: the id can be used once.
#[test]
fn a_checksum_is_not_a_binding() {
    let paypal = scheme("paypal").unwrap();
    assert!(!paypal.binds_body() && paypal.signs_id());
}

/// An id that is not signed does not make another delivery of a copy.
#[test]
fn an_id_in_a_header_that_is_not_signed_is_told_to_be_so() {
    for name in ["github", "shopify", "contentful", "linear", "bitbucket", "zendesk", "twilio"] {
        let scheme: &Scheme = scheme(name).unwrap();
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        let id = A.judge(scheme, &sent).unwrap().id.unwrap();
        assert_eq!((id.value.as_str(), id.signed), ("1", false), "{name}");
    }
}
