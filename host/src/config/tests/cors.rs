//! `[cors]` of a policy and of the defaults: what is wrong with it, in the words that its author reads.

use http::Method;

use super::{base, host, only, policy, refused};
use crate::browser::Origins;
use crate::config::{Methods, Policy};

/// A policy with these lines in its `[cors]`, which starts on line 2.
fn cors(lines: &str) -> String {
    format!("methods = [\"GET\", \"POST\"]\n[cors]\n{lines}\n")
}

#[test]
fn what_is_not_written_has_its_default() {
    let read = policy(&cors("origins = [\"https://app.example\"]")).expect("right").cors.expect("there");
    let names: Vec<&str> = read.headers.iter().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["authorization", "content-type", "auth-provider"]);
    assert_eq!((read.methods, read.expose.len(), read.credentials), (Methods::All, 0, false));
    assert_eq!(read.max_age.as_secs(), 600);
    assert_eq!(policy("").expect("right").cors, None);
}

#[test]
fn a_list_may_be_empty() {
    let read = policy(&cors("origins = []\nheaders = []\nexpose = []")).expect("right").cors.expect("there");
    assert_eq!((read.origins, read.headers.len(), read.expose.len()), (Origins::Listed(Vec::new()), 0, 0));
}

#[test]
fn an_origin_that_browsers_never_send_is_refused_with_what_they_send() {
    for (origin, message, fix) in [
        (
            "https://app.example/",
            "\"https://app.example/\": browsers write it otherwise",
            "write \"https://app.example\"",
        ),
        ("https://app.example:443", "without the usual port", "write \"https://app.example\""),
        ("https://APP.example", "in lower case", "write \"https://app.example\""),
        ("app.example", "\"app.example\": not an origin: it has no scheme", "\"https://app.example\""),
        ("null", "any site can have a page do so", "serve the page from an origin of its own"),
        ("https://*", "`*` stands for whole labels", "\"https://*.app.example\""),
        ("https://*.com", "top-level domain", "the domain that is yours"),
        ("", "an item is empty", "remove it"),
    ] {
        let text = cors(&format!("origins = [\n\"https://right.example\",\n\"{origin}\",\n]"));
        refused(policy(&text), "cors.origins", 5, message, fix);
    }
    let secret = only(policy(&cors("origins = [\"https://user:hunter2@app.example\"]")));
    assert!(!secret.to_string().contains("hunter2"), "{secret}");
}

#[test]
fn origins_must_be_said_and_once() {
    refused(policy(&cors("")), "cors.origins", 2, "missing", "write origins = [\"https://app.example\"]");
    refused(policy(&cors("origins = \"*\"")), "cors.origins", 3, "a string stands where a list is wanted", "list");
    refused(policy(&cors("origins = [\"*\", \"https://app.example\"]")), "cors.origins", 3, "every origin", "alone");
    let twice = "origins = [\"https://app.example\", \"https://app.example\"]";
    refused(policy(&cors(twice)), "cors.origins", 3, "item 2 is there already", "only once");
    let many: Vec<String> = (0..101).map(|n| format!("\"https://a{n}.example\"")).collect();
    refused(policy(&cors(&format!("origins = [{}]", many.join(", ")))), "cors.origins", 3, "100 are the most", "fewer");
}

#[test]
fn every_page_and_credentials_do_not_go_together() {
    let text = cors("origins = [\"*\"]\ncredentials = true");
    refused(policy(&text), "cors.credentials", 4, "would act as whoever is logged in", "name the origins");
    assert!(policy(&cors("origins = [\"*\"]\ncredentials = false")).is_ok());
    assert!(policy(&cors("origins = [\"https://*.app.example\"]\ncredentials = true")).is_ok());
}

#[test]
fn a_method_that_the_function_does_not_take_is_refused() {
    let with = |methods: &str| cors(&format!("origins = [\"*\"]\nmethods = [{methods}]"));
    refused(policy(&with("\"GET\", \"DELETE\"")), "cors.methods", 4, "does not take DELETE", "add it to `methods`");
    refused(policy(&with("\"OPTIONS\"")), "cors.methods", 4, "the host answers OPTIONS itself", "remove it");
    refused(policy(&with("\"post\"")), "cors.methods", 4, "told apart by case", "write \"POST\"");
    assert!(policy(&with("\"GET\", \"HEAD\", \"POST\"")).is_ok());
    let wrong_above = "methods = [\"get\"]\n[cors]\norigins = [\"*\"]\nmethods = [\"PUT\"]\n";
    refused(policy(wrong_above), "methods", 1, "told apart by case", "write \"GET\"");
    assert!(policy("[cors]\norigins = [\"*\"]\nmethods = [\"DELETE\", \"PURGE\"]\n").is_ok());
}

#[test]
fn a_header_that_no_page_sends_or_reads_is_refused() {
    let with = |key: &str, name: &str| cors(&format!("origins = [\"*\"]\n{key} = [\"{name}\"]"));
    for (key, name, message, fix) in [
        ("headers", "*", "there is no \"*\" for headers", "name them"),
        ("headers", "x note", "\"x note\" is not the name of a header", "a header's name"),
        ("headers", "Cookie", "browsers do", "credentials = true"),
        ("headers", "Origin", "no page can set `origin`", "remove it"),
        ("headers", "Sec-Fetch-Site", "no page can set `sec-fetch-site`", "remove it"),
        ("headers", "Proxy-Authorization", "no page can set `proxy-authorization`", "remove it"),
        ("expose", "*", "there is no \"*\" for headers", "name them"),
        ("expose", "Set-Cookie", "no page can read a cookie", "remove it"),
    ] {
        refused(policy(&with(key, name)), &format!("cors.{key}"), 4, message, fix);
    }
    let twice = cors("origins = [\"*\"]\nheaders = [\"X-A\", \"x-a\"]");
    refused(policy(&twice), "cors.headers", 4, "item 2 is there already", "only once");
}

#[test]
fn max_age_has_bounds_and_an_unknown_key_a_neighbour() {
    let with = |line: &str| cors(&format!("origins = [\"*\"]\n{line}"));
    refused(policy(&with("max_age = \"25h\"")), "cors.max_age", 4, "\"25h\" is more than \"24h\"", "at most \"24h\"");
    refused(policy(&with("max_age = 600")), "cors.max_age", 4, "has no unit", "whole number");
    refused(policy(&with("maxage = \"1h\"")), "cors.maxage", 4, "unknown key", "did you mean `max_age`?");
    refused(policy("cors = true\n"), "cors", 1, "a boolean stands where a table is wanted", "write [cors]");
}

#[test]
fn the_defaults_table_counts_where_the_policy_has_none_and_is_replaced_whole() {
    let text = "[defaults.cors]\norigins = [\"https://app.example\"]\nmethods = [\"PUT\"]\ncredentials = true\n";
    let defaults = host(text).expect("right").policies.base.defaults;
    let base = super::PolicyBase { defaults, ..base() };
    let check = |text: &str| Policy::check(std::path::Path::new("f.toml"), text, &base).expect("right").cors;
    // Each function has methods of its own: what the defaults say counts as far as it takes them.
    let default = check("methods = [\"GET\"]\n").expect("the default");
    assert_eq!((&default.methods, default.credentials), (&Methods::Only(vec![Method::PUT]), true));
    let own = check("[cors]\norigins = []\n").expect("its own");
    assert_eq!((own.origins, own.credentials), (Origins::Listed(Vec::new()), false));
    assert_eq!(Policy::without_file(&base).cors, Some(default));
    refused(
        host("[defaults.cors]\norigins = [\"null\"]\n"),
        "defaults.cors.origins",
        2,
        "sandboxed pages",
        "remove it",
    );
}
