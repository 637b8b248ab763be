//! Tokens that are written in another way than the one that there is, or cut, or made longer: each is refused, and
//! nothing runs for it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm::{ES256, ES384, EdDSA, HS256, RS256};
use serde_json::json;

use crate::jwt::{ask, provider, with_provider};
use crate::jwt_forged::{assert_none_taken, good, parts};
use crate::support::token::{base64url, claims, demo, key, signed_parts, token, written};

#[tokio::test]
async fn a_token_that_is_longer_than_any_is_refused_even_if_it_is_genuine() {
    let host = with_provider(&demo(""));
    let of = |length: usize| token(HS256, &claims(json!({ "padding": "x".repeat(length) })));
    let (long, too_long) = (of(11_500), of(12_300));
    assert!(long.len() < 16 << 10 && too_long.len() > 16 << 10, "{} {}", long.len(), too_long.len());
    assert_eq!(ask(&host, &long).await.status, 200);
    assert_none_taken(&host, [("too long".to_owned(), too_long)]).await;
}

#[tokio::test]
async fn a_token_in_any_other_form_than_three_parts_is_refused() {
    let host = with_provider(&demo(""));
    let genuine = token(HS256, &good());
    let (header, claims, signature) = parts(&genuine);
    let signatures = json!([{ "protected": header, "signature": signature }]);
    let forms = [
        ("two parts", format!("{header}.{claims}")),
        ("no signature", format!("{header}.{claims}.")),
        ("no claims", format!("{header}..{signature}")),
        ("no header", format!(".{claims}.{signature}")),
        ("a part more at the end", format!("{genuine}.{signature}")),
        ("an empty part more at the end", format!("{genuine}.")),
        ("a part more at the start", format!("{header}.{genuine}")),
        ("an empty part more at the start", format!(".{genuine}")),
        ("the form of a JWE", format!("{header}.{claims}.AAAA.AAAA.{signature}")),
        (
            "a JWE",
            format!(
                "{}..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ",
                base64url("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}")
            ),
        ),
        ("flattened JSON", json!({ "payload": claims, "protected": header, "signature": signature }).to_string()),
        ("general JSON", json!({ "payload": claims, "signatures": signatures }).to_string()),
        ("JSON text", format!("\"{genuine}\"")),
        ("a list", format!("{genuine},{genuine}")),
        ("dots of another kind", genuine.replace('.', "%2E")),
        ("no dots", genuine.replace('.', "")),
        ("a fragment", format!("{genuine}#")),
        ("a tab behind it", format!("{genuine}\t.")),
    ];
    assert_none_taken(&host, forms.map(|(what, token)| (what.to_owned(), token))).await;
    assert_eq!(ask(&host, &genuine).await.status, 200);
}

/// The character that stands for the same bits but for the last of them.
fn with_trailing_bit(text: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = *text.as_bytes().last().unwrap();
    let at = alphabet.iter().position(|byte| *byte == last).unwrap();
    format!("{}{}", &text[..text.len() - 1], char::from(alphabet[at ^ 1]))
}

#[tokio::test]
async fn each_part_may_be_written_in_one_way_only() {
    let host = with_provider(&demo(""));
    // Of lengths that leave bits over; the claims have `-` and `_` in them.
    let header = base64url("{\"alg\": \"HS256\" }");
    let text = format!("{{\"sub\":\"\u{7e}\u{7e}\u{7e}???\u{ff}\u{fe}>>>\",\"exp\":{}}}", 9_999_999_999_u64);
    let text = if text.len().is_multiple_of(3) { format!("{text} ") } else { text };
    let claims = base64url(&text);
    let leaves_bits = |part: &str| !part.len().is_multiple_of(4);
    assert!(leaves_bits(&header) && leaves_bits(&claims) && claims.contains(['-', '_']), "{header} {claims}");
    let sign = |header: &str, claims: &str| signed_parts(header, claims, &key(HS256), HS256);
    let genuine = sign(&header, &claims);
    let (_, _, signature) = parts(&genuine);
    let signed = format!("{header}.{claims}");
    let padded = |part: &str| format!("{part}{}", "=".repeat(4 - part.len() % 4));
    let forms = [
        ("the signature with a bit more", format!("{signed}.{}", with_trailing_bit(signature))),
        ("the signature padded", format!("{signed}.{signature}=")),
        ("the signature padded too much", format!("{signed}.{signature}==")),
        ("the signature percent-encoded", format!("{signed}.{signature}%3D")),
        ("the signature with a tab", format!("{signed}.\t{signature}")),
        ("the header with a bit more", sign(&with_trailing_bit(&header), &claims)),
        ("the claims with a bit more", sign(&header, &with_trailing_bit(&claims))),
        ("the header padded", sign(&padded(&header), &claims)),
        ("the claims padded", sign(&header, &padded(&claims))),
        ("the claims in the other alphabet", sign(&header, &BASE64_STANDARD_NO_PAD.encode(&text))),
        ("the claims in the other alphabet, padded", sign(&header, &BASE64_STANDARD.encode(&text))),
        ("the claims with a tab in them", sign(&header, &format!("{}\t{}", &claims[..8], &claims[8..]))),
        ("the claims with a character too many", sign(&header, &format!("{claims}A"))),
        ("the claims not encoded", sign(&header, &text.replace(|c: char| !c.is_ascii(), ""))),
        ("the claims encoded twice", sign(&header, &base64url(&claims))),
    ];
    assert_none_taken(&host, forms.map(|(what, token)| (what.to_owned(), token))).await;
    assert_eq!(ask(&host, &genuine).await.status, 200);
}

#[tokio::test]
async fn a_signature_that_is_cut_or_made_longer_or_of_zeros_is_refused() {
    for algorithm in [HS256, RS256, ES256, ES384, EdDSA] {
        let host = with_provider(&provider(algorithm));
        let genuine = token(algorithm, &good());
        let (header, claims, signature) = parts(&genuine);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let half = bytes.len() / 2;
        let mut forms = vec![
            ("cut by a byte", bytes[..bytes.len() - 1].to_vec()),
            ("its first byte cut", bytes[1..].to_vec()),
            ("half", bytes[..half].to_vec()),
            ("a zero behind it", [&bytes[..], &[0]].concat()),
            ("a zero before it", [&[0], &bytes[..]].concat()),
            ("twice", [&bytes[..], &bytes[..]].concat()),
            ("its halves exchanged", [&bytes[half..], &bytes[..half]].concat()),
            ("zeros", vec![0; bytes.len()]),
            ("ones", vec![0xff; bytes.len()]),
            ("one zero", vec![0]),
            ("one and zeros", [&vec![0; bytes.len() - 1][..], &[1]].concat()),
        ];
        if matches!(algorithm, ES256 | ES384) {
            // As other formats have it: SEQUENCE of two INTEGERs.
            let integer = |number: &[u8]| [&[2, u8::try_from(number.len()).unwrap() + 1, 0][..], number].concat();
            let both = [integer(&bytes[..half]), integer(&bytes[half..])].concat();
            forms.push(("DER", [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()));
        }
        let tokens = forms
            .into_iter()
            .map(|(what, bytes)| (format!("{what}, {algorithm:?}"), format!("{header}.{claims}.{}", base64url(bytes))));
        assert_none_taken(&host, tokens).await;
    }
}

/// What may stand in a header's value, and might pass for something in a token.
const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.~%\"";

#[tokio::test]
async fn any_other_character_at_any_place_makes_it_another_token() {
    let host = with_provider(&demo(""));
    let genuine = written("{\"alg\":\"HS256\"}", "{\"sub\":\"a\",\"exp\":9999999999}", &key(HS256), HS256);
    assert_eq!(ask(&host, &genuine).await.status, 200, "and it is remembered from now on");
    let before = host.instances();
    for at in 0..genuine.len() {
        let (head, tail) = (&genuine[..at], &genuine[at + 1..]);
        let own = genuine.as_bytes()[at];
        let mut changed: Vec<String> = Vec::new();
        for other in CHARACTERS.iter().filter(|other| **other != own) {
            changed.push(format!("{head}{}{tail}", char::from(*other)));
        }
        changed.push(format!("{head}{tail}"));
        changed.push(format!("{head}{0}{0}{tail}", char::from(own)));
        for changed in changed {
            assert_eq!(ask(&host, &changed).await.status, 401, "{genuine} taken as {changed}");
        }
    }
    assert_eq!(host.instances(), before);
}
