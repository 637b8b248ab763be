//! Headers that the host adds to a function's answers: which there are unless a policy says otherwise, and where a
//! function's own count instead.

use std::time::Instant;

use http::Method;
use serde_json::{Value, json};
use vestibule_host::reload::STILL;

use crate::support::{Answer, Body, Host, PUBLIC, get, host, post, request};

/// What is added to an answer that has none of it.
const BY_DEFAULT: [(&str, &str); 4] = [
    ("cache-control", "no-store"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// The headers of an answer besides those that every answer has, sorted.
fn added(answer: &Answer) -> Vec<(&str, &str)> {
    let usual = ["content-type", "content-length", "allow", "x-request-id", "vary"];
    let headers = answer.headers.iter().filter(|(name, _)| !usual.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    headers.sort_unstable();
    headers
}

async fn tell(host: &Host, headers: Value) -> Answer {
    host.send(post("/f", json!({ "headers": headers }).to_string())).await
}

#[tokio::test]
async fn every_answer_of_a_function_has_the_defaults() {
    let policy = format!("methods = [\"GET\"]\n{PUBLIC}[cors]\norigins = []\n");
    let host = host()
        .function("f", "canary", &policy)
        .function("error", "error", PUBLIC)
        .function("broken", "canary", "acces = 1\n")
        .function("signed", "canary", "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n")
        .secret("S", "hunter2")
        .start();
    let ask = |method, target| request(method, target, Body::whole(""));
    let preflight = ask(Method::OPTIONS, "/f");
    for (asked, status) in [
        (get("/f"), 200),
        (ask(Method::HEAD, "/f"), 200),
        (ask(Method::OPTIONS, "/f"), 204),
        (crate::support::With::with(preflight, "origin", "https://a.example"), 204),
        (post("/f", ""), 405),
        (get("/error"), 500),
        (get("/broken"), 503),
        (post("/signed", "{}"), 401),
    ] {
        let what = format!("{} {}", asked.method(), asked.uri());
        let answer = host.send(asked).await;
        assert_eq!((answer.status, added(&answer)), (status, BY_DEFAULT.to_vec()), "{what}");
    }
    // What is for no function is the host's own text, which nobody takes for something else.
    let own = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
    assert_eq!(added(&host.send(get("/nowhere")).await), own);
}

#[tokio::test]
async fn a_policy_changes_adds_and_leaves_out() {
    let lines = "[headers]\nReferrer-Policy = \"no-referrer\"\nx-frame-options = false\ncache-control = false\n\
                 strict-transport-security = \"max-age=63072000\"\nx-robots-tag = \"noindex\"\n";
    let policy = format!("methods = [\"POST\"]\n{PUBLIC}{lines}");
    let host = host().function("f", "answer", &policy).start();
    let expected = [
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=63072000"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
    ];
    assert_eq!(added(&tell(&host, json!([])).await), expected);
    let refused = host.send(get("/f")).await;
    // A refusal is of its moment, whatever the policy says of good answers.
    let refusal: Vec<_> = [("cache-control", "no-store")].into_iter().chain(expected).collect();
    assert_eq!((refused.status, added(&refused)), (405, refusal));
}

#[tokio::test]
async fn the_defaults_of_the_host_are_for_functions_whose_policy_has_no_such_table() {
    let settings = "[defaults.headers]\nx-frame-options = \"SAMEORIGIN\"\nx-a = \"1\"\n";
    let host = host()
        .settings(settings)
        .function("f", "canary", PUBLIC)
        .function("own", "canary", &format!("{PUBLIC}[headers]\nx-b = \"2\"\n"))
        .function("broken", "canary", "acces = 1\n")
        .start();
    for target in ["/f", "/broken"] {
        let answer = host.send(get(target)).await;
        assert_eq!(
            (answer.header("x-frame-options"), answer.header("x-a")),
            (Some("SAMEORIGIN"), Some("1")),
            "{target}"
        );
    }
    let own = host.send(get("/own")).await;
    assert_eq!((own.header("x-frame-options"), own.header("x-a")), (Some("DENY"), None));
    assert_eq!(own.header("x-b"), Some("2"));
}

#[tokio::test]
async fn a_functions_own_counts_where_it_takes_no_protection_from_others() {
    let lines = "[headers]\nstrict-transport-security = \"max-age=63072000\"\nx-robots-tag = \"noindex\"\n";
    let host = host().function("f", "answer", &format!("{PUBLIC}{lines}")).start();
    let own = json!([
        ["Cache-Control", "max-age=60"],
        ["referrer-policy", "unsafe-url"],
        ["x-frame-options", "SAMEORIGIN"],
        ["x-robots-tag", "all"],
        ["x-content-type-options", "none of it"],
        ["strict-transport-security", "max-age=0"],
        ["content-security-policy", "default-src 'self'"],
    ]);
    let answer = tell(&host, own).await;
    assert_eq!(
        added(&answer),
        [
            ("cache-control", "max-age=60"),
            ("content-security-policy", "default-src 'self'"),
            ("referrer-policy", "unsafe-url"),
            ("strict-transport-security", "max-age=63072000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "SAMEORIGIN"),
            ("x-robots-tag", "all"),
        ]
    );
}

#[tokio::test]
async fn what_a_policy_leaves_out_a_function_may_say_itself() {
    let lines = "[headers]\nx-content-type-options = false\n";
    let host = host().function("f", "answer", &format!("{PUBLIC}{lines}")).start();
    assert_eq!(tell(&host, json!([])).await.header("x-content-type-options"), None);
    let own = json!([["x-content-type-options", "its own"], ["strict-transport-security", "max-age=0"]]);
    let answer = tell(&host, own).await;
    assert_eq!(answer.header("x-content-type-options"), Some("its own"));
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=0"), "the host has none to protect");
}

#[tokio::test]
async fn the_host_does_not_say_what_it_is() {
    let host = host().function("f", "canary", PUBLIC).start();
    for target in ["/f", "/nowhere"] {
        let answer = host.send(get(target)).await;
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none(), "{target}");
    }
}

#[tokio::test]
async fn a_change_counts_when_the_file_has_been_still() {
    let host = host().function("f", "canary", PUBLIC).start();
    let start = Instant::now();
    host.write("f.toml", format!("{PUBLIC}[headers]\nx-frame-options = false\n"));
    host.look(start);
    assert_eq!(host.send(get("/f")).await.header("x-frame-options"), Some("DENY"));
    host.look(start + STILL);
    assert_eq!(host.send(get("/f")).await.header("x-frame-options"), None);
}
