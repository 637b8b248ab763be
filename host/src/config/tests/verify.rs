//! `[verify]` of a policy.

use std::time::Duration;

use super::{only, policy, refused};
use crate::config::{Access, OnReplay, Policy, Problems, Size, VerifierLimits};

#[test]
fn a_signature_needs_a_scheme_and_secrets() {
    refused(policy("[verify]\nsecrets = [\"A\"]"), "verify.scheme", 1, "missing", "scheme = \"github\"");
    refused(policy("[verify]\nscheme = \"github\""), "verify.secrets", 1, "missing", "secrets = [\"NAME\"]");
    refused(policy("[verify]\nscheme = \"github\"\nsecrets = []"), "verify.secrets", 3, "empty", "SECRET");
    refused(policy("[verify]\nscheme = \"\"\nsecrets = [\"A\"]"), "verify.scheme", 2, "empty", "github");
    refused(policy("[verify]\nscheme = 1\nsecrets = [\"A\"]"), "verify.scheme", 2, "an integer stands", "github");
    refused(policy("verify = \"github\""), "verify", 1, "a string stands where a table is wanted", "[verify]");
    let text = "[verify]\nscheme = \"slack\"\nsecrets = [\"A\"]\ntolerance = \"25h\"";
    refused(policy(text), "verify.tolerance", 4, "more than \"24h\"", "at most");
}

#[test]
fn a_secret_in_the_place_of_its_name_is_refused_and_not_repeated() {
    for value in [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "d41d8cd98f00b204e9800998ecf8427e",
        "shhh!",
        "../../etc/shadow",
        "1ST",
        "eyJhbGciOiJIUzI1NiJ9",
    ] {
        let problem = only(policy(&format!("[verify]\nscheme = \"stripe\"\nsecrets = [\"{value}\"]")));
        assert_eq!(problem.key.as_deref(), Some("verify.secrets"));
        assert!(problem.fix.contains("write the name"), "{problem}");
        assert!(!format!("{problem}{problem:?}").contains(value), "{problem}");
    }
}

#[test]
fn a_signature_is_taken_as_written() {
    let text = "[verify]\nscheme = \"stripe\"\nsecrets = [\"NOW\", \"next_2\"]\ntolerance = \"5m\"";
    let policy = policy(text).expect("right");
    assert_eq!(policy.access, Access::Protected);
    let verify = policy.verify.expect("a signature");
    assert_eq!(verify.scheme.name(), "stripe");
    assert_eq!(verify.secrets, ["NOW", "next_2"]);
    assert_eq!(verify.tolerance, Some(Duration::from_secs(300)));
    assert_eq!(["scheme", "secrets", "tolerance"].map(|key| verify.lines.of(key)), [Some(2), Some(3), Some(4)]);
}

#[test]
fn what_becomes_of_a_replay_is_one_of_three_words_and_of_no_use_without_a_check() {
    let with = |line: &str| policy(&format!("[verify]\nscheme = \"stripe\"\nsecrets = [\"A\"]\n{line}\n"));
    for (line, replay) in [
        ("", None),
        ("replay = \"acknowledge\"", Some(OnReplay::Acknowledge)),
        ("replay = \"reject\"", Some(OnReplay::Reject)),
        ("replay = \"allow\"", Some(OnReplay::Allow)),
    ] {
        assert_eq!(with(line).expect(line).verify.expect("a signature").replay, replay, "{line}");
    }
    refused(with("replay = \"no\""), "verify.replay", 4, "none of the words", "\"reject\" or \"allow\"");
    refused(with("replay = \"rejct\""), "verify.replay", 4, "none of the words", "did you mean \"reject\"?");
    refused(with("replay = true"), "verify.replay", 4, "none of the words", "\"reject\" or \"allow\"");
    let nothing = "access = \"public\"\n[verify]\nscheme = \"none\"\nreplay = \"reject\"\n";
    refused(policy(nothing), "verify.replay", 4, "of no use", "remove it");
}

#[test]
fn a_scheme_can_be_described() {
    let text = "[verify]\nsecrets = [\"A\"]\n[verify.scheme]\nalgorithm = \"hmac-sha256\"\nheader = \"x-signature\"\n\
                encoding = \"hex\"\ncontent = \"{body}\"\n";
    let verify = policy(text).expect("right").verify.expect("a signature");
    assert_eq!(verify.scheme.name(), "custom");
    assert_eq!(verify.scheme.forms().next().unwrap().header.as_deref(), Some("x-signature"));
}

#[test]
fn a_scheme_that_is_not_known_is_named_with_the_nearest() {
    refused(policy("[verify]\nscheme = \"gitub\"\nsecrets = [\"A\"]"), "verify.scheme", 2, "\"github\"", "webhooks.md");
    let text = "[verify]\nsecrets = [\"A\"]\n[verify.scheme]\nalgorithm = \"md5\"\n";
    refused(policy(text), "verify.scheme", 4, "md5", "webhooks.md");
    let text = "[verify]\nsecrets = [\"A\"]\n[verify.scheme]\nalgorithm = \"none\"\n";
    refused(policy(text), "verify.scheme", 3, "checks nothing", "scheme = \"none\"");
}

/// A policy with a verifier of one's own and these lines.
fn custom(lines: &str) -> Result<Policy, Problems> {
    policy(&format!("[verify]\nscheme = \"component\"\n{lines}\n"))
}

#[test]
fn a_verifier_of_ones_own_is_taken_as_written() {
    let bare = custom("component = \"a/b.verifier.wasm\"").expect("right");
    assert_eq!((bare.access, bare.verify), (Access::Protected, None));
    let bare = bare.verifier.expect("a verifier");
    assert_eq!((bare.component.to_str(), bare.secrets.len()), (Some("a/b.verifier.wasm"), 0));
    assert_eq!((bare.url, bare.tolerance), (None, Duration::from_secs(300)));
    assert_eq!(bare.replay, OnReplay::Acknowledge);
    let limits = VerifierLimits { timeout: Duration::from_secs(1), memory: Size::mib(16), concurrency: 10 };
    assert_eq!(bare.limits, limits);

    let all = "component = \"../b.verifier.wasm\"\nsecrets = [\"A\"]\ntolerance = \"1m\"\ntimeout = \"10s\"\n\
               memory = \"1MiB\"\nconcurrency = 3\nurl = \"https://example.com/a\"\nreplay = \"reject\"";
    let all = custom(all).expect("right").verifier.expect("a verifier");
    assert_eq!((all.secrets, all.tolerance), (vec!["A".to_owned()], Duration::from_secs(60)));
    let limits = VerifierLimits { timeout: Duration::from_secs(10), memory: Size::mib(1), concurrency: 3 };
    assert_eq!(all.limits, limits);
    assert_eq!((all.url.as_deref(), all.replay), (Some("https://example.com/a"), OnReplay::Reject));
    assert_eq!(["component", "memory", "replay"].map(|key| all.lines.of(key)), [Some(3), Some(7), Some(10)]);
}

#[test]
fn a_verifier_of_ones_own_needs_a_component_that_is_no_function() {
    refused(custom(""), "verify.component", 1, "missing", "NAME.verifier.wasm");
    for (component, message) in [
        ("b.wasm", "would be a function"),
        (".verifier.wasm", "would be a function"),
        ("/b.verifier.wasm", "is not a path from this policy's folder"),
        ("./b.verifier.wasm", "is not a path from this policy's folder"),
    ] {
        let problems = custom(&format!("component = \"{component}\""));
        refused(problems, "verify.component", 3, message, ".verifier.wasm");
    }
    let component = "component = \"b.verifier.wasm\"\n";
    refused(custom(&format!("{component}timeout = \"11s\"")), "verify.timeout", 4, "more than", "at most");
    refused(custom(&format!("{component}memory = \"2GiB\"")), "verify.memory", 4, "more than", "at most");
    refused(custom(&format!("{component}concurrency = 0")), "verify.concurrency", 4, "less than", "at least");
    let public = format!("access = \"public\"\n[verify]\nscheme = \"component\"\n{component}");
    refused(policy(&public), "access", 1, "while [verify] says who may", "remove");
}

#[test]
fn what_is_about_a_verifier_of_ones_own_stands_beside_no_other_scheme() {
    for (key, value) in
        [("component", "\"b.verifier.wasm\""), ("timeout", "\"1s\""), ("memory", "\"1MiB\""), ("concurrency", "1")]
    {
        let text = format!("[verify]\nscheme = \"github\"\nsecrets = [\"A\"]\n{key} = {value}");
        refused(policy(&text), &format!("verify.{key}"), 4, "the scheme is another", "scheme = \"component\"");
        let text = format!("access = \"public\"\n[verify]\nscheme = \"none\"\n{key} = {value}");
        refused(policy(&text), &format!("verify.{key}"), 4, "of no use", "remove it");
    }
}

#[test]
fn what_is_about_a_scheme_does_not_stand_beside_a_verifier_of_ones_own() {
    for (line, fix) in [
        ("public_key = \"a\"", "as `secrets`"),
        ("key_id = \"a\"", "among its keys"),
        ("header = \"a\"", "all headers"),
        ("prefix = \"a\"", "how a signature is written"),
        ("issuer = \"a\"", "whose tokens"),
        ("id = { header = \"a\" }", "returns the id"),
        ("event = { header = \"a\" }", "returns the event's kind"),
    ] {
        let key = line.split(' ').next().unwrap();
        let problems = custom(&format!("component = \"b.verifier.wasm\"\n{line}"));
        let problem = only(problems.clone());
        assert!(problem.fix.starts_with("remove it"), "{problem}");
        refused(problems, &format!("verify.{key}"), 4, "a verifier of your own decides", fix);
    }
}

#[test]
fn a_handshake_is_one_that_the_host_knows_and_brings_its_token() {
    let with = |lines: &str| policy(&format!("[verify]\nscheme = \"github\"\nsecrets = [\"A\"]\n{lines}\n"));
    assert!(with("").expect("right").verify.expect("a signature").handshake.is_none());
    let meta = with("handshake = \"meta\"\nhandshake_token = \"T\"").expect("right").verify.expect("a signature");
    let meta = meta.handshake.expect("a handshake");
    assert_eq!((meta.handshake.name(), meta.token.as_deref()), ("meta", Some("T")));

    let key = "verify.handshake";
    refused(with("handshake = \"slak\""), key, 4, "did you mean \"slack\"?", "docs/webhooks.md");
    refused(with("handshake = \"nobody-at-all\""), key, 4, "the known ones are asana", "docs/webhooks.md");
    refused(with("handshake = true"), key, 4, "a boolean stands", "text in quotes");
    let token = "verify.handshake_token";
    refused(with("handshake = \"meta\""), token, 1, "missing", "handshake_token = \"NAME\"");
    refused(with("handshake = \"slack\"\nhandshake_token = \"T\""), token, 5, "shows a token", "remove it");
    let problem = only(with("handshake = \"meta\"\nhandshake_token = \"whsec_hunter2\""));
    assert!(problem.fix.contains("write the name") && !problem.to_string().contains("hunter2"), "{problem}");

    let nothing = policy("access = \"public\"\n[verify]\nscheme = \"none\"\nhandshake = \"slack\"\n");
    refused(nothing, key, 4, "checks nothing", "remove it");
}
