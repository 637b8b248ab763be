//! The keys of `host.toml` that requests feel: for each, an answer that is another one if the key is ignored. What is felt
//! at the socket alone (connections, the time for a head) is tested there.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;
use vestibule_host::pipeline;

use crate::support::token::{self, SHARED, bearer};
use crate::support::{Body, Builder, Host, LOCAL, PUBLIC, REMOTE, With, get, host, log, post, request};

/// A host with one public function and this `host.toml`.
fn with(settings: &str, component: &str, policy: &str) -> Host {
    host().function("f", component, &format!("{PUBLIC}{policy}\n")).settings(settings).start()
}

fn defaults(line: &str) -> String {
    format!("[defaults]\n{line}\n")
}

#[tokio::test]
async fn a_default_counts_where_a_policy_says_nothing_and_gives_way_where_it_does() {
    for (component, default, own, request, with_default, with_own) in [
        ("canary", "methods = [\"POST\"]", "methods = [\"GET\"]", "/f", 405, 200),
        ("sleeper", "timeout = \"50ms\"", "timeout = \"10s\"", "/f?ms=200", 504, 200),
        ("huge-response", "memory = \"4MiB\"", "memory = \"32MiB\"", "/f?bytes=5000000", 500, 200),
        ("huge-response", "response_limit = \"1KiB\"", "response_limit = \"2KiB\"", "/f?bytes=2000", 502, 200),
    ] {
        let answer = with(&defaults(default), component, "").send(get(request)).await;
        assert_eq!(answer.status, with_default, "{default}");
        let answer = with(&defaults(default), component, own).send(get(request)).await;
        assert_eq!(answer.status, with_own, "{default}, but {own}");
    }
}

#[tokio::test]
async fn the_default_of_body_limit_counts() {
    let settings = defaults("body_limit = \"3B\"");
    assert_eq!(with(&settings, "canary", "").send(post("/f", "four")).await.status, 413);
    assert_eq!(with(&settings, "canary", "body_limit = \"4B\"").send(post("/f", "four")).await.status, 200);
}

#[tokio::test]
async fn the_default_of_concurrency_counts() {
    let settings = format!("{}[server]\npermit_wait = \"0ms\"\n", defaults("concurrency = 1"));
    for (own, status) in [("", 503), ("concurrency = 2", 200)] {
        let host = with(&settings, "canary", own);
        let busy = host.ready("f").permits.try_acquire().unwrap();
        assert_eq!(host.send(get("/f")).await.status, status, "{own:?}");
        drop(busy);
    }
}

#[tokio::test]
async fn the_default_auth_is_for_functions_that_say_nothing_of_who_may_call() {
    let settings = format!("{}[defaults.auth]\nproviders = [\"demo\"]\nroles = [\"admin\"]\n", token::demo(""));
    let host = host()
        .function("silent", "echo", "timeout = \"5s\"\n")
        .function("open", "echo", PUBLIC)
        .function("own", "echo", "[auth]\nproviders = [\"demo\"]\n")
        .file("bare.wasm", crate::support::component("echo"))
        .settings(&settings)
        .secret("JWT", SHARED)
        .start();
    let token = |roles: &[&str]| bearer(json!({ "roles": roles }));
    for (target, nobody, reader, admin) in
        [("/silent", 401, 403, 200), ("/bare", 401, 403, 200), ("/open", 200, 200, 200), ("/own", 401, 200, 200)]
    {
        // From another machine: the default is a protection like any other.
        assert_eq!(host.send_from(get(target), REMOTE).await.status, nobody, "{target}");
        for (roles, status) in [(&["reader"][..], reader), (&["admin"], admin)] {
            let request = get(target).with("authorization", token(roles));
            assert_eq!(host.send_from(request, REMOTE).await.status, status, "{target} {roles:?}");
        }
    }
}

#[tokio::test]
async fn a_body_may_take_as_long_as_body_timeout_says() {
    let host = with("[server]\nbody_timeout = \"50ms\"", "canary", "");
    let started = Instant::now();
    let answer = host.send(request(Method::POST, "/f", Body::stalls("never more than this"))).await;
    assert_eq!(answer.status, 408);
    let took = started.elapsed();
    assert!((Duration::from_millis(50)..Duration::from_secs(10)).contains(&took), "{took:?}");
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_body_may_be_no_slower_than_body_rate_says_once_body_grace_is_over() {
    // Ten bytes each ten milliseconds are 1000 a second.
    let drips = || request(Method::POST, "/f", Body::drips("0123456789", Duration::from_millis(10)));
    let limits = "body_limit = \"200B\"";
    let fast_enough = with("[server]\nbody_grace = \"5s\"\nbody_rate = \"100B\"", "canary", limits);
    assert_eq!(fast_enough.send(drips()).await.status, 413, "it came as far as its limit");
    let no_rate = with("[server]\nbody_grace = \"10ms\"\nbody_rate = \"0B\"", "canary", limits);
    assert_eq!(no_rate.send(drips()).await.status, 413);
    let too_slow = with("[server]\nbody_grace = \"50ms\"\nbody_rate = \"1MiB\"", "canary", limits);
    let answer = too_slow.send(drips()).await;
    assert_eq!((answer.status, too_slow.instances()), (408, 0));
    assert_eq!(log::access(answer.id()).field("reason"), "the body was too slow: it came slower than server.body_rate");
    // One that comes at once is as fast as can be, however short the grace.
    assert_eq!(too_slow.send(post("/f", "x".repeat(200))).await.status, 200);
}

#[tokio::test]
async fn bodies_may_take_no_more_room_than_body_bytes_says() {
    let settings = "[server]\nbody_bytes = \"256KiB\"\npermit_wait = \"10ms\"\nbody_timeout = \"10s\"";
    let host = with(settings, "canary", "body_limit = \"150KiB\"");
    let large = || vec![7; 100 << 10];
    let hoards = || host.send(request(Method::POST, "/f", Body::stalls(large())));
    let hoarders = async { tokio::join!(hoards(), hoards()) };
    let others = async {
        // By now the hoarders hold what they have sent: they were polled first.
        let refused = host.send(post("/f", large())).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
        assert_eq!(host.send(post("/f", vec![7; 16 << 10])).await.status, 200, "small ones have room of their own");
        assert_eq!(host.send(get("/f")).await.status, 200);
    };
    tokio::select! {
        biased;
        ended = hoarders => panic!("they were to wait: {ended:?}"),
        () = others => {}
    }
    // The hoarders went away, and with them what they held.
    assert_eq!(host.send(post("/f", large())).await.status, 200);
}

#[tokio::test]
async fn a_body_takes_up_its_room_until_its_call_is_over() {
    let settings = "[server]\nbody_bytes = \"256KiB\"\npermit_wait = \"0ms\"";
    let host = with(settings, "sleeper", "body_limit = \"224KiB\"");
    let large = || vec![7; 150 << 10];
    let called = host.send(post("/f?ms=500", large()));
    let (called, refused) = tokio::join!(called, async {
        while host.instances() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        host.send(post("/f?ms=0", large())).await
    });
    assert_eq!((called.status, refused.status), (200, 503));
    assert_eq!(host.send(post("/f?ms=0", large())).await.status, 200);
}

#[tokio::test]
async fn a_body_limit_that_cannot_fit_into_body_bytes_is_an_error_at_the_start() {
    let host = with("[server]\nbody_bytes = \"256KiB\"", "canary", "body_limit = \"225KiB\"");
    assert_eq!(host.send(get("/f")).await.status, 503);
    assert!(host.problems.to_string().contains("write body_limit = \"224KiB\" or less"), "{}", host.problems);
}

#[tokio::test]
async fn answers_that_are_not_taken_may_come_to_as_much_as_answer_bytes_says() {
    let settings = "[server]\nanswer_bytes = \"256KiB\"\npermit_wait = \"10ms\"";
    let host = with(settings, "huge-response", "response_limit = \"200KiB\"");
    let large = || get("/f?bytes=150000");
    let not_taken = pipeline::handle(&host.app, large(), LOCAL).await;
    assert_eq!(not_taken.status(), 200);
    let refused = host.send(large()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(host.outcomes("f", "no_room"), 1);
    drop(not_taken);
    assert_eq!(host.send(large()).await.status, 200);
}

#[tokio::test]
async fn answers_of_one_function_that_are_not_taken_leave_room_for_those_of_others() {
    let settings = "[server]\nanswer_bytes = \"256KiB\"\npermit_wait = \"10ms\"";
    let policy = "access = \"public\"\nresponse_limit = \"200KiB\"";
    let host = host().settings(settings).function("f", "huge-response", policy).function("g", "huge-response", policy);
    let host = host.start();
    // An eighth of all is each one's own.
    let mut not_taken = vec![];
    for _ in 0..3 {
        not_taken.push(pipeline::handle(&host.app, get("/f?bytes=10000"), LOCAL).await);
    }
    assert!(not_taken.iter().all(|reply| reply.status() == 200));
    assert_eq!(host.send(get("/f?bytes=10000")).await.status, 503);
    assert_eq!(host.send(get("/g?bytes=150000")).await.status, 200);
    not_taken.pop();
    assert_eq!(host.send(get("/f?bytes=10000")).await.status, 200);
}

#[tokio::test]
async fn who_waits_for_room_for_its_answer_holds_no_sandbox() {
    let settings = "[server]\nanswer_bytes = \"256KiB\"\npermit_wait = \"5s\"";
    let host = with(settings, "huge-response", "response_limit = \"200KiB\"\nconcurrency = 1");
    let not_taken = pipeline::handle(&host.app, get("/f?bytes=150000"), LOCAL).await;
    let waits = || host.send(get("/f?bytes=100"));
    let third_has_its_sandbox = async {
        while host.instances() < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(not_taken);
    };
    let started = Instant::now();
    let (second, third, ()) = tokio::join!(waits(), waits(), third_has_its_sandbox);
    assert_eq!((second.status, third.status), (200, 200));
    assert!(started.elapsed() < Duration::from_secs(5), "the third waited for the second");
}

#[tokio::test]
async fn heads_take_room_as_bodies_do() {
    let settings = "[server]\nbody_bytes = \"256KiB\"\npermit_wait = \"10ms\"\nbody_timeout = \"10s\"";
    let host = with(settings, "canary", "body_limit = \"64KiB\"");
    let hoards = || {
        let request = request(Method::POST, "/f", Body::stalls(vec![7]));
        host.send(request.with("x-long", "x".repeat(30 << 10)))
    };
    let hoarders = async { tokio::join!(hoards(), hoards(), hoards(), hoards(), hoards(), hoards(), hoards()) };
    let others = async {
        let refused = hoards().await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
        assert_eq!(log::access(refused.id()).field("stage"), "body");
        assert_eq!(host.send(get("/f")).await.status, 200, "small ones have room of their own");
    };
    tokio::select! {
        biased;
        ended = hoarders => panic!("they were to wait: {ended:?}"),
        () = others => {}
    }
    assert_eq!(host.instances(), 1);
}

#[tokio::test]
async fn a_response_limit_that_cannot_fit_into_answer_bytes_is_an_error_at_the_start() {
    let host = with("[server]\nanswer_bytes = \"256KiB\"", "canary", "response_limit = \"225KiB\"");
    assert_eq!(host.send(get("/f")).await.status, 503);
    assert!(host.problems.to_string().contains("write response_limit = \"224KiB\" or less"), "{}", host.problems);
}

#[tokio::test]
async fn there_may_be_as_many_headers_as_header_count_says() {
    let host = with("[server]\nheader_count = 20", "canary", "");
    // One is `host`; a repeated one counts each time.
    let with_headers = |count| (1..count).fold(get("/f"), |request, _| request.with("x-again", "1"));
    assert_eq!(host.send(with_headers(20)).await.status, 200);
    assert_eq!(host.send(with_headers(21)).await.status, 431);
}

#[tokio::test]
async fn headers_may_be_as_long_as_header_bytes_says() {
    let host = with("[server]\nheader_bytes = \"9KiB\"\ntarget_bytes = \"1KiB\"", "canary", "");
    let others = "host".len() + "localhost:8080".len() + "x-long".len();
    let with_bytes = |bytes: usize| get("/f").with("x-long", "x".repeat(bytes - others));
    assert_eq!(host.send(with_bytes(9 << 10)).await.status, 200);
    assert_eq!(host.send(with_bytes((9 << 10) + 1)).await.status, 431);
}

#[tokio::test]
async fn a_target_may_be_as_long_as_target_bytes_says() {
    let host = with("[server]\ntarget_bytes = \"300B\"", "canary", "");
    let of_length = |length: usize| get(&format!("/f?{}", "x".repeat(length - 3)));
    assert_eq!(host.send(of_length(300)).await.status, 200);
    assert_eq!(host.send(of_length(301)).await.status, 414);
    let path = format!("/f/{}", "x".repeat(298));
    assert_eq!(host.send(get(&path)).await.status, 414, "the path counts as the query does");
}

#[tokio::test]
async fn a_request_waits_as_long_as_permit_wait_says() {
    let host = with("[server]\npermit_wait = \"80ms\"", "canary", "concurrency = 1");
    let busy = host.ready("f").permits.try_acquire().unwrap();
    let started = Instant::now();
    let answer = host.send(get("/f")).await;
    let took = started.elapsed();
    drop(busy);
    assert_eq!(answer.status, 503);
    assert!((Duration::from_millis(80)..Duration::from_secs(10)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn every_route_stands_below_the_prefix() {
    let host = with("prefix = \"/.netlify/functions\"", "canary", "");
    let answer = host.send(get("/.netlify/functions/f")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(log::access(answer.id()).field("route"), "/.netlify/functions/f");
    for outside in ["/f", "/.netlify/f", "/.netlify/functionsf", "/"] {
        assert_eq!(host.send(get(outside)).await.status, 404, "{outside}");
    }
}

#[tokio::test]
async fn functions_may_lie_elsewhere() {
    let host = host().function("deep/er/f", "canary", PUBLIC).settings("functions = \"functions/deep\"").start();
    assert_eq!(host.send(get("/er/f")).await.status, 200);
}

#[tokio::test]
async fn a_secret_is_what_the_first_place_says_that_has_it() {
    let signed = |secret| post("/f", "{}").signed("github", secret, b"{}", std::time::SystemTime::now());
    let hook = |host: Builder| host.function("f", "canary", "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n");
    let host = hook(host()).secret("S", "from the folder\n").start();
    assert_eq!(host.send(signed("from the folder")).await.status, 200, "the line break of an editor does not count");
    assert_eq!(host.send(signed("from the folder\n")).await.status, 401);
}
