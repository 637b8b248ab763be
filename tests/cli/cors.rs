//! Pages of other origins, over a real connection: what their browsers read before and after a request.

use crate::client::{Reply, headers};
use crate::support::{Host, Site};

const APP: &str = "https://app.example";

const POLICY: &str = "methods = [\"GET\", \"PUT\"]\naccess = \"public\"\nbody_limit = \"8B\"\n\
                      [cors]\norigins = [\"https://app.example\", \"https://*.preview.example\"]\ncredentials = true\n";

fn site() -> Host {
    Site::new().component("hello", "api").file("api.toml", POLICY).example("hello").start()
}

fn asked(host: &Host, method: &str, more: &[(&str, &str)]) -> Reply {
    let mut all = headers([("origin", APP)]);
    all.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    host.request(method, "/api", &all, b"")
}

/// The headers of an answer that are the same each time.
fn said(reply: &Reply) -> Vec<String> {
    let changes = ["date", "x-request-id"];
    let headers = reply.headers.iter().filter(|(name, _)| !changes.contains(&name.as_str()));
    headers.map(|(name, value)| format!("{name}: {value}")).collect()
}

#[test]
fn a_preflight_is_answered_as_browsers_read_it() {
    let host = site();
    let ask = [("access-control-request-method", "PUT"), ("access-control-request-headers", "content-type")];
    let reply = asked(&host, "OPTIONS", &ask);
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(
        said(&reply),
        [
            "access-control-allow-origin: https://app.example",
            "access-control-allow-credentials: true",
            "access-control-allow-methods: GET, HEAD, PUT",
            "access-control-allow-headers: accept, accept-language, content-language, authorization, content-type, auth-provider",
            "access-control-max-age: 600",
            "vary: origin, access-control-request-method, access-control-request-headers",
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
            "x-frame-options: DENY",
            "cache-control: no-store",
        ]
    );
    let refused = asked(&host, "OPTIONS", &[("access-control-request-method", "DELETE")]);
    assert_eq!(refused.status, 204);
    assert!(!refused.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{:?}", refused.headers);
    // A body that comes with one is not read, and not taken for a request.
    let mut connection = host.connect();
    let head = "OPTIONS /api HTTP/1.1\r\nhost: localhost\r\norigin: https://app.example\r\n\
                access-control-request-method: PUT\r\ncontent-length: 20\r\n\r\n";
    assert_eq!(connection.send(head).send("GET /hello HTTP/1.1\r").reply().status, 204);
    assert_eq!(host.instances(), 0);
}

#[test]
fn whoever_is_answered_or_refused_may_read_it() {
    let host = site();
    for (method, body, status) in [("GET", "", 200), ("POST", "", 405), ("PUT", "longer than that", 413)] {
        let reply = host.request(method, "/api", &headers([("origin", APP)]), body.as_bytes());
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, Some(APP)), "{method}");
        assert_eq!(reply.header("access-control-allow-credentials"), Some("true"), "{method}");
        assert_eq!(reply.header("vary"), Some("Origin"), "{method}");
        let foreign = host.request(method, "/api", &headers([("origin", "https://evil.example")]), body.as_bytes());
        assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (status, None), "{method}");
        assert_eq!(foreign.header("vary"), Some("Origin"), "{method}");
    }
    assert_eq!(host.get("/hello").header("vary"), None, "a function without [cors]");
}

#[test]
fn the_start_says_which_pages_may_read() {
    let host = site();
    let line = host.wait_for_line(|line| line.contains("api.wasm"));
    assert!(line.contains("cors https://app.example (+1) with credentials"), "{line}");
    assert!(!host.wait_for_line(|line| line.contains("hello.wasm")).contains("cors"));
}
