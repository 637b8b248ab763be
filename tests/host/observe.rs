//! What is counted, and for how long: as many series as the functions folder has functions, whatever requests, guests and
//! reloads do.

use std::time::{Duration, Instant};

use crate::support::{Host, PUBLIC, get, host, post};

/// Everything that the metrics say of a function.
fn series_of(host: &Host, function: &str) -> Vec<String> {
    let label = format!("function=\"{function}\"");
    let text = host.app.metrics.encode();
    text.lines().filter(|line| line.contains(&label)).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_series_of_a_removed_function_are_forgotten_even_if_a_call_of_it_still_runs() {
    let host = host().function("gone", "sleeper", PUBLIC).function("stays", "canary", PUBLIC).start();
    assert_eq!(host.send(get("/gone?ms=0")).await.status, 200);
    assert_eq!(host.send(get("/stays")).await.status, 200);
    let before = host.instances();
    let request = host.send(get("/gone?ms=300"));
    let (late, ()) = tokio::join!(request, async {
        while host.instances() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        host.remove("gone.wasm");
        host.remove("gone.toml");
        let now = Instant::now();
        host.look(now);
        host.look(now + Duration::from_secs(1));
        assert_eq!(series_of(&host, "gone"), Vec::<String>::new());
    });
    assert_eq!(late.status, 200, "the call was let be");
    assert_eq!(series_of(&host, "gone"), Vec::<String>::new(), "and brought nothing back");
    assert_eq!(host.outcomes("stays", "ok"), 1, "the others are still there");
}

#[tokio::test]
async fn a_function_that_is_not_loaded_is_counted_under_its_name() {
    let host = host().function("broken", "canary", "timeout = \"soon\"\n").start();
    assert_eq!(host.send(get("/broken")).await.status, 503);
    assert_eq!(host.metric("vestibule_requests_total{function=\"broken\",status=\"503\"}"), 1);
    let refusals = "vestibule_refusals_total{function=\"broken\",stage=\"route\",reason=\"not_loaded\"}";
    assert_eq!(host.metric(refusals), 1);
}

#[tokio::test]
async fn statuses_that_mean_nothing_make_no_series_of_their_own() {
    let host = host().function("answer", "answer", PUBLIC).start();
    for status in [250, 251, 252, 599, 598] {
        let told = format!("{{\"status\": {status}}}");
        assert_eq!(host.send(post("/answer", told)).await.status, status);
    }
    let requests = |status: &str| format!("vestibule_requests_total{{function=\"answer\",status=\"{status}\"}}");
    assert_eq!((host.metric(&requests("2xx")), host.metric(&requests("5xx"))), (3, 2));
    assert_eq!(host.metric(&requests("250")), 0);
}

#[tokio::test]
async fn what_a_client_makes_up_makes_no_series() {
    let host = host().function("f", "canary", PUBLIC).start();
    let series = |host: &Host| host.app.metrics.encode().lines().filter(|line| line.contains("function=")).count();
    host.send(get("/nowhere")).await;
    host.send(get("/f")).await;
    let before = series(&host);
    for n in 0..50 {
        assert_eq!(host.send(get(&format!("/nowhere/{n}"))).await.status, 404);
        let method = http::Method::from_bytes(format!("MADEUP{n}").as_bytes()).unwrap();
        host.send(crate::support::request(method, &format!("/f/{n}?{n}"), crate::support::Body::whole(""))).await;
    }
    assert_eq!(series(&host), before);
}
