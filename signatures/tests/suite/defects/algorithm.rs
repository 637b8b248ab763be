//! The algorithm is the scheme's, whatever a message says.

use signatures::{Algorithm, Description, Encoding, Scheme, Secret, scheme};

use crate::support::{A, NOW, at};

/// One library computes whatever algorithm the received header names, another takes `sha1=` in the header for
/// SHA-256: so the weakest is good enough for a forger.
#[test]
fn the_algorithm_is_never_taken_from_the_header() {
    let github = scheme("github").unwrap();
    for (algorithm, prefix) in [
        (Algorithm::HmacSha1, "sha1="),
        (Algorithm::HmacSha1, "sha256="),
        (Algorithm::HmacSha512, "sha512="),
        (Algorithm::HmacSha512, "sha256="),
        (Algorithm::HmacSha256, "SHA256="),
        (Algorithm::HmacSha256, "md5="),
        (Algorithm::HmacSha256, ""),
    ] {
        let forger = Scheme::custom(Description { algorithm, prefix: prefix.into(), ..github.usual().clone() });
        let sent = A.send(&forger, b"{}", "1", at(NOW));
        assert_eq!(A.refuses(github, &sent), "malformed_signature", "{algorithm:?} {prefix}");
    }
    assert!(A.judge(github, &A.send(github, b"{}", "1", at(NOW))).is_ok());
}

/// Twilio says in a header that it signs with SHA-256; who says so must sign so.
#[test]
fn a_header_about_the_algorithm_chooses_the_form_and_weakens_nothing() {
    let twilio = scheme("twilio").unwrap();
    let mut sent = A.send(twilio, b"x", "1", at(NOW));
    sent.add("x-twilio-webhooks-signature-settings", "key=SK1,algorithm=HMAC_SHA256");
    assert_eq!(A.refuses(twilio, &sent), "malformed_signature");
}

/// Box and PayPal name version and algorithm in headers that are not signed. Another value is not what the scheme
/// checks.
#[test]
fn a_header_about_the_algorithm_says_what_the_scheme_expects() {
    for (name, header) in
        [("box", "box-signature-version"), ("box", "box-signature-algorithm"), ("paypal", "paypal-auth-algo")]
    {
        let scheme = scheme(name).unwrap();
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        sent.set(header, "2");
        assert_eq!(A.refuses(scheme, &sent), "unexpected", "{header}");
        sent.headers.retain(|(candidate, _)| candidate != header);
        assert_eq!(A.refuses(scheme, &sent), "missing", "{header}");
    }
}

/// A signature of SNS's first version, with SHA-1, is none of the second, and the other way round.
#[test]
fn a_version_in_the_body_does_not_change_what_a_signature_is() {
    let sns = scheme("aws-sns").unwrap();
    let mut sent = A.send(sns, b"x", "1", at(NOW));
    sent.body = String::from_utf8(sent.body).unwrap().replace(r#"n":"2""#, r#"n":"1""#).into_bytes();
    assert_eq!(A.refuses(sns, &sent), "mismatch");
}

/// Upper case is one of the values that a stricter reader and a laxer one see differently.
#[test]
fn hexadecimal_is_lower_case_unless_the_scheme_says_otherwise() {
    let vercel = scheme("vercel").unwrap();
    let mut sent = A.send(vercel, b"{}", "1", at(NOW));
    sent.set("x-vercel-signature", sent.text("x-vercel-signature").to_uppercase());
    assert_eq!(A.refuses(vercel, &sent), "malformed_signature");

    let lax = Scheme::custom(Description { encoding: Some(Encoding::HexAnyCase), ..vercel.usual().clone() });
    assert!(A.judge(&lax, &sent).is_ok());
}

/// Some comparisons stop at the shorter of two texts. Whatever its length, only the whole signature is one.
#[test]
fn a_signature_of_another_length_is_compared_and_refused() {
    for (name, header, prefix) in [
        ("github", "x-hub-signature-256", "sha256="),
        ("slack", "x-slack-signature", "v0="),
        ("vercel", "x-vercel-signature", ""),
    ] {
        let scheme = scheme(name).unwrap();
        let whole = A.send(scheme, b"{}", "1", at(NOW));
        let signature = whole.text(header);
        let digits = signature.strip_prefix(prefix).unwrap();
        for length in (0..digits.len()).chain([digits.len() + 2, digits.len() * 2, 128, 130, 4096]) {
            let mut sent = whole.clone();
            let text: String = digits.chars().cycle().take(length).collect();
            sent.set(header, format!("{prefix}{text}"));
            A.refuses(scheme, &sent);
        }
    }
    let gitlab = scheme("gitlab").unwrap();
    let whole = A.send(gitlab, b"{}", "1", at(NOW));
    let token = whole.text("x-gitlab-token");
    for other in ["", &token[..1], &token[..token.len() - 1], &format!("{token}0"), &token.repeat(100)] {
        let mut sent = whole.clone();
        sent.set("x-gitlab-token", other);
        let kind = if other.is_empty() { "empty" } else { "mismatch" };
        assert_eq!(A.refuses(gitlab, &sent), kind);
    }
}

/// A public key is public: where one stands as the secret of a scheme with shared secrets, anybody can sign. So a
/// scheme with key pairs never reads its key as a secret, nor a token's `HS256` as a choice.
#[test]
fn a_public_key_is_never_the_key_of_a_keyed_hash() {
    for name in ["discord", "sendgrid", "aws-sns"] {
        let scheme = scheme(name).unwrap();
        let (_, public) = A.pair(scheme.usual()).unwrap();
        let genuine = A.send(scheme, b"x", "1", at(NOW));
        let forger = Scheme::custom(Description { algorithm: Algorithm::HmacSha256, ..scheme.usual().clone() });
        let request = signatures::SignRequest { id: None, ..signatures::SignRequest::new(&genuine.body, at(NOW)) };
        let forged = signatures::sign(&forger, Some(&Secret::new("PUBLIC", public)), &request).unwrap();
        let mut sent = genuine.clone();
        sent.headers = forged.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        sent.body = forged.body.into_owned();
        assert_eq!(A.refuses(scheme, &sent), "mismatch", "{name}");
    }
}
