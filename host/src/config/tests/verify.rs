//! `[verify]` of a policy.

use std::time::Duration;

use super::{only, policy, refused};
use crate::config::{Access, OnReplay};

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
