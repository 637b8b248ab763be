//! Mistakes that were found in other libraries by running them, each with the message or setting that shows it.

use std::time::Duration;

use signatures::{
    Algorithm, Description, Encoding, Field, Message, Refused, Scheme, Secret, SignRequest, Verifier, scheme, schemes,
    sign,
};

use crate::support::{NOW, at, first_form, secret, secrets_of, signed, value, verify};

/// One library computes whatever algorithm the received header names, so the weakest is good enough for a forger.
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
        let forger = Scheme::custom(Description { algorithm, prefix: prefix.into(), ..first_form(github).clone() });
        let headers = signed(&forger, "S", b"{}", "1", at(NOW));
        let refused = verify(github, "S", &headers, b"{}").unwrap_err();
        assert_eq!(refused.kind(), "malformed_signature", "{algorithm:?} {prefix}");
    }
    let headers = signed(github, "S", b"{}", "1", at(NOW));
    assert!(verify(github, "S", &headers, b"{}").is_ok());
}

/// Where the secret is not set, several libraries check against the empty one, which everybody knows.
#[test]
fn an_empty_or_absent_secret_is_an_error_and_verifies_nothing() {
    for scheme in schemes().filter(|scheme| scheme.name() != "none") {
        let name = scheme.name();
        for secrets in [vec![], vec![Secret::new("EMPTY", "")], vec![secret("GOOD"), Secret::new("EMPTY", "")]] {
            let error = Verifier::new(scheme, secrets, None).unwrap_err();
            assert!(error.problems.iter().all(|p| p.key == "secrets"), "{name}: {error}");
        }
        let request = SignRequest {
            id: matches!(first_form(scheme).id, Some(Field::Header(_))).then_some("1"),
            ..SignRequest::new(b"{}", at(NOW))
        };
        assert!(sign(scheme, Some(&Secret::new("EMPTY", "")), &request).is_err(), "{name}");
    }
    let error = Verifier::new(scheme("svix").unwrap(), vec![Secret::new("EMPTY", "whsec_")], None);
    assert!(error.unwrap_err().to_string().contains("the secret EMPTY is empty"));
}

/// A secret for a scheme that checks nothing is a misunderstanding that must not pass in silence.
#[test]
fn none_takes_no_secret() {
    let error = Verifier::new(scheme("none").unwrap(), vec![secret("S")], None).unwrap_err();
    assert_eq!(error.problems[0].key, "secrets");
}

/// A timestamp that anybody can rewrite says nothing; neither does an age limit on a scheme that signs no time.
#[test]
fn a_timestamp_that_is_not_signed_is_never_used() {
    for scheme in schemes().filter(|scheme| !scheme.has_timestamp()) {
        let secrets = secrets_of(scheme, "S");
        let error = Verifier::new(scheme, secrets, Some(Duration::from_secs(60))).unwrap_err();
        assert_eq!(error.problems[0].key, "tolerance", "{}", scheme.name());
    }
    let shopify = scheme("shopify").unwrap();
    let mut headers = signed(shopify, "S", b"{}", "1", at(NOW));
    headers.push(("x-shopify-triggered-at".into(), "1999-01-01T00:00:00Z".into()));
    let accepted = verify(shopify, "S", &headers, b"{}").unwrap();
    assert_eq!(accepted.timestamp, None);
}

/// Most libraries bound the age only, so a message dated into the future can be replayed until then.
#[test]
fn timestamps_are_bounded_in_both_directions() {
    for scheme in schemes().filter(|scheme| scheme.has_timestamp()) {
        let judge = |time| {
            let headers = signed(scheme, "S", b"{}", "1", at(time));
            verify(scheme, "S", &headers, b"{}").map(|accepted| accepted.timestamp)
        };
        for time in [NOW - 300, NOW - 299, NOW, NOW + 299, NOW + 300] {
            assert_eq!(judge(time), Ok(Some(time)), "{}", scheme.name());
        }
        let tolerance = Duration::from_secs(300);
        let distance = Duration::from_secs(301);
        let stale = Refused::Stale { age: distance, tolerance };
        let future = Refused::Future { ahead: distance, tolerance };
        assert_eq!(judge(NOW - 301), Err(stale), "{}", scheme.name());
        assert_eq!(judge(NOW + 301), Err(future), "{}", scheme.name());
        assert_eq!(judge(0).unwrap_err().kind(), "stale");
        assert_eq!(judge(NOW * 1000).unwrap_err().kind(), "future");
    }
}

#[test]
fn the_tolerance_of_the_policy_counts() {
    let stripe = scheme("stripe").unwrap();
    let tolerance = Some(Duration::from_secs(5));
    let verifier = Verifier::new(stripe, vec![secret("S")], tolerance).unwrap();
    let judge = |time| {
        let headers = signed(stripe, "S", b"{}", "1", at(time));
        verifier.verify(&Message { headers: &headers, body: b"{}" }, at(NOW)).is_ok()
    };
    assert!(judge(NOW - 5) && judge(NOW + 5));
    assert!(!judge(NOW - 6) && !judge(NOW + 6));
}

/// Some libraries read the first signature of a list only, others the last: either breaks while a secret is changed.
#[test]
fn every_signature_and_every_secret_counts() {
    let names = ["A", "B", "C"];
    for (scheme_name, header, separator) in [
        ("stripe", "stripe-signature", ","),
        ("standardwebhooks", "webhook-signature", " "),
        ("svix", "svix-signature", " "),
    ] {
        let scheme = scheme(scheme_name).unwrap();
        let signature = |name: &str| {
            let mut headers = signed(scheme, name, b"{}", "1", at(NOW));
            value(&mut headers, header).clone()
        };
        for position in 0..names.len() {
            let mut signers = ["X", "Y", "Z"];
            signers[position] = "B";
            let mut headers = signed(scheme, "B", b"{}", "1", at(NOW));
            let mut list = signers.map(signature).join(separator);
            if scheme_name == "stripe" {
                list = list.replace(&format!("t={NOW},"), "") + &format!(",t={NOW}");
            }
            *value(&mut headers, header) = list;

            let verifier = Verifier::new(scheme, names.map(secret).into(), None).unwrap();
            let message = Message { headers: &headers, body: b"{}" };
            let matched = verifier.verify(&message, at(NOW)).unwrap().secret.unwrap();
            assert_eq!((matched.index, matched.name.as_str()), (1, "B"), "{scheme_name}");

            let others = Verifier::new(scheme, ["A", "C"].map(secret).into(), None).unwrap();
            assert_eq!(others.verify(&message, at(NOW)), Err(Refused::Mismatch));
        }
    }
}

#[test]
fn of_two_secrets_that_match_the_first_is_named() {
    let github = scheme("github").unwrap();
    let named = |name: &str| Secret::new(name, "the same");
    let request = SignRequest::new(b"{}", at(NOW));
    let headers = sign(github, Some(&named("S")), &request).unwrap();
    let verifier = Verifier::new(github, ["A", "B"].map(named).into(), None).unwrap();
    let accepted = verifier.verify(&Message { headers: &headers, body: b"{}" }, at(NOW));
    assert_eq!(accepted.unwrap().secret.unwrap().name, "A");
}

/// Templates that are filled in by one replacement after another read fields out of ids and bodies.
#[test]
fn ids_and_bodies_are_never_read_as_templates() {
    let body = b"{\"t\":\"{timestamp}.{id}.{body}.$&.%s\"}";
    for scheme in schemes() {
        let id = "{timestamp}{body}$&%s\\1";
        let headers = signed(scheme, "S", body, id, at(NOW));
        let result = verify(scheme, "S", &headers, body);
        assert!(result.is_ok(), "{}: {result:?}", scheme.name());
    }
}

/// `id.time.body`: all libraries that were run accept a message whose first dots have moved into the id.
#[test]
fn an_id_cannot_take_over_what_follows_it() {
    for (name, prefix) in [("standardwebhooks", "webhook"), ("svix", "svix")] {
        let scheme = scheme(name).unwrap();
        let body = format!("{NOW}.{{\"amount\":1}}");
        let mut headers = signed(scheme, "S", body.as_bytes(), "msg_1", at(NOW));
        assert!(verify(scheme, "S", &headers, body.as_bytes()).is_ok());

        *value(&mut headers, &format!("{prefix}-id")) = format!("msg_1.{NOW}");
        let refused = verify(scheme, "S", &headers, b"{\"amount\":1}").unwrap_err();
        assert_eq!(refused.kind(), "ambiguous_id");

        let request = SignRequest { id: Some("a.b"), ..SignRequest::new(b"{}", at(NOW)) };
        assert!(sign(scheme, Some(&secret("S")), &request).is_err());
    }
}

/// With a header that is there twice, the check may read one value and the function the other.
#[test]
fn a_repeated_header_is_refused() {
    for scheme in schemes().filter(|scheme| scheme.name() != "none") {
        let headers = signed(scheme, "S", b"{}", "1", at(NOW));
        for repeated in &headers {
            let mut headers = headers.clone();
            headers.push(repeated.clone());
            let refused = verify(scheme, "S", &headers, b"{}").unwrap_err();
            assert_eq!(refused.kind(), "repeated_header", "{}: {}", scheme.name(), repeated.0);
        }
    }
}

/// One library splits at `=` and looks at the second part only; others stop decoding at the first bad character.
#[test]
fn nothing_may_follow_or_precede_a_signature() {
    for (name, header) in [
        ("github", "x-hub-signature-256"),
        ("slack", "x-slack-signature"),
        ("vercel", "x-vercel-signature"),
        ("shopify", "x-shopify-hmac-sha256"),
        ("stripe", "stripe-signature"),
        ("svix", "svix-signature"),
        ("gitlab", "x-gitlab-token"),
    ] {
        let scheme = scheme(name).unwrap();
        for junk in ["=junk", "zz", "00", " x", "\0", "="] {
            let mut headers = signed(scheme, "S", b"{}", "1", at(NOW));
            if name == "svix" && junk == " x" {
                continue; // A second item of the list, which is ignored.
            }
            value(&mut headers, header).push_str(junk);
            assert!(verify(scheme, "S", &headers, b"{}").is_err(), "{name} {junk:?}");
        }
        let mut headers = signed(scheme, "S", b"{}", "1", at(NOW));
        value(&mut headers, header).insert(0, ' ');
        assert!(verify(scheme, "S", &headers, b"{}").is_err() || name == "svix", "{name}");
    }
}

/// A message that comes in one form is judged by that form's headers alone.
#[test]
fn the_forms_of_a_scheme_do_not_mix() {
    let svix = scheme("svix").unwrap();
    let mut headers = signed(svix, "S", b"{}", "msg_1", at(NOW));
    for (name, _) in &mut headers {
        *name = name.replace("svix-", "webhook-");
    }
    assert!(verify(svix, "S", &headers, b"{}").is_ok());
    for position in 0..headers.len() {
        let mut mixed = headers.clone();
        mixed[position].0 = mixed[position].0.replace("webhook-", "svix-");
        assert_eq!(verify(svix, "S", &mixed, b"{}").unwrap_err().kind(), "missing_header");
    }
}

/// Secrets and signatures end up in logs through error messages and debug output.
#[test]
fn secrets_and_signatures_are_never_shown() {
    let stripe = scheme("stripe").unwrap();
    let verifier = Verifier::new(stripe, vec![Secret::new("NAME", "hunter2")], None).unwrap();
    assert!(!format!("{verifier:?}").contains("hunter2"));
    assert!(format!("{verifier:?}").contains("NAME"));

    let headers = signed(stripe, "OTHER", b"{}", "1", at(NOW));
    let refused = verifier.verify(&Message { headers: &headers, body: b"{}" }, at(NOW));
    assert_eq!(refused.unwrap_err().to_string(), "no signature matches");

    let secrets = vec![Secret::new("NAME", "whsec_hunter2!")];
    let error = Verifier::new(scheme("svix").unwrap(), secrets, None).unwrap_err();
    assert!(error.to_string().contains("the secret NAME is not Base64"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert_eq!(error.problems.len(), 1, "{error}");
}

/// Upper case is one of the values that a stricter reader and a laxer one see differently.
#[test]
fn hexadecimal_is_lower_case_unless_the_scheme_says_otherwise() {
    let vercel = scheme("vercel").unwrap();
    let mut headers = signed(vercel, "S", b"{}", "1", at(NOW));
    let signature = value(&mut headers, "x-vercel-signature");
    *signature = signature.to_uppercase();
    assert_eq!(verify(vercel, "S", &headers, b"{}").unwrap_err().kind(), "malformed_signature");

    let lax = Scheme::custom(Description { encoding: Some(Encoding::HexAnyCase), ..first_form(vercel).clone() });
    assert!(verify(&lax, "S", &headers, b"{}").is_ok());
}
