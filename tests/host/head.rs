//! The rules of a head that hold for every function: what came twice, what `Connection` may name, what becomes of the
//! crumbs of a cookie. What stands on the wire before there is a head is tested there.

use std::time::SystemTime;

use http::{Method, Request, Version};
use serde_json::json;

use crate::support::{Body, Host, PUBLIC, With, get, host, log, post, request};

fn echo() -> Host {
    host().function("echo", "echo", PUBLIC).start()
}

fn over(version: Version, mut request: Request<Body>) -> Request<Body> {
    *request.version_mut() = version;
    request
}

async fn assert_malformed(host: &Host, request: Request<Body>, reason: &str) {
    let before = host.instances();
    let answer = host.send(request).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &"bad request".into()), "{reason}");
    let line = log::access(answer.id());
    assert_eq!(line.field("reason"), format!("malformed request: {reason}"));
    assert_eq!(line.field("stage"), "route");
    assert_eq!(host.instances(), before, "{reason}");
}

#[tokio::test]
async fn what_may_come_once_is_refused_when_it_comes_twice_by_every_function() {
    let host = echo();
    for (name, value, reason) in [
        ("host", "localhost:8080", "more than one Host header"),
        ("authorization", "Bearer a", "more than one Authorization header"),
        ("content-length", "0", "more than one Content-Length header"),
        ("origin", "https://app.example", "more than one Origin header"),
    ] {
        let twice = get("/echo").with_only(name, value).with(name, value);
        assert_malformed(&host, twice, reason).await;
        // Also where there is no function.
        let twice = get("/nowhere").with_only(name, value).with(name, value);
        assert_malformed(&host, twice, reason).await;
    }
    assert_eq!(host.send(get("/echo").with("authorization", "Bearer a")).await.status, 200);
}

#[tokio::test]
async fn from_http_1_1_on_a_request_names_its_host() {
    let host = echo();
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let mut nameless = get("/echo");
        nameless.headers_mut().remove("host");
        assert_malformed(&host, over(version, nameless), "it names no host").await;
    }
    let mut nameless = get("/echo");
    nameless.headers_mut().remove("host");
    assert_eq!(host.send(over(Version::HTTP_10, nameless)).await.status, 200);
}

#[tokio::test]
async fn connection_may_not_name_what_gates_and_functions_decide_by() {
    let host = echo();
    for name in [
        "Host",
        "Authorization",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Cookie",
        "Expect",
        "Forwarded",
        "Origin",
        "Via",
        "X-Forwarded-For",
        "x-forwarded-anything",
    ] {
        for value in [name.to_owned(), format!("close, {name}"), format!(" ,\t{name} ,")] {
            let request = get("/echo").with("connection", value);
            assert_malformed(&host, request, "Connection names a header that is not about the connection").await;
        }
    }
}

#[tokio::test]
async fn a_signature_that_connection_names_ends_before_it_is_looked_at() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"GITHUB\"]\n";
    let host = host().function("hook", "canary", policy).secret("GITHUB", "the secret of the sender").start();
    let signed = || post("/hook", "{}").signed("github", "the secret of the sender", b"{}", SystemTime::now());
    let answer = host.send(signed().with("connection", "x-hub-signature-256")).await;
    assert_eq!(answer.status, 401, "what is verified is what the function would get");
    assert_eq!(host.instances(), 0);
    assert_eq!(host.send(signed()).await.status, 200);
}

#[tokio::test]
async fn what_a_gate_sees_is_what_the_function_gets_and_in_its_order() {
    let host = echo();
    let request =
        get("/echo").with("a", "1").with("connection", "x-hop").with("b", "2").with("x-hop", "3").with("a", "4");
    let headers = host.send(request.with("te", "trailers").with("c", "5")).await.json()["event"]["headers"].clone();
    assert_eq!(headers, json!([["host", "localhost:8080"], ["a", "1"], ["a", "4"], ["b", "2"], ["c", "5"]]));
}

#[tokio::test]
async fn crumbs_of_a_cookie_are_joined_over_http2_and_over_http2_alone() {
    let host = echo();
    let crumbs =
        || get("/echo").with("cookie", "a=1").with("x", "y").with("cookie", "b=2; c=3").with("cookie", "d=\u{e9}");
    let joined = host.send(over(Version::HTTP_2, crumbs())).await.json()["event"]["headers"].clone();
    let cookie = json!(["cookie", "a=1; b=2; c=3; d=\u{e9}"]);
    assert_eq!(joined, json!([["host", "localhost:8080"], cookie, ["x", "y"]]));
    let apart = host.send(crumbs()).await.json()["event"]["headers"].clone();
    let expected = json!([["cookie", "a=1"], ["cookie", "b=2; c=3"], ["cookie", "d=\u{e9}"], ["x", "y"]]);
    assert_eq!(apart.as_array().unwrap()[1..], expected.as_array().unwrap()[..]);
}

#[tokio::test]
async fn trailers_never_reach_the_function() {
    let host = echo();
    let trailers = [("x-late".parse().unwrap(), "1".parse().unwrap())].into_iter().collect();
    let body = Body::pieces(b"body", 2).then_trailers(trailers);
    let event = host.send(request(Method::POST, "/echo", body).with("trailer", "x-late")).await.json()["event"].clone();
    assert_eq!((&event["headers"], &event["body"]), (&json!([["host", "localhost:8080"]]), &json!("body")));
}

#[tokio::test]
async fn a_target_is_http_and_ascii_and_a_method_no_longer_than_any() {
    let host = echo();
    let absolute = |target: &str| request(Method::GET, target, Body::whole("")).with_only("host", "localhost");
    assert_eq!(host.send(absolute("https://localhost/echo")).await.status, 200);
    assert_malformed(&host, absolute("ftp://localhost/echo"), "the target's scheme is neither http nor https").await;
    assert_malformed(&host, get("/echo?caf\u{e9}"), "the target is not ASCII").await;
    let of_length = |length| request(Method::from_bytes(&vec![b'M'; length]).unwrap(), "/echo", Body::whole(""));
    assert_eq!(host.send(of_length(32)).await.status, 200);
    assert_malformed(&host, of_length(33), "the method is longer than any").await;
    let answer = host.send(of_length(8000)).await;
    assert_eq!(log::access(answer.id()).field("method").len(), 512, "a line of the log is not as long as clients like");
}

#[tokio::test]
async fn trace_and_connect_reach_no_function() {
    let host = echo();
    for method in [Method::TRACE, Method::CONNECT] {
        let answer = host.send(request(method.clone(), "/echo", Body::whole(""))).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
        );
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn http_1_0_expects_nothing() {
    let host = echo();
    let unexpected = || post("/echo", "a").with("expect", "the-unexpected");
    assert_eq!(host.send(unexpected()).await.status, 417);
    assert_eq!(host.send(over(Version::HTTP_10, unexpected())).await.status, 200);
}
