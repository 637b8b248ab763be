//! `Expect: 100-continue`: a client is told to go on when the gates before the body have let it pass, and not before.

use crate::client::Reply;
use crate::support::{Host, Site};

fn site() -> Host {
    let small = "access = \"public\"\nmethods = [\"POST\"]\nbody_limit = \"10B\"\n";
    Site::new().example("hostile/echo").component("hello", "small").file("small.toml", small).start()
}

/// The first answer to a head that expects to be told to go on.
fn first(host: &Host, line: &str, lines: &str) -> Reply {
    host.connect().send(format!("{line} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-Continue\r\n{lines}\r\n")).reply()
}

#[test]
fn who_may_go_on_is_told_so_and_then_answered() {
    let host = site();
    for (framing, body) in [("content-length: 4", "body"), ("transfer-encoding: chunked", "4\r\nbody\r\n0\r\n\r\n")] {
        let mut connection = host.connect();
        let head =
            format!("POST /hostile/echo?raw HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n{framing}\r\n\r\n");
        assert_eq!(connection.send(head).reply().status, 100, "{framing}");
        assert_eq!(host.metric("vestibule_instances_running"), Some(0));
        assert_eq!(connection.send(body).reply().text(), "body", "{framing}");
        // The connection goes on.
        assert_eq!(connection.send("GET /hostile/echo HTTP/1.1\r\nhost: localhost\r\n\r\n").reply().status, 200);
    }
}

#[test]
fn who_is_refused_before_the_body_is_not_told_to_go_on() {
    let host = site();
    for (line, lines, status) in [
        ("POST /nowhere", "content-length: 4\r\n", 404),
        ("POST /small%2F", "content-length: 4\r\n", 400),
        ("PUT /small", "content-length: 4\r\n", 405),
        ("POST /small", "content-length: 11\r\n", 413),
        ("POST /small", "content-length: 4\r\nauthorization: a\r\nauthorization: b\r\n", 400),
    ] {
        assert_eq!(first(&host, line, lines).status, status, "{line}");
    }
    assert_eq!(host.instances(), 0);
}

#[test]
fn what_follows_a_refused_expectation_is_a_body_or_nothing() {
    let host = site();
    let mut connection = host.connect();
    // The client sends what it was not told to send; it is no request.
    let hidden = "GET /hostile/echo?raw HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let head = "PUT /small HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n";
    let last = "DELETE /small HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    connection.send(format!("{head}content-length: {}\r\n\r\n{hidden}", hidden.len())).try_send(last);
    let statuses: Vec<u16> = connection.replies().iter().map(|reply| reply.status).collect();
    assert!(statuses == [405, 405] || statuses == [405], "{statuses:?}");
    assert_eq!(host.instances(), 0);
}

#[test]
fn without_a_body_there_is_nothing_to_go_on_with() {
    let host = site();
    assert_eq!(first(&host, "GET /hostile/echo", "").status, 200);
    assert_eq!(first(&host, "POST /hostile/echo", "content-length: 0\r\n").status, 200);
}

#[test]
fn http_1_0_knows_nothing_of_it() {
    let host = site();
    let mut connection = host.connect();
    connection.send("POST /hostile/echo?raw HTTP/1.0\r\nexpect: the-unexpected\r\ncontent-length: 4\r\n\r\nbody");
    let reply = connection.reply();
    assert_eq!((reply.status, reply.text()), (200, "body"));
}
