//! The bytes that a function gets are the bytes that came, which are the bytes whose signature was checked; and no more
//! of a body is read than has to be.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Method};

use crate::support::{Body, PUBLIC, With, get, host, log, post, request};

const SECRET: &str = "It's a Secret to Everybody";
const SIGNED: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"GITHUB\"]\nreplay = \"allow\"\n";

/// Bodies that something on the way could be tempted to change.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("JSON with odd blanks", b"{ \"a\" :1.0,\t\"a\": 1e400, \"\\u0041\":null }\n\n".to_vec()),
        ("line breaks of every kind", b"one\r\ntwo\nthree\rfour\r\n\r\n".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("not UTF-8", b"\xff\xfe\x00caf\xe9\x80".to_vec()),
        ("every byte", (0..=255).collect()),
        ("what looks like chunked encoding", b"5\r\nhello\r\n0\r\n\r\n".to_vec()),
        ("1 MiB", (0..1_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
    ]
}

/// The ways in which a body can come.
fn ways(bytes: &[u8]) -> Vec<(&'static str, Body)> {
    vec![
        ("in one piece", Body::whole(bytes.to_vec())),
        ("in two pieces", Body::pieces(bytes, bytes.len().div_ceil(2).max(1))),
        ("in pieces of 1021 bytes", Body::pieces(bytes, 1021)),
        ("with trailers", Body::pieces(bytes, 4096).then_trailers(trailers())),
    ]
}

fn trailers() -> HeaderMap {
    [("x-hub-signature-256".parse().unwrap(), HeaderValue::from_static("sha256=00"))].into_iter().collect()
}

#[tokio::test]
async fn a_signed_body_reaches_the_function_byte_for_byte() {
    let host = host().function("echo", "echo", SIGNED).secret("GITHUB", SECRET).start();
    for (what, bytes) in bodies() {
        for (way, body) in ways(&bytes) {
            let signed = request(Method::POST, "/echo?raw", body).signed("github", SECRET, &bytes, SystemTime::now());
            let answer = host.send(signed).await;
            assert_eq!(answer.status, 200, "{what} {way}");
            assert!(answer.body == bytes, "{what} {way}: other bytes came out");
        }
    }
}

#[tokio::test]
async fn an_unsigned_body_reaches_the_function_byte_for_byte() {
    let host = host().function("echo", "echo", PUBLIC).start();
    for (what, bytes) in bodies() {
        for (way, body) in ways(&bytes) {
            let answer = host.send(request(Method::POST, "/echo?raw", body)).await;
            assert_eq!(answer.status, 200, "{what} {way}");
            assert!(answer.body == bytes, "{what} {way}: other bytes came out");
        }
    }
}

#[tokio::test]
async fn a_signature_for_other_bytes_is_refused_however_small_the_difference() {
    let policy = format!("body_limit = \"2MiB\"\n{SIGNED}");
    let host = host().function("echo", "echo", &policy).secret("GITHUB", SECRET).start();
    for (what, bytes) in bodies() {
        let mut longer = bytes.clone();
        longer.push(b'\n');
        let answer = host.send(post("/echo?raw", longer).signed("github", SECRET, &bytes, SystemTime::now())).await;
        assert_eq!(answer.status, 401, "{what}");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn what_the_content_encoding_says_changes_nothing() {
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x00\x00\xff\xff";
    let host = host().function("echo", "echo", SIGNED).secret("GITHUB", SECRET).start();
    let request = post("/echo?raw", &gzip[..]).with("content-encoding", "gzip");
    let answer = host.send(request.signed("github", SECRET, gzip, SystemTime::now())).await;
    assert_eq!((answer.status, &answer.body[..]), (200, &gzip[..]));
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
    let policy = format!("{PUBLIC}body_limit = \"4KiB\"\n");
    let host = host().function("echo", "echo", &policy).start();
    for piece in [1, 1000, 4096, 9000] {
        let at_limit = host.send(request(Method::POST, "/echo?raw", Body::pieces(&[7; 4096], piece))).await;
        assert_eq!((at_limit.status, at_limit.body.len()), (200, 4096), "in pieces of {piece}");
        let past_limit = host.send(request(Method::POST, "/echo?raw", Body::pieces(&[7; 4097], piece))).await;
        assert_eq!(past_limit.status, 413, "in pieces of {piece}");
    }
}

#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_refused_before_a_byte_is_read() {
    let host = host().function("echo", "echo", PUBLIC).start();
    let body = Body::claims((1 << 20) + 1);
    let asked = body.asked();
    let answer = host.send(request(Method::POST, "/echo", body)).await;
    assert_eq!((answer.status, asked.load(Ordering::Relaxed)), (413, 0));
}

#[tokio::test]
async fn a_body_that_never_ends_is_read_no_further_than_the_limit() {
    let policy = format!("{PUBLIC}body_limit = \"10B\"\n");
    let host = host().function("echo", "echo", &policy).start();
    let body = Body::pieces(&[7; 1000], 4);
    let asked = body.asked();
    let answer = host.send(request(Method::POST, "/echo", body)).await;
    assert_eq!((answer.status, asked.load(Ordering::Relaxed)), (413, 3));
}

#[tokio::test]
async fn no_body_at_all_is_an_empty_one() {
    let host = host().function("echo", "echo", &format!("{PUBLIC}body_limit = \"0B\"\n")).start();
    let answer = host.send(get("/echo?raw")).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(host.send(post("/echo?raw", "a")).await.status, 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_and_never_taken_for_a_short_one() {
    let host = host().function("canary", "canary", PUBLIC).start();
    let answer = host.send(request(Method::POST, "/canary", Body::breaks("{\"amount\": 1"))).await;
    assert_eq!(answer.status, 400);
    assert!(!log::canary_ran(answer.id()));
}
