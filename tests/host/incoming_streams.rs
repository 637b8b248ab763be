//! Answers in pieces: the first is out before the function has ended, no more of them is on the way than there is room for,
//! and what is not whole at its end breaks off.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{Request, Version};
use http_body::Body as _;
use http_body_util::BodyExt;
use tracing::Level;
use vestibule_host::pipeline;
use vestibule_host::reply::Reply;

use crate::incoming::with;
use crate::support::{Body, Host, LOCAL, PUBLIC, With, get, log, post};

/// Instances at this moment.
const RUNNING: &str = "vestibule_instances_running";

/// How long anything may take that has no time of its own.
const PATIENCE: Duration = Duration::from_secs(30);

/// The answer as it begins.
async fn begin(host: &Host, request: Request<Body>) -> Reply {
    pipeline::handle(&host.app, request, LOCAL).await
}

fn id(reply: &Reply) -> String {
    reply.headers()["x-request-id"].to_str().unwrap().to_owned()
}

/// The next piece; none at a good end.
async fn next(reply: &mut Reply) -> Option<Bytes> {
    reply.body_mut().frame().await.map(|frame| frame.expect("it is not broken").into_data().unwrap())
}

/// All bytes up to the end, and whether that was a good one.
async fn rest(reply: &mut Reply) -> (usize, bool) {
    let mut length = 0;
    loop {
        match reply.body_mut().frame().await {
            Some(Ok(frame)) => length += frame.into_data().unwrap().len(),
            Some(Err(_)) => return (length, false),
            None => return (length, true),
        }
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn until_ended(host: &Host) {
    until("the call ends", || host.metric(RUNNING) == 0).await;
}

#[tokio::test]
async fn the_first_part_is_out_before_the_function_has_ended() {
    let host = with(PUBLIC).start();
    let mut reply = begin(&host, get("/f?do=parts&parts=3&size=4&ms=300")).await;
    assert_eq!((reply.status().as_u16(), reply.body().size_hint().exact()), (200, None));
    assert!(reply.headers().contains_key("x-content-type-options"), "the host's own headers are there");
    let id = id(&reply);
    assert_eq!(next(&mut reply).await.unwrap(), "pppp");
    assert_eq!((host.metric(RUNNING), log::lines(&id).len()), (1, 0), "it runs, and has no line yet");
    assert_eq!(next(&mut reply).await.unwrap(), "pppp");
    assert_eq!(next(&mut reply).await.unwrap(), "pppp");
    assert_eq!(next(&mut reply).await, None, "trailers end at the host");
    until_ended(&host).await;
    let line = log::access(&id);
    assert_eq!((line.field("outcome"), line.field("status"), line.level), ("ok", "200", Level::INFO));
    assert!(line.field("duration_ms").parse::<f64>().unwrap() >= 600.0, "to the end: {line}");
    assert_eq!((host.outcomes("f", "ok"), host.instances()), (1, 1));
}

#[tokio::test]
async fn a_function_waits_for_a_client_that_does_not_keep_pace() {
    let host = with(PUBLIC).start();
    let mut reply = begin(&host, get("/f?do=parts&parts=1000&size=4096")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(host.metric(RUNNING), 1, "four megabytes are not kept for a client who takes none of them");
    assert_eq!(rest(&mut reply).await, (4_096_000, true));
    until_ended(&host).await;
    assert_eq!(host.outcomes("f", "ok"), 1);
}

#[tokio::test]
async fn what_goes_wrong_after_the_head_breaks_the_answer_off() {
    let host = with(&format!("{PUBLIC}timeout = \"500ms\"\nmemory = \"16MiB\"\nresponse_limit = \"64KiB\"\n")).start();
    for (what, outcome, reason) in [
        ("trap", "trap", "unreachable"),
        ("hang", "timeout", "still running"),
        ("loop", "timeout", "still running"),
        ("unfinished", "bad_response", "did not finish its body"),
        ("left", "bad_response", "did not finish its body"),
        ("flood", "response_too_large", "response_limit"),
    ] {
        let mut reply = begin(&host, get(&format!("/f?do={what}&ms=20"))).await;
        assert_eq!(reply.status(), 200, "{what}");
        assert_eq!(next(&mut reply).await.unwrap(), "the first part\n", "{what}");
        let (length, is_whole) = rest(&mut reply).await;
        assert!(!is_whole && length <= 64 << 10, "{what}: {length}");
        assert!(next(&mut reply).await.is_none(), "{what}: the end stays the end");
        until_ended(&host).await;
        let line = log::access(&id(&reply));
        assert_eq!((line.field("outcome"), line.field("status"), line.level), (outcome, "200", Level::WARN), "{what}");
        assert!(line.field("reason").contains(reason), "{what}: {line}");
        assert_eq!(host.send(get("/f?do=length")).await.text(), "whole", "after {what}");
    }
}

#[tokio::test]
async fn memory_that_is_refused_after_the_head_breaks_the_answer_off() {
    let host = with(&format!("{PUBLIC}memory = \"128MiB\"\n")).start();
    let mut reply = begin(&host, get("/f?do=memory&when=after")).await;
    let (outcome, is_whole) = if reply.status() == 200 {
        let (_, is_whole) = rest(&mut reply).await;
        until_ended(&host).await;
        (log::access(&id(&reply)).field("outcome").to_owned(), is_whole)
    } else {
        // The guest was through in one go.
        (log::access(&id(&reply)).field("outcome").to_owned(), false)
    };
    assert_eq!((outcome.as_str(), is_whole), ("out_of_memory", false));
}

#[tokio::test]
async fn the_deadline_holds_for_a_client_who_takes_nothing() {
    let host = with(&format!("{PUBLIC}timeout = \"300ms\"\n")).start();
    let mut reply = begin(&host, get("/f?do=parts&parts=1000&size=4096")).await;
    until_ended(&host).await;
    let line = log::access(&id(&reply));
    assert_eq!((line.field("outcome"), line.level), ("not_taken", Level::WARN));
    let (length, is_whole) = rest(&mut reply).await;
    assert!(!is_whole && length < 200 << 10, "{length}");
}

#[tokio::test]
async fn a_permit_is_held_until_the_stream_has_ended() {
    let host = with(&format!("{PUBLIC}concurrency = 1\n")).settings("[server]\npermit_wait = \"0ms\"\n").start();
    let mut reply = begin(&host, get("/f?do=parts&parts=3&size=4&ms=200")).await;
    assert_eq!(next(&mut reply).await.unwrap(), "pppp");
    assert_eq!(host.send(get("/f?do=length")).await.status, 503);
    assert_eq!(rest(&mut reply).await, (8, true));
    until_ended(&host).await;
    assert_eq!(host.send(get("/f?do=length")).await.status, 200);
    assert_eq!(host.instances(), 2);
}

#[tokio::test]
async fn a_function_goes_on_when_its_client_goes_away() {
    let host = with(&format!("{PUBLIC}concurrency = 1\n")).settings("[server]\npermit_wait = \"0ms\"\n").start();
    let mut reply = begin(&host, get("/f?do=parts&parts=40&size=4096&ms=5")).await;
    assert!(next(&mut reply).await.is_some());
    let id = id(&reply);
    drop(reply);
    assert_eq!(host.send(get("/f?do=length")).await.status, 503, "the call still has its permit");
    host.app.calls.close();
    tokio::time::timeout(PATIENCE, host.app.calls.wait()).await.expect("the call ends by itself");
    let line = log::access(&id);
    assert_eq!((line.field("outcome"), line.field("status")), ("ok", "200"));
    assert!(log::guest(&id).iter().any(|line| line.field("message") == "all 40 parts are written"));
    assert_eq!(host.send(get("/f?do=length")).await.status, 200);
}

#[tokio::test]
async fn a_function_goes_on_when_its_client_goes_away_before_the_head() {
    let host = Arc::new(with(PUBLIC).start());
    let client = tokio::spawn({
        let host = Arc::clone(&host);
        async move { host.send(get("/f?do=hang&when=before").with("x-request-id", "incoming-gone")).await }
    });
    until("it runs", || host.metric(RUNNING) == 1).await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    assert_eq!((host.metric(RUNNING), log::lines("incoming-gone").len()), (1, 0));
}

#[tokio::test]
async fn a_client_has_the_end_of_its_answer_when_the_function_has_work_left() {
    let host = with(PUBLIC).start();
    let mut reply = begin(&host, get("/f?do=whole-then-work&ms=500")).await;
    assert_eq!(rest(&mut reply).await, (15, true));
    assert_eq!(host.metric(RUNNING), 1);
    until_ended(&host).await;
    let id = id(&reply);
    assert!(log::guest(&id).iter().any(|line| line.field("message") == "the work is done"));
    assert_eq!(log::access(&id).field("outcome"), "ok");
}

#[tokio::test]
async fn a_delivery_that_is_remembered_is_answered_when_its_call_has_ended() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let host = with(policy).secret("S", "a secret").start();
    let delivery = |what: &str| {
        let target = format!("/f?do={what}");
        post(&target, "{}").signed("github", "a secret", b"{}", SystemTime::now())
    };
    // A sender looks at the status alone: it must not see a good one before the call has ended well.
    let failed = begin(&host, delivery("trap")).await;
    assert_eq!((failed.status().as_u16(), host.outcomes("f", "trap")), (500, 1));
    let good = begin(&host, delivery("parts&parts=3&size=4&ms=20")).await;
    assert_eq!((good.status().as_u16(), good.body().size_hint().exact()), (200, Some(12)), "it ran again");
    let again = host.send(delivery("parts&parts=3&size=4&ms=20")).await;
    assert_eq!((&again.json()["status"], host.instances()), (&"duplicate".into(), 2));
}

#[tokio::test]
async fn who_cannot_tell_a_broken_answer_from_a_whole_one_gets_it_whole() {
    let host = with(PUBLIC).start();
    let old = |target: &str| {
        let mut request = get(target);
        *request.version_mut() = Version::HTTP_10;
        request
    };
    let reply = begin(&host, old("/f?do=parts&parts=3&size=4&ms=20")).await;
    assert_eq!((reply.status().as_u16(), reply.body().size_hint().exact()), (200, Some(12)));
    assert_eq!(begin(&host, old("/f?do=trap")).await.status(), 500);
}

#[tokio::test]
async fn without_room_an_answer_is_dropped_and_its_function_goes_on() {
    let settings = "[server]\npermit_wait = \"0ms\"\nanswer_bytes = \"256KiB\"\n";
    let host = with(&format!("{PUBLIC}response_limit = \"128KiB\"\n")).settings(settings).start();
    let mut first = begin(&host, get("/f?do=parts&parts=3&size=4&ms=300")).await;
    assert_eq!(first.status(), 200);
    let second = host.send(get("/f?do=parts&parts=3&size=4&ms=50")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    assert_eq!(rest(&mut first).await, (12, true));
    until_ended(&host).await;
    let line = log::access(second.id());
    assert_eq!((line.field("outcome"), line.field("status")), ("no_room", "503"));
    assert!(log::guest(second.id()).iter().any(|line| line.field("message") == "all 3 parts are written"));
    drop(first);
    assert_eq!(begin(&host, get("/f?do=parts&parts=3&size=4&ms=5")).await.status(), 200, "the room came back");
}

#[tokio::test]
async fn a_status_or_headers_that_are_none_are_refused_before_anything_is_out() {
    let host = with(PUBLIC).start();
    for (target, status) in [("/f?do=status&status=204", 204), ("/f?do=status&status=103", 502)] {
        let reply = begin(&host, get(target)).await;
        assert_eq!((reply.status().as_u16(), reply.body().is_end_stream()), (status, status == 204), "{target}");
        until_ended(&host).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_streams_at_once_are_each_their_own() {
    let host = Arc::new(with(PUBLIC).start());
    let all: Vec<_> = (1..=8)
        .map(|size: usize| {
            let host = Arc::clone(&host);
            tokio::spawn(async move {
                let mut reply = begin(&host, get(&format!("/f?do=parts&parts=50&size={}&ms=1", size * 1000))).await;
                assert_eq!(rest(&mut reply).await, (size * 50_000, true));
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    until_ended(&host).await;
    assert_eq!((host.outcomes("f", "ok"), host.instances()), (8, 8));
}
