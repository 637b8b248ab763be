//! What a function is told: every field of the event and of its context, as `echo` repeats them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, Request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Body, Host, PUBLIC, With, component, get, host, post, request};

fn echo(route: &str) -> Host {
    host().function(route, "echo", PUBLIC).start()
}

async fn told(host: &Host, request: Request<Body>) -> Value {
    let answer = host.send(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_whole_event() {
    let host = echo("echo");
    let request = request(Method::PUT, "/echo/a%20b/?x=1&x=%32&y", Body::whole("caf\u{e9}")).with("x-note", "7");
    let event = told(&host, request).await["event"].clone();
    let expected = json!({
        "method": "PUT",
        "path": "/echo/a%20b/",
        "subpath": "/a%20b/",
        "params": [],
        "query": "x=1&x=%32&y",
        "headers": [["host", "localhost:8080"], ["x-note", "7"]],
        "body": "caf\u{e9}",
        "client": "127.0.0.1",
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn a_whole_context() {
    let host = echo("echo");
    let before = SystemTime::now();
    let mut context = told(&host, get("/echo").with("x-request-id", "event-context.1")).await["context"].clone();
    let deadline = context.as_object_mut().unwrap().remove("deadline").unwrap().as_u64().unwrap();
    let expected = json!({
        "request_id": "event-context.1",
        "function": "echo",
        "version": hex::encode(Sha256::digest(component("echo"))),
        "trigger": "http",
        "delivery": null,
        "identity": null,
    });
    assert_eq!(context, expected);
    let timeout = Duration::from_secs(10);
    let millis = |time: SystemTime| u64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    assert!((millis(before + timeout)..=millis(SystemTime::now() + timeout)).contains(&deadline), "{deadline}");
}

#[tokio::test]
async fn the_deadline_follows_the_policys_timeout() {
    let host = host().function("echo", "echo", &format!("{PUBLIC}timeout = \"15m\"\n")).start();
    let deadline = told(&host, get("/echo")).await["context"]["deadline"].as_u64().unwrap();
    let in_14_minutes = SystemTime::now() + Duration::from_secs(14 * 60);
    assert!(UNIX_EPOCH + Duration::from_millis(deadline) > in_14_minutes);
}

#[tokio::test]
async fn path_and_subpath_are_raw_and_parameters_decoded() {
    let host = host()
        .function("orders/[id]", "echo", PUBLIC)
        .function("files/[...path]", "echo", PUBLIC)
        .function("index", "echo", PUBLIC)
        .start();
    for (path, function, subpath, params) in [
        ("/orders/caf%C3%A9%2B1", "orders/[id]", "", json!([["id", "caf\u{e9}+1"]])),
        ("/orders/7/lines/a%20b", "orders/[id]", "/lines/a%20b", json!([["id", "7"]])),
        ("/orders/7/", "orders/[id]", "/", json!([["id", "7"]])),
        ("/files/a/b%20c/d.txt", "files/[...path]", "", json!([["path", "a/b c/d.txt"]])),
        ("/", "index", "", json!([])),
    ] {
        let told = told(&host, get(path)).await;
        assert_eq!(told["context"]["function"], function, "{path}");
        assert_eq!(told["event"]["path"], path);
        assert_eq!(told["event"]["subpath"], subpath, "{path}");
        assert_eq!(told["event"]["params"], params, "{path}");
    }
}

#[tokio::test]
async fn the_hosts_prefix_stays_in_the_path_and_is_no_part_of_the_functions_name() {
    let host = host().function("echo", "echo", PUBLIC).settings("prefix = \"/api/v1\"").start();
    let told = told(&host, get("/api/v1/echo/x")).await;
    assert_eq!(told["event"]["path"], "/api/v1/echo/x");
    assert_eq!((&told["event"]["subpath"], &told["context"]["function"]), (&json!("/x"), &json!("echo")));
    assert_eq!(host.send(get("/echo/x")).await.status, 404);
}

#[tokio::test]
async fn headers_keep_their_order_and_a_repeated_one_stands_where_it_came_first() {
    let host = echo("echo");
    let request = get("/echo").with("b", "1").with("a", "2").with("B", "3").with("c", "").with("a", "4");
    let expected = json!([["host", "localhost:8080"], ["b", "1"], ["b", "3"], ["a", "2"], ["a", "4"], ["c", ""]]);
    assert_eq!(told(&host, request).await["event"]["headers"], expected);
}

#[tokio::test]
async fn a_header_that_is_not_utf8_is_read_as_latin_1() {
    let host = echo("echo");
    let request = get("/echo").with("x-utf8", "gr\u{fc}n").with("x-latin", b"gr\xfcn");
    let headers = told(&host, request).await["event"]["headers"].clone();
    assert_eq!(headers, json!([["host", "localhost:8080"], ["x-utf8", "gr\u{fc}n"], ["x-latin", "gr\u{fc}n"]]));
}

#[tokio::test]
async fn hop_by_hop_headers_end_at_the_host() {
    let host = echo("echo");
    let request = get("/echo")
        .with("connection", "keep-alive, X-Secret-Of-The-Hop")
        .with("keep-alive", "timeout=5")
        .with("proxy-connection", "close")
        .with("proxy-authorization", "Basic YTpi")
        .with("te", "trailers")
        .with("trailer", "x-sum")
        .with("transfer-encoding", "chunked")
        .with("upgrade", "websocket")
        .with("x-secret-of-the-hop", "1")
        .with("x-kept", "2");
    let headers = told(&host, request).await["event"]["headers"].clone();
    assert_eq!(headers, json!([["host", "localhost:8080"], ["x-kept", "2"]]));
}

#[tokio::test]
async fn the_client_is_the_address_at_the_other_end_and_nothing_that_a_header_says() {
    let host = echo("echo");
    for client in ["192.0.2.7", "2001:db8::7", "127.0.0.1"] {
        let request = get("/echo").with("x-forwarded-for", "198.51.100.1").with("forwarded", "for=198.51.100.1");
        let answer = host.send_from(request, client.parse().unwrap()).await;
        assert_eq!(answer.json()["event"]["client"], client);
    }
}

#[tokio::test]
async fn an_extension_method_comes_in_the_case_in_which_it_was_sent() {
    let host = echo("echo");
    for method in ["PURGE", "MkCol", "get"] {
        let request = request(Method::from_bytes(method.as_bytes()).unwrap(), "/echo", Body::whole(""));
        assert_eq!(told(&host, request).await["event"]["method"], method);
    }
}

#[tokio::test]
async fn a_request_id_is_the_clients_if_it_is_well_formed_and_the_answer_has_the_same() {
    let host = echo("echo");
    for (sent, taken) in [("event-id_1.A", true), ("two words", false), ("quote\"", false), ("", false)] {
        let answer = host.send(get("/echo").with("x-request-id", sent)).await;
        assert_eq!(answer.id() == sent, taken, "{sent}");
        assert_eq!(answer.json()["context"]["request_id"], answer.id(), "{sent}");
        assert!(!answer.id().is_empty());
    }
    let twice = host.send(get("/echo").with("x-request-id", "one-1").with("x-request-id", "one-1")).await;
    assert_ne!(twice.id(), "one-1");
}

#[tokio::test]
async fn a_functions_environment_is_empty() {
    let host = echo("echo");
    assert!(std::env::vars().next().is_some(), "this process has variables");
    assert_eq!(told(&host, post("/echo", "")).await["env"], json!({}));
}
