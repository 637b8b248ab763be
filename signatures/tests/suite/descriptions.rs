//! Schemes as a policy refers to them: by name or by description, with the answers to what is wrong in one.

use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use signatures::{Description, Field, Message, Overrides, Scheme, Secret, Setup, Verifier, scheme, schemes};

use crate::support::{A, B, NOW, at, secret};

/// As much of a policy as names a scheme.
#[derive(Deserialize, Debug)]
struct Policy {
    scheme: Scheme,
}

fn described(text: &str) -> Scheme {
    let description: Description = toml::from_str(text).unwrap();
    Scheme::custom(description)
}

/// The problems of a description, as `key: message` lines.
fn problems(text: &str) -> Vec<String> {
    let error = Verifier::new(&described(text), vec![secret("S")]).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn every_row_of_the_table_is_sound_and_found_by_its_name() {
    let mut names: Vec<&str> = schemes().map(Scheme::name).collect();
    for name in &names {
        let found = scheme(name).unwrap();
        assert!(Verifier::new(found, A.setup(found)).is_ok(), "{name}");
        assert!(!found.title().is_empty(), "{name}");
        for form in found.forms() {
            let sole = Scheme::custom(form.clone());
            assert!(Verifier::new(&sole, A.setup(&sole)).is_ok(), "{name}");
        }
    }
    assert!(names.is_sorted());
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn what_a_proof_covers() {
    let covers = |name: &str| {
        let scheme = scheme(name).unwrap();
        (scheme.binds_body(), scheme.has_timestamp(), scheme.signs_id())
    };
    assert_eq!(covers("github"), (true, false, false));
    assert_eq!(covers("stripe"), (true, true, true));
    assert_eq!(covers("svix"), (true, true, true));
    assert_eq!(covers("slack"), (true, true, true));
    assert_eq!(covers("vercel"), (true, false, true));
    assert_eq!(covers("shopify"), (true, false, false));
    assert_eq!(covers("mailgun"), (false, true, true));
    assert_eq!(covers("paypal"), (false, true, true));
    assert_eq!(covers("aws-sns"), (false, true, true));
    assert_eq!(covers("qstash"), (true, false, true));
    assert_eq!(covers("contentful"), (true, true, false));
    assert_eq!(covers("adyen-payments"), (false, false, false));
    for name in ["gitlab", "orbit", "none"] {
        assert_eq!(covers(name), (false, false, false), "{name}");
    }
}

/// Where a provider puts nothing between two fields, only the grammar of one of them keeps them apart. A row that joins
/// this list needs a reason: what is the receiver's own (URL, method, secret), or a time that ends by itself.
#[test]
fn only_these_rows_have_fields_side_by_side() {
    let is_joined = |form: &Description| form.content.as_deref().is_some_and(|content| content.contains("}{"));
    let joined = schemes().filter(|scheme| scheme.forms().any(is_joined));
    let by_time = ["box", "discord", "mailgun", "sendgrid", "twitch", "zendesk"];
    let by_url = ["hubspot-v1", "hubspot-v2", "hubspot-v3", "mandrill", "square", "trello", "twilio"];
    let mut expected = [&by_time[..], &by_url].concat();
    expected.sort_unstable();
    assert_eq!(joined.map(Scheme::name).collect::<Vec<_>>(), expected);
}

#[test]
fn a_string_names_a_scheme_and_a_table_describes_one() {
    let named: Policy = toml::from_str("scheme = \"github\"").unwrap();
    assert_eq!(&named.scheme, scheme("github").unwrap());

    let described: Policy = toml::from_str(
        r#"
        [scheme]
        algorithm = "hmac-sha256"
        encoding = "hex"
        prefix = "sha256="
        header = "X-Hub-Signature-256"
        id = { header = "X-GitHub-Delivery" }
        event = { header = "X-GitHub-Event" }
        "#,
    )
    .unwrap();
    assert_eq!(described.scheme.name(), "custom");
    let sent = A.send(scheme("github").unwrap(), b"{}", "1", at(NOW));
    let accepted = A.judge(&described.scheme, &sent).unwrap();
    assert_eq!(accepted.id.unwrap().value, "1");
    assert_eq!(accepted.event_type.as_deref(), Some("made.up"));
}

#[test]
fn a_name_that_is_not_known_is_answered_with_those_like_it() {
    for (name, hint) in [
        ("strpie", "did you mean \"stripe\"?"),
        ("GitHub", "did you mean \"github\"?"),
        ("standard-webhooks", "did you mean \"standardwebhooks\"?"),
        ("paypig-prime", "docs/webhooks.md has the "),
        ("sns", "did you mean \"aws-sns\"?"),
    ] {
        let policy = toml::from_str::<Policy>(&format!("scheme = \"{name}\""));
        let error = policy.unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
}

#[test]
fn unknown_keys_and_values_are_errors() {
    for (text, hint) in [
        ("algorithm = \"hmac-sha256\"\nheadr = \"x\"", "unknown field `headr`"),
        ("algorithm = \"hmac-md5\"", "expected one of `hmac-sha1`"),
        ("algorithm = \"hmac-sha1\"\ntimestamp = { headr = \"x\" }", "unknown variant `headr`"),
        ("algorithm = \"hmac-sha1\"\ntimestamp_unit = \"sec\"", "expected one of `s`"),
        ("header = \"x\"", "missing field `algorithm`"),
    ] {
        let error = toml::from_str::<Description>(text).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
}

const GOOD: &str = "algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nheader = \"x-signature\"\n";

#[test]
fn a_contradiction_is_answered_with_its_key_and_what_to_write() {
    for (more, expected) in [
        ("content = \"{ts}.{body}\"", "scheme.content: there is no field {ts}; write {body}"),
        ("content = \"{timestamp}.{body}\"", "scheme.timestamp: is missing, but content has"),
        ("content = \"{id}.{body}\"", "scheme.id: is missing or no place"),
        ("content = \"{id}.{body}\"\nid = { claim = \"id\" }", "scheme.id: is missing or no place"),
        ("content = \"{id}{body}\"\nid = { header = \"x-id\" }", "scheme.content: nothing separates"),
        ("content = \"{header:x-a}{body}\"", "scheme.content: has the header x-a right beside another field"),
        ("content = \"{body}{query:a}\"", "scheme.content: has the query parameter a right beside"),
        ("content = \"{body}.{form:a}{json:b}\"", "scheme.content: has the form field a right beside"),
        ("content = \"fixed\"", "scheme.content: has no {body}, so anybody could change the body"),
        ("content = \"\"", "scheme.content: has no {body}"),
        ("timestamp = { header = \"x-t\" }", "scheme.timestamp: is not part of content"),
        ("timestamp_unit = \"ms\"", "scheme.timestamp_unit: has no meaning here"),
        ("content = \"{timestamp}.{json:a}\"\ntimestamp = { header = \"t\" }", "scheme.content: has no {body}"),
        ("each = \"items\"", "scheme.content: has no {body}"),
        (
            "each = \"items\"\nbody_unsigned = true\ncontent = \"{timestamp}\"\ntimestamp = { json = \"t\" }",
            "scheme.timestamp: must be one for all elements",
        ),
        ("body_unsigned = true", "scheme.body_unsigned: has no meaning"),
        ("paired = true", "scheme.paired: has no meaning"),
        ("any_port = true", "scheme.any_port: has no meaning"),
        ("body_hash = { query = \"h\" }", "scheme.body_hash: has no meaning"),
        ("until = true", "scheme.until: has no meaning"),
        ("jwt = { algorithms = [\"HS256\"] }", "scheme.jwt: has no meaning"),
        ("signature = { json = \"s\" }", "scheme.signature: stands beside header"),
        ("timestamp = { headers = [\"a\"] }", "scheme.timestamp: must be one header"),
        ("event = { headers = [\"a\"] }", "scheme.event: must be"),
        ("event = { claim = \"a\" }", "scheme.event: is a claim, and there is no token"),
        ("key_name = { before = \"\" }", "scheme.key_name: has an empty text"),
        ("expect = [{ at = { header = \"x\" } }]", "scheme.expect: must say one of"),
        (
            "content = \"{id}{timestamp}{body}\"\nid = { header = \"i\" }\ntimestamp = { header = \"t\" }",
            "scheme.content: nothing separates",
        ),
        (
            "content = \"{timestamp}.{body}\"\ntimestamp = { item = \"t=\" }\nprefix = \"v1=\"",
            "scheme.separator: is missing, but the timestamp is an item",
        ),
        (
            "content = \"{timestamp}.{body}\"\ntimestamp = { item = \"t=\" }\nseparator = \",\"",
            "scheme.timestamp: must name an item that starts differently",
        ),
        ("separator = \"\"", "scheme.separator: must be visible ASCII"),
        ("separator = \"a\"", "scheme.separator: must not hold characters that signatures"),
        ("separator = \",\"\nprefix = \"v1,\"", "scheme.prefix: must not hold the separator"),
        ("prefix = \"\\n\"", "scheme.prefix: may hold visible ASCII"),
        ("id = { header = \"X-Signature\" }", "scheme.id: is the header with the signature"),
        ("id = { header = \"\" }", "scheme.id: \"\" is not the name of a header"),
        ("event = { json = \"a..b\" }", "scheme.event: has an empty name in its path"),
        ("require = [\"x topic\"]", "scheme.require: \"x topic\" is not the name of a header"),
    ] {
        let problems = problems(&format!("{GOOD}{more}"));
        assert!(problems.iter().any(|p| p.starts_with(expected)), "{more}: {problems:?}");
    }
    for (text, expected) in [
        ("algorithm = \"hmac-sha1\"\nencoding = \"hex\"", "scheme.header: is missing"),
        ("algorithm = \"hmac-sha1\"\nheader = \"x\"", "scheme.encoding: is missing"),
        ("algorithm = \"hmac-sha1\"\nencoding = \"hex\"\nheader = \"\"", "scheme.header: \"\" is not"),
        ("algorithm = \"token\"\nheader = \"x\"\nencoding = \"hex\"", "scheme.encoding: has no meaning"),
        ("algorithm = \"jwt\"\nheader = \"x\"", "scheme.jwt: is missing"),
        (
            "algorithm = \"jwt\"\nheader = \"x\"\njwt = { algorithms = [\"HS256\", \"ES256\"] }",
            "scheme.jwt.algorithms: must name one",
        ),
        ("algorithm = \"jwt\"\nheader = \"x\"\njwt = { algorithms = [] }", "scheme.jwt.algorithms: must name one"),
        (
            "algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nsignature = { json = \"s\" }",
            "scheme.signature: stands in what is signed",
        ),
        (
            "algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nsignature = { query = \"s\" }\ncontent = \"{url}{body}\"",
            "scheme.signature: stands in what is signed",
        ),
        ("algorithm = \"sha256\"\nencoding = \"hex\"\nheader = \"x\"", "scheme.content: has no {secret}"),
        ("algorithm = \"none\"\nheader = \"x\"", "scheme.header: has no meaning here"),
    ] {
        let problems = problems(text);
        assert!(problems.iter().any(|p| p.starts_with(expected)), "{text}: {problems:?}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "algorithm = \"hmac-sha512\"\nheader = \"\"\nseparator = \"a\"\nid = { json = \"\" }";
    assert_eq!(problems(text).len(), 4, "{:?}", problems(text));
}

/// The words that no row of the table uses yet, each in a scheme that signs and verifies.
#[test]
fn the_whole_vocabulary_works() {
    for text in [
        "algorithm = \"hmac-sha512\"\nencoding = \"base64url\"\nheader = \"x-s\"\nsecret_encoding = \"base64\"",
        "algorithm = \"hmac-sha256\"\nencoding = \"base64\"\nheader = \"x-s\"\ntimestamp = { header = \"x-t\" }\n\
         timestamp_unit = \"rfc3339\"\ncontent = \"{timestamp}{body}\"",
        "algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nheader = \"x-s\"\ntimestamp = { item = \"ts=\" }\n\
         timestamp_unit = \"ms\"\ncontent = \"{timestamp}:{body}\"\nseparator = \";\"\nprefix = \"h1=\"",
        "algorithm = \"hmac-sha1\"\nencoding = \"hex-any-case\"\nheader = \"x-s\"\ncontent = \"{body}|{id}\"\n\
         id = { header = \"x-id\" }",
        "algorithm = \"hmac-sha384\"\nencoding = \"hex\"\nsignature = { query = \"sig\" }\ncontent = \"{method} {body}\"",
        "algorithm = \"ed25519\"\nencoding = \"base64url\"\nheader = \"x-s\"",
        "algorithm = \"rsa-sha256\"\nencoding = \"base64\"\nheader = \"x-s\"\ncontent = \"{escaped_target}\\n{body}\"",
        "algorithm = \"ecdsa-p256\"\nencoding = \"base64\"\nheader = \"x-s\"\npast = \"unlimited\"",
        "algorithm = \"sha256\"\nencoding = \"hex\"\nheader = \"x-s\"\ncontent = \"{secret}{body}\"",
        "algorithm = \"jwt\"\nheader = \"x-s\"\n[jwt]\nalgorithms = [\"ES256\"]\n\
         body_hash = { claim = \"b\", encoding = \"base64url\" }\nurl_hash = { claim = \"u\", encoding = \"hex\" }",
        "algorithm = \"token\"\nheader = \"authorization\"\nprefix = \"Bearer \"",
        "algorithm = \"basic\"\nheader = \"authorization\"",
    ] {
        let scheme = described(text);
        let sent = A.send(&scheme, b"{}", "7", at(NOW));
        assert!(A.judge(&scheme, &sent).is_ok(), "{text}");
        assert_eq!(B.refuses(&scheme, &sent), "mismatch", "{text}");
        if scheme.binds_body() {
            let other = crate::support::Sent { body: b"[]".to_vec(), ..sent };
            assert!(["mismatch", "claim"].contains(&A.refuses(&scheme, &other)));
        }
    }
}

#[test]
fn what_a_policy_says_beside_a_name_counts() {
    let stripe = || scheme("stripe").unwrap().clone();
    let overrides = Overrides {
        header: Some("X-Mine".into()),
        prefix: Some("v9=".into()),
        id: Some(Field::Header("x-id".into())),
        event: Some(Field::Header("x-event".into())),
        issuer: None,
        ..Overrides::default()
    };
    let mine = stripe().with(&overrides).unwrap();
    let sent = A.send(&mine, b"{}", "id-1", at(NOW));
    assert!(sent.text("x-mine").contains(",v9="));
    let accepted = A.judge(&mine, &sent).unwrap();
    let id = accepted.id.unwrap();
    assert_eq!((id.value.as_str(), id.signed, accepted.event_type.as_deref()), ("id-1", false, Some("made.up")));

    for (name, overrides, key) in [
        ("stripe", Overrides { issuer: Some("x".into()), ..Overrides::default() }, "issuer"),
        ("box", Overrides { header: Some("x".into()), ..Overrides::default() }, "header"),
        ("none", Overrides { prefix: Some("x".into()), ..Overrides::default() }, "prefix"),
    ] {
        let problems = scheme(name).unwrap().clone().with(&overrides).unwrap_err();
        assert_eq!(problems[0].key, key, "{name}");
    }
}

#[test]
fn a_setting_that_the_scheme_has_no_use_for_is_a_problem() {
    let github = scheme("github").unwrap();
    let key = A.setup(scheme("discord").unwrap()).public_keys;
    for (setup, problem) in [
        (Setup { key_id: Some("k".into()), ..A.setup(github) }, "key_id"),
        (Setup { tolerance: Some(Duration::from_secs(1)), ..A.setup(github) }, "tolerance"),
        (Setup { public_keys: key, ..A.setup(github) }, "public_key"),
    ] {
        let error = Verifier::new(github, setup).unwrap_err();
        assert_eq!(error.problems.iter().map(|p| p.key.as_str()).collect::<Vec<_>>(), [problem]);
    }
}

/// The signature is from `openssl dgst -sha256 -mac HMAC -macopt hexkey:…`.
#[test]
fn a_hexadecimal_secret_is_decoded() {
    let scheme =
        described(&GOOD.replace("\"hex\"", "\"base64\"").replace("header", "secret_encoding = \"hex\"\nheader"));
    let key = Secret::new("S", "00112233445566778899aabbccddeeFF");
    let verifier = Verifier::new(&scheme, vec![key]).unwrap();
    let headers = [("x-signature", "Algeo5ps8tdSeT/Xgs+5z5Zb5ysysyLJVR0DUQZF+zE=")];
    let message = Message::new(&headers, b"abc");
    let accepted = verifier.verify(&message, UNIX_EPOCH + Duration::from_secs(NOW));
    assert!(accepted.is_ok(), "{accepted:?}");
}
