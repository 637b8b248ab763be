//! The reference, that it and the checks know the same keys, and that the pages in `docs/` are what it says.

use std::path::Path;

use super::{host, policy};
use crate::config::key::Group;
use crate::config::reference::{host_markdown, policy_markdown};
use crate::config::scheme_reference::{schemes_markdown, with_schemes};
use crate::config::{host_keys, policy_keys};

/// A value of a kind that no key takes: whoever knows the key complains of the value.
const NONSENSE: &str = "1979-05-27";

/// Writes every documented key with a value that no key takes, and expects it to be known.
fn all_are_read(groups: &[&Group], check: impl Fn(&str) -> crate::config::Problems) {
    for group in groups {
        for key in group.keys {
            let (table, headers) = places(group, key.name());
            let dotted = if table.is_empty() { key.name().to_owned() } else { format!("{table}.{}", key.name()) };
            let is_known = headers.iter().any(|header| {
                let problems = check(&format!("{header}{} = {NONSENSE}\n", key.name()));
                let mut of_key = problems.iter().filter(|problem| problem.key.as_deref() == Some(&dotted)).peekable();
                let is_strange = |message: &str| message.contains("unknown") || message.contains("does not go with");
                of_key.peek().is_some() && of_key.all(|problem| !is_strange(&problem.message))
            });
            assert!(is_known, "{dotted} is not known");
        }
    }
}

/// A group's table, and what may stand before a key of it: of what kind a provider is decides which keys it has.
fn places(group: &Group, key: &str) -> (String, Vec<String>) {
    let table = group.table.replace("NAME", "x");
    let of_kind = |kind: &str| match key {
        "kind" => "[auth.x]\n".to_owned(),
        _ => format!("[auth.x]\nkind = \"{kind}\"\n"),
    };
    let list = |kind: &str| format!("[auth.x]\nkind = \"{kind}\"\n[{table}]\n");
    match table.as_str() {
        "" => (table, vec![String::new()]),
        // Beside algorithms that go with the key.
        "auth.x" => {
            let kinds = ["jwt", "jwks", "supabase", "azure-ad"].map(of_kind);
            let public = format!("{}algorithms = [\"ES256\"]\n", of_kind("jwt"));
            (table, kinds.into_iter().chain([public]).collect())
        }
        "[auth.x.keys]" => ("auth.x.keys".to_owned(), vec![list("api-key")]),
        "[auth.x.users]" => ("auth.x.users".to_owned(), vec![list("basic")]),
        other => match other.split_once(": ") {
            Some((table, kind)) => (table.to_owned(), vec![of_kind(kind)]),
            None => (other.to_owned(), vec![format!("[{other}]\n")]),
        },
    }
}

#[test]
fn every_documented_key_is_read() {
    all_are_read(&policy_keys::ALL, |text| policy(text).expect_err("nonsense"));
    all_are_read(&host_keys::ALL, |text| host(text).expect_err("nonsense"));
}

#[test]
fn every_key_is_in_the_reference_with_its_default_and_bounds() {
    let text = policy_markdown();
    let timeout = "| `timeout` | duration | `\"10s\"` | `\"1ms\"` to `\"15m\"` | ";
    assert!(text.contains(timeout), "{text}");
    assert!(text.contains("Not supported in this version, and refused: "), "{text}");
    let text = host_markdown();
    for line in [
        "| `concurrency` | number | `512` | `1` to `10000` | ",
        "| `format` | `\"human\"` or `\"json\"` | `\"human\"` | - | ",
        "## `[auth.NAME]`",
        "| `env` | `true` or `false` | `true` | - | ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn the_defaults_that_the_reference_says_in_words_are_right() {
    let settings = host("").expect("defaults");
    let text = host_markdown();
    for (key, default) in [
        ("listen", settings.listen.to_string()),
        ("admin", settings.admin.to_string()),
        ("functions", settings.functions.strip_prefix("etc").expect("beside the file").display().to_string()),
    ] {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{key}` |"))).expect(key);
        assert!(row.contains(&format!("`\"{default}\"`")), "{row}");
    }
}

#[test]
fn the_examples_in_the_reference_are_right() {
    let example = |text: &str| {
        let start = text.split("```toml\n").nth(1).expect("an example");
        start.split("```").next().expect("its end").to_owned()
    };
    policy(&example(&policy_markdown())).expect("a right policy");
    host(&example(&host_markdown())).expect("a right host.toml");
}

#[test]
fn a_table_of_the_reference_has_as_many_cells_in_every_row() {
    for line in policy_markdown().lines().chain(host_markdown().lines()).filter(|line| line.starts_with('|')) {
        assert_eq!(line.matches('|').count(), 6, "{line}");
    }
}

/// With `BLESS=1` in the environment the pages are written instead of compared.
#[test]
fn the_pages_are_what_the_reference_says() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    for (name, text) in [("policy.md", policy_markdown()), ("host-toml.md", host_markdown())] {
        let page = docs.join(name);
        if bless {
            std::fs::write(&page, &text).expect(name);
        }
        let written = std::fs::read_to_string(&page).unwrap_or_default();
        // Not assert_eq: two whole pages side by side hide the line that differs.
        let differs = written.lines().zip(text.lines()).position(|(page, reference)| page != reference);
        let at = differs.unwrap_or(written.lines().count().min(text.lines().count())) + 1;
        assert!(
            written == text,
            "docs/{name}:{at} is not what the code says; run this test with BLESS=1 and look at it"
        );
    }
}

/// The part of `docs/webhooks.md` that is written from the code, by the same rule.
#[test]
fn the_table_of_schemes_is_what_the_code_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/webhooks.md");
    let written = std::fs::read_to_string(&page).expect("docs/webhooks.md");
    let text = with_schemes(&written).expect("the marks of the table");
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&page, &text).expect("docs/webhooks.md");
    }
    let written = std::fs::read_to_string(&page).expect("docs/webhooks.md");
    assert!(written == text, "docs/webhooks.md is not what the code says; run this test with BLESS=1 and look at it");
}

#[test]
fn the_policy_of_every_scheme_is_right() {
    let page = schemes_markdown();
    let policies: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert_eq!(policies.len(), signatures::schemes().count());
    for text in policies {
        policy(text).unwrap_or_else(|problems| panic!("{text}: {problems}"));
    }
}

#[test]
fn every_handshake_is_in_the_docs() {
    let page = include_str!("../../../../docs/webhooks.md");
    for handshake in signatures::handshakes() {
        let place = if handshake.is_signed() { "after" } else { "before" };
        let start = format!("| `{}` | ", handshake.name());
        let row = page.lines().find(|line| line.starts_with(&start) && line.contains(&format!(" | {place} | ")));
        assert!(row.is_some(), "docs/webhooks.md has no row for {} ({place} the signature)", handshake.name());
    }
}
