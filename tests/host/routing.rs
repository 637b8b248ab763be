//! From a path to a function, through the whole host: which files are routes, and what is no route at all.

use http::Method;

use crate::support::{Body, Host, PUBLIC, component, get, host, log, request};

/// Echo under these routes' files.
fn serving(files: &[&str]) -> Host {
    let echo = component("echo");
    let add = |host: crate::support::Builder, file: &&str| {
        host.file(&format!("{file}.wasm"), &echo).file(&format!("{file}.toml"), PUBLIC)
    };
    files.iter().fold(host(), add).start()
}

/// The name of the function that serves `path`.
async fn served_by(host: &Host, path: &str) -> Option<String> {
    let answer = host.send(get(path)).await;
    match answer.status {
        200 => Some(answer.json()["context"]["function"].as_str().unwrap().to_owned()),
        404 => None,
        other => panic!("{path}: {other}"),
    }
}

#[tokio::test]
async fn a_file_is_a_route() {
    let host = serving(&["hello", "users/users", "shop/index", "admin/keys", "index"]);
    for (path, function) in [
        ("/hello", Some("hello")),
        ("/hello/", Some("hello")),
        ("/hello/a/b", Some("hello")),
        ("/users", Some("users")),
        ("/shop", Some("shop")),
        ("/admin/keys", Some("admin/keys")),
        ("/", Some("index")),
        ("/admin", None),
        ("/Hello", None),
        ("/hello.wasm", None),
        ("/hello.toml", None),
        ("/index", None),
        ("//hello", None),
        ("/hello//a", None),
    ] {
        assert_eq!(served_by(&host, path).await.as_deref(), function, "{path}");
    }
}

#[tokio::test]
async fn the_more_literal_route_wins() {
    let host = serving(&["api", "api/notes/[id]", "api/notes/latest", "files/[...path]"]);
    for (path, function) in [
        ("/api/notes/latest", Some("api/notes/latest")),
        ("/api/notes/7", Some("api/notes/[id]")),
        ("/api/notes", Some("api")),
        ("/api/notes/7/x", Some("api/notes/[id]")),
        ("/files/a/b", Some("files/[...path]")),
        ("/files", None),
    ] {
        assert_eq!(served_by(&host, path).await.as_deref(), function, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_two_programs_could_read_in_two_ways_is_malformed() {
    let host = serving(&["hello", "index"]);
    for path in [
        "/hello/../hello",
        "/./hello",
        "/hello/%2e%2e/x",
        "/hello/%2E",
        "/hello%2Fx",
        "/hello%2fx",
        "/hello%5Cx",
        "/hello%00",
        "/hello%",
        "/hello%4",
        "/hello%GG",
        "/hello/%ff",
        "/hello/%C3",
    ] {
        let answer = host.send(get(path)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &"bad request".into()), "{path}");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn an_encoded_letter_is_that_letter() {
    let host = serving(&["hello"]);
    let answer = host.send(get("/%68ello/%61")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        (&answer.json()["event"]["path"], &answer.json()["event"]["subpath"]),
        (&"/%68ello/%61".into(), &"/%61".into())
    );
}

#[tokio::test]
async fn a_target_that_is_no_path_is_malformed() {
    let host = serving(&["index"]);
    let answer = host.send(request(Method::OPTIONS, "*", Body::whole(""))).await;
    assert_eq!(answer.status, 400);
    assert_eq!(log::access(answer.id()).field("stage"), "route");
}

#[tokio::test]
async fn the_log_has_the_path_without_the_query_and_the_route() {
    let host = serving(&["orders/[id]"]);
    let answer = host.send(get("/orders/7?token=hunter2")).await;
    let line = log::access(answer.id());
    assert_eq!((line.field("path"), line.field("route")), ("/orders/7", "/orders/[id]"));
    assert!(!line.to_string().contains("hunter2"), "{line}");
}
