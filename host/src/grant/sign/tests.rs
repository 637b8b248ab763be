//! Signing for functions: what is signed is what its receiver takes, and no scheme gives a secret away.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signatures::{Message, Verifier};

use super::*;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_760_000_000)
}

fn grants(sign: &[(&str, &str)], read: &[&str]) -> Grants {
    let sign = sign.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*name, value.as_bytes())));
    let mut grants = Grants { sign: sign.collect(), ..Grants::default() };
    for name in read {
        // Where the value comes from is of no interest here.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), "read").unwrap();
        let settings = crate::config::SecretsSettings { dir: Some(folder.path().into()), dotenv: None, env: false };
        let secret = crate::config::Secrets::open(&settings).unwrap().get(name).unwrap();
        grants.secrets.insert((*name).to_owned(), secret);
    }
    grants
}

fn wrong(result: Result<Signed, NotSigned>) -> String {
    match result {
        Err(NotSigned::Wrong(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn denied(result: Result<Signed, NotSigned>) -> String {
    match result {
        Err(NotSigned::Denied(denied)) => denied.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_signed_is_accepted_by_a_verifier_with_the_same_secret() {
    let grants = grants(&[("KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], &[]);
    let url = Some("https://example.com/hook");
    for scheme in ["standardwebhooks", "svix", "github", "stripe", "slack", "shopify", "twilio", "qstash", "mailgun"] {
        let payload = br#"{"type":"order.shipped"}"#;
        let parameters = Parameters { url, ..Parameters::default() };
        let signed =
            grants.sign(("KEY", scheme), payload, parameters, now()).unwrap_or_else(|why| panic!("{scheme}: {why:?}"));
        let known = signatures::scheme(scheme).unwrap();
        let verifier =
            Verifier::new(known, vec![Secret::new("KEY", *b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]).unwrap();
        let body = signed.payload.as_deref().unwrap_or(payload);
        let mut message = Message::new(&signed.headers, body);
        message.url = signed.url.as_deref().or(url).unwrap();
        let accepted = verifier.verify(&message, now());
        assert!(accepted.is_ok(), "{scheme}: {accepted:?}");
        assert!(verifier.verify(&Message { body: b"{}", ..message }, now()).is_err(), "{scheme}");
    }
}

#[test]
fn the_host_makes_up_an_id_and_the_time_where_they_are_wanted() {
    let grants = grants(&[("KEY", "c2VjcmV0")], &[]);
    let sign = |parameters| grants.sign(("KEY", "standardwebhooks"), b"{}", parameters, now()).unwrap().headers;
    let header = |headers: &[(String, String)], name: &str| {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap()
    };
    let (one, other) = (sign(Parameters::default()), sign(Parameters::default()));
    assert_eq!(header(&one, "webhook-timestamp"), "1760000000");
    assert_ne!(header(&one, "webhook-id"), header(&other, "webhook-id"));
    let given = sign(Parameters { id: Some("msg_1"), timestamp: Some(1_700_000_000), ..Parameters::default() });
    assert_eq!(header(&given, "webhook-id"), "msg_1");
    assert_eq!(header(&given, "webhook-timestamp"), "1700000000");
}

#[test]
fn only_the_secrets_that_are_granted_for_it_sign() {
    let grants = grants(&[("KEY", "value")], &["READ"]);
    for scheme in ["github", "no such scheme"] {
        let text = denied(grants.sign(("READ", scheme), b"{}", Parameters::default(), now()));
        assert!(text.contains(r#"write sign = ["READ"] under [grants]"#), "{text}");
    }
    let parameters = Parameters { content_secret: Some("OTHER"), ..Parameters::default() };
    assert!(denied(grants.sign(("KEY", "github"), b"{}", parameters, now())).contains(r#"sign = ["OTHER"]"#));
}

#[test]
fn a_scheme_that_sends_the_secret_is_for_functions_that_may_read_it() {
    let tokens: Vec<&Scheme> = signatures::schemes()
        .filter(|scheme| matches!(scheme.usual().algorithm, Algorithm::Token | Algorithm::Basic))
        .collect();
    assert!(tokens.len() > 2);
    for scheme in tokens {
        let signing = grants(&[("KEY", "user:correct-horse")], &[]);
        let text = denied(signing.sign(("KEY", scheme.name()), b"{}", Parameters::default(), now()));
        assert!(text.contains(r#"write secrets = ["KEY"] under [grants]"#) && !text.contains("horse"), "{text}");
        let reading = grants(&[("KEY", "user:correct-horse")], &["KEY"]);
        assert!(reading.sign(("KEY", scheme.name()), b"{}", Parameters::default(), now()).is_ok(), "{}", scheme.name());
    }
}

#[test]
fn no_scheme_gives_the_secret_away() {
    let secrets = ["correct-horse-battery", "whsec_Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "636f72726563742d686f727365"];
    let mut signed = 0;
    for scheme in signatures::schemes() {
        for secret in secrets {
            let grants = grants(&[("KEY", secret)], &[]);
            let parameters = Parameters { url: Some("https://example.com/hook"), ..Parameters::default() };
            let Ok(answer) = grants.sign(("KEY", scheme.name()), br#"{"a":"b"}"#, parameters, now()) else { continue };
            signed += 1;
            let shown =
                format!("{answer:?} {}", String::from_utf8_lossy(answer.payload.as_deref().unwrap_or_default()));
            for form in [secret, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "636f72726563742d686f727365"] {
                assert!(!shown.contains(form), "{}: {shown}", scheme.name());
            }
        }
    }
    assert!(signed > 60, "{signed}");
}

#[test]
fn an_error_says_what_is_missing() {
    let grants = grants(&[("KEY", "value!")], &[]);
    for (scheme, parameters, why) in [
        ("githup", Parameters::default(), r#"did you mean "github"?"#),
        ("twilio", Parameters::default(), "signs the URL; give one"),
        ("none", Parameters::default(), r#"the scheme "none" signs nothing"#),
        ("standardwebhooks", Parameters::default(), "the secret KEY is not Base64"),
        ("github", Parameters { timestamp: Some(u64::MAX), ..Parameters::default() }, "timestamp"),
        ("github", Parameters { id: Some("a\nb"), ..Parameters::default() }, "the id must be"),
    ] {
        let text = wrong(grants.sign(("KEY", scheme), b"{}", parameters, now()));
        assert!(text.contains(why) && !text.contains("value!"), "{scheme}: {text}");
    }
}

#[test]
fn what_is_signed_is_bounded() {
    let grants = grants(&[("KEY", "value")], &[]);
    let long = "x".repeat(LONGEST_PARAMETER + 1);
    let at_most = vec![b'x'; LARGEST_PAYLOAD];
    assert!(grants.sign(("KEY", "github"), &at_most, Parameters::default(), now()).is_ok());
    let text = wrong(grants.sign(("KEY", "github"), &[&*at_most, b"x"].concat(), Parameters::default(), now()));
    assert!(text.contains("the payload has 1048577 bytes"), "{text}");
    let long = Some(long.as_str());
    for parameters in [
        Parameters { url: long, ..Parameters::default() },
        Parameters { method: long, ..Parameters::default() },
        Parameters { id: long, ..Parameters::default() },
        Parameters { event_type: long, ..Parameters::default() },
        Parameters { key_id: long, ..Parameters::default() },
    ] {
        assert!(wrong(grants.sign(("KEY", "github"), b"{}", parameters, now())).contains("8192 are the most"));
    }
    assert!(wrong(grants.sign(("KEY", &"g".repeat(65)), b"{}", Parameters::default(), now())).contains("65 bytes"));
}

#[test]
fn what_takes_long_is_not_signed_where_requests_are_served() {
    assert!(is_quick("github", QUICK_PAYLOAD));
    assert!(!is_quick("github", QUICK_PAYLOAD + 1));
    for scheme in signatures::schemes() {
        let is_slow = matches!(scheme.usual().algorithm, Algorithm::RsaSha1 | Algorithm::RsaSha256 | Algorithm::Jwt);
        assert_eq!(is_quick(scheme.name(), 1), !is_slow, "{}", scheme.name());
    }
}
