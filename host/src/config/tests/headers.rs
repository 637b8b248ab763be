//! `[headers]` of a policy and of the defaults: what is wrong with it, in the words that its author reads.

use super::{base, host, policy, refused};
use crate::config::{HeadersPolicy, Policy};

fn headers(line: &str) -> String {
    format!("access = \"public\"\n[headers]\n{line}\n")
}

fn added(policy: &HeadersPolicy) -> Vec<(&str, &str)> {
    policy.added().map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII"))).collect()
}

#[test]
fn a_header_is_changed_added_or_left_out() {
    let text = "Referrer-Policy = \"no-referrer\"\nx-frame-options = false\nx-robots-tag = \"noindex\"";
    let read = policy(&headers(text)).expect("right").headers;
    let mut lines = added(&read);
    lines.sort_unstable();
    assert_eq!(lines, [("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")]);
    assert!(read.mentions(&http::header::X_FRAME_OPTIONS));
    assert!(!read.mentions(&http::header::CACHE_CONTROL));
}

#[test]
fn what_is_the_hosts_or_of_one_answer_is_refused() {
    for (name, message, fix) in [
        ("connection", "is about the connection", "remove it"),
        ("Transfer-Encoding", "is about the connection", "remove it"),
        ("upgrade", "is about the connection", "remove it"),
        ("keep-alive", "is about the connection", "remove it"),
        ("content-length", "the host writes it itself", "remove it"),
        ("Date", "the host writes it itself", "remove it"),
        ("x-request-id", "the host writes it itself", "remove it"),
        ("www-authenticate", "the host writes it itself", "remove it"),
        ("retry-after", "the host writes it itself", "remove it"),
        ("RateLimit", "the host writes it itself", "remove it"),
        ("ratelimit-policy", "the host writes it itself", "remove it"),
        ("Access-Control-Allow-Origin", "a table of their own", "write [cors] instead"),
        ("set-cookie", "is about one answer", "set it in the function"),
        ("content-type", "is about one answer", "set it in the function"),
        ("content-encoding", "is about one answer", "set it in the function"),
        ("location", "is about one answer", "set it in the function"),
        ("etag", "is about one answer", "set it in the function"),
        ("referer-policy", "unknown header", "did you mean `referrer-policy`?"),
        ("x-frame-option", "unknown header", "did you mean `x-frame-options`?"),
        ("strict-transport-securty", "unknown header", "did you mean `strict-transport-security`?"),
    ] {
        refused(policy(&headers(&format!("{name} = \"a\""))), &format!("headers.{name}"), 3, message, fix);
    }
    refused(
        policy(&headers("\"x robots\" = \"a\"")),
        "headers.\"x robots\"",
        3,
        "not the name of a header",
        "x-robots",
    );
}

#[test]
fn a_value_that_could_forge_or_undo_something_is_refused() {
    for (name, value, message, fix) in [
        ("x-a", "\"a\\r\\nset-cookie: b=c\"", "holds a control character, a line break", "of ASCII alone"),
        ("x-a", "\"a\\nb\"", "a line break", "of ASCII alone"),
        ("x-a", "\"a\\u0000b\"", "holds a control character", "of ASCII alone"),
        ("x-a", "\"a\\tb\"", "holds a control character", "of ASCII alone"),
        ("x-a", "\"gr\u{fc}n\"", "not ASCII", "of ASCII alone"),
        ("x-a", "\"\"", "is empty", "write a value"),
        ("x-a", "\" a\"", "begins or ends with a space", "write a value"),
        ("x-a", "true", "a boolean stands where a text is wanted", "in quotes"),
        ("x-a", "7", "an integer stands where a text is wanted", "in quotes"),
        ("x-a", "[\"a\"]", "an array stands where a text is wanted", "in quotes"),
        ("x-a", "false", "is not added by default", "remove it"),
        ("x-frame-options", "true", "a boolean stands where a text or false is wanted", "false to leave"),
        ("x-frame-options", "\"\"", "is empty", "false to leave"),
        ("x-frame-options", "\"deny\"", "none of the words", "write one of \"DENY\", \"SAMEORIGIN\""),
        ("x-content-type-options", "\"sniff\"", "none of the words", "write one of \"nosniff\""),
        ("referrer-policy", "\"none\"", "none of the words", "write one of \"no-referrer\""),
        ("Referrer-Policy", "\"none\"", "none of the words", "write one of \"no-referrer\""),
        ("cross-origin-resource-policy", "\"any\"", "none of the words", "\"cross-origin\""),
    ] {
        refused(policy(&headers(&format!("{name} = {value}"))), &format!("headers.{name}"), 3, message, fix);
    }
    let long = format!("x-a = \"{}\"", "a".repeat(4097));
    refused(policy(&headers(&long)), "headers.x-a", 3, "longer than 4096 bytes", "shorter");
    let many: String = (0..33).map(|n| format!("x-a{n} = \"a\"\n")).collect();
    refused(policy(&headers(&many)), "headers", 2, "33 headers; 32 are the most", "fewer");
    let twice = policy(&headers("x-a = \"1\"\nX-A = \"2\"")).expect_err("twice").to_string();
    assert!(twice.contains("is there already, in another case"), "{twice}");
    refused(policy("headers = 1\n"), "headers", 1, "an integer stands where a table is wanted", "write [headers]");
}

#[test]
fn every_line_that_is_wrong_is_said() {
    let problems = policy(&headers("date = \"a\"\nx-a = 1\nx-b = \"right\"\nx-c = 2")).expect_err("three are wrong");
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(3), Some(4), Some(6)], "{problems}");
}

#[test]
fn the_defaults_table_counts_where_the_policy_has_none_and_is_replaced_whole() {
    let settings = host("[defaults.headers]\nx-a = \"1\"\nx-frame-options = false\n").expect("right");
    let base = super::PolicyBase { defaults: settings.policies.base.defaults, ..base() };
    let check = |text: &str| Policy::check(std::path::Path::new("f.toml"), text, &base).expect("right").headers;
    assert_eq!(added(&check("")), [("x-a", "1")]);
    assert_eq!(added(&Policy::without_file(&base).headers), [("x-a", "1")]);
    let own = check("[headers]\nx-b = \"2\"\n");
    assert_eq!(added(&own), [("x-b", "2")]);
    assert!(!own.mentions(&http::header::X_FRAME_OPTIONS));
    refused(host("[defaults.headers]\ndate = \"1\"\n"), "defaults.headers.date", 2, "the host writes it", "remove it");
}

#[test]
fn what_is_added_by_default_is_what_the_pages_say() {
    let reference = crate::config::reference::policy_markdown();
    let page = include_str!("../../../../docs/browser.md");
    for (name, value) in crate::browser::BY_DEFAULT {
        let row = format!("| `{name}` | text or `false` | `\"{value}\"` |");
        assert!(reference.contains(&row), "{row}");
        assert!(page.contains(&format!("| `{name}` | `{value}` |")), "{name}");
    }
}

#[test]
fn the_examples_of_the_page_are_right() {
    let page = include_str!("../../../../docs/browser.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        policy(example).unwrap_or_else(|problems| panic!("{example}: {problems}"));
    }
    // Rows of the tables that are written as lines of a policy.
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let lines: Vec<&str> = rows.filter(|line| line.contains(" = \"")).collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        policy(&headers(line)).unwrap_or_else(|problems| panic!("{line}: {problems}"));
    }
}
