//! `[grants]`: what is read, what is refused, and what ceilings allow.

use std::path::Path;

use super::{host, policy, refused};
use crate::config::{GrantsPolicy, Policy, Problems, Settings};

fn grants(text: &str) -> Result<GrantsPolicy, Problems> {
    policy(&format!("access = \"public\"\n[grants]\n{text}")).map(|policy| policy.grants)
}

#[test]
fn what_is_granted_is_read() {
    let grants = grants(
        r#"
        http = ["https://api.stripe.com", "http://*.internal:8080"]
        http_private = true
        kv = ["orders", "a.b-c_1"]
        env = { LOG_LEVEL = "debug", EMPTY = "" }
        secrets = ["SENDGRID_KEY"]
        sign = ["OUTGOING_SECRET"]
        "#,
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    let http: Vec<String> = grants.http.iter().map(ToString::to_string).collect();
    assert_eq!(http, ["https://api.stripe.com", "http://*.internal:8080"]);
    assert!(grants.http_private);
    assert_eq!(grants.kv, ["orders", "a.b-c_1"]);
    let env: Vec<_> = grants.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(env, [("EMPTY", ""), ("LOG_LEVEL", "debug")]);
    assert_eq!((grants.secrets, grants.sign), (vec!["SENDGRID_KEY".into()], vec!["OUTGOING_SECRET".into()]));
}

#[test]
fn nothing_is_granted_where_nothing_is_written() {
    let nothing = policy("access = \"public\"").unwrap_or_else(|problems| panic!("{problems}")).grants;
    assert_eq!(nothing, GrantsPolicy::default());
    assert!(nothing.http.is_empty() && !nothing.http_private && nothing.kv.is_empty() && nothing.env.is_empty());
}

#[test]
fn what_is_wrong_is_said_on_its_line() {
    for (text, key, message, fix) in [
        ("http = [\"api.stripe.com\"]", "grants.http", "does not start with https://", "\"https://api.stripe.com\""),
        ("http = [\"https://u:hunter2@a\"]", "grants.http", "a user or a password", "write scheme and host"),
        ("http = \"https://a\"", "grants.http", "where a list is wanted", "[\"https://api.stripe.com\"]"),
        ("http_private = true", "grants.http_private", "which is not there", "write `http`"),
        ("kv = [\"Orders\"]", "grants.kv", "not the name of a store", "lower-case"),
        ("kv = [\"../x\"]", "grants.kv", "not the name of a store", "lower-case"),
        ("kv = [\"a\", \"a\"]", "grants.kv", "is there already", "only once"),
        ("env = [\"A=b\"]", "grants.env", "where a table is wanted", "env = { LOG_LEVEL"),
        ("env = { A = 1 }", "grants.env", "A: an integer", "in quotes"),
        ("env = { \"A B\" = \"\" }", "grants.env", "not the name of a variable", "then letters"),
        ("env = { A = \"\\u0000\" }", "grants.env", "holds a NUL", "remove it"),
        ("secrets = [\"whsec_abc\"]", "grants.secrets", "looks like a secret itself", "the name under which"),
        ("sign = [\"a-b\"]", "grants.sign", "not the name of a secret", "the name under which"),
        ("htp = []", "grants.htp", "unknown key", "did you mean `http`"),
    ] {
        refused(grants(text), key, 3, message, fix);
    }
    let long = format!("env = {{ A = \"{}\" }}", "x".repeat(64 << 10));
    refused(grants(&long), "grants.env", 3, "65537 bytes", "a store");
}

fn under(ceilings: &str) -> impl Fn(&str) -> Result<Policy, Problems> {
    let settings: Settings = host(&format!("[ceilings]\n{ceilings}")).unwrap_or_else(|problems| panic!("{problems}"));
    move |grants| {
        let text = format!("access = \"public\"\n[grants]\n{grants}");
        Policy::check(Path::new("functions/f.toml"), &text, &settings.policies.of(Path::new("f.toml")))
    }
}

#[test]
fn ceilings_hold_what_may_be_named() {
    let check = under("kv = [\"acme-*\"]\nhttp = [\"https://*.example.com\"]\nsecrets = [\"ACME_*\"]");
    for fine in [
        "kv = [\"acme-orders\"]",
        "http = [\"https://*.example.com\", \"https://a.b.example.com\"]",
        "secrets = [\"ACME_KEY\"]\nsign = [\"ACME_KEY\"]",
    ] {
        check(fine).unwrap_or_else(|problems| panic!("{problems}"));
    }
    for (more, key, message) in [
        ("kv = [\"orders\"]", "grants.kv", "\"orders\" is not among the stores that host.toml lets"),
        ("http = [\"https://example.com\"]", "grants.http", "\"https://example.com\" is not among the destinations"),
        ("http = [\"https://*\"]", "grants.http", "[ceilings] http"),
        ("secrets = [\"OTHER\"]", "grants.secrets", "[ceilings] secrets"),
        ("sign = [\"OTHER\"]", "grants.sign", "[ceilings] secrets"),
    ] {
        refused(check(more), key, 3, message, "whoever runs the host");
    }
    let none = under("kv = []\nhttp = []");
    refused(none("kv = [\"a\"]"), "grants.kv", 3, "none: [ceilings] kv", "remove it");
    refused(none("http = [\"https://a\"]"), "grants.http", 3, "none: [ceilings] http", "remove it");
    let public = under("http_private = false");
    public("http = [\"https://a\"]").unwrap_or_else(|problems| panic!("{problems}"));
    let text = "http = [\"https://a\"]\nhttp_private = true";
    refused(public(text), "grants.http_private", 4, "[ceilings] http_private", "whoever runs the host");
}
