//! Bodies that still come while their function runs: only long ones, only where no gate looks at them, and within the same
//! bounds.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, Request};

use crate::incoming::with;
use crate::support::{Answer, Body, Host, PUBLIC, With, host, log, request};

/// More than is read before the call.
const LONG: usize = 200 << 10;

fn post(body: Body) -> Request<Body> {
    request(Method::POST, "/f?do=echo", body)
}

/// The body that the function was told, and what was wrong with it.
fn told(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text().split_once("\n\n").unwrap().1
}

async fn wait_for_an_instance(host: &Host) {
    let started = async {
        while host.instances() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), started).await.expect("the function is called");
}

#[tokio::test]
async fn a_body_arrives_byte_for_byte_however_it_comes() {
    let host = with(PUBLIC).start();
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("1"));
    for length in [0, 1, (128 << 10) - 1, 128 << 10, (128 << 10) + 1, 700 << 10, 1 << 20] {
        let text: String = ('a'..='z').cycle().take(length).collect();
        for (way, body) in [
            ("whole", Body::whole(text.clone())),
            ("in pieces", Body::pieces(text.as_bytes(), 10_007)),
            ("with trailers", Body::pieces(text.as_bytes(), 60_000).then_trailers(trailers.clone())),
        ] {
            let answer = host.send(post(body)).await;
            assert!(told(&answer) == text, "{length} {way}: {}", told(&answer).len());
        }
    }
}

#[tokio::test]
async fn a_long_body_is_there_for_the_function_while_it_comes() {
    let host = Arc::new(with(PUBLIC).start());
    let call = tokio::spawn({
        let host = Arc::clone(&host);
        async move { host.send(post(Body::stalls(vec![b'x'; LONG]))).await }
    });
    wait_for_an_instance(&host).await;
    assert!(!call.is_finished(), "it waits for the rest");
    call.abort();
}

#[tokio::test]
async fn what_does_not_go_on_or_breaks_off_ends_with_an_error_for_the_function() {
    let host = with(PUBLIC).settings("[server]\nbody_grace = \"100ms\"\n").start();
    for (body, error) in [
        (Body::stalls(vec![b'x'; LONG]), "connection read timeout"),
        (Body::breaks("x".repeat(LONG).leak()), "connection terminated"),
    ] {
        let answer = host.send(post(body)).await;
        let told = told(&answer);
        assert!(told.starts_with(&"x".repeat(LONG)) && told.contains(error), "{error}: {}", &told[LONG..]);
    }
}

#[tokio::test]
async fn the_function_gets_no_more_than_the_limit() {
    let host = with(&format!("{PUBLIC}body_limit = \"256KiB\"\n")).start();
    let answer = host.send(post(Body::pieces(&vec![b'x'; 300 << 10], 1000))).await;
    let told = told(&answer);
    assert!(told.bytes().filter(|byte| *byte == b'x').count() <= 256 << 10);
    assert!(told.contains("HTTP request body size exceeds limit"), "{}", &told[told.len() - 100..]);
    let declared = host.send(post(Body::claims(257 << 10))).await;
    assert_eq!((declared.status, host.instances()), (413, 1), "one that says it is too large has no sandbox");
}

#[tokio::test]
async fn who_sends_little_and_slowly_has_no_sandbox() {
    let host = with(PUBLIC).settings("[server]\nbody_timeout = \"100ms\"\n").start();
    for length in [0, 1, 100 << 10] {
        let answer = host.send(post(Body::stalls(vec![b'x'; length]))).await;
        assert_eq!((answer.status, host.instances()), (408, 0), "{length}");
    }
}

#[tokio::test]
async fn a_body_that_a_gate_looks_at_is_read_whole_before_the_call() {
    let settings = "[server]\nbody_timeout = \"100ms\"\n";
    let signed = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let hosts = [
        ("with a signature", with(signed).secret("S", "a secret").settings(settings).start()),
        ("a function of the contract", host().function("f", "echo", PUBLIC).settings(settings).start()),
    ];
    for (what, host) in hosts {
        let body = vec![b'x'; LONG];
        let request = post(Body::stalls(body.clone())).signed("github", "a secret", &body, SystemTime::now());
        let answer = host.send(request).await;
        assert_eq!((answer.status, host.instances()), (408, 0), "{what}");
        assert_eq!(log::access(answer.id()).field("stage"), "body", "{what}");
    }
}
