//! Pages of other origins: what their preflights are answered without a sandbox, and what stands on every other answer
//! about who may read it.

use std::time::Instant;

use http::{Method, Request};
use serde_json::{Value, json};
use vestibule_host::reload::STILL;

use crate::support::token::{SHARED, demo};
use crate::support::{Answer, Body, Host, PUBLIC, REMOTE, With, get, host, log, post, request};

const APP: &str = "https://app.example";
const EVIL: &str = "https://evil.example";

/// Public, for pages of [`APP`] and of what is below `preview.example`.
fn policy(more: &str) -> String {
    format!("{PUBLIC}[cors]\norigins = [\"{APP}\", \"https://*.preview.example\"]\n{more}\n")
}

/// A preflight for a `GET` without unusual headers.
fn preflight(target: &str, origin: &str) -> Request<Body> {
    asks(request(Method::OPTIONS, target, Body::whole("")).with("origin", origin), "GET")
}

fn asks(request: Request<Body>, method: &str) -> Request<Body> {
    request.with_only("access-control-request-method", method)
}

/// The headers about CORS of an answer, and `vary`.
fn said(answer: &Answer) -> Vec<(&str, &str)> {
    let about = |name: &str| name.starts_with("access-control-") || name == "vary";
    let headers = answer.headers.iter().filter(|(name, _)| about(name.as_str()));
    headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}

const VARY: (&str, &str) = ("vary", "origin, access-control-request-method, access-control-request-headers");
const ALLOW_HEADERS: (&str, &str) = (
    "access-control-allow-headers",
    "accept, accept-language, content-language, authorization, content-type, auth-provider",
);
const EXPOSE: (&str, &str) =
    ("access-control-expose-headers", "x-request-id, retry-after, ratelimit, ratelimit-policy");

fn assert_granted(answer: &Answer, origin: &str, methods: &str, what: &str) {
    assert_eq!((answer.status, answer.body.len()), (204, 0), "{what}");
    let expected = [
        ("access-control-allow-origin", origin),
        ("access-control-allow-methods", methods),
        ALLOW_HEADERS,
        ("access-control-max-age", "600"),
        VARY,
    ];
    assert_eq!(said(answer), expected, "{what}");
    assert_eq!(answer.header("allow"), None, "{what}");
}

fn assert_not_granted(answer: &Answer, reason: &str) {
    assert_eq!((answer.status, answer.body.len(), said(answer)), (204, 0, vec![VARY]), "{reason}");
    let line = log::access(answer.id());
    assert_eq!((line.field("outcome"), line.field("reason")), ("preflight", reason));
}

const OTHER_ORIGIN: &str = "the page's origin is not among the `origins` of [cors]";
const OTHER_METHOD: &str = "the page may not use the method";
const OTHER_HEADER: &str = "the page wants to send a header that is not among the `headers` of [cors]";

const ALL_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

#[tokio::test]
async fn a_preflight_is_answered_for_pages_that_are_named_and_without_a_sandbox() {
    let host = host().function("f", "canary", &policy("")).start();
    for origin in [APP, "https://a.preview.example", "https://b.a.preview.example"] {
        let answer = host.send_from(preflight("/f", origin), REMOTE).await;
        assert_granted(&answer, origin, ALL_METHODS, origin);
        let line = log::access(answer.id());
        assert_eq!((line.field("outcome"), line.field("function")), ("preflight", "f"));
    }
    for origin in [
        EVIL,
        "null",
        "https://app.example:443",
        "https://app.example.",
        "https://APP.example",
        "http://app.example",
        "https://app.example.evil.example",
        "https://preview.example",
        "https://evilpreview.example",
        "https://evil.example/.preview.example",
        "",
    ] {
        assert_not_granted(&host.send_from(preflight("/f", origin), REMOTE).await, OTHER_ORIGIN);
    }
    assert_eq!(host.instances(), 0);
    assert_eq!(host.outcomes("f", "preflight"), 14);
}

#[tokio::test]
async fn a_preflight_is_answered_before_the_method_and_the_caller_are_asked_for() {
    let settings = demo("");
    let policy = format!("methods = [\"POST\"]\n[auth]\nproviders = [\"demo\"]\n[cors]\norigins = [\"{APP}\"]\n");
    let signed = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let host = host()
        .settings(&settings)
        .secret("JWT", SHARED)
        .secret("S", "hunter2")
        .function("f", "canary", &policy)
        .function("signed", "canary", &format!("{signed}[cors]\norigins = [\"{APP}\"]\n"))
        .start();
    assert_granted(&host.send(asks(preflight("/f", APP), "POST")).await, APP, "POST", "auth");
    assert_granted(&host.send(preflight("/signed", APP)).await, APP, ALL_METHODS, "verify");
    assert_not_granted(&host.send(asks(preflight("/f", APP), "DELETE")).await, OTHER_METHOD);
    // The page goes on, and is told why it is refused.
    let refused = host.send(post("/f", "").with("origin", APP)).await;
    assert_eq!((refused.status, said(&refused)[0]), (401, ("access-control-allow-origin", APP)));
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn the_gate_of_addresses_comes_before_preflights() {
    let (local, policy) =
        ("http://localhost:5173", format!("[cors]\norigins = [\"http://localhost:5173\", \"{APP}\"]\n"));
    let host = host().function("f", "canary", &policy).start();
    assert_granted(&host.send(preflight("/f", local)).await, local, ALL_METHODS, "a page of this machine");
    // Nobody has said who may call it: to other machines, and to pages from elsewhere, it does not answer.
    for answer in [host.send_from(preflight("/f", local), REMOTE).await, host.send(preflight("/f", APP)).await] {
        assert_eq!((answer.status, answer.header("access-control-allow-methods")), (403, None));
        assert_eq!(log::access(answer.id()).field("stage"), "address");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_preflight_names_one_method_that_the_function_takes() {
    let host = host()
        .function("all", "canary", &policy(""))
        .function("few", "canary", &format!("methods = [\"GET\", \"PUT\", \"PURGE\"]\n{}", policy("")))
        .start();
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        assert_granted(&host.send(asks(preflight("/all", APP), method)).await, APP, ALL_METHODS, method);
    }
    let with = format!("{ALL_METHODS}, PURGE");
    assert_granted(&host.send(asks(preflight("/all", APP), "PURGE")).await, APP, &with, "a method of its own");
    for method in ["GET", "HEAD", "PUT", "PURGE"] {
        assert_granted(&host.send(asks(preflight("/few", APP), method)).await, APP, "GET, HEAD, PUT, PURGE", method);
    }
    for (target, method) in [
        ("/few", "POST"),
        ("/few", "put"),
        ("/few", "GET, PUT"),
        ("/few", "*"),
        ("/few", ""),
        ("/all", "OPTIONS"),
        ("/all", "TRACE"),
        ("/all", "CONNECT"),
        ("/all", "a b"),
    ] {
        assert_not_granted(&host.send(asks(preflight(target, APP), method)).await, OTHER_METHOD);
    }
    let two = preflight("/all", APP).with("access-control-request-method", "PUT");
    assert_not_granted(&host.send(two).await, OTHER_METHOD);
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_preflight_names_headers_that_a_page_may_send_in_any_case_and_order() {
    let host = host().function("f", "canary", &policy("")).start();
    let asked = |names: &[&str]| {
        let named = |request: Request<Body>, names: &&str| request.with("access-control-request-headers", names);
        names.iter().fold(preflight("/f", APP), named)
    };
    for names in [
        &["authorization,content-type"][..],
        &["Content-Type , AUTHORIZATION,\tauth-provider"],
        &["accept", "accept-language,content-language"],
        &["", ", ,"],
    ] {
        assert_granted(&host.send(asked(names)).await, APP, ALL_METHODS, &names.join("; "));
    }
    for names in [
        &["x-note"][..],
        &["authorization, x-note"],
        &["authorization", "x-note"],
        &["*"],
        &["authorization content-type"],
        &["authorizatio"],
        &["\u{fc}"],
        &["accept,accept,accept,accept,accept,accept,accept"],
    ] {
        assert_not_granted(&host.send(asked(names)).await, OTHER_HEADER);
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn an_options_that_is_no_preflight_and_a_function_without_cors_stay_as_they_are() {
    let host = host()
        .function("f", "canary", &format!("methods = [\"GET\"]\n{}", policy("")))
        .function("plain", "canary", &format!("methods = [\"GET\"]\n{PUBLIC}"))
        .start();
    let options = |target| request(Method::OPTIONS, target, Body::whole(""));
    for asked in [
        options("/f"),
        options("/f").with("origin", APP),
        options("/f").with("access-control-request-method", "GET"),
        preflight("/plain", APP),
    ] {
        let answer = host.send(asked).await;
        assert_eq!((answer.status, answer.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
        assert_eq!(answer.header("access-control-allow-methods"), None);
        assert_eq!(log::access(answer.id()).field("outcome"), "options");
    }
    // A preflight is an OPTIONS: with any other method the function is asked.
    assert_eq!(host.send(get("/f").with("access-control-request-method", "GET").with("origin", APP)).await.status, 200);
    assert_eq!(host.instances(), 1);
}

#[tokio::test]
async fn private_networks_are_not_granted() {
    let host = host().function("f", "canary", &policy("")).start();
    let answer = host.send(preflight("/f", APP).with("access-control-request-private-network", "true")).await;
    assert_granted(&answer, APP, ALL_METHODS, "without a word about it");
}

#[tokio::test]
async fn an_answer_says_who_may_read_it_and_varies_by_origin() {
    let host = host().function("f", "canary", &policy("")).start();
    let readable = [("access-control-allow-origin", APP), EXPOSE, ("vary", "Origin")];
    for method in [Method::GET, Method::HEAD, Method::POST, Method::from_bytes(b"PURGE").unwrap()] {
        let answer = host.send(request(method.clone(), "/f", Body::whole("")).with("origin", APP)).await;
        assert_eq!((answer.status, said(&answer)), (200, readable.to_vec()), "{method}");
    }
    for origin in [EVIL, "null", ""] {
        let answer = host.send(get("/f").with("origin", origin)).await;
        assert_eq!((answer.status, said(&answer)), (200, vec![("vary", "Origin")]), "{origin}");
    }
    assert_eq!(said(&host.send(get("/f")).await), [("vary", "Origin")], "no page asks");
}

#[tokio::test]
async fn for_every_page_an_answer_is_the_same_whoever_asks() {
    let host = host().function("f", "canary", &format!("{PUBLIC}[cors]\norigins = [\"*\"]\n")).start();
    for asked in [get("/f"), get("/f").with("origin", EVIL), get("/f").with("origin", "null")] {
        assert_eq!(said(&host.send(asked).await), [("access-control-allow-origin", "*"), EXPOSE]);
    }
    assert_granted(&host.send(preflight("/f", EVIL)).await, "*", ALL_METHODS, "anyone's");
    // To let every page read is to trust none.
    let function = host.ready("f");
    assert!(!function.cors.as_ref().unwrap().allows(&EVIL.parse().unwrap()));
}

#[tokio::test]
async fn only_a_named_origin_is_allowed_to_who_asks() {
    let host = host().function("f", "canary", &policy("")).start();
    let function = host.ready("f");
    let allows = |origin: &str| function.cors.as_ref().unwrap().allows(&origin.parse().unwrap());
    assert!(allows(APP) && allows("https://a.preview.example"));
    assert!(!allows(EVIL) && !allows("null") && !allows("") && !allows("https://preview.example"));
}

#[tokio::test]
async fn whoever_is_refused_may_read_why() {
    let settings = format!("{}[server]\npermit_wait = \"0ms\"\n", demo(""));
    let cors = format!("[cors]\norigins = [\"{APP}\"]\n");
    let with = |component: &str, lines: &str| {
        host().settings(&settings).secret("JWT", SHARED).secret("S", "hunter2").function(
            "f",
            component,
            &format!("{lines}\n{cors}"),
        )
    };
    let public = |lines: &str| format!("{PUBLIC}{lines}");
    let admins = "[auth]\nproviders = [\"demo\"]\nroles = [\"admin\"]\n";
    let signed = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let reader = crate::support::token::bearer(json!({ "roles": ["reader"] }));
    let told = |answer: Value| post("/f", answer.to_string());
    for (host, asked, status) in [
        (with("canary", admins), get("/f"), 401),
        (with("canary", admins), get("/f").with("authorization", &reader), 403),
        (with("canary", signed), post("/f", "{}"), 401),
        (with("canary", &public("methods = [\"GET\"]")), post("/f", ""), 405),
        (with("canary", &public("body_limit = \"1KiB\"")), post("/f", vec![b'x'; 2048]), 413),
        (with("error", &public("")), get("/f"), 500),
        (with("trap", &public("")), get("/f"), 500),
        (with("sleeper", &public("timeout = \"20ms\"")), get("/f?ms=2000"), 504),
        (with("wrong-status", &public("")), get("/f?status=99"), 502),
        (with("answer", &public("")), told(json!({ "status": 429, "headers": [["retry-after", "7"]] })), 429),
        (with("answer", &public("")), told(json!({ "status": 304 })), 304),
    ] {
        let host = host.start();
        let answer = host.send(asked.with("origin", APP)).await;
        assert_eq!(answer.status, status);
        assert_eq!(said(&answer), [("access-control-allow-origin", APP), EXPOSE, ("vary", "Origin")], "{status}");
    }
    let host = with("canary", &public("concurrency = 1")).start();
    let busy = host.ready("f");
    let permit = busy.permits.try_acquire().unwrap();
    let answer = host.send(get("/f").with("origin", APP)).await;
    assert_eq!((answer.status, said(&answer)[0]), (503, ("access-control-allow-origin", APP)), "overload");
    let answer = host.send(get("/f").with("origin", EVIL)).await;
    assert_eq!((answer.status, said(&answer)), (503, vec![("vary", "Origin")]), "overload, and another page");
    drop(permit);
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn where_no_policy_is_in_force_no_page_may_read() {
    let settings = format!("[defaults.cors]\norigins = [\"{APP}\"]\n");
    let host = host().settings(&settings).function("f", "canary", "acces = \"public\"\n").start();
    for (asked, status) in [(get("/f"), 503), (preflight("/f", APP), 503), (get("/nowhere"), 404)] {
        let answer = host.send(asked.with_only("origin", APP)).await;
        assert_eq!((answer.status, said(&answer)), (status, vec![]));
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn two_origins_are_none() {
    let host = host().function("f", "canary", &policy("")).start();
    for asked in [get("/f").with("origin", APP), preflight("/f", APP)] {
        let answer = host.send(asked.with("origin", APP)).await;
        assert_eq!((answer.status, said(&answer)), (400, vec![]));
        assert_eq!(log::access(answer.id()).field("reason"), "malformed request: more than one Origin header");
    }
    assert_eq!(host.instances(), 0);
}

async fn tell(host: &Host, headers: Value, origin: &str) -> Answer {
    host.send(post("/f", json!({ "headers": headers }).to_string()).with("origin", origin)).await
}

#[tokio::test]
async fn what_a_function_says_of_it_counts_only_without_cors_in_its_policy() {
    let own = json!([
        ["x-a", "1"],
        ["Access-Control-Allow-Origin", "*"],
        ["access-control-allow-credentials", "true"],
        ["access-control-expose-headers", "x-secret"],
        ["access-control-allow-private-network", "true"],
        ["x-b", "2"],
    ]);
    let host_decides = host().function("f", "answer", &policy("")).start();
    let answer = tell(&host_decides, own.clone(), APP).await;
    assert_eq!(said(&answer), [("access-control-allow-origin", APP), EXPOSE, ("vary", "Origin")]);
    let order: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).take(3).collect();
    assert_eq!(order, ["content-type", "x-a", "x-b"], "the others keep their order");
    assert_eq!(said(&tell(&host_decides, own.clone(), EVIL).await), [("vary", "Origin")]);

    let nobody = host().function("f", "answer", &format!("{PUBLIC}[cors]\norigins = []\n")).start();
    assert_eq!(said(&tell(&nobody, own.clone(), APP).await), [("vary", "Origin")]);

    let function_decides = host().function("f", "answer", PUBLIC).start();
    let answer = tell(&function_decides, own, EVIL).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-expose-headers"), Some("x-secret"));
}

#[tokio::test]
async fn what_a_function_says_of_caches_is_kept_beside() {
    let host = host().function("f", "answer", &policy("")).start();
    for (own, vary) in [
        (json!([["vary", "accept-encoding"]]), vec!["accept-encoding", "Origin"]),
        (json!([["vary", "accept-encoding, ORIGIN"]]), vec!["accept-encoding, ORIGIN"]),
        (json!([["vary", "*"]]), vec!["*"]),
        (json!([["vary", "x-origin"]]), vec!["x-origin", "Origin"]),
    ] {
        let answer = tell(&host, own, APP).await;
        assert_eq!(answer.headers.get_all("vary").iter().collect::<Vec<_>>(), vary);
    }
}

#[tokio::test]
async fn a_change_of_cors_counts_when_the_file_has_been_still_and_is_said() {
    let host = host().function("f", "canary", &policy("")).start();
    let (start, other) = (Instant::now(), "https://other.example");
    let reads = async |origin: &str| host.send(get("/f").with("origin", origin)).await.headers.len();
    let (may, may_not) = (reads(APP).await, reads(EVIL).await);
    assert!(may > may_not);
    host.write("f.toml", policy("").replace(APP, other));
    host.look(start);
    assert_eq!((reads(APP).await, reads(other).await), (may, may_not), "not before it has been still");
    host.look(start + STILL);
    assert_eq!((reads(APP).await, reads(other).await), (may_not, may));
    host.write("f.toml", PUBLIC);
    host.look(start + STILL * 2);
    host.look(start + STILL * 3);
    let answer = host.send(preflight("/f", other)).await;
    assert_eq!((answer.header("allow").is_some(), said(&answer)), (true, vec![]));
}
