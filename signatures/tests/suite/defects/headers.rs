//! Headers: there once, to their last byte, of one form.

use signatures::{scheme, schemes};

use crate::support::{A, NOW, at, is_covered};

/// With a header that is there twice, the check may read one value and the function the other.
#[test]
fn a_repeated_header_is_refused() {
    for scheme in schemes().filter(|scheme| !scheme.checks_nothing()) {
        let form = scheme.usual();
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        for (name, value) in &sent.headers {
            // The type of the body decides only where a form is signed; then two of them are none.
            let expected = if name == "content-type" { "unreadable" } else { "repeated" };
            let mut twice = sent.clone();
            twice.add(name, value);
            assert_eq!(A.refuses(scheme, &twice), expected, "{}: {name}", scheme.name());
            if is_covered(form, name) {
                let mut other = sent.clone();
                other.add(&name.to_uppercase(), "");
                assert_eq!(A.refuses(scheme, &other), "repeated", "{}: {name}", scheme.name());
            }
        }
    }
}

/// One library splits at `=` and looks at the second part only; others stop decoding at the first bad character.
#[test]
fn nothing_may_follow_or_precede_a_signature() {
    for scheme in schemes() {
        let form = scheme.usual();
        let Some(header) = form.header.clone() else { continue };
        let is_list = form.separator.as_deref();
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        let text = sent.text(&header);
        for junk in ["=junk", "zz", "00", " x", "\0", "=", "\n", ",", "."] {
            // A further item of a list, which is ignored.
            if is_list.is_some_and(|separator| junk.starts_with(separator)) {
                continue;
            }
            let mut junked = sent.clone();
            junked.set(&header, format!("{text}{junk}"));
            assert!(A.judge(scheme, &junked).is_err(), "{} {junk:?}", scheme.name());
        }
        let mut junked = sent.clone();
        junked.set(&header, format!("x{text}"));
        assert!(A.judge(scheme, &junked).is_err(), "{}", scheme.name());
    }
}

/// A message that comes in one form is judged by that form's headers alone.
#[test]
fn the_forms_of_a_scheme_do_not_mix() {
    let svix = scheme("svix").unwrap();
    let mut sent = A.send(svix, b"{}", "msg_1", at(NOW));
    for (name, _) in &mut sent.headers {
        *name = name.replace("svix-", "webhook-");
    }
    assert!(A.judge(svix, &sent).is_ok());
    for position in 0..sent.headers.len() {
        let mut mixed = sent.clone();
        mixed.headers[position].0 = mixed.headers[position].0.replace("webhook-", "svix-");
        assert_eq!(A.refuses(svix, &mixed), "missing");
    }
    // Both sets: one of them must not vouch for the other's id.
    let mut both = sent.clone();
    both.add("svix-id", "msg_2");
    both.add("svix-timestamp", NOW.to_string());
    both.add("svix-signature", sent.text("webhook-signature"));
    assert_eq!(A.refuses(svix, &both), "mismatch");
}

/// Contentful's sender says which headers it signs. A list without the time would leave the time to anybody.
#[test]
fn a_list_of_signed_headers_names_the_time() {
    let contentful = scheme("contentful").unwrap();
    let mut sent = A.send(contentful, b"{}", "1", at(NOW));
    sent.set("x-contentful-signed-headers", "x-contentful-signed-headers");
    assert_eq!(A.refuses(contentful, &sent), "not_signed");
    sent.set("x-contentful-signed-headers", "x-contentful-timestamp,x-none");
    assert_eq!(A.refuses(contentful, &sent), "missing");
    sent.set("x-contentful-signed-headers", "");
    assert!(["not_signed", "missing"].contains(&A.refuses(contentful, &sent)));
}

/// Those that a scheme requires are there, whether it signs them or not.
#[test]
fn a_required_header_is_there_and_says_something() {
    let shopify = scheme("shopify").unwrap();
    for name in &shopify.usual().require {
        let mut sent = A.send(shopify, b"{}", "1", at(NOW));
        sent.set(name, "");
        assert_eq!(A.refuses(shopify, &sent), "empty", "{name}");
        sent.headers.retain(|(header, _)| header != name);
        assert_eq!(A.refuses(shopify, &sent), "missing", "{name}");
    }
}
