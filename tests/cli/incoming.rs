//! Answers in pieces on the wire: each is there when it is written, and what breaks off looks like that to any client.

use std::time::{Duration, Instant};

use crate::frames::{END_HEADERS, END_STREAM, Frames, HEADERS, Seen, block, frame};
use crate::support::{Host, Site};

/// The error of a stream that the host gave up. RFC 9113, section 7.
const INTERNAL_ERROR: u32 = 2;

fn site() -> Site {
    Site::new().example("hostile/incoming").example("hello").example("wasi-http")
}

fn ask(method: &str, target: &str, version: &str) -> String {
    format!("{method} {target} {version}\r\nhost: localhost\r\n\r\n")
}

fn get(what: &str) -> String {
    ask("GET", &format!("/hostile/incoming?do={what}"), "HTTP/1.1")
}

fn ended(host: &Host) {
    host.wait_for_metric("vestibule_instances_running", 0);
}

#[test]
fn a_part_is_there_when_it_is_written_and_the_connection_goes_on_after_the_last() {
    let host = site().start();
    let mut connection = host.connect();
    let started = Instant::now();
    let head = connection.send(ask("GET", "/wasi-http", "HTTP/1.1")).head();
    assert_eq!((head.status, head.header("transfer-encoding")), (200, Some("chunked")));
    assert_eq!((head.header("content-length"), head.header("content-type")), (None, Some("text/plain; charset=utf-8")));
    let mut at = Vec::new();
    for part in ["one", "two", "three"] {
        let line = format!("part {part} of request {}\n", head.header("x-request-id").unwrap());
        let chunk = format!("{:X}\r\n{line}\r\n", line.len());
        assert_eq!(String::from_utf8(connection.read_exact(chunk.len())).unwrap(), chunk);
        at.push(started.elapsed());
    }
    assert!(at[1] >= Duration::from_millis(200) && at[2] >= Duration::from_millis(400), "{at:?}");
    assert_eq!(connection.read_exact(5), b"0\r\n\r\n");
    assert_eq!(connection.send(ask("GET", "/hello", "HTTP/1.1")).reply().text(), "Hello, world!\n");
}

#[test]
fn an_answer_that_breaks_off_has_no_last_chunk_and_ends_its_connection() {
    let host = site().start();
    for what in ["trap", "unfinished", "left"] {
        let mut connection = host.connect();
        assert_eq!(connection.send(get(what)).head().status, 200, "{what}");
        assert_eq!(connection.read_exact(20), b"F\r\nthe first part\n\r\n", "{what}");
        connection.wait_until_closed();
        ended(&host);
    }
    assert_eq!(host.get("/hello").status, 200);
}

#[test]
fn over_http2_a_stream_that_breaks_off_is_reset_and_the_others_go_on() {
    let host = site().start();
    let request = |stream: u32, target: &str| {
        let headers: [(&[u8], &[u8]); 4] =
            [(b":method", b"GET"), (b":scheme", b"http"), (b":path", target.as_bytes()), (b":authority", b"localhost")];
        frame(HEADERS, END_HEADERS | END_STREAM, stream, block(&headers))
    };
    let mut frames = Frames::open(&host);
    frames.send(request(1, "/hostile/incoming?do=trap"));
    assert_eq!(frames.next(), Seen::Status(1, 200));
    assert_eq!(frames.next(), Seen::Reset(1, INTERNAL_ERROR));
    frames.send(request(3, "/hostile/incoming?do=length"));
    assert_eq!(frames.next(), Seen::Status(3, 200));
    ended(&host);
}

#[test]
fn head_and_statuses_without_a_body_have_none_on_the_wire() {
    let host = site().start();
    let mut connection = host.connect();
    let target = "/hostile/incoming?do=parts&parts=3&size=4&ms=5";
    let head = connection.send(ask("HEAD", target, "HTTP/1.1")).head();
    assert_eq!((head.status, head.header("content-length")), (200, Some("12")));
    assert_eq!(head.header("transfer-encoding"), None);
    for status in [204, 304] {
        let head = connection.send(get(&format!("status&status={status}"))).head();
        assert_eq!(
            (head.status, head.header("transfer-encoding"), head.header("content-length")),
            (status, None, None)
        );
    }
    assert_eq!(connection.send(get("length")).reply().text(), "whole", "nothing of a body was left in between");
}

#[test]
fn a_client_of_http_1_0_gets_an_answer_whole_or_none() {
    let host = site().start();
    let ask = |what: &str| {
        let mut connection = host.connect();
        connection.send(ask("GET", &format!("/hostile/incoming?do={what}"), "HTTP/1.0")).reply()
    };
    let good = ask("parts&parts=3&size=4&ms=5");
    assert_eq!((good.status, good.header("content-length"), good.text()), (200, Some("12"), "pppppppppppp"));
    assert_eq!(ask("trap").status, 500);
}

#[test]
fn a_function_that_is_silent_for_long_is_no_client_that_takes_nothing() {
    let host = site().settings("[server]\nwrite_timeout = \"1s\"\n").start();
    let target = "/hostile/incoming?do=parts&parts=2&size=4&ms=3000";
    let mut connection = host.connect();
    let reply = connection.send(ask("GET", target, "HTTP/1.1")).reply();
    assert_eq!((reply.status, reply.text()), (200, "pppppppp"));
    let mut frames = Frames::open(&host);
    let headers: [(&[u8], &[u8]); 4] =
        [(b":method", b"GET"), (b":scheme", b"http"), (b":path", target.as_bytes()), (b":authority", b"localhost")];
    frames.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&headers)));
    assert_eq!(frames.next(), Seen::Status(1, 200));
    std::thread::sleep(Duration::from_millis(3500));
    frames.send(frame(crate::frames::PING, 0, 0, [0; 8]));
    assert_eq!(frames.next(), Seen::Pong, "and not a reset of the stream before it");
}

#[test]
fn a_client_that_hangs_up_does_not_end_the_call() {
    let host = site().start();
    let mut connection = host.connect();
    assert_eq!(connection.send(get("parts&parts=40&size=4096&ms=20")).head().status, 200);
    drop(connection);
    host.wait_for_line(|line| line.contains("all 40 parts are written"));
    ended(&host);
    host.wait_for_metric("vestibule_outcomes_total{function=\"hostile/incoming\",outcome=\"ok\"}", 1);
}
