//! What is malformed, ambiguous or hides a request in another: refused or read in the one way that the RFCs have, never with
//! a sandbox for what was refused, and never with an answer to what was hidden.

mod corpus;

use self::corpus::{CHUNKS, CODINGS, Case, HEADS, LAST, LENGTHS, TARGETS};
use crate::client::Connection;
use crate::support::{Host, Site};

/// What follows every case: answered if host and client agree on where the case ended.
const SENTINEL: &[u8] = b"GET /hello?name=last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

fn site() -> Host {
    Site::new().example("hello").example("hostile/echo").start()
}

/// The statuses of all answers to `bytes` and the request after them.
fn answers(connection: &mut Connection) -> Vec<u16> {
    let replies = connection.replies();
    let texts = || replies.iter().map(|reply| String::from_utf8_lossy(&reply.body));
    assert!(!texts().any(|text| text.contains("Hello, smuggled")), "a hidden request was answered: {replies:?}");
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    if texts().any(|text| text == "Hello, last!\n") {
        assert_eq!(statuses.pop(), Some(200), "{replies:?}");
        statuses.push(LAST);
    }
    statuses
}

/// Whether the connection ended after the refusal: it may, where the refused body was still on its way.
fn ended_before_the_body(bytes: &[u8], expected: &[u16], got: &[u16]) -> bool {
    let has_body = !bytes.ends_with(b"\r\n\r\n");
    has_body && matches!((expected, got), ([refusal, LAST], [only]) if refusal == only && *refusal >= 400)
}

/// Sends every case in one piece, and byte by byte, as the network may.
fn check(cases: &[Case]) {
    let host = site();
    for (name, bytes, expected) in cases {
        for piece in [usize::MAX, 1] {
            let before = host.instances();
            let mut connection = host.connect();
            for piece in [*bytes, SENTINEL].concat().chunks(piece) {
                // Who has refused does not have to hear the rest.
                if !connection.try_send(piece) {
                    break;
                }
            }
            let got = answers(&mut connection);
            let allowed = got == *expected || (piece == 1 && ended_before_the_body(bytes, expected, &got));
            assert!(allowed, "{name}, in pieces of {piece}: {got:?}, not {expected:?}");
            let served = got.iter().filter(|status| matches!(**status, 200 | LAST)).count() as u64;
            assert_eq!(host.instances() - before, served, "{name}: a sandbox for what was refused");
        }
    }
}

#[test]
fn a_bodys_length_is_said_once_and_in_digits() {
    check(LENGTHS);
}

#[test]
fn chunked_is_the_only_coding_and_stands_beside_no_length() {
    check(CODINGS);
}

#[test]
fn chunks_are_as_their_grammar_says() {
    check(CHUNKS);
}

#[test]
fn heads_are_as_their_grammar_says() {
    check(HEADS);
}

#[test]
fn a_request_is_for_one_host_and_for_this_one() {
    check(TARGETS);
}

#[test]
fn a_malformed_request_is_counted_and_does_not_spoil_the_answer_before_it() {
    let host = site();
    let mut connection = host.connect();
    connection.send(
        "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hello?name=smuggled HTTP/1.1\nHost: localhost\r\n\r\n",
    );
    assert_eq!(answers(&mut connection), [200, 400]);
    assert_eq!(
        host.metric("vestibule_refusals_total{function=\"\",stage=\"connection\",reason=\"not_http\"}"),
        Some(1)
    );
}

#[test]
fn a_body_that_nobody_reads_is_never_taken_for_a_request() {
    let post_only = Site::new().example("hello").example("hostile/echo").component("hello", "posted");
    let host =
        post_only.file("posted.toml", "access = \"public\"\nmethods = [\"POST\"]\nbody_limit = \"5B\"\n").start();
    let hidden = "GET /hello?name=smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let chunked = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    for (line, status) in [("POST /nowhere", 404), ("PUT /posted", 405), ("POST /posted", 413), ("POST /hello%2F", 400)]
    {
        for (framing, body) in [
            (format!("Content-Length: {}", hidden.len()), hidden),
            ("Transfer-Encoding: chunked".to_owned(), &*chunked),
        ] {
            let mut connection = host.connect();
            connection.send(format!("{line} HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n{body}"));
            connection.try_send(SENTINEL);
            let got = answers(&mut connection);
            // Either the body was skipped as what it is, or the connection ended.
            assert!(got == [status, LAST] || got == [status], "{line} {framing}: {got:?}");
        }
    }
}
