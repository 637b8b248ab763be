//! Policies, apart from who may call: limits, methods, keys that are unknown or not enforced.

use std::path::Path;
use std::time::Duration;

use http::Method;

use super::{base, only, policy, refused};
use crate::config::{Access, Methods, Policy, Size};

#[test]
fn a_file_that_is_not_toml_is_refused_with_its_line() {
    let problem = only(policy("timeout = \"1s\"\nmemory = lots\n"));
    assert_eq!(problem.file, Path::new("functions/pay.toml"));
    assert_eq!(problem.line, Some(2));
    assert!(problem.message.starts_with("not TOML"), "{problem}");
}

#[test]
fn a_key_written_twice_is_refused() {
    let problem = only(policy("timeout = \"1s\"\ntimeout = \"2s\"\n"));
    assert_eq!(problem.line, Some(2));
    assert!(problem.fix.contains("only once"), "{problem}");
}

#[test]
fn every_line_that_is_not_toml_is_reported_in_order() {
    let problems = policy("a = \n[verify]\nscheme = github\n").expect_err("two lines are wrong");
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(1), Some(3)], "{problems}");
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    refused(policy("timout = \"1s\""), "timout", 1, "unknown key", "did you mean `timeout`?");
    refused(policy("\n\n[verfy]\n"), "verfy", 3, "unknown key", "did you mean `verify`?");
    refused(policy("x = 1"), "x", 1, "unknown key", "the keys here are methods, timeout");
    refused(
        policy("[verify]\nscheme = \"github\"\nsecrets = [\"A\"]\ntolerence = \"1s\""),
        "verify.tolerence",
        4,
        "unknown key",
        "`tolerance`",
    );
    refused(policy("\"a.b\\n\" = 1"), r#""a.b\n""#, 1, "unknown key", "remove it");
}

#[test]
fn a_key_that_this_version_does_not_enforce_is_refused_and_not_called_unknown() {
    for name in ["schedule", "background", "internal"] {
        let text = format!("access = \"public\"\n[{name}]\nx = 1\n");
        refused(policy(&text), name, 2, "not supported in this version", "remove it");
    }
    refused(policy("[schedul]"), "schedul", 1, "unknown key", "This version does not support it");
}

#[test]
fn a_key_of_the_other_file_is_sent_there() {
    refused(policy("listen = \"0.0.0.0:80\""), "listen", 1, "does not belong here", "in host.toml");
    for (key, place) in [
        ("kv = [\"orders\"]", "write it under [grants]"),
        ("http_private = true", "write it under [grants]"),
        ("tolerance = \"5m\"", "write it under [verify]"),
        ("roles = [\"admin\"]", "write it under [auth]"),
        ("rate = \"1/s\"", "write it under [limit]"),
        ("origins = [\"*\"]", "write it under [cors]"),
        ("secrets = [\"KEY\"]", "under [verify], or under [grants]"),
    ] {
        let name = key.split(' ').next().unwrap();
        refused(policy(&format!("access = \"public\"\n{key}")), name, 2, "does not belong here", place);
    }
}

#[test]
fn values_out_of_bounds_are_refused_with_the_bound() {
    for (line, message, fix) in [
        ("timeout = \"16m\"", "\"16m\" is more than \"15m\"", "at most \"15m\""),
        ("timeout = \"0s\"", "\"0s\" is less than \"1ms\"", "at least \"1ms\""),
        ("memory = \"512KiB\"", "less than \"1MiB\"", "at least"),
        ("memory = \"5GiB\"", "more than \"4GiB\"", "at most"),
        ("concurrency = 0", "0 is less than 1", "at least 1"),
        ("concurrency = 10001", "more than 10000", "at most 10000"),
        ("concurrency = -1", "negative", "whole number"),
        ("concurrency = \"100\"", "a string stands where a number is wanted", "without quotes"),
        ("body_limit = \"65MiB\"", "more than \"64MiB\"", "at most"),
        ("response_limit = \"1B\"", "less than \"1KiB\"", "at least"),
    ] {
        refused(policy(line), line.split(' ').next().expect("a key"), 1, message, fix);
    }
}

#[test]
fn methods_that_are_none_are_refused() {
    for (list, message, fix) in [
        ("[]", "empty", "[\"GET\", \"POST\"]"),
        ("\"GET\"", "a string stands where a list is wanted", "[\"GET\", \"POST\"]"),
        ("[\"get\"]", "told apart by case", "write \"GET\""),
        ("[\"OPTIONS\"]", "the host answers OPTIONS itself", "remove it"),
        ("[\"CONNECT\"]", "tunnel", "remove it"),
        ("[\"TRACE\"]", "the request back", "remove it"),
        ("[\"GET POST\"]", "not an HTTP method", "POST"),
        ("[\"GET\", \"GET\"]", "item 2 is there already", "once"),
        ("[1]", "an integer stands where a text is wanted", "write a list"),
    ] {
        refused(policy(&format!("methods = {list}")), "methods", 1, message, fix);
    }
}

#[test]
fn every_item_of_a_list_is_reported_on_its_own_line() {
    let problems = policy("methods = [\n\"get\",\n\"POST\",\n\"put\",\n]").expect_err("two are wrong");
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(2), Some(4)]);
}

#[test]
fn everything_that_is_wrong_is_reported_at_once_and_in_order() {
    let text = "methods = [\"get\"]\ntimeout = 5\nmemory = \"64MB\"\nacces = \"public\"\n\
                [verify]\nscheme = \"github\"\nsecrets = []\nreplay = \"never\"\n[auth]\nproviders = [\"auth\"]\n[grants]\nkv = []\n";
    let problems = policy(text).expect_err("much is wrong");
    let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_deref().expect("a key")).collect();
    assert_eq!(
        keys,
        ["methods", "timeout", "memory", "acces", "verify.secrets", "verify.replay", "auth.providers", "grants.kv"]
    );
    let text = problems.to_string();
    assert!(text.contains("functions/pay.toml:2: timeout: 5 has no unit\n    write a whole number"), "{text}");
    assert!(problems.iter().all(|problem| !problem.fix.is_empty()));
}

#[test]
fn a_line_break_in_a_files_name_does_not_forge_a_line() {
    let problems = Policy::check(Path::new("a\nb.toml"), "x = 1", &base()).expect_err("unknown");
    assert!(problems.to_string().starts_with("a\\nb.toml:1: x: unknown"), "{problems}");
}

#[test]
fn defaults_count_where_nothing_is_written() {
    let policy = policy("").expect("an empty policy is right");
    assert_eq!(policy, Policy::without_file(&base()));
    assert_eq!(policy.methods, Methods::All);
    assert_eq!(policy.limits.timeout, Duration::from_secs(10));
    assert_eq!(policy.limits.memory, Size::mib(64));
    assert_eq!(policy.limits.concurrency, 100);
    assert_eq!(policy.limits.body_limit, Size::mib(1));
    assert_eq!(policy.limits.response_limit, Size::mib(6));
    assert_eq!(policy.access, Access::Undeclared);
}

#[test]
fn what_is_written_counts() {
    let text = "methods = [\"GET\", \"PURGE\"]\ntimeout = \"250ms\"\nmemory = \"1GiB\"\nconcurrency = 7\n\
                body_limit = \"0B\"\nresponse_limit = \"64MiB\"\naccess = \"public\"\n";
    let policy = policy(text).expect("right");
    assert_eq!(policy.limits.timeout, Duration::from_millis(250));
    assert_eq!(policy.limits.memory, Size::gib(1));
    assert_eq!(policy.limits.concurrency, 7);
    assert_eq!(policy.limits.body_limit, Size::bytes(0));
    assert_eq!(policy.limits.response_limit, Size::mib(64));
    assert_eq!(policy.access, Access::Public);
    let purge = Method::from_bytes(b"PURGE").expect("a token");
    for (method, reaches) in [(&Method::GET, true), (&Method::HEAD, true), (&purge, true), (&Method::POST, false)] {
        assert_eq!(policy.methods.allow(method), reaches, "{method}");
    }
    assert_eq!(policy.methods.header(), "GET, HEAD, PURGE, OPTIONS");
}

#[test]
fn head_is_named_once_and_only_with_get() {
    let header = |list: &str| policy(&format!("methods = {list}")).expect("right").methods.header();
    assert_eq!(header("[\"POST\"]"), "POST, OPTIONS");
    assert_eq!(header("[\"HEAD\", \"GET\"]"), "HEAD, GET, OPTIONS");
    assert_eq!(Methods::All.header(), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    assert!(!policy("methods = [\"POST\"]").expect("right").methods.allow(&Method::HEAD));
}

#[test]
fn what_cannot_be_read_is_not_repeated() {
    for text in [
        "secrets = [hunter2]",
        "secrets = [\"hunter2]",
        "hunter2",
        "secrets = hunter2",
        "a = \"\\hunter2\"",
        "[hunter2",
    ] {
        let problems = policy(text).expect_err(text);
        assert!(!format!("{problems}").contains("hunter2"), "{problems}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_read() {
    let policy = policy("\u{feff}timeout = \"2s\"\r\naccess = \"public\"\r\n").expect("right");
    assert_eq!((policy.limits.timeout.as_secs(), policy.access), (2, Access::Public));
}
