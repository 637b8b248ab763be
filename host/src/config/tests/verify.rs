//! `[verify]` of a policy.

use std::time::Duration;

use super::{only, policy, refused};
use crate::config::{Access, Policy, Problems, Size, VerifierLimits};

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
    assert_eq!((verify.lines.scheme, verify.lines.secrets, verify.lines.tolerance), (Some(2), Some(3), Some(4)));
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
    assert_eq!(bare.tolerance, Duration::from_secs(300));
    let limits = VerifierLimits { timeout: Duration::from_secs(1), memory: Size::mib(16), concurrency: 10 };
    assert_eq!(bare.limits, limits);

    let all = "component = \"../b.verifier.wasm\"\nsecrets = [\"A\"]\ntolerance = \"1m\"\ntimeout = \"10s\"\n\
               memory = \"1MiB\"\nconcurrency = 3";
    let all = custom(all).expect("right").verifier.expect("a verifier");
    assert_eq!((all.secrets, all.tolerance), (vec!["A".to_owned()], Duration::from_secs(60)));
    let limits = VerifierLimits { timeout: Duration::from_secs(10), memory: Size::mib(1), concurrency: 3 };
    assert_eq!(all.limits, limits);
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
    for (key, value) in [("component", "\"b.verifier.wasm\""), ("timeout", "\"1s\""), ("memory", "\"1MiB\"")] {
        let text = format!("[verify]\nscheme = \"github\"\nsecrets = [\"A\"]\n{key} = {value}");
        refused(policy(&text), &format!("verify.{key}"), 4, "the scheme is another", "scheme = \"component\"");
        let text = format!("access = \"public\"\n[verify]\nscheme = \"none\"\n{key} = {value}");
        refused(policy(&text), &format!("verify.{key}"), 4, "the scheme is another", "remove it");
    }
}
