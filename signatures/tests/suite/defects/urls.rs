//! Schemes that sign the URL, the form or both.

use signatures::{Refused, Scheme, SignError, SignRequest, scheme, schemes, sign};

use crate::support::{A, NOW, Sent, URL, at, takes_id};

/// The `Host` header is the sender's to choose; where nobody else says what the URL is, nothing that signs it is taken.
#[test]
fn without_the_public_url_nothing_that_signs_it_is_accepted() {
    for scheme in schemes().filter(|scheme| scheme.usual().signs_url()) {
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        for url in ["/receive?a=1&b=%20x", "", "//hooks.example/receive", "ftp://hooks.example/receive", "https://"] {
            let mut sent = Sent { url: url.to_owned(), ..sent.clone() };
            sent.add("host", "hooks.example");
            sent.add("x-forwarded-proto", "https");
            assert_eq!(A.judge(scheme, &sent), Err(Refused::UrlUnknown), "{} {url}", scheme.name());
        }
        let form = scheme.usual();
        let request =
            SignRequest { id: takes_id(form).then_some("1"), url: "/receive", ..SignRequest::new(b"", at(NOW)) };
        let error = sign(scheme, A.signing_secret(form).as_ref(), &request).unwrap_err();
        assert!(matches!(error, SignError::Needed { what: "the URL", .. }), "{}: {error}", scheme.name());
    }
}

/// Another function on the same host has another URL, and so has another host.
#[test]
fn a_message_for_another_url_is_refused() {
    for scheme in schemes().filter(|scheme| scheme.usual().signs_url()) {
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        for url in [
            "https://hooks.example/other?a=1&b=%20x",
            "https://hooks.example/receive",
            "https://hooks.example/receive?a=1&b=+x",
            "https://hooks.example/receive?b=%20x&a=1",
            "https://hooks.example/receive/?a=1&b=%20x",
            "https://hooks.example:8443/receive?a=1&b=%20x",
            "https://evil.example/receive?a=1&b=%20x",
            "http://hooks.example/receive?a=1&b=%20x",
        ] {
            let sent = Sent { url: url.to_owned(), ..sent.clone() };
            assert!(["mismatch", "claim"].contains(&A.refuses(scheme, &sent)), "{} {url}", scheme.name());
        }
    }
}

/// Twilio signs the URL with the usual port or without it, whatever was called; no other port is the same.
#[test]
fn only_the_usual_port_may_be_there_or_not_and_only_for_twilio() {
    let with_port = URL.replace("example/", "example:443/");
    for scheme in schemes().filter(|scheme| scheme.usual().signs_url()) {
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        let ported = Sent { url: with_port.clone(), ..sent };
        assert_eq!(A.judge(scheme, &ported).is_ok(), scheme.name() == "twilio", "{}", scheme.name());
    }
    let twilio = scheme("twilio").unwrap();
    for url in ["https://hooks.example:80/receive?a=1&b=%20x", "https://hooks.example:4430/receive?a=1&b=%20x"] {
        let sent = Sent { url: url.to_owned(), ..A.send(twilio, b"x", "1", at(NOW)) };
        assert_eq!(A.refuses(twilio, &sent), "mismatch");
    }
}

/// Of a body that is not a form, or is not said to be one, nothing would be signed.
#[test]
fn a_body_that_is_not_a_form_is_refused() {
    for name in ["twilio", "mandrill"] {
        let scheme = scheme(name).unwrap();
        for kind in [None, Some("application/json"), Some("text/plain; application/x-www-form-urlencoded"), Some("")] {
            let mut sent = A.send(scheme, b"x", "1", at(NOW));
            sent.headers.retain(|(header, _)| header != "content-type");
            kind.into_iter().for_each(|kind| sent.add("content-type", kind));
            assert_eq!(A.refuses(scheme, &sent), "unreadable", "{name} {kind:?}");
        }
        // Signed without a body, sent with one.
        let mut sent = A.send_body(scheme, b"", "1", at(NOW)).unwrap();
        assert!(A.judge(scheme, &sent).is_ok());
        sent.body = b"{}".to_vec();
        assert_eq!(A.refuses(scheme, &sent), "unreadable", "{name}");
    }
}

/// The hash of the body stands in the signed query.
#[test]
fn a_hash_in_the_query_is_that_of_the_body() {
    let twilio = scheme("twilio").unwrap();
    let hashed = twilio.forms().find(|form| form.body_hash.is_some() && form.expect.is_empty()).unwrap();
    let sender = Scheme::custom(hashed.clone());
    let sent = A.send(&sender, b"{\"a\":1}", "1", at(NOW));
    assert!(sent.url.contains("bodySHA256="));
    assert!(A.judge(twilio, &sent).is_ok());
    let other = Sent { body: b"{\"a\":2}".to_vec(), ..sent.clone() };
    assert_eq!(A.refuses(twilio, &other), "body_hash");
    let twice = Sent { url: format!("{}&bodySHA256=0", sent.url), ..sent.clone() };
    assert!(["repeated", "mismatch"].contains(&A.refuses(twilio, &twice)));
    let none = Sent { url: URL.to_owned(), ..sent };
    assert_eq!(A.refuses(twilio, &none), "unreadable");
}

/// HubSpot signs the method too.
#[test]
fn a_message_with_another_method_is_refused() {
    for name in ["hubspot-v2", "hubspot-v3", "contentful"] {
        let scheme = scheme(name).unwrap();
        let sent = A.send(scheme, b"", "1", at(NOW));
        let message = signatures::Message { method: "DELETE", ..sent.message() };
        let refused = A.verifier(scheme).verify(&message, at(NOW)).unwrap_err();
        assert_eq!(refused.kind(), "mismatch", "{name}");
    }
}
