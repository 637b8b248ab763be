//! What must hold for every scheme, every body and every id, tried on random ones.

use proptest::prelude::*;
use signatures::{
    Algorithm, Description, Encoding, Field, Message, Scheme, SecretEncoding, TimestampSource, TimestampUnit, Verifier,
    schemes,
};

use crate::support::{NOW, at, first_form, secret, secrets_of, signed, verify};

fn any_scheme() -> impl Strategy<Value = &'static Scheme> {
    let all: Vec<&'static Scheme> = schemes().collect();
    prop::sample::select(all)
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// Visible ASCII without the dot, which Standard Webhooks forbids.
fn any_id() -> impl Strategy<Value = String> {
    "[!-\\-/-~]{1,60}"
}

/// Descriptions with keys chosen at random, most of which contradict themselves.
fn any_description() -> impl Strategy<Value = Description> {
    let optional = |values: &'static [&'static str]| {
        prop::option::of(prop::sample::select(values)).prop_map(|v| v.map(str::to_owned))
    };
    let proof = (
        prop::sample::select(vec![Algorithm::HmacSha1, Algorithm::HmacSha256, Algorithm::HmacSha512, Algorithm::Token]),
        prop::option::of(prop::sample::select(vec![
            Encoding::Hex,
            Encoding::HexAnyCase,
            Encoding::Base64,
            Encoding::Base64Url,
        ])),
        prop::sample::select(vec!["", "v1=", "v1,", "sha256=", "t"]),
        optional(&[",", " ", ";", ", ", "x", ""]),
    );
    let content = (
        optional(&[
            "{body}",
            "{timestamp}.{body}",
            "{id}.{timestamp}.{body}",
            "{body}:{id}",
            "{body}{timestamp}",
            "v0:{timestamp}:{id}:{body}",
            "{id}{body}",
            "nothing",
            "{unknown}",
        ]),
        prop::option::of(prop::sample::select(vec![
            TimestampSource::Header("x-time".into()),
            TimestampSource::Item("t=".into()),
        ])),
        prop::option::of(prop::sample::select(vec![
            TimestampUnit::Seconds,
            TimestampUnit::Milliseconds,
            TimestampUnit::Rfc3339,
        ])),
        prop::option::of(prop::sample::select(vec![Field::Header("x-id".into()), Field::Json("id".into())])),
        prop::option::of(prop::sample::select(vec![
            SecretEncoding::Text,
            SecretEncoding::Base64,
            SecretEncoding::Whsec,
        ])),
    );
    (proof, content).prop_map(|(proof, content)| {
        let (algorithm, encoding, prefix, separator) = proof;
        let (content, timestamp, timestamp_unit, id, secret_encoding) = content;
        Description {
            header: Some("X-Signature".into()),
            encoding,
            prefix: prefix.to_owned(),
            separator,
            content,
            timestamp,
            timestamp_unit,
            id,
            secret_encoding,
            ..Description::new(algorithm)
        }
    })
}

/// Header values near the grammars of the schemes, and far from them.
fn any_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..120),
        "(t=[0-9]{0,22}[,; ]?|v1[,=][0-9a-fA-F+/=_-]{0,90}[,; ]?|v0=|sha256=){0,6}".prop_map(String::into_bytes),
        "(sha256=|v0=|v1,|v1=|)[0-9a-f]{40,64}".prop_map(String::into_bytes),
        "-?[0-9]{0,22}".prop_map(String::into_bytes),
    ]
}

/// The headers whose every bit the proof covers.
fn covered(scheme: &Scheme, name: &str) -> bool {
    let form = first_form(scheme);
    let is = |header: &str| header.eq_ignore_ascii_case(name);
    let is_timestamp = matches!(&form.timestamp, Some(TimestampSource::Header(header)) if is(header));
    let is_id = matches!(&form.id, Some(Field::Header(header)) if is(header));
    form.header.as_deref().is_some_and(is) || is_timestamp || (is_id && form.signs_id())
}

proptest! {
    #[test]
    fn what_is_signed_verifies(scheme in any_scheme(), body in any_body(), id in any_id()) {
        let headers = signed(scheme, "S", &body, &id, at(NOW));
        let accepted = verify(scheme, "S", &headers, &body);
        prop_assert!(accepted.is_ok(), "{}: {accepted:?}", scheme.name());
        if let Some(Field::Header(_)) = first_form(scheme).id {
            prop_assert_eq!(accepted.unwrap().id.unwrap().value, id);
        }
    }

    #[test]
    fn another_secret_refuses(scheme in any_scheme(), body in any_body(), id in any_id()) {
        prop_assume!(scheme.name() != "none");
        let headers = signed(scheme, "S", &body, &id, at(NOW));
        prop_assert_eq!(verify(scheme, "T", &headers, &body).unwrap_err().kind(), "mismatch");
    }

    #[test]
    fn one_bit_of_the_body_refuses(
        scheme in any_scheme(),
        body in prop::collection::vec(any::<u8>(), 1..300),
        position in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        prop_assume!(scheme.binds_body());
        let headers = signed(scheme, "S", &body, "1", at(NOW));
        let mut changed = body.clone();
        changed[position.index(body.len())] ^= 1_u8 << bit;
        prop_assert_eq!(
            verify(scheme, "S", &headers, &changed).unwrap_err().kind(),
            "mismatch"
        );
    }

    #[test]
    fn one_bit_of_a_covered_header_refuses(
        scheme in any_scheme(),
        body in any_body(),
        id in any_id(),
        header in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        let headers = signed(scheme, "S", &body, &id, at(NOW));
        let covered: Vec<&String> =
            headers.iter().map(|(name, _)| name).filter(|name| covered(scheme, name)).collect();
        prop_assume!(!covered.is_empty());
        let chosen = covered[header.index(covered.len())];
        let mut changed: Vec<(String, Vec<u8>)> =
            headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let value = &mut changed.iter_mut().find(|(name, _)| name == chosen).unwrap().1;
        let position = position.index(value.len());
        value[position] ^= 1_u8 << bit;

        let verifier = Verifier::new(scheme, secrets_of(scheme, "S"), None).unwrap();
        let result = verifier.verify(&Message { headers: &changed, body: &body }, at(NOW));
        prop_assert!(result.is_err(), "{}: {changed:?}", scheme.name());
    }

    #[test]
    fn arbitrary_headers_are_refused_in_peace(
        scheme in any_scheme(),
        values in prop::collection::vec(any_value(), 3),
        body in any_body(),
        now in any::<u32>(),
    ) {
        prop_assume!(scheme.name() != "none");
        let names = signed(scheme, "S", b"", "1", at(NOW)).into_iter().map(|(name, _)| name);
        let headers: Vec<(String, Vec<u8>)> = names.zip(values.into_iter().cycle()).collect();
        let verifier = Verifier::new(scheme, secrets_of(scheme, "S"), None).unwrap();
        let result = verifier.verify(&Message { headers: &headers, body: &body }, at(now.into()));
        prop_assert!(result.is_err());
    }

    #[test]
    fn a_description_is_either_refused_or_sound(
        description in any_description(),
        body in any_body(),
    ) {
        let scheme = Scheme::custom(description);
        let Ok(verifier) = Verifier::new(&scheme, vec![secret("S")], None) else {
            return Ok(());
        };
        let headers = signed(&scheme, "S", &body, "7", at(NOW));
        let result = verifier.verify(&Message { headers: &headers, body: &body }, at(NOW));
        prop_assert!(result.is_ok(), "{scheme:?}: {result:?}");
        if scheme.binds_body() {
            let other = [body.as_slice(), b"x"].concat();
            let result = verifier.verify(&Message { headers: &headers, body: &other }, at(NOW));
            prop_assert!(result.is_err(), "{scheme:?}");
        }
    }
}
