//! Schemes that a policy describes: refused when they are loaded, or as sound as those of the table.

use proptest::prelude::*;
use signatures::{Algorithm, Description, Encoding, Field, Scheme, SecretEncoding, TimestampUnit, Verifier};

use super::{any_payload, flipped};
use crate::support::{A, NOW, at, is_covered};

fn optional(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(values)).prop_map(|value| value.map(str::to_owned))
}

fn any_field() -> impl Strategy<Value = Field> {
    prop::sample::select(vec![
        Field::Header("x-time".into()),
        Field::Header("X-Id".into()),
        Field::Item("t=".into()),
        Field::Item("v1=".into()),
        Field::Json("id".into()),
        Field::Query("q".into()),
        Field::Form("f".into()),
        Field::Claim("jti".into()),
    ])
}

/// Descriptions with keys chosen at random, most of which contradict themselves.
fn any_description() -> impl Strategy<Value = Description> {
    use Algorithm::{Basic, EcdsaP256, Ed25519, HmacSha1, HmacSha256, HmacSha512, Jwt, Sha256, Token};
    let proof = (
        prop::sample::select(vec![HmacSha1, HmacSha256, HmacSha512, Sha256, Ed25519, EcdsaP256, Token, Basic, Jwt]),
        prop::option::of(prop::sample::select(vec![
            Encoding::Hex,
            Encoding::HexAnyCase,
            Encoding::Base64,
            Encoding::Base64Url,
        ])),
        prop::sample::select(vec!["", "v1=", "v1,", "sha256=", "t"]),
        optional(&[",", " ", ";", ", ", "x", ""]),
        any::<bool>(),
    );
    let content = (
        optional(&[
            "{body}",
            "{timestamp}.{body}",
            "{id}.{timestamp}.{body}",
            "{id}{timestamp}{body}",
            "{body}:{id}",
            "{body}{timestamp}",
            "{timestamp}0{body}",
            "{secret}{method}{url}{body}",
            "{target}\n{body}",
            "v0:{timestamp}:{id}:{body}",
            "{id}{body}",
            "nothing",
            "{unknown}",
        ]),
        prop::option::of(any_field()),
        prop::option::of(prop::sample::select(vec![
            TimestampUnit::Seconds,
            TimestampUnit::Milliseconds,
            TimestampUnit::Rfc3339,
        ])),
        prop::option::of(any_field()),
        prop::option::of(prop::sample::select(vec![
            SecretEncoding::Text,
            SecretEncoding::Base64,
            SecretEncoding::Whsec,
            SecretEncoding::Hex,
        ])),
        optional(&["list"]),
    );
    (proof, content).prop_map(|(proof, content)| {
        let (algorithm, encoding, prefix, separator, body_unsigned) = proof;
        let (content, timestamp, timestamp_unit, id, secret_encoding, each) = content;
        Description {
            header: Some("X-Signature".into()),
            encoding,
            prefix: prefix.to_owned(),
            separator,
            body_unsigned,
            content,
            timestamp,
            timestamp_unit,
            id,
            secret_encoding,
            each: each.filter(|_| body_unsigned),
            ..Description::new(algorithm)
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_description_is_either_refused_or_sound(
        description in any_description(),
        payload in any_payload(),
        position in any::<prop::sample::Index>(),
        bit in 0..7_u8,
    ) {
        let scheme = Scheme::custom(description);
        let Ok(verifier) = Verifier::new(&scheme, A.setup(&scheme)) else {
            return Ok(());
        };
        let form = scheme.usual();
        // What is in a form or in JSON stands in the body, which cannot be anything then.
        let Ok(sent) = A.send_body(&scheme, &payload, "7", at(NOW)).or_else(|_| A.send_body(&scheme, b"{}", "7", at(NOW)))
        else {
            return Ok(());
        };
        let result = verifier.verify(&sent.message(), at(NOW));
        prop_assert!(result.is_ok(), "{scheme:?} {sent:?}: {result:?}");

        if scheme.binds_body() {
            let mut other = sent.clone();
            other.body.push(b'x');
            prop_assert!(verifier.verify(&other.message(), at(NOW)).is_err(), "{scheme:?}");
        }
        for (name, value) in sent.headers.iter().filter(|(name, _)| is_covered(form, name)) {
            let mut other = sent.clone();
            other.set(name, flipped(value, position, bit));
            let is_same = form.encoding == Some(Encoding::HexAnyCase) || form.algorithm == Algorithm::Basic;
            if !(is_same && other.text(name).eq_ignore_ascii_case(&sent.text(name))) {
                prop_assert!(verifier.verify(&other.message(), at(NOW)).is_err(), "{scheme:?} {other:?}");
            }
        }
        if scheme.has_timestamp() {
            for distance in [1_000_000, -1_000_000] {
                let then = at(NOW.checked_add_signed(distance).unwrap());
                prop_assert!(verifier.verify(&sent.message(), then).is_err(), "{scheme:?}");
            }
        }
    }
}

/// The fields of a content, in the order of the template.
const FIELDS: [&str; 3] = ["{id}", "{timestamp}", "{body}"];

/// All ways in which a content could have come of a template: what each of [`FIELDS`] would be.
fn readings(template: &str, content: &str) -> Vec<[String; 3]> {
    let next = FIELDS.iter().enumerate().filter_map(|(which, field)| Some((template.find(field)?, which))).min();
    let Some((start, which)) = next else {
        return if template == content { vec![Default::default()] } else { Vec::new() };
    };
    let Some(rest) = content.strip_prefix(&template[..start]) else {
        return Vec::new();
    };
    let template = &template[start + FIELDS[which].len()..];
    let ends = (0..=rest.len()).filter(|end| template.contains('{') || rest[*end..] == *template);
    ends.flat_map(|end| {
        let mut found = readings(template, &rest[end..]);
        found.iter_mut().for_each(|reading| reading[which] = rest[..end].to_owned());
        found
    })
    .collect()
}

/// A signature fits every message with the same content, so of all messages with this one a scheme takes the one that
/// was sent. The body holds later times, and what stands between the fields.
#[test]
fn no_byte_moves_from_one_field_to_another() {
    let mut sound = 0;
    for template in [
        "{id}.{timestamp}.{body}",
        "{id}{timestamp}{body}",
        "{id}{timestamp}.{body}",
        "{body}{timestamp}{id}",
        "{timestamp}{body}",
        "{timestamp}0{body}",
        "{timestamp}:{body}",
        "{body}{timestamp}",
        "{body}:{id}",
        "{timestamp}--{id}--{body}",
        "{id}:{body}",
        "{id}{body}",
    ] {
        for unit in [TimestampUnit::Seconds, TimestampUnit::Milliseconds, TimestampUnit::Rfc3339] {
            let time = match unit {
                TimestampUnit::Seconds => NOW.to_string(),
                TimestampUnit::Milliseconds => (NOW * 1000).to_string(),
                TimestampUnit::Rfc3339 => "2025-10-09T08:53:20Z".to_owned(),
            };
            let scheme = Scheme::custom(Description {
                header: Some("x-signature".into()),
                encoding: Some(Encoding::Hex),
                content: Some(template.into()),
                id: template.contains("{id}").then(|| Field::Header("x-id".into())),
                timestamp: template.contains("{timestamp}").then(|| Field::Header("x-time".into())),
                timestamp_unit: template.contains("{timestamp}").then_some(unit),
                ..Description::new(Algorithm::HmacSha256)
            });
            let Ok(verifier) = Verifier::new(&scheme, A.setup(&scheme)) else {
                continue;
            };
            sound += 1;
            let body = format!("{{-{time}.0-{time}--0:{time}}}");
            let sent = A.send_body(&scheme, body.as_bytes(), "a1", at(NOW)).unwrap();
            let values = ["a1", time.as_str(), body.as_str()];
            let content =
                FIELDS.iter().zip(values).fold(template.to_owned(), |text, (field, value)| text.replace(field, value));
            let taken = readings(template, &content).into_iter().filter(|[id, time, body]| {
                let mut other = sent.clone();
                for (name, value) in [("x-id", id), ("x-time", time)] {
                    if other.headers.iter().any(|(candidate, _)| candidate == name) {
                        other.set(name, value);
                    }
                }
                other.body = body.clone().into_bytes();
                verifier.verify(&other.message(), at(NOW)).is_ok()
            });
            assert_eq!(taken.count(), 1, "{template} {unit:?}");
        }
    }
    assert_eq!(sound, 27);
}
