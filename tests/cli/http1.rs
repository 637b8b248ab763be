//! HTTP/1.1 on the wire: connections that are kept, closed or idle; heads and bodies that are odd, too large or too slow.

use std::time::{Duration, Instant};

use crate::support::{Host, Site};

const HELLO: &str = "GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn hello() -> Host {
    Site::new().example("hello").example("hostile/echo").start()
}

/// The status of the answer to a head with `lines` after the request line.
fn status(host: &Host, request_line: &str, lines: &str) -> u16 {
    host.connect().send(format!("{request_line} HTTP/1.1\r\n{lines}\r\n")).reply().status
}

#[test]
fn a_connection_takes_one_request_after_the_other() {
    let host = hello();
    let mut connection = host.connect();
    for name in ["one", "two", "three"] {
        let request = format!("GET /hello?name={name} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(connection.send(request).reply().text(), format!("Hello, {name}!\n"));
    }
    // Refusals and failures do not end it either.
    assert_eq!(connection.send("GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n").reply().status, 404);
    assert_eq!(connection.send(HELLO).reply().status, 200);
    assert_eq!(host.metric("vestibule_connections_open"), Some(1));
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let host = hello();
    let mut connection = host.connect();
    connection.send(
        "POST /hostile/echo?raw HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nfirst\
         GET /hello?name=second HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    assert_eq!(connection.reply().text(), "first");
    assert_eq!(connection.reply().text(), "Hello, second!\n");
}

#[test]
fn an_answer_does_not_wait_for_the_next_request_to_be_whole() {
    let host = hello();
    let mut connection = host.connect();
    assert_eq!(connection.send(format!("{HELLO}GET /hello HT")).reply().status, 200);
    assert_eq!(connection.send("TP/1.1\r\nhost: localhost\r\n\r\n").reply().status, 200);
}

#[test]
fn a_client_that_says_close_gets_its_answer_and_the_end() {
    let host = hello();
    let mut connection = host.connect();
    let reply = connection.send("GET /hello HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").reply();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    connection.wait_until_closed();
}

#[test]
fn heads_past_their_bounds_are_refused() {
    let host = hello();
    let lines = |count: usize| (0..count).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    let of_size = |bytes: usize| format!("host: localhost\r\nx-large: {}\r\n", "y".repeat(bytes));
    assert_eq!(status(&host, "GET /hello", &format!("host: localhost\r\n{}", lines(99))), 200, "100 headers");
    assert_eq!(status(&host, "GET /hello", &format!("host: localhost\r\n{}", lines(100))), 431, "101 headers");
    assert_eq!(status(&host, "GET /hello", &of_size(32_000)), 200, "a little under 32 KiB");
    assert_eq!(status(&host, "GET /hello", &of_size(33_000)), 431, "a little more");
    assert_eq!(status(&host, "GET /hello", &of_size(80_000)), 431, "more than is ever buffered");
    let target = |bytes: usize| format!("GET /hello?{}", "q".repeat(bytes));
    assert_eq!(status(&host, &target(8_000), "host: localhost\r\n"), 200);
    assert_eq!(status(&host, &target(8_200), "host: localhost\r\n"), 414);
    assert_eq!(host.instances(), 3);
}

#[test]
fn a_request_names_one_host() {
    let host = hello();
    for (lines, expected) in [
        ("host: localhost\r\n", 200),
        ("host: localhost\r\nhost: localhost\r\n", 400),
        ("host: one.example\r\nhost: two.example\r\n", 400),
        ("host: a b\r\n", 400),
        ("host: user@localhost/path\r\n", 400),
    ] {
        assert_eq!(status(&host, "GET /hello", lines), expected, "{lines:?}");
    }
    assert_eq!(status(&host, "GET http://localhost/hello", "host: localhost\r\n"), 200);
    assert_eq!(status(&host, "GET http://other.example/hello", "host: localhost\r\n"), 400);
    assert_eq!(host.instances(), 2);
}

#[test]
fn ambiguous_bodies_are_refused() {
    let host = hello();
    for lines in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5\r\ntransfer-encoding: gzip, chunked, gzip\r\n",
        "content-length: -1\r\n",
        "content-length: +5\r\n",
        "transfer-encoding: identity\r\n",
    ] {
        let lines = format!("host: localhost\r\n{lines}");
        assert_eq!(status(&host, "POST /hostile/echo", &lines), 400, "{lines:?}");
    }
    assert_eq!(host.instances(), 0);
}

#[test]
fn paths_that_another_program_may_read_otherwise_are_refused() {
    let host = hello();
    for (path, expected) in [
        ("/hello", 200),
        ("/hello/", 200),
        ("/%68ello", 200),
        ("/hello%", 400),
        ("/hello%zz", 400),
        ("/hello%2Fworld", 400),
        ("/hello%2f", 400),
        ("/hello%5C", 400),
        ("/hello%00", 400),
        ("/hello/../hello", 400),
        ("/hello/%2e%2e/hello", 400),
        ("/./hello", 400),
        ("/hello/%ff", 400),
        ("//hello", 404),
        ("/hello//world", 404),
        ("/Hello", 404),
    ] {
        assert_eq!(status(&host, &format!("GET {path}"), "host: localhost\r\n"), expected, "{path}");
    }
    assert_eq!(host.instances(), 3);
}

#[test]
fn what_is_not_http_is_answered_as_such_and_ends() {
    let host = hello();
    for bytes in ["\x16\x03\x01\x02\0 a handshake of TLS\r\n\r\n", "hello\r\n\r\n", "GET /hello HTTP/3.0\r\n\r\n"] {
        let mut connection = host.connect();
        assert_eq!(connection.send(bytes).reply().status, 400, "{bytes:?}");
        connection.wait_until_closed();
    }
    assert_eq!(host.get("/hello").status, 200);
}

/// Sends `bytes` to a host with a `header_timeout` of 300 ms, and says how long the connection was left open.
fn left_open(host: &Host, bytes: &str) -> Duration {
    let mut connection = host.connect();
    let started = Instant::now();
    connection.send(bytes).wait_until_closed();
    started.elapsed()
}

#[test]
fn who_does_not_send_a_head_in_time_is_disconnected() {
    let settings = "[server]\nheader_timeout = \"300ms\"\n";
    let host = Site::new().example("hello").settings(settings).start();
    // Nothing; what may still become HTTP/2; a head without its end.
    for bytes in ["", "PRI * HTTP/2.0\r\n", "GET /hello HTTP/1.1\r\nhost: loc"] {
        let open = left_open(&host, bytes);
        assert!(open >= Duration::from_millis(250) && open < Duration::from_secs(5), "{bytes:?}: {open:?}");
    }
    // And for the second request of a connection.
    let mut connection = host.connect();
    assert_eq!(connection.send(HELLO).reply().status, 200);
    let started = Instant::now();
    connection.send("GET /hello HTTP/1.1\r\n").wait_until_closed();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    host.wait_for_metric("vestibule_connections_open", 0);
}

#[test]
fn a_body_that_does_not_come_in_time_is_408() {
    let host = Site::new().example("hostile/echo").settings("[server]\nbody_timeout = \"300ms\"\n").start();
    let started = Instant::now();
    let mut connection = host.connect();
    connection.send("POST /hostile/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nslow");
    assert_eq!(connection.reply().status, 408);
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(5), "{took:?}");
    assert_eq!(host.instances(), 0);
}

#[test]
fn a_body_that_breaks_off_never_has_a_sandbox() {
    let host = hello();
    let mut connection = host.connect();
    connection.send("POST /hostile/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf");
    drop(connection);
    host.wait_for_metric("vestibule_connections_open", 0);
    assert_eq!(host.instances(), 0);
}
