//! `[ceilings]`: what is read, which table counts for a policy, and what a policy is told that asks for more.

use std::path::Path;
use std::time::Duration;

use super::{host, only, refused};
use crate::config::{Policy, Problems, Settings, Size};

const PROVIDERS: &str = "[auth.a]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"A\"\n[auth.b]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"B\"\n";

fn settings(text: &str) -> Settings {
    host(&format!("{text}\n{PROVIDERS}")).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A policy of the functions folder, checked under these settings.
fn policy(settings: &Settings, file: &str, text: &str) -> Result<Policy, Problems> {
    Policy::check(&Path::new("functions").join(file), text, &settings.policies.of(Path::new(file)))
}

#[test]
fn each_limit_is_held_and_a_default_is_lowered() {
    for (key, most, less, more, default) in [
        ("timeout", "\"5s\"", "\"5s\"", "\"6s\"", "\"10s\""),
        ("memory", "\"32MiB\"", "\"32MiB\"", "\"33MiB\"", "\"64MiB\""),
        ("concurrency", "10", "10", "11", "100"),
        ("body_limit", "\"1KiB\"", "\"0B\"", "\"1025B\"", "\"1MiB\""),
        ("response_limit", "\"2KiB\"", "\"2KiB\"", "\"3KiB\"", "\"6MiB\""),
    ] {
        let settings = settings(&format!("[ceilings]\n{key} = {most}"));
        policy(&settings, "f.toml", &format!("\n{key} = {less}")).expect(key);
        let message = format!("{more} is more than the {most} that host.toml allows here: [ceilings] {key}");
        refused(
            policy(&settings, "f.toml", &format!("\n{key} = {more}")),
            key,
            2,
            &message,
            &format!("at most {most}"),
        );
        // Whoever says nothing is not punished for the operator's number.
        let silent = policy(&settings, "f.toml", "access = \"public\"").expect(key).limits;
        let bare = Policy::without_file(&settings.policies.of(Path::new("f.toml"))).limits;
        assert_eq!(silent, bare);
        let written = policy(&settings, "f.toml", &format!("{key} = {most}")).expect(key).limits;
        assert_eq!(silent, written, "{key} is {default} where nobody says anything");
    }
}

#[test]
fn a_rate_is_held_whatever_its_time_and_whoever_has_none_gets_the_ceilings() {
    let settings = settings("[ceilings]\nrate = \"60/min\"");
    for less in ["1/s", "60/min", "3600/hour", "59/min"] {
        policy(&settings, "f.toml", &format!("[limit]\nrate = \"{less}\"\nburst = 1\n")).expect(less);
    }
    for more in ["2/s", "61/min", "86401/day"] {
        let message = format!("{more} is more than the 60/min that host.toml allows here: [ceilings] rate");
        let text = format!("[limit]\nrate = \"{more}\"\n");
        refused(policy(&settings, "f.toml", &text), "limit.rate", 2, &message, "at most 60/min");
    }
    let burst = "[limit]\nrate = \"1/s\"\nburst = 61\n";
    refused(policy(&settings, "f.toml", burst), "limit.burst", 3, "61 is more than the 60", "at most 60");
    let slow = policy(&settings, "f.toml", "[limit]\nrate = \"1000/day\"").expect("right").limit.expect("its own");
    assert_eq!(slow.to_string(), "1000/day by ip, burst 60", "the burst that comes with the number is lowered");
    let silent = policy(&settings, "f.toml", "access = \"public\"").expect("right").limit.expect("the ceiling's");
    assert_eq!(silent.to_string(), "60/min by ip, burst 60");
    let bare = Policy::without_file(&settings.policies.of(Path::new("f.toml"))).limit;
    assert_eq!(bare, Some(silent));

    let text = "[ceilings]\nrate = \"1/s\"\n[defaults.limit]\nrate = \"2/s\"";
    refused(host(text), "defaults.limit.rate", 4, "2/s is more than the 1/s", "at most 1/s");
    let folder = "[ceilings.a]\nrate = \"1/s\"\n[defaults.limit]\nrate = \"2/s\"\nby = \"header:x-a\"";
    let lowered = host(folder).expect("right").policies.of(Path::new("a/f.toml"));
    let lowered = Policy::without_file(&lowered).limit.expect("the default");
    assert_eq!(lowered.to_string(), "1/s by header x-a, burst 1");
}

#[test]
fn a_verifier_of_ones_own_is_within_the_same_limits() {
    let settings = settings("[ceilings]\ntimeout = \"500ms\"\nmemory = \"8MiB\"\nconcurrency = 5\nsecrets = [\"A_*\"]");
    let verify = "[verify]\nscheme = \"component\"\ncomponent = \"x.verifier.wasm\"\n";
    let limits = policy(&settings, "f.toml", verify).expect("lowered").verifier.expect("a verifier").limits;
    assert_eq!((limits.timeout, limits.memory, limits.concurrency), (Duration::from_millis(500), Size::mib(8), 5));
    for (line, key) in [
        ("timeout = \"1s\"", "verify.timeout"),
        ("memory = \"16MiB\"", "verify.memory"),
        ("concurrency = 6", "verify.concurrency"),
        ("secrets = [\"B_KEY\"]", "verify.secrets"),
    ] {
        refused(policy(&settings, "f.toml", &format!("{verify}{line}")), key, 4, "host.toml", "whoever runs the host");
    }
}

#[test]
fn only_secrets_that_are_allowed_may_be_named() {
    let settings = settings(
        "[ceilings]\nsecrets = [\"ACME_*\", \"SHARED\"]\n[ceilings.none]\nsecrets = []\n[ceilings.any]\nsecrets = [\"*\"]",
    );
    let signed = |names: &str| format!("[verify]\nscheme = \"github\"\nsecrets = [{names}]");
    policy(&settings, "f.toml", &signed("\"ACME_HOOK\", \"ACME_\", \"SHARED\"")).expect("allowed");
    for other in ["ACME", "OTHER", "SHARED_TOO", "XACME_HOOK", "acme_hook"] {
        let message = format!(
            "\"{other}\" is not among the secrets that host.toml lets policies here name, \"ACME_*\", \"SHARED\": [ceilings] secrets"
        );
        let result = policy(&settings, "f.toml", &signed(&format!("\"SHARED\", \"{other}\"")));
        refused(result, "verify.secrets", 3, &message, "name one of those");
    }
    refused(
        policy(&settings, "none/f.toml", &signed("\"SHARED\"")),
        "verify.secrets",
        3,
        "none: [ceilings.\"none\"] secrets",
        "remove it",
    );
    policy(&settings, "any/f.toml", &signed("\"OTHER\"")).expect("anything");
    // The token of a handshake is a secret as any other.
    let meta = "[verify]\nscheme = \"meta\"\nsecrets = [\"SHARED\"]\nhandshake = \"meta\"\nhandshake_token = \"OTHER\"";
    refused(policy(&settings, "f.toml", meta), "verify.handshake_token", 5, "\"OTHER\"", "name one");
}

#[test]
fn only_providers_that_are_allowed_may_be_named() {
    let settings = settings("[ceilings]\nproviders = [\"a\"]");
    policy(&settings, "f.toml", "[auth]\nproviders = [\"a\"]").expect("allowed");
    refused(
        policy(&settings, "f.toml", "[auth]\nproviders = [\"a\", \"b\"]"),
        "auth.providers",
        2,
        "\"b\" is not among the providers that host.toml lets policies here name, \"a\": [ceilings] providers",
        "name one of those",
    );
    refused(
        host(&format!("[ceilings]\nproviders = [\"aa\"]\n{PROVIDERS}")),
        "ceilings.providers",
        2,
        "no provider \"aa\"",
        "\"a\"",
    );
}

#[test]
fn nobody_is_let_in_where_that_is_not_allowed() {
    let settings = settings("[ceilings]\npublic = false\n[ceilings.lobby]\npublic = true");
    for text in ["access = \"public\"", "access = \"public\"\n[verify]\nscheme = \"none\""] {
        let result = policy(&settings, "f.toml", text);
        refused(result, "access", 1, "no function here be open to anyone: [ceilings] public", "[verify] or [auth]");
        policy(&settings, "lobby/f.toml", text).expect("allowed there");
    }
    policy(&settings, "f.toml", "[auth]\nproviders = [\"a\"]").expect("not open");
}

#[test]
fn the_innermost_table_that_has_a_key_decides_about_it() {
    let settings = settings(
        "[ceilings]\ntimeout = \"10s\"\nmemory = \"64MiB\"\n\
         [ceilings.tenants]\ntimeout = \"2s\"\n\
         [ceilings.\"tenants/acme\"]\ntimeout = \"20s\"\n",
    );
    for (file, timeout, place) in [
        ("f.toml", "\"10s\"", "[ceilings] timeout"),
        ("other/f.toml", "\"10s\"", "[ceilings] timeout"),
        ("tenants2/f.toml", "\"10s\"", "[ceilings] timeout"),
        ("tenants.toml", "\"10s\"", "[ceilings] timeout"),
        ("tenants/f.toml", "\"2s\"", "[ceilings.\"tenants\"] timeout"),
        ("tenants/zeta/f/f.toml", "\"2s\"", "[ceilings.\"tenants\"] timeout"),
        ("tenants/acme.toml", "\"2s\"", "[ceilings.\"tenants\"] timeout"),
        ("tenants/acme/f.toml", "\"20s\"", "[ceilings.\"tenants/acme\"] timeout"),
        ("tenants/acme/f/f.toml", "\"20s\"", "[ceilings.\"tenants/acme\"] timeout"),
    ] {
        let problem = only(policy(&settings, file, "timeout = \"30s\""));
        assert!(
            problem.message.contains(&format!("{timeout} that host.toml allows here: {place}")),
            "{file}: {problem}"
        );
        refused(policy(&settings, file, "memory = \"65MiB\""), "memory", 1, "[ceilings] memory", "64MiB");
    }
}

#[test]
fn defaults_are_within_what_all_may_ask_for() {
    let both =
        |defaults: &str, ceilings: &str| host(&format!("[defaults]\n{defaults}\n[ceilings]\n{ceilings}\n{PROVIDERS}"));
    refused(
        both("timeout = \"6s\"", "timeout = \"5s\""),
        "defaults.timeout",
        2,
        "more than the \"5s\"",
        "at most \"5s\"",
    );
    both("timeout = \"5s\"", "timeout = \"5s\"").expect("as much as is allowed");
    refused(both("auth.providers = [\"b\"]", "providers = [\"a\"]"), "defaults.auth.providers", 2, "\"b\"", "name one");
    // For a folder, a default is lowered; providers too, as long as one is left.
    let settings = settings("[defaults.auth]\nproviders = [\"a\", \"b\"]\n[ceilings.x]\nproviders = [\"b\"]");
    let auth = |file: &str| policy(&settings, file, "").expect("right").auth.expect("the default").providers;
    assert_eq!((auth("f.toml"), auth("x/f.toml")), (vec!["a".to_owned(), "b".to_owned()], vec!["b".to_owned()]));
    let none = "[defaults.auth]\nproviders = [\"a\"]\n[ceilings.x]\nproviders = [\"b\"]\n";
    refused(
        host(&format!("{none}{PROVIDERS}")),
        "ceilings",
        3,
        "[ceilings.\"x\"] providers allows no provider of [defaults.auth]",
        "allow one of a",
    );
}

#[test]
fn folders_are_plain_paths_and_keys_are_known() {
    for wrong in ["", "/", "/a", "a/", "a//b", "./a", "../a", "a/../b", "a/.", ".", "..", "a\\\\b"] {
        let problem = only(host(&format!("[ceilings.\"{wrong}\"]\npublic = false")));
        assert!(problem.message.contains("not the plain path of a folder"), "{wrong}: {problem}");
        assert_eq!(problem.line, Some(1), "{problem}");
    }
    refused(host("[ceilings]\ntimeot = \"1s\""), "ceilings.timeot", 2, "unknown key", "`timeout`");
    refused(host("[ceilings.\"a/b\"]\ntimeot = \"1s\""), "ceilings.\"a/b\".timeot", 2, "unknown key", "`timeout`");
    refused(host("[ceilings.a.b]\ntimeout = \"1s\""), "ceilings.a.b", 1, "unknown key", "");
    refused(host("[ceilings]\nkv = [\"A*\"]"), "ceilings.kv", 2, "not the name of a store", "lower-case");
    refused(host("[ceilings]\nhttp = [\"a\"]"), "ceilings.http", 2, "does not start with", "scheme and host");
    refused(host("[ceilings]\ntimeout = \"1h\""), "ceilings.timeout", 2, "more than \"15m\"", "at most");
    refused(host("[ceilings]\nsecrets = [\"A*B\"]"), "ceilings.secrets", 2, "not the name of a secret", "");
    // A folder may be called as a key is.
    let settings = settings("[ceilings.public]\ntimeout = \"1s\"\n[ceilings.secrets]\ntimeout = \"2s\"");
    assert_eq!(settings.policies.bounded_folders().collect::<Vec<_>>(), [Path::new("public"), Path::new("secrets")]);
    assert!(policy(&settings, "public/f.toml", "timeout = \"2s\"").is_err());
}
