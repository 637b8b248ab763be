//! Functions of which nobody has said who may call them: they answer the people at this machine, and nobody else. And the
//! rules of the head of a request, which come before everything.

use std::net::IpAddr;

use http::{Method, Request};

use crate::support::{Body, Host, PUBLIC, REMOTE, With, get, host, log, request};

/// A host with one undeclared function.
fn undeclared() -> Host {
    host().function("canary", "canary", "").start()
}

fn named(host: &str) -> Request<Body> {
    get("/canary").with_only("host", host)
}

async fn assert_forbidden(host: &Host, request: Request<Body>, client: IpAddr, what: &str) {
    let before = host.instances();
    let answer = host.send_from(request, client).await;
    assert_eq!((answer.status, &answer.json()["error"]), (403, &"forbidden".into()), "{what}");
    let line = log::access(answer.id());
    assert_eq!((line.field("stage"), line.field("function")), ("address", "canary"), "{what}");
    assert!(line.field("reason").contains("access = \"public\""), "the log says what to write: {line}");
    assert_eq!(host.instances(), before, "{what}");
}

#[tokio::test]
async fn it_answers_to_names_of_the_loopback() {
    let host = undeclared();
    for name in ["localhost", "localhost:8080", "LocalHost", "a.localhost:3000", "127.0.0.1:8080", "[::1]:8080"] {
        for client in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            let answer = host.send_from(named(name), client.parse().unwrap()).await;
            assert_eq!(answer.status, 200, "{name} {client}");
        }
    }
    let absolute = request(Method::GET, "http://localhost:8080/canary", Body::whole(""));
    assert_eq!(host.send(absolute).await.status, 200);
}

#[tokio::test]
async fn it_answers_to_no_other_name_so_that_no_page_of_another_site_reaches_it() {
    let host = undeclared();
    for name in ["example.com", "localhost.example.com", "192.0.2.7:8080", "0.0.0.0:8080", "[::]:8080", "10.0.0.1"] {
        assert_forbidden(&host, named(name), [127, 0, 0, 1].into(), name).await;
    }
    let mut nameless = get("/canary");
    nameless.headers_mut().remove("host");
    *nameless.version_mut() = http::Version::HTTP_10;
    assert_forbidden(&host, nameless, [127, 0, 0, 1].into(), "no name at all").await;
}

#[tokio::test]
async fn it_answers_no_page_of_another_site_under_its_own_name_either() {
    let host = undeclared();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost.evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        assert_forbidden(&host, get("/canary").with(name, value), [127, 0, 0, 1].into(), value).await;
    }
    for (name, value) in
        [("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")]
    {
        assert_eq!(host.send(get("/canary").with(name, value)).await.status, 200, "{value}");
    }
}

#[tokio::test]
async fn it_answers_no_other_machine_whatever_name_it_uses() {
    let host = undeclared();
    for client in ["192.0.2.7", "10.0.0.1", "169.254.1.1", "fe80::1", "2001:db8::1", "::ffff:192.0.2.7"] {
        assert_forbidden(&host, get("/canary"), client.parse().unwrap(), client).await;
    }
}

#[tokio::test]
async fn it_answers_nothing_that_came_through_a_proxy() {
    let host = undeclared();
    for header in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix", "via"]
    {
        for value in ["127.0.0.1", ""] {
            assert_forbidden(&host, get("/canary").with(header, value), [127, 0, 0, 1].into(), header).await;
        }
    }
}

#[tokio::test]
async fn a_declared_function_answers_all_of_these() {
    let host = host().function("canary", "canary", PUBLIC).start();
    for request in [named("example.com"), get("/canary").with("x-forwarded-for", "127.0.0.1"), get("/canary")] {
        assert_eq!(host.send_from(request, REMOTE).await.status, 200);
    }
}

#[tokio::test]
async fn a_host_that_can_be_reached_from_outside_does_not_serve_it_at_all() {
    for settings in [
        "listen = \"0.0.0.0:8080\"",
        "listen = \"192.0.2.1:8080\"",
        "listen = \"[::]:8080\"",
        "public_url = \"https://hooks.example\"",
        "trusted_proxies = [\"10.0.0.1\"]",
        "[defaults]\nundeclared = \"refuse\"",
    ] {
        let host = host().function("canary", "canary", "").function("open", "canary", PUBLIC).settings(settings);
        let host = host.start();
        let answer = host.send(get("/canary")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (503, &"function not available".into()), "{settings}");
        let reason = log::access(answer.id()).field("reason").to_owned();
        assert!(reason.contains("nobody has said who may call it"), "{settings}: {reason}");
        assert!(reason.contains("write [verify] or [auth]"), "{settings}: {reason}");
        assert_eq!(host.problems.len(), 1, "{settings}");
        assert_eq!(host.instances(), 0, "{settings}");
        assert_eq!(host.send(get("/open")).await.status, 200, "{settings}");
    }
}

#[tokio::test]
async fn a_function_without_a_policy_file_is_undeclared() {
    let canary = crate::support::component("canary");
    let host = host().file("canary.wasm", &canary).start();
    assert_eq!(host.send(get("/canary")).await.status, 200);
    assert_forbidden(&host, get("/canary"), REMOTE, "another machine").await;
    let refusing = crate::support::host().file("canary.wasm", &canary).settings("public_url = \"https://a.example\"");
    assert_eq!(refusing.start().send(get("/canary")).await.status, 503);
}

#[tokio::test]
async fn a_request_that_names_two_hosts_or_none_that_is_one_is_malformed() {
    let host = host().function("canary", "canary", PUBLIC).start();
    for (request, reason) in [
        (get("/canary").with("host", "localhost:8080"), "more than one Host header"),
        (named("local host"), "the Host header is not a host"),
        (named("localhost/canary"), "the Host header is not a host"),
        (named("localhost@example.com"), "a user stands before the host"),
        (
            request(Method::GET, "http://example.com/canary", Body::whole("")),
            "the target and the Host header name two hosts",
        ),
    ] {
        let answer = host.send(request).await;
        assert_eq!(answer.status, 400, "{reason}");
        assert_eq!(log::access(answer.id()).field("reason"), format!("malformed request: {reason}"));
    }
    assert_eq!(host.instances(), 0);
}
