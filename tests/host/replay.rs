//! Deliveries that come more than once: which of them runs, and what the senders of the others are told.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::{Method, Request};
use serde_json::json;
use signatures::{Secret, SignRequest};
use vestibule_host::reload::STILL;

use crate::support::{Answer, Body, Builder, Host, PUBLIC, With, get, host, log, post, request};

const SECRET: &str = "a secret of these tests";

/// `[verify]` with GitHub's scheme, which signs the body alone, and these lines.
pub(crate) fn github(more: &str) -> String {
    format!("[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n{more}\n")
}

/// A host with `component` as `/hook` under `policy`.
pub(crate) fn with(component: &str, policy: &str) -> Builder {
    host().function("hook", component, policy).secret("S", SECRET)
}

/// A delivery of GitHub's. What stands in the query is not signed, so a test can tell a copy how to end.
pub(crate) fn delivery(target: &str, body: &'static str) -> Request<Body> {
    post(target, body).signed("github", SECRET, body.as_bytes(), SystemTime::now())
}

/// Asserts that an answer is the host's to a delivery that had run.
pub(crate) fn assert_acknowledged(answer: &Answer) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "status": "duplicate", "request_id": answer.id() }));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let line = log::access(answer.id());
    assert_eq!((line.field("outcome"), line.field("stage")), ("replayed", ""));
}

fn refusals(host: &Host, reason: &str) -> u64 {
    host.metric(&format!("vestibule_refusals_total{{function=\"hook\",stage=\"replay\",reason=\"{reason}\"}}"))
}

#[tokio::test]
async fn a_delivery_that_has_run_is_acknowledged_and_not_run_again() {
    let host = with("canary", &github("")).start();
    let first = host.send(delivery("/hook", "{}")).await;
    assert_eq!((first.status, first.text()), (200, "the canary ran"));
    for _ in 0..3 {
        let again = host.send(delivery("/hook", "{}")).await;
        assert_acknowledged(&again);
        assert!(!log::canary_ran(again.id()));
    }
    let mut head = delivery("/hook", "{}");
    *head.method_mut() = Method::HEAD;
    let head = host.send(head).await;
    assert_eq!((head.status, head.body.len()), (200, 0), "and HEAD without a body");
    assert_eq!(host.instances(), 1);
    assert_eq!((host.outcomes("hook", "ok"), host.outcomes("hook", "replayed")), (1, 4));
    assert_eq!(host.metric("vestibule_replay_entries"), 1);
    assert_eq!(host.send(delivery("/hook", "{ }")).await.text(), "the canary ran", "another body is another delivery");
}

#[tokio::test]
async fn with_reject_it_is_refused() {
    let host = with("canary", &github("replay = \"reject\"")).start();
    assert_eq!(host.send(delivery("/hook", "{}")).await.status, 200);
    let again = host.send(delivery("/hook", "{}")).await;
    assert_eq!((again.status, &again.json()["error"]), (409, &json!("delivered before")));
    assert_eq!((refusals(&host, "replayed"), host.instances()), (1, 1));
}

#[tokio::test]
async fn with_allow_it_runs_again() {
    let host = with("canary", &github("replay = \"allow\"")).start();
    for _ in 0..2 {
        assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    }
    assert_eq!(host.instances(), 2);
    assert!(!host.functions().join("../state.redb").exists(), "no function needs the file");
}

#[tokio::test]
async fn what_did_not_end_well_may_come_again() {
    let policy = format!("timeout = \"300ms\"\nresponse_limit = \"1KiB\"\n{}", github(""));
    for (component, bad, status, good) in [
        ("sleeper", "/hook?ms=soon", 500, "/hook?ms=0"),
        ("sleeper", "/hook?ms=5000", 504, "/hook?ms=0"),
        ("huge-response", "/hook?bytes=2000", 502, "/hook?bytes=1"),
    ] {
        let host = with(component, &policy).start();
        for _ in 0..2 {
            assert_eq!(host.send(delivery(bad, "{}")).await.status, status, "{bad}");
        }
        assert_eq!(host.send(delivery(good, "{}")).await.status, 200, "{bad}");
        assert_acknowledged(&host.send(delivery(bad, "{}")).await);
        assert_eq!(host.instances(), 3, "{bad}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_2xx_is_not_done() {
    let host = with("answer", &github("")).start();
    for (body, runs) in [
        (r#"{"status":200}"#, 1),
        (r#"{"status":204}"#, 1),
        (r#"{"status":299}"#, 1),
        (r#"{"status":301}"#, 3),
        (r#"{"status":404}"#, 3),
        (r#"{"status":503}"#, 3),
        (r#"{"status":99}"#, 3),
    ] {
        let before = host.instances();
        for _ in 0..3 {
            host.send(delivery("/hook", body)).await;
        }
        assert_eq!(host.instances() - before, runs, "{body}");
    }
}

/// Sends a copy of the delivery for each of `targets`, all at once, in their order; returns the answers.
async fn at_once(host: Host, targets: impl Iterator<Item = &'static str>) -> (Arc<Host>, Vec<Answer>) {
    let host = Arc::new(host);
    let mut copies = Vec::new();
    for target in targets {
        let copy = Arc::clone(&host);
        copies.push(tokio::spawn(async move { copy.send(delivery(target, "{}")).await }));
        tokio::task::yield_now().await;
    }
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap());
    }
    (host, answers)
}

#[tokio::test]
async fn of_a_hundred_copies_at_once_one_runs_and_the_others_hear_of_it_when_it_has() {
    let host = with("sleeper", &github("")).start();
    let (host, answers) = at_once(host, std::iter::repeat_n("/hook?ms=300", 100)).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let ran = answers.iter().filter(|answer| answer.text() == "slept 300 ms").count();
    assert_eq!((ran, host.instances()), (1, 1));
    assert_eq!((host.outcomes("hook", "ok"), host.outcomes("hook", "replayed")), (1, 99));
}

#[tokio::test]
async fn of_a_hundred_copies_of_which_the_first_fails_the_next_one_runs_and_no_other() {
    let policy = format!("timeout = \"500ms\"\n{}", github(""));
    let host = with("sleeper", &policy).settings("[server]\npermit_wait = \"60s\"").start();
    let targets = std::iter::once("/hook?ms=60000").chain(std::iter::repeat_n("/hook?ms=0", 99));
    let (host, answers) = at_once(host, targets).await;
    let with_status = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with_status(504), with_status(200)), (1, 99));
    let ran = answers.iter().filter(|answer| answer.text().starts_with("slept")).count();
    assert_eq!((ran, host.instances()), (1, 2));
    assert_eq!(host.outcomes("hook", "replayed"), 98);
}

#[tokio::test]
async fn a_copy_that_waits_holds_no_sandbox() {
    let policy = format!("concurrency = 2\n{}", github(""));
    let host = with("sleeper", &policy).settings("[server]\npermit_wait = \"0ms\"").start();
    let copies = at_once(host, std::iter::repeat_n("/hook?ms=1500", 3));
    let (host, answers) = copies.await;
    assert!(answers.iter().all(|answer| answer.status == 200), "none of them lacked a permit");
    assert_eq!(host.instances(), 1);

    let first = tokio::spawn({
        let host = Arc::clone(&host);
        async move { host.send(delivery("/hook?ms=1500", "[1]")).await.status }
    });
    while host.instances() < 2 {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn({
        let host = Arc::clone(&host);
        async move { host.send(delivery("/hook?ms=1500", "[1]")).await.status }
    });
    tokio::task::yield_now().await;
    // Of two permits, the first copy has one. If the second had the other, there would be none.
    assert_eq!(host.send(delivery("/hook?ms=0", "[2]")).await.text(), "slept 0 ms");
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (200, 200));
}

#[tokio::test]
async fn a_copy_that_has_waited_for_too_long_is_told_to_come_back() {
    let host = Arc::new(with("sleeper", &github("")).settings("[server]\npermit_wait = \"0ms\"").start());
    let copy = Arc::clone(&host);
    let first = tokio::spawn(async move { copy.send(delivery("/hook?ms=1500", "{}")).await.status });
    while host.instances() == 0 {
        tokio::task::yield_now().await;
    }
    // The first goes on under the policy that it began with.
    host.write("hook.toml", format!("timeout = \"20ms\"\n{}", github("")));
    let now = Instant::now();
    host.look(now);
    host.look(now + STILL);
    let second = host.send(delivery("/hook?ms=0", "{}")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    assert_eq!((refusals(&host, "copies_run"), first.await.unwrap(), host.instances()), (1, 200, 1));
}

#[tokio::test]
async fn a_delivery_that_never_came_to_its_run_may_come_again() {
    let policy = format!("concurrency = 1\n{}", github(""));
    let host = with("canary", &policy).settings("[server]\npermit_wait = \"0ms\"").start();
    let busy = host.ready("hook").permits.try_acquire().unwrap();
    assert_eq!(host.send(delivery("/hook", "{}")).await.status, 503);
    drop(busy);
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
}

#[tokio::test]
async fn a_client_that_goes_away_before_the_call_leaves_the_delivery_to_the_next() {
    let policy = format!("concurrency = 1\n{}", github(""));
    let host = Arc::new(with("canary", &policy).settings("[server]\npermit_wait = \"60s\"").start());
    let busy = host.ready("hook").permits.try_acquire().unwrap();
    let waiting = |host: &Arc<Host>| {
        let host = Arc::clone(host);
        tokio::spawn(async move { host.send(delivery("/hook", "{}")).await })
    };
    let (first, second) = (waiting(&host), waiting(&host));
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    drop(busy);
    assert_eq!(second.await.unwrap().text(), "the canary ran");
}

#[tokio::test]
async fn a_client_that_goes_away_during_the_call_changes_nothing() {
    let host = Arc::new(with("sleeper", &github("")).start());
    let copy = Arc::clone(&host);
    let client = tokio::spawn(async move { copy.send(delivery("/hook?ms=500", "{}")).await });
    while host.instances() == 0 {
        tokio::task::yield_now().await;
    }
    client.abort();
    assert_acknowledged(&host.send(delivery("/hook?ms=0", "{}")).await);
    assert_eq!(host.instances(), 1);
}

#[tokio::test]
async fn the_same_delivery_to_another_function_is_another_one() {
    let host = with("canary", &github("")).function("other", "canary", &github("")).start();
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    assert_eq!(host.send(delivery("/other", "{}")).await.text(), "the canary ran");
    assert_acknowledged(&host.send(delivery("/hook", "{}")).await);
}

#[tokio::test]
async fn an_id_that_is_signed_decides_and_one_that_is_not_does_not() {
    let policy = "[verify]\nscheme = \"standardwebhooks\"\nsecrets = [\"W\"]\n";
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let host = host().function("hook", "canary", policy).secret("W", secret).start();
    let now = SystemTime::now();
    let scheme = signatures::scheme("standardwebhooks").unwrap();
    let send = async |id: &str, body: &'static str, at: SystemTime| {
        let sign = SignRequest { id: Some(id), ..SignRequest::new(body.as_bytes(), at) };
        let headers = signatures::sign(scheme, Some(&Secret::new("W", secret)), &sign).unwrap();
        host.send(headers.headers.iter().fold(post("/hook", body), |request, (name, value)| request.with(name, value)))
            .await
    };
    assert_eq!(send("msg_1", "{}", now).await.text(), "the canary ran");
    assert_acknowledged(&send("msg_1", "{}", now - Duration::from_secs(60)).await);
    assert_acknowledged(&send("msg_1", "{\"altered\":1}", now).await);
    assert_eq!(send("msg_2", "{}", now).await.text(), "the canary ran");

    let host = with("canary", &github("")).start();
    let with_id = |id: &str| delivery("/hook", "{}").with("x-github-delivery", id);
    assert_eq!(host.send(with_id("1")).await.text(), "the canary ran");
    assert_acknowledged(&host.send(with_id("2")).await);
}

#[tokio::test]
async fn a_senders_next_try_with_a_new_timestamp_is_the_same_delivery() {
    let policy = "[verify]\nscheme = \"stripe\"\nsecrets = [\"S\"]\n";
    let host = host().function("hook", "canary", policy).secret("S", SECRET).start();
    let now = SystemTime::now();
    let tried = |body: &'static str, ago: u64| {
        post("/hook", body).signed("stripe", SECRET, body.as_bytes(), now - Duration::from_secs(ago))
    };
    assert_eq!(host.send(tried(r#"{"id":"evt_1"}"#, 60)).await.text(), "the canary ran");
    assert_acknowledged(&host.send(tried(r#"{"id":"evt_1"}"#, 0)).await);
    // Without an id, what is signed decides, the time included.
    assert_eq!(host.send(tried("{}", 60)).await.text(), "the canary ran");
    assert_eq!(host.send(tried("{}", 0)).await.text(), "the canary ran");
    assert_acknowledged(&host.send(tried("{}", 60)).await);
}

#[tokio::test]
async fn a_delivery_is_remembered_for_as_long_as_its_timestamp_could_let_it_in() {
    let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    for (tolerance, keep) in
        [("", 24), ("tolerance = \"5m\"", 24), ("tolerance = \"13h\"", 26), ("tolerance = \"24h\"", 48)]
    {
        let policy = format!("[verify]\nscheme = \"stripe\"\nsecrets = [\"S\"]\n{tolerance}\n");
        let host = with("canary", &policy).start();
        let function = host.ready("hook");
        assert_eq!(function.verification.as_ref().unwrap().keep(), hours(keep), "{tolerance:?}");
    }
}

#[tokio::test]
async fn a_token_tells_nothing_apart_so_its_deliveries_run_again() {
    let policy = |replay: &str| format!("[verify]\nscheme = \"gitlab\"\nsecrets = [\"S\"]\n{replay}");
    let host = with("canary", &policy("")).start();
    for _ in 0..2 {
        let request = post("/hook", "{}").with("x-gitlab-token", SECRET).with("idempotency-key", "1");
        assert_eq!(host.send(request).await.text(), "the canary ran");
    }
    for replay in ["replay = \"acknowledge\"", "replay = \"reject\""] {
        let host = with("canary", &policy(replay)).start();
        let problem = host.problems.iter().next().unwrap();
        assert_eq!((problem.key.as_deref(), problem.line), (Some("verify.replay"), Some(4)), "{problem}");
        assert!(problem.message.contains("gitlab") && problem.fix.contains("replay = \"allow\""), "{problem}");
        let request = post("/hook", "{}").with("x-gitlab-token", SECRET);
        assert_eq!((host.send(request).await.status, host.instances()), (503, 0));
    }
}

#[tokio::test]
async fn a_token_with_an_id_that_the_policy_names_is_told_apart_by_it() {
    let policy = "[verify]\nsecrets = [\"S\"]\nreplay = \"acknowledge\"\n\
                  [verify.scheme]\nalgorithm = \"token\"\nheader = \"x-token\"\nid = { header = \"x-id\" }\n";
    let host = with("canary", policy).start();
    let token = || post("/hook", "{}").with("x-token", SECRET);
    assert_eq!(host.send(token().with("x-id", "1")).await.text(), "the canary ran");
    assert_acknowledged(&host.send(token().with("x-id", "1")).await);
    assert_eq!(host.send(token().with("x-id", "2")).await.text(), "the canary ran");
    let without = host.send(token()).await;
    assert_eq!((without.status, refusals(&host, "delivery_id_missing")), (401, 1));
    assert_eq!(host.instances(), 2);
}

#[tokio::test]
async fn a_full_store_takes_nothing_new_and_forgets_nothing() {
    let host = with("canary", &github("")).function("open", "canary", PUBLIC);
    let host = host.settings("[state]\nreplay_entries = 2").start();
    for body in ["1", "2"] {
        assert_eq!(host.send(delivery("/hook", body)).await.text(), "the canary ran");
    }
    let third = host.send(delivery("/hook", "3")).await;
    assert_eq!((third.status, third.header("retry-after")), (503, Some("1")));
    assert_eq!((refusals(&host, "store_full"), host.instances()), (1, 2));
    for body in ["1", "2"] {
        assert_acknowledged(&host.send(delivery("/hook", body)).await);
    }
    assert_eq!(host.send(get("/open")).await.text(), "the canary ran", "others need no place");
}

#[tokio::test]
async fn a_policy_that_allows_replay_counts_when_it_has_been_still() {
    let host = with("canary", &github("")).start();
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    host.write("hook.toml", github("replay = \"allow\""));
    let now = Instant::now();
    host.look(now);
    assert_acknowledged(&host.send(delivery("/hook", "{}")).await);
    host.look(now + STILL);
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    host.write("hook.toml", github("replay = \"reject\""));
    host.look(now + STILL);
    host.look(now + STILL * 2);
    assert_eq!(host.send(delivery("/hook", "{}")).await.status, 409, "what ran before is still known");
}

#[tokio::test]
async fn who_is_not_let_in_claims_nothing() {
    let host = with("canary", &github("")).start();
    let forged = post("/hook", "{}").signed("github", "another secret", b"{}", SystemTime::now());
    assert_eq!(host.send(forged).await.status, 401);
    assert_eq!(host.send(request(Method::POST, "/hook", Body::whole("{}"))).await.status, 401);
    assert_eq!(host.metric("vestibule_replay_entries"), 0);
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
}
