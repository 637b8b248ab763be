//! Secrets: never empty, never guessed at, never shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use signatures::{Scheme, Secret, Setup, SignRequest, Verifier, scheme, schemes, sign};

use crate::support::{A, KEY_ID, NOW, at, secret};

/// Where the secret is not set, several libraries check against the empty one, which everybody knows.
#[test]
fn an_empty_or_absent_secret_is_an_error_and_verifies_nothing() {
    for scheme in schemes().filter(|scheme| !scheme.checks_nothing()) {
        let name = scheme.name();
        for secrets in [vec![], vec![Secret::new("EMPTY", "")], vec![secret("GOOD"), Secret::new("EMPTY", "")]] {
            let setup = Setup { secrets, public_keys: Vec::new(), ..A.setup(scheme) };
            let error = Verifier::new(scheme, setup).unwrap_err();
            assert!(error.problems.iter().all(|p| p.key == "secrets" || p.key == "public_key"), "{name}: {error}");
        }
        let request = SignRequest {
            url: crate::support::URL,
            id: crate::support::takes_id(scheme.usual()).then_some("1"),
            key_id: scheme.usual().key_name.is_some().then_some(KEY_ID),
            ..SignRequest::new(b"{}", at(NOW))
        };
        assert!(sign(scheme, Some(&Secret::new("EMPTY", "")), &request).is_err(), "{name}");
    }
    let error = Verifier::new(scheme("svix").unwrap(), vec![Secret::new("EMPTY", "whsec_")]);
    assert!(error.unwrap_err().to_string().contains("the secret EMPTY is empty"));
}

/// An empty token in the header is equal to a secret that is not set, where a library lets it be.
#[test]
fn an_empty_token_is_refused() {
    for scheme in schemes().filter(|scheme| scheme.secret_headers().next().is_some()) {
        let mut sent = A.send(scheme, b"{}", "1", at(NOW));
        let header = scheme.secret_headers().next().unwrap();
        sent.set(header, "");
        assert_eq!(A.refuses(scheme, &sent), "empty", "{}", scheme.name());
        sent.headers.retain(|(name, _)| name != header);
        assert_eq!(A.refuses(scheme, &sent), "missing", "{}", scheme.name());
    }
}

/// A secret for a scheme that checks nothing is a misunderstanding that must not pass in silence.
#[test]
fn none_takes_no_secret() {
    for name in ["none", "skipVerifier"] {
        let error = Verifier::new(scheme(name).unwrap(), vec![secret("S")]).unwrap_err();
        assert_eq!(error.problems[0].key, "secrets");
    }
}

/// `whsec_` stands before a text with Stripe and before Base64 with Svix; who reads one as the other never verifies.
#[test]
fn what_stands_behind_whsec_is_the_schemes_to_say() {
    let key = b"sixteen bytes, a";
    let written = format!("whsec_{}", STANDARD.encode(key));
    for (name, is_base64, bare) in [
        ("stripe", false, false),
        ("svix", true, true),
        ("clerk", true, true),
        ("resend", true, true),
        ("openai", true, false),
    ] {
        let scheme = scheme(name).unwrap();
        let verifies = |signing: Vec<u8>, checking: &str| {
            let text = Scheme::custom(signatures::Description {
                secret_encoding: Some(signatures::SecretEncoding::Text),
                ..scheme.usual().clone()
            });
            let request = SignRequest {
                id: crate::support::takes_id(scheme.usual()).then_some("1"),
                ..SignRequest::new(b"{}", at(NOW))
            };
            let signed = sign(&text, Some(&Secret::new("S", signing)), &request).unwrap();
            let verifier = Verifier::new(scheme, vec![Secret::new("S", checking)]).unwrap();
            verifier.verify(&signatures::Message::new(&signed.headers, b"{}"), at(NOW)).is_ok()
        };
        assert_eq!(verifies(key.to_vec(), &written), is_base64, "{name}");
        assert_eq!(verifies(written.clone().into_bytes(), &written), !is_base64, "{name}");
        // Without the prefix: Base64 as well, but for OpenAI, which has text there.
        let without = written.strip_prefix("whsec_").unwrap();
        assert_eq!(verifies(key.to_vec(), without), bare, "{name}");
        assert_eq!(verifies(without.as_bytes().to_vec(), without), !bare, "{name}");
    }
}

/// Secrets and signatures end up in logs through error messages and debug output.
#[test]
fn secrets_and_signatures_are_never_shown() {
    let stripe = scheme("stripe").unwrap();
    let verifier = Verifier::new(stripe, vec![Secret::new("NAME", "hunter2")]).unwrap();
    assert!(!format!("{verifier:?}").contains("hunter2"));
    assert!(format!("{verifier:?}").contains("NAME"));
    let setup = Setup { secrets: vec![Secret::new("NAME", "hunter2")], ..Setup::default() };
    assert!(!format!("{setup:?}").contains("hunter2"));

    let sent = A.send(stripe, b"{}", "1", at(NOW));
    let refused = verifier.verify(&sent.message(), at(NOW));
    assert_eq!(refused.unwrap_err().to_string(), "no signature matches");

    let secrets = vec![Secret::new("NAME", "whsec_hunter2!")];
    let error = Verifier::new(scheme("svix").unwrap(), secrets).unwrap_err();
    assert!(error.to_string().contains("the secret NAME is not Base64"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert_eq!(error.problems.len(), 1, "{error}");
}

/// Basic is split at the first colon only, as a password may hold one.
#[test]
fn a_password_may_hold_a_colon_and_there_must_be_one_before_it() {
    let basic = scheme("postmark-basic").unwrap();
    let error = Verifier::new(basic, vec![Secret::new("S", "no-colon")]).unwrap_err();
    assert!(error.to_string().contains("user:password"), "{error}");
    let verifier = Verifier::new(basic, vec![Secret::new("S", "user:pass:word")]).unwrap();
    let judge = |pair: &str| {
        let headers = [("authorization", format!("Basic {}", STANDARD.encode(pair)))];
        verifier.verify(&signatures::Message::new(&headers, b""), at(NOW)).is_ok()
    };
    assert!(judge("user:pass:word"));
    assert!(!judge("user:pass") && !judge("user:") && !judge(":") && !judge("user:pass:word "));
}
