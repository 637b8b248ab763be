//! Functions of which nobody has said who may call them: for trying out, on this machine, and by its own names.

use crate::client::{Connection, headers};
use crate::support::{Host, Site};

fn open() -> Site {
    Site::new().component("hello", "tried").component("hello", "empty").file("empty.toml", "# nothing yet\n")
}

fn ask(host: &Host, name: &str) -> u16 {
    Connection::open(&host.address).send(format!("GET /tried HTTP/1.1\r\nhost: {name}\r\n\r\n")).reply().status
}

#[test]
fn they_answer_to_names_of_the_loopback_only() {
    let host = open().start();
    assert_eq!(host.get("/empty").status, 200, "an empty policy says as little as none");
    for name in ["localhost", "localhost:8080", "app.localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(ask(&host, name), 200, "{name}");
    }
    let ran = host.instances();
    for name in ["example.com", "localhost.example.com", "192.168.0.7", "0.0.0.0"] {
        assert_eq!(ask(&host, name), 403, "{name}");
    }
    assert_eq!(host.connect().send("GET /tried HTTP/1.0\r\n\r\n").reply().status, 403, "no name at all");
    assert_eq!(host.instances(), ran);
}

#[test]
fn a_request_that_came_through_a_proxy_is_refused() {
    let host = open().start();
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.7"),
        ("via", "1.1 proxy"),
    ] {
        let reply = host.request("GET", "/tried", &headers([(name, value)]), b"");
        assert_eq!(reply.status, 403, "{name}");
        assert_eq!(reply.json()["error"], "forbidden");
    }
    assert_eq!(host.instances(), 0);
    // The log tells the operator what the client is not told.
    host.wait_for_line(|line| line.contains("came through a proxy") && line.contains("access = "));
}

#[test]
fn settings_that_rule_them_out_leave_them_unserved() {
    for settings in ["public_url = \"https://hooks.example.com\"\n", "[defaults]\nundeclared = \"refuse\"\n"] {
        let host = open().example("hello").settings(settings).start();
        let line = host.wait_for_line(|line| line.contains("/functions/tried.toml: "));
        assert!(line.contains("nobody has said who may call it"), "{line}");
        assert_eq!(host.get("/tried").status, 503, "{settings}");
        assert_eq!(host.get("/empty").status, 503, "{settings}");
        assert_eq!(host.get("/hello").status, 200, "a public function is declared");
        assert_eq!(host.instances(), 1);
    }
}

#[test]
fn a_declared_function_answers_to_any_name() {
    let host = Site::new().example("hello").start();
    let forwarded = headers([("x-forwarded-for", "203.0.113.7")]);
    assert_eq!(host.request("GET", "/hello", &forwarded, b"").status, 200);
    let reply = host.connect().send("GET /hello HTTP/1.1\r\nhost: example.com\r\n\r\n").reply();
    assert_eq!(reply.status, 200);
}
