//! The keys of `[cors]` and `[headers]`: for each a test that fails if the key is ignored, as in `policy_keys`.

use http::Method;

use crate::support::{Answer, Body, PUBLIC, With, get, host, request};

const APP: &str = "https://app.example";

/// What a public function with these lines in its policy answers to a page of [`APP`]: to a preflight that asks for `method`
/// and `header`, and to the request.
async fn ask(lines: &str, method: &str, header: &str) -> (Answer, Answer) {
    let host = host().function("f", "canary", &format!("{PUBLIC}{lines}\n")).start();
    let preflight = request(Method::OPTIONS, "/f", Body::whole(""))
        .with("origin", APP)
        .with("access-control-request-method", method)
        .with("access-control-request-headers", header);
    (host.send(preflight).await, host.send(get("/f").with("origin", APP)).await)
}

fn cors(origins: &str, more: &str) -> String {
    format!("[cors]\norigins = {origins}\n{more}\n")
}

const NAMED: &str = "[\"https://app.example\"]";

fn reader(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

#[tokio::test]
async fn cors_origins_is_enforced() {
    for (origins, allowed) in [
        (NAMED, Some(APP)),
        ("[\"*\"]", Some("*")),
        ("[\"https://*.app.example\"]", None),
        ("[\"https://other.example\"]", None),
        ("[]", None),
    ] {
        let (preflight, answer) = ask(&cors(origins, ""), "GET", "").await;
        assert_eq!((reader(&preflight), reader(&answer)), (allowed, allowed), "{origins}");
    }
    assert_eq!(reader(&ask("", "GET", "").await.1), None, "none, where there is no table");
}

#[tokio::test]
async fn cors_methods_is_enforced() {
    for (methods, asked, allowed) in [
        ("", "DELETE", Some("GET, HEAD, POST, PUT, PATCH, DELETE")),
        ("methods = [\"GET\", \"PUT\"]", "PUT", Some("GET, HEAD, PUT")),
        ("methods = [\"GET\", \"PUT\"]", "DELETE", None),
        ("methods = [\"GET\", \"PUT\"]", "POST", None),
    ] {
        let (preflight, answer) = ask(&cors(NAMED, methods), asked, "").await;
        assert_eq!(preflight.header("access-control-allow-methods"), allowed, "{methods} {asked}");
        assert_eq!(reader(&preflight).is_some(), allowed.is_some(), "{methods} {asked}");
        assert_eq!(reader(&answer), Some(APP), "of any answer it may read what it says");
    }
    let settings = format!("[defaults.cors]\norigins = {NAMED}\nmethods = [\"GET\", \"DELETE\"]\n");
    let host = host().settings(&settings).function("f", "canary", &format!("methods = [\"GET\"]\n{PUBLIC}")).start();
    for (method, is_allowed) in [("GET", true), ("DELETE", false)] {
        let asked = request(Method::OPTIONS, "/f", Body::whole("")).with("origin", APP);
        let answer = host.send(asked.with("access-control-request-method", method)).await;
        assert_eq!(reader(&answer).is_some(), is_allowed, "{method}, of which the function takes GET");
    }
}

#[tokio::test]
async fn cors_headers_is_enforced() {
    for (headers, asked, is_allowed) in [
        ("", "authorization", true),
        ("", "x-note", false),
        ("headers = [\"X-Note\"]", "x-note,accept", true),
        ("headers = [\"X-Note\"]", "authorization", false),
        ("headers = []", "content-type", false),
        ("headers = []", "", true),
    ] {
        let (preflight, _) = ask(&cors(NAMED, headers), "GET", asked).await;
        assert_eq!(reader(&preflight).is_some(), is_allowed, "{headers} {asked}");
    }
}

#[tokio::test]
async fn cors_expose_is_enforced() {
    for (expose, exposed) in [
        ("", "x-request-id, retry-after, ratelimit, ratelimit-policy"),
        ("expose = [\"X-Total\"]", "x-request-id, retry-after, ratelimit, ratelimit-policy, x-total"),
    ] {
        let (preflight, answer) = ask(&cors(NAMED, expose), "GET", "").await;
        assert_eq!(answer.header("access-control-expose-headers"), Some(exposed));
        assert_eq!(preflight.header("access-control-expose-headers"), None);
    }
}

#[tokio::test]
async fn cors_credentials_is_enforced() {
    for (credentials, said) in [("", None), ("credentials = false", None), ("credentials = true", Some("true"))] {
        let (preflight, answer) = ask(&cors(NAMED, credentials), "GET", "").await;
        for answer in [preflight, answer] {
            assert_eq!(answer.header("access-control-allow-credentials"), said, "{credentials}");
            assert_eq!(reader(&answer), Some(APP), "never `*`");
        }
    }
    let (preflight, answer) = ask(&cors("[\"https://other.example\"]", "credentials = true"), "GET", "").await;
    for answer in [preflight, answer] {
        assert_eq!(answer.header("access-control-allow-credentials"), None, "another page");
    }
}

#[tokio::test]
async fn cors_max_age_is_enforced() {
    for (max_age, seconds) in
        [("", "600"), ("max_age = \"2h\"", "7200"), ("max_age = \"0s\"", "0"), ("max_age = \"1500ms\"", "1")]
    {
        let (preflight, answer) = ask(&cors(NAMED, max_age), "GET", "").await;
        assert_eq!(preflight.header("access-control-max-age"), Some(seconds), "{max_age}");
        assert_eq!(answer.header("access-control-max-age"), None);
    }
}

/// What stands in the header `name` of an answer without `[headers]`, with another value there, and with `false`.
async fn ask_headers(name: &str, other: &str) -> [Option<String>; 3] {
    let mut values = [None, None, None];
    for (value, lines) in values.iter_mut().zip([
        String::new(),
        format!("[headers]\n{name} = \"{other}\"\n"),
        format!("[headers]\n{name} = false\n"),
    ]) {
        *value = ask(&lines, "GET", "").await.1.header(name).map(str::to_owned);
    }
    values
}

fn values(by_default: &str, other: &str) -> [Option<String>; 3] {
    [Some(by_default.to_owned()), Some(other.to_owned()), None]
}

#[tokio::test]
async fn headers_x_content_type_options_is_enforced() {
    // There is one word for it.
    assert_eq!(ask_headers("x-content-type-options", "nosniff").await, values("nosniff", "nosniff"));
}

#[tokio::test]
async fn headers_referrer_policy_is_enforced() {
    assert_eq!(ask_headers("referrer-policy", "no-referrer").await, values("same-origin", "no-referrer"));
}

#[tokio::test]
async fn headers_x_frame_options_is_enforced() {
    assert_eq!(ask_headers("x-frame-options", "SAMEORIGIN").await, values("DENY", "SAMEORIGIN"));
}

#[tokio::test]
async fn headers_cache_control_is_enforced() {
    assert_eq!(ask_headers("cache-control", "max-age=60").await, values("no-store", "max-age=60"));
}
