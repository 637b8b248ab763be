//! Messages: what is signed verifies, with that key alone, and with nothing changed that the proof covers.

use proptest::prelude::*;
use serde_json::json;
use signatures::{Encoding, Field, Message, Scheme, schemes};

use super::{any_id, any_payload, any_scheme, any_scheme_that, flipped};
use crate::support::{A, B, NOW, at, is_covered, takes_id};

/// The schemes whose proof does not cover the body, as the documentation of each says. A row that is not here and does
/// not cover it is a hole.
const BODY_UNBOUND: [&str; 14] = [
    "adyen-payments",
    "aws-sns",
    "braintree",
    "gitlab",
    "jwtVerifier",
    "mailgun",
    "none",
    "okta",
    "orbit",
    "paypal",
    "postmark-basic",
    "secretKeyVerifier",
    "skipVerifier",
    "telegram",
];

#[test]
fn only_these_leave_the_body_unbound() {
    let unbound: Vec<&str> = schemes().filter(|scheme| !scheme.binds_body()).map(Scheme::name).collect();
    assert_eq!(unbound, BODY_UNBOUND);
}

/// As random schemes may miss one.
#[test]
fn every_scheme_signs_and_verifies_and_knows_its_keys() {
    for scheme in super::all_forms() {
        let sent = A.send(&scheme, b"{}", "1", at(NOW));
        let accepted = A.judge(&scheme, &sent);
        assert!(accepted.is_ok(), "{}: {accepted:?}", scheme.name());
        if !scheme.checks_nothing() {
            assert_eq!(B.refuses(&scheme, &sent), "mismatch", "{}", scheme.name());
        }
    }
}

/// Whether path and query are signed, without the host.
fn signs_target(scheme: &Scheme) -> bool {
    scheme.usual().content.as_deref().is_some_and(|content| content.contains("target}"))
}

/// Whether the signature stands in the body.
fn signs_inside(scheme: &Scheme) -> bool {
    matches!(scheme.usual().place(), Some(Field::Json(_) | Field::Form(_) | Field::FormLast(_)))
}

proptest! {
    #[test]
    fn what_is_signed_verifies(scheme in any_scheme(), payload in any_payload(), id in any_id()) {
        let sent = A.send(&scheme, &payload, &id, at(NOW));
        let accepted = A.judge(&scheme, &sent);
        prop_assert!(accepted.is_ok(), "{}: {accepted:?}", scheme.name());
        if takes_id(scheme.usual()) && scheme.usual().id.is_some() {
            prop_assert_eq!(accepted.unwrap().id.unwrap().value, id);
        }
    }

    #[test]
    fn another_key_refuses(
        scheme in any_scheme_that(|scheme| !scheme.checks_nothing()),
        payload in any_payload(),
        id in any_id(),
    ) {
        let sent = A.send(&scheme, &payload, &id, at(NOW));
        prop_assert_eq!(B.refuses(&scheme, &sent), "mismatch", "{}", scheme.name());
    }

    #[test]
    fn one_bit_of_the_body_refuses(
        scheme in any_scheme_that(Scheme::binds_body),
        payload in prop::collection::vec(any::<u8>(), 1..300),
        position in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut sent = A.send(&scheme, &payload, "1", at(NOW));
        sent.body = flipped(&sent.body, position, bit);
        let refused = A.judge(&scheme, &sent);
        prop_assert!(refused.is_err(), "{}: {sent:?}", scheme.name());
    }

    /// A checksum does not keep anybody from making another body with the same one, but it shows every single bit.
    #[test]
    fn one_bit_of_a_body_with_a_checksum_refuses(
        payload in prop::collection::vec(any::<u8>(), 1..300),
        position in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let paypal = signatures::scheme("paypal").unwrap();
        let mut sent = A.send(paypal, &payload, "1", at(NOW));
        sent.body = flipped(&sent.body, position, bit);
        prop_assert_eq!(A.refuses(paypal, &sent), "mismatch");
    }

    #[test]
    fn one_bit_of_a_covered_header_refuses(
        scheme in any_scheme(),
        payload in any_payload(),
        id in any_id(),
        header in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let form = scheme.usual();
        let sent = A.send(&scheme, &payload, &id, at(NOW));
        let covered: Vec<&String> =
            sent.headers.iter().map(|(name, _)| name).filter(|name| is_covered(form, name)).collect();
        prop_assume!(!covered.is_empty());
        let name = covered[header.index(covered.len())];
        let mut changed = sent.clone();
        let value = changed.value(name);
        let before = value.clone();
        *value = flipped(value, position, bit);
        // The same signature or the same `Basic`, in the other case.
        let any_case = form.encoding == Some(Encoding::HexAnyCase) || before.starts_with(b"Basic ");
        let is_same_text = any_case && value.eq_ignore_ascii_case(&before);
        prop_assume!(!is_same_text);
        prop_assert!(A.judge(&scheme, &changed).is_err(), "{}: {changed:?}", scheme.name());
    }

    #[test]
    fn one_bit_of_a_signed_url_refuses(
        scheme in any_scheme_that(|scheme| scheme.signs_url() || signs_target(scheme)),
        payload in any_payload(),
        position in any::<prop::sample::Index>(),
        bit in 0..7_u8,
    ) {
        let from = if signs_target(&scheme) { "https://hooks.example".len() } else { 0 };
        let mut sent = A.send(&scheme, &payload, "1", at(NOW));
        let (host, rest) = sent.url.split_at(from);
        sent.url = host.to_owned() + std::str::from_utf8(&flipped(rest.as_bytes(), position, bit)).unwrap();
        prop_assert!(A.judge(&scheme, &sent).is_err(), "{}: {sent:?}", scheme.name());
    }

    #[test]
    fn one_bit_of_a_signature_in_the_body_refuses(
        scheme in any_scheme_that(signs_inside),
        payload in any_payload(),
        position in any::<prop::sample::Index>(),
        bit in 0..7_u8,
    ) {
        let mut sent = A.send(&scheme, &payload, "1", at(NOW));
        let signature = signature_in(&sent.body);
        let changed = flipped(signature.as_bytes(), position, bit);
        let body = String::from_utf8(sent.body).unwrap();
        sent.body = body.replacen(&signature, std::str::from_utf8(&changed).unwrap(), 1).into_bytes();
        prop_assert!(A.judge(&scheme, &sent).is_err(), "{}: {sent:?}", scheme.name());
    }

    #[test]
    fn arbitrary_messages_are_refused_in_peace(
        scheme in any_scheme_that(|scheme| !scheme.checks_nothing()),
        values in prop::collection::vec(any_value(), 3),
        body in any_body(),
        url in any_url(),
        now in any::<u32>(),
    ) {
        let names = A.send(&scheme, b"", "1", at(NOW)).headers.into_iter().map(|(name, _)| name);
        let headers: Vec<(String, Vec<u8>)> = names.zip(values.into_iter().cycle()).collect();
        let message = Message { method: "POST", url: &url, headers: &headers, body: &body };
        prop_assert!(A.verifier(&scheme).verify(&message, at(now.into())).is_err());
    }
}

/// The first signature in a body.
fn signature_in(body: &[u8]) -> String {
    let body = std::str::from_utf8(body).unwrap();
    let names =
        ["\"hmacSignature\":\"", "\"Signature\":\"", "\"signature\":\"", "bt_signature=key%2D1%7C", "&signature="];
    let start = names.iter().find_map(|name| Some(body.find(name)? + name.len())).unwrap_or_else(|| panic!("{body}"));
    body[start..].split(['"', '&']).next().unwrap().to_owned()
}

/// Header values near the grammars of the schemes, and far from them.
fn any_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..120),
        "(t=[0-9]{0,22}[,; ]?|v1[,=][0-9a-fA-F+/=_-]{0,90}[,; ]?|v0=|sha256=|h1=|ts=){0,6}"
            .prop_map(String::into_bytes),
        "(sha256=|v0=|v1,|v1=|)[0-9a-f]{40,64}".prop_map(String::into_bytes),
        "(Bearer )?[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){0,3}".prop_map(String::into_bytes),
        "-?[0-9]{0,22}".prop_map(String::into_bytes),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?(Z|\\+01:00)"
            .prop_map(String::into_bytes),
    ]
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any_payload(),
        "(timestamp|token|signature|bt_signature)=[0-9a-f]{0,64}&(signature|bt_payload)=(key-1\\|)?[0-9a-f]{0,64}"
            .prop_map(String::into_bytes),
        "[0-9a-f]{0,64}".prop_map(|value| {
            let signature = json!({ "timestamp": NOW.to_string(), "token": value, "signature": value });
            let item = json!({ "additionalData": { "hmacSignature": value } });
            let items = json!([{ "NotificationRequestItem": item }]);
            json!({ "signature": signature, "webhookTimestamp": NOW * 1000, "notificationItems": items })
                .to_string()
                .into_bytes()
        }),
        Just(br#"{"notificationItems":[]}"#.to_vec()),
    ]
}

fn any_url() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(crate::support::URL.to_owned()),
        "(https?://)?[a-z.:@%é]{0,12}(/[a-z%?&=#é]{0,20})?(\\?bodySHA256=[0-9a-f]{0,64})?",
        any::<String>(),
    ]
}
