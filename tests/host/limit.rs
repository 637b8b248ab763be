//! Permits: how many instances there are at once, of a function and of the host, and what becomes of a call whose client
//! has gone away.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use tokio::task::JoinHandle;

use crate::support::{Answer, Body, Host, PUBLIC, With, get, host, log};

/// Instances at this moment.
const RUNNING: &str = "vestibule_instances_running";

/// A call that still runs when others have been answered, on a busy machine too.
const LONG: &str = "/sleeper?ms=1500";

/// Starts a request in the background and waits until its function runs.
async fn running(host: &Arc<Host>, request: Request<Body>) -> JoinHandle<Answer> {
    let before = host.instances();
    let task = tokio::spawn({
        let host = Arc::clone(host);
        async move { host.send(request).await }
    });
    let started = async {
        while host.instances() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), started).await.expect("the function starts");
    task
}

fn settings(permit_wait: &str, more: &str) -> String {
    format!("[server]\npermit_wait = \"{permit_wait}\"\n{more}")
}

#[tokio::test]
async fn a_function_has_no_more_instances_at_once_than_its_concurrency() {
    let one = format!("{PUBLIC}concurrency = 1\n");
    let host = host()
        .function("sleeper", "sleeper", &one)
        .function("other", "canary", PUBLIC)
        .settings(&settings("0ms", ""))
        .start();
    let host = Arc::new(host);
    let first = running(&host, get(LONG)).await;

    let second = host.send(get("/sleeper?ms=0")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    let reason = log::access(second.id()).field("reason").to_owned();
    assert_eq!(reason, "all instances of the function (`concurrency`) stayed busy for server.permit_wait");
    assert_eq!(host.send(get("/other")).await.status, 200, "other functions have permits of their own");

    assert_eq!(first.await.unwrap().text(), "slept 1500 ms");
    assert_eq!(host.send(get("/sleeper?ms=0")).await.status, 200, "the permit came back");
    assert_eq!(host.instances(), 3);
}

#[tokio::test]
async fn the_host_has_no_more_instances_at_once_than_its_own_concurrency() {
    let host = host()
        .function("sleeper", "sleeper", PUBLIC)
        .function("other", "canary", PUBLIC)
        .settings(&settings("0ms", "concurrency = 1\n"))
        .start();
    let host = Arc::new(host);
    let first = running(&host, get(LONG)).await;

    let second = host.send(get("/other")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    let reason = log::access(second.id()).field("reason").to_owned();
    assert_eq!(reason, "all instances of the host (`server.concurrency`) stayed busy for server.permit_wait");
    assert!(!log::canary_ran(second.id()));
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(host.send(get("/other")).await.status, 200);
}

#[tokio::test]
async fn a_request_waits_for_a_permit_as_long_as_permit_wait_says() {
    let one = format!("{PUBLIC}concurrency = 1\n");
    let host = host().function("sleeper", "sleeper", &one).settings(&settings("60s", "")).start();
    let host = Arc::new(host);
    let first = running(&host, get("/sleeper?ms=50")).await;
    let second = host.send(get("/sleeper?ms=0")).await;
    assert_eq!(second.text(), "slept 0 ms");
    assert_eq!(first.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_flood_that_waits_for_one_function_does_not_delay_another() {
    let one = format!("{PUBLIC}concurrency = 1\n");
    let host = host()
        .function("sleeper", "sleeper", &one)
        .function("other", "canary", PUBLIC)
        // One for the flooded function, one for whoever else comes.
        .settings(&settings("60s", "concurrency = 2\n"))
        .start();
    let host = Arc::new(host);
    let busy = host.ready("sleeper").permits.try_acquire().unwrap();
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let host = Arc::clone(&host);
            tokio::spawn(async move { host.send(get("/sleeper?ms=0")).await })
        })
        .collect();
    // On a test's one thread, each of them has come as far as its permit when the others have had their turn.
    tokio::task::yield_now().await;
    for _ in 0..20 {
        assert_eq!(host.send(get("/other")).await.status, 200);
    }
    assert!(waiting.iter().all(|waits| !waits.is_finished()), "they wait all the while");
    drop(busy);
    for waits in waiting {
        assert_eq!(waits.await.unwrap().status, 200, "and each has its turn");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_hangs_or_computes_takes_no_more_than_its_own_permits() {
    for (component, target) in [("endless-loop", "/bad"), ("sleeper", "/bad?ms=60000")] {
        let host = host()
            .function("bad", component, &format!("{PUBLIC}concurrency = 2\ntimeout = \"30s\"\n"))
            .function("other", "canary", PUBLIC)
            // Those two, and one for whoever else comes.
            .settings(&settings("0ms", "concurrency = 3\n"))
            .start();
        let host = Arc::new(host);
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let host = Arc::clone(&host);
                tokio::spawn(async move { host.send(get(target)).await })
            })
            .collect();
        // Those that found no permit have been told so.
        while host.metric(RUNNING) < 2 || calls.iter().filter(|call| call.is_finished()).count() < 48 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for call in 0..20 {
            assert_eq!(host.metric(RUNNING), 2, "{component}, before call {call}");
            assert_eq!(host.send(get("/other")).await.status, 200, "{component}, call {call}");
        }
        let (refused, running): (Vec<_>, Vec<_>) = calls.into_iter().partition(|call| call.is_finished());
        for call in refused {
            assert_eq!(call.await.unwrap().status, 503, "{component}");
        }
        assert_eq!(running.len(), 2, "{component}");
        running.iter().for_each(|call| call.abort());
        assert_eq!(host.instances(), 22, "{component}: who finds no permit has no sandbox");
    }
}

#[tokio::test]
async fn waiting_for_a_permit_does_not_count_towards_the_timeout() {
    let timeout = Duration::from_millis(500);
    let policy = format!("{PUBLIC}concurrency = 1\ntimeout = \"{}ms\"\n", timeout.as_millis());
    let host = host().function("sleeper", "sleeper", &policy).settings(&settings("60s", "")).start();
    let busy = host.ready("sleeper").permits.try_acquire().unwrap();
    let longer_than_the_timeout = async {
        tokio::time::sleep(timeout + Duration::from_millis(50)).await;
        drop(busy);
    };
    let (answer, ()) = tokio::join!(host.send(get("/sleeper?ms=0")), longer_than_the_timeout);
    assert_eq!(answer.text(), "slept 0 ms");
}

#[tokio::test]
async fn a_pool_without_room_answers_503_and_is_no_failure_of_the_function() {
    // As where components take more of the pool than their share: there are permits, and no sandbox.
    let host = host().function("sleeper", "sleeper", PUBLIC).function("other", "canary", PUBLIC).sandboxes(1).start();
    let host = Arc::new(host);
    assert!(host.app.runtime.pooled(), "this machine has the address space for a pool of one");
    let first = running(&host, get(LONG)).await;

    let second = host.send(get("/other")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    assert_eq!(second.json()["error"], "overloaded");
    assert_eq!(host.outcomes("other", "no_sandbox"), 1);
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(host.send(get("/other")).await.status, 200);
}

#[tokio::test]
async fn a_call_goes_on_when_its_client_goes_away_and_gives_its_permit_back_only_then() {
    let one = format!("{PUBLIC}concurrency = 1\n");
    let host = host().function("sleeper", "sleeper", &one).settings(&settings("0ms", "")).start();
    let host = Arc::new(host);
    let client = running(&host, get(LONG).with("x-request-id", "limit-client-gone")).await;

    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    assert_eq!(host.send(get("/sleeper?ms=0")).await.status, 503, "the call still has its permit");

    host.app.calls.close();
    tokio::time::timeout(Duration::from_secs(10), host.app.calls.wait()).await.expect("the call ends by itself");
    assert_eq!(host.outcomes("sleeper", "ok"), 1);
    assert_eq!(log::access("limit-client-gone").field("outcome"), "ok", "its line is in the log all the same");
    assert_eq!(host.send(get("/sleeper?ms=0")).await.status, 200);
}
