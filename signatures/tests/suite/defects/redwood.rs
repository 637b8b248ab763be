//! Redwood's verifiers under their own names: what the originals let in, and what they could not take.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use signatures::{Description, Overrides, Scheme, Secret, TimestampUnit, Verifier, scheme};

use crate::support::{A, NOW, Party, at};

const HEADER: &str = "rw-webhook-signature";
const HASHES: [&str; 4] = ["sha1Verifier", "sha256Verifier", "base64Sha1Verifier", "base64Sha256Verifier"];

#[test]
fn each_is_found_with_and_without_redwoods_name() {
    for name in HASHES.iter().chain(&["secretKeyVerifier", "timestampSchemeVerifier", "jwtVerifier", "skipVerifier"]) {
        assert_eq!(scheme(name).unwrap(), scheme(&format!("redwood-{name}")).unwrap());
    }
    assert!(scheme("redwood-github").is_err());
}

/// With the algorithm in the header, a hash of any kind passes for any other.
#[test]
fn a_hash_of_another_kind_is_refused() {
    for (signs, checks) in [("sha1Verifier", "sha256Verifier"), ("sha256Verifier", "sha1Verifier")] {
        let checks = scheme(checks).unwrap();
        let sent = A.send(scheme(signs).unwrap(), b"{}", "1", at(NOW));
        assert_eq!(A.refuses(checks, &sent), "malformed_signature", "{signs}");
        let hash = sent.text(HEADER).split_once('=').unwrap().1.to_owned();
        let prefix = &checks.usual().prefix;
        for text in
            [format!("{prefix}{hash}"), format!("md5={hash}"), format!("{}{hash}", prefix.to_uppercase()), hash.clone()]
        {
            let mut sent = sent.clone();
            sent.set(HEADER, text);
            assert_eq!(A.refuses(checks, &sent), "malformed_signature", "{signs}");
        }
    }
}

/// The decoder of Base64 takes other alphabets, no padding and text around it: then one signature has many spellings.
#[test]
fn base64_has_one_spelling() {
    for name in ["base64Sha1Verifier", "base64Sha256Verifier"] {
        let scheme = scheme(name).unwrap();
        let sent = A.send(scheme, b"{}", "1", at(NOW));
        let bytes = STANDARD.decode(sent.text(HEADER)).unwrap();
        let text = sent.text(HEADER);
        for other in [
            URL_SAFE_NO_PAD.encode(&bytes),
            format!("{text}="),
            format!(" {text}"),
            format!("{text}\n"),
            hex::encode(&bytes),
        ] {
            let mut sent = sent.clone();
            sent.set(HEADER, other);
            assert_eq!(A.refuses(scheme, &sent), "malformed_signature", "{name}");
        }
    }
}

/// The secret of these two is Base64, which no document says; as text it is another key.
#[test]
fn the_secret_of_the_base64_verifiers_is_base64() {
    for name in ["base64Sha1Verifier", "base64Sha256Verifier"] {
        let error = Verifier::new(scheme(name).unwrap(), vec![Secret::new("S", "not base64!")]).unwrap_err();
        assert!(error.to_string().contains("is not Base64"), "{error}");
    }
}

/// Milliseconds are the default; a header of Stripe has seconds and several signatures, of which only the first is
/// read.
#[test]
fn stripe_is_taken_as_stripe_signs() {
    let redwood = scheme("timestampSchemeVerifier").unwrap();
    let stripe = scheme("stripe").unwrap();
    let overrides = Overrides { header: Some("stripe-signature".into()), ..Overrides::default() };
    let redwood = redwood.clone().with(&overrides).unwrap();
    let sent = A.send(stripe, b"{}", "1", at(NOW));
    assert!(A.judge(stripe, &sent).is_ok());
    assert_eq!(A.refuses(&redwood, &sent), "stale");

    let in_seconds =
        Scheme::custom(Description { timestamp_unit: Some(TimestampUnit::Seconds), ..redwood.usual().clone() });
    let mut rolled = Party("old").send(stripe, b"{}", "1", at(NOW));
    let ours = sent.text("stripe-signature").split_once(",").unwrap().1.to_owned();
    rolled.set("stripe-signature", format!("{},{ours}", rolled.text("stripe-signature")));
    assert!(A.judge(&in_seconds, &rolled).is_ok() && A.judge(stripe, &rolled).is_ok());
}

/// The pattern that finds time and signature is not tied to the ends of the header.
#[test]
fn junk_around_time_and_signature_is_refused() {
    let scheme = scheme("timestampSchemeVerifier").unwrap();
    let sent = A.send(scheme, b"{}", "1", at(NOW));
    let text = sent.text(HEADER);
    for junk in [format!("x{text}"), format!("x {text}"), format!("{text} x"), format!("{text}z"), format!("t=1{text}")]
    {
        let mut sent = sent.clone();
        sent.set(HEADER, junk);
        assert!(A.judge(scheme, &sent).is_err());
    }
}

/// The documented use for Vercel, with `sha256Verifier`, refuses every message of Vercel's.
#[test]
fn vercel_is_taken_as_vercel_signs() {
    let vercel = scheme("vercel").unwrap();
    let sent = A.send(vercel, b"{}", "1", at(NOW));
    assert!(A.judge(vercel, &sent).is_ok());
    let overrides =
        Overrides { header: Some("x-vercel-signature".into()), prefix: Some(String::new()), ..Overrides::default() };
    let sha1 = scheme("sha1Verifier").unwrap().clone().with(&overrides).unwrap();
    assert!(A.judge(&sha1, &sent).is_ok());
}

/// A token of Netlify's for another body: `jwtVerifier` says of itself that it does not see the body, `netlify` does.
#[test]
fn netlify_is_taken_as_netlify_signs() {
    let netlify = scheme("netlify").unwrap();
    let mut sent = A.send(netlify, b"one", "1", at(NOW));
    sent.body = b"two".to_vec();
    assert_eq!(A.refuses(netlify, &sent), "claim");
    assert!(netlify.binds_body() && !scheme("jwtVerifier").unwrap().binds_body());
}

/// A header's name is looked for in one case only, and a message with the others is refused.
#[test]
fn the_name_of_a_header_is_found_in_any_case() {
    for name in HASHES {
        let scheme = scheme(name).unwrap();
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        sent.headers.iter_mut().for_each(|(name, _)| *name = "RW-Webhook-Signature".into());
        assert!(A.judge(scheme, &sent).is_ok());
    }
}
