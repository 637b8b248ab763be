//! Quotas: what counts as one caller, what it is told, what counts at all, and that nobody gets past them.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use http::{Method, Request};
use serde_json::json;

use crate::support::token::{SHARED, bearer, demo};
use crate::support::{Answer, Body, Host, LOCAL, PUBLIC, REMOTE, With, get, host, log, post, request};

/// A host with the canary as `/f` under this `[limit]`, anyone may call.
fn limited(limit: &str) -> Host {
    host().function("f", "canary", &format!("{PUBLIC}[limit]\n{limit}\n")).start()
}

fn from(address: &str) -> IpAddr {
    address.parse().unwrap()
}

/// The number after `name` in a header.
fn number(answer: &Answer, header: &str, name: &str) -> u64 {
    let value = answer.header(header).unwrap();
    let number = value.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).unwrap();
    number.parse().unwrap()
}

#[tokio::test]
async fn a_burst_goes_through_and_what_is_over_it_is_told_when_to_come_back() {
    let host = limited("rate = \"1/min\"\nburst = 3");
    for left in [2, 1, 0] {
        let answer = host.send_from(get("/f"), REMOTE).await;
        assert_eq!((answer.status, number(&answer, "ratelimit", "r")), (200, left));
        assert_eq!(answer.header("ratelimit-policy"), Some("\"ip\";q=1;w=60"));
        assert_eq!((answer.header("retry-after"), number(&answer, "ratelimit", "t")), (None, 60));
    }
    for _ in 0..20 {
        let answer = host.send_from(get("/f"), REMOTE).await;
        assert_eq!((answer.status, &answer.json()["error"]), (429, &json!("too many requests")));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"ip\";q=1;w=60"));
        assert_eq!(answer.header("ratelimit"), Some(format!("\"ip\";r=0;t={wait}").as_str()));
    }
    assert_eq!(host.instances(), 3, "a refusal makes none");
    let refusals = "vestibule_refusals_total{function=\"f\",stage=\"rate\",reason=\"rate_limited\"}";
    assert_eq!(host.metric(refusals), 20);
    assert_eq!(host.send_from(get("/f"), LOCAL).await.status, 200, "another caller has a quota of its own");
}

#[tokio::test]
async fn time_brings_it_back() {
    let host = limited("rate = \"2/s\"\nburst = 1");
    let started = Instant::now();
    let mut seen = Vec::new();
    // A slow machine may take longer for a request than the half second that brings one back.
    while seen.is_empty() || seen.last() != Some(&200) || !seen.contains(&429) {
        assert!(started.elapsed() < Duration::from_secs(30), "{seen:?}");
        seen.push(host.send_from(get("/f"), REMOTE).await.status);
    }
    assert!(seen.iter().all(|status| [200, 429].contains(status)), "{seen:?}");
}

#[tokio::test]
async fn one_network_of_ipv6_is_one_caller() {
    let host = limited("rate = \"2/day\"");
    for (client, status) in [
        ("2001:db8:1:2::1", 200),
        ("2001:db8:1:2:3:4:5:6", 200),
        ("2001:db8:1:2:ffff::1", 429),
        ("2001:db8:1:3::1", 200),
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("192.0.2.7", 429),
        ("192.0.2.8", 200),
    ] {
        assert_eq!(host.send_from(get("/f"), from(client)).await.status, status, "{client}");
    }
}

#[tokio::test]
async fn a_header_counts_within_the_limit_of_its_address() {
    let host = limited("rate = \"5/day\"\nby = \"header:x-api-key\"");
    let keyed = |key: &str| get("/f").with("x-api-key", key);
    let mut answered = 0;
    for n in 0..50 {
        let answer = host.send_from(keyed(&format!("made up {n}")), REMOTE).await;
        answered += u32::from(answer.status == 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"header\";q=5;w=86400, \"ip\";q=5;w=86400"));
        assert!(answer.header("ratelimit").unwrap().starts_with("\"ip\";"), "{answer:?}");
    }
    assert_eq!((answered, host.instances()), (5, 5), "a new key each time brings nothing");

    // One key from many addresses is one caller all the same, and no value of it is logged.
    let mut last = None;
    for n in 0..6 {
        last = Some(host.send_from(keyed("hunter2"), [198, 51, 100, n].into()).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status, number(&last, "ratelimit", "r")), (429, 0));
    assert!(last.header("ratelimit").unwrap().starts_with("\"header\";"), "{last:?}");
    let line = log::access(last.id());
    assert_eq!(line.field("reason"), "more than 5/day ([limit], counted by header)");
    assert!(!line.to_string().contains("hunter2"), "{line}");

    // Without the header, the address alone: the one just refused by the key has all of its own left.
    for status in [200, 200, 200, 200, 200, 429] {
        assert_eq!(host.send_from(get("/f"), [198, 51, 100, 5].into()).await.status, status);
    }
}

#[tokio::test]
async fn a_header_that_came_twice_is_malformed() {
    let host = limited("rate = \"5/day\"\nby = \"header:x-api-key\"");
    let answer = host.send(get("/f").with("x-api-key", "one").with("x-api-key", "two")).await;
    assert_eq!((answer.status, host.instances()), (400, 0));
    let reason = "malformed request: more than one x-api-key header, by which [limit] counts";
    assert_eq!(log::access(answer.id()).field("reason"), reason);
}

/// A host whose `/f` counts the demo provider's subjects.
fn by_subject(policy: &str) -> Host {
    let policy = format!("{policy}\n[limit]\nrate = \"2/day\"\nby = \"subject\"\n");
    let settings = format!("{}{}", demo(""), demo("").replace("auth.demo", "auth.other").replace("JWT", "OTHER"));
    let host = host().function("f", "canary", &policy).settings(&settings);
    host.secret("JWT", SHARED).secret("OTHER", SHARED).start()
}

fn of(subject: &str) -> Request<Body> {
    get("/f").with("authorization", bearer(json!({ "sub": subject })))
}

#[tokio::test]
async fn an_identity_counts_wherever_it_comes_from() {
    let host = by_subject("[auth]\nproviders = [\"demo\", \"other\"]\n");
    let sent = |subject, provider| of(subject).with("auth-provider", provider);
    for (subject, provider, client, status) in [
        ("ada", "demo", "192.0.2.1", 200),
        ("ada", "demo", "192.0.2.2", 200),
        ("ada", "demo", "192.0.2.3", 429),
        ("bob", "demo", "192.0.2.3", 200),
        ("ada", "other", "192.0.2.3", 200),
    ] {
        let answer = host.send_from(sent(subject, provider), from(client)).await;
        assert_eq!(answer.status, status, "{subject} of {provider} from {client}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"subject\";q=2;w=86400"));
    }
    // Nobody is counted who is not known, and nobody is let in for that.
    for _ in 0..5 {
        let answer = host.send_from(get("/f"), REMOTE).await;
        assert_eq!((answer.status, answer.header("ratelimit")), (401, None));
    }
    assert_eq!(host.instances(), 4);
}

#[tokio::test]
async fn callers_without_an_identity_count_by_address() {
    let host = by_subject(&format!("{PUBLIC}[auth]\nproviders = [\"demo\"]\noptional = true\n"));
    for (client, status) in [("192.0.2.1", 200), ("192.0.2.1", 200), ("192.0.2.1", 429), ("192.0.2.2", 200)] {
        let answer = host.send_from(get("/f"), from(client)).await;
        assert_eq!(
            (answer.status, answer.header("ratelimit-policy")),
            (status, Some("\"ip\";q=2;w=86400")),
            "{client}"
        );
    }
    assert_eq!(host.send_from(of("ada"), from("192.0.2.1")).await.status, 200, "who is known has a quota of its own");
}

#[tokio::test]
async fn what_is_answered_without_work_does_not_count_and_what_reads_a_body_does() {
    let policy = format!("{PUBLIC}methods = [\"POST\"]\nbody_limit = \"3B\"\n[limit]\nrate = \"2/day\"\n");
    let host = host().function("f", "canary", &policy).start();
    for _ in 0..5 {
        for (method, status) in [(Method::OPTIONS, 204), (Method::GET, 405)] {
            let answer = host.send_from(request(method, "/f", Body::whole("")), REMOTE).await;
            assert_eq!((answer.status, answer.header("ratelimit")), (status, None));
        }
    }
    let too_large = host.send_from(post("/f", "four"), REMOTE).await;
    assert_eq!((too_large.status, number(&too_large, "ratelimit", "r")), (413, 1), "whatever becomes of it");
    assert_eq!(host.send_from(post("/f", "abc"), REMOTE).await.status, 200);
    assert_eq!(host.send_from(post("/f", "abc"), REMOTE).await.status, 429);
}

#[tokio::test]
async fn handshakes_count() {
    let policy = "methods = [\"POST\"]\n[verify]\nscheme = \"meta\"\nsecrets = [\"S\"]\nhandshake = \"meta\"\n\
                  handshake_token = \"T\"\n[limit]\nrate = \"1/day\"\n";
    let host =
        host().function("f", "canary", policy).secret("S", "a secret of these tests").secret("T", "meatyhamhock");
    let host = host.start();
    let ask = || get("/f?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock");
    let answer = host.send_from(ask(), REMOTE).await;
    assert_eq!((answer.status, answer.text(), number(&answer, "ratelimit", "r")), (200, "1158201444", 0));
    assert_eq!(host.send_from(ask(), REMOTE).await.status, 429);
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_flood_on_one_function_takes_nothing_from_another() {
    let policy = format!("{PUBLIC}[limit]\nrate = \"3/day\"\n");
    let host = host().function("f", "canary", &policy).function("g", "canary", &policy).start();
    for n in 0..1000 {
        let status = host.send_from(get("/f"), REMOTE).await.status;
        assert_eq!(status, if n < 3 { 200 } else { 429 }, "{n}");
    }
    for status in [200, 200, 200, 429] {
        assert_eq!(host.send_from(get("/g"), REMOTE).await.status, status, "each function has quotas of its own");
    }
    assert_eq!(host.instances(), 6);
}

#[tokio::test]
async fn a_function_without_a_limit_says_nothing_of_one() {
    let host = host().function("f", "canary", PUBLIC).start();
    let answer = host.send(get("/f")).await;
    assert_eq!((answer.status, answer.header("ratelimit"), answer.header("ratelimit-policy")), (200, None, None));
}

#[tokio::test]
async fn the_default_limit_counts_for_functions_that_say_nothing_of_one() {
    let host = host()
        .function("f", "canary", PUBLIC)
        .function("own", "canary", &format!("{PUBLIC}[limit]\nrate = \"2/day\"\n"))
        .settings("[defaults.limit]\nrate = \"1/day\"\n[defaults.ip]\ndeny = [\"198.51.100.0/24\"]\n")
        .start();
    for (target, statuses) in [("/f", [200, 429, 429]), ("/own", [200, 200, 429])] {
        for status in statuses {
            assert_eq!(host.send_from(get(target), REMOTE).await.status, status, "{target}");
        }
        assert_eq!(host.send_from(get(target), from("198.51.100.1")).await.status, 403, "{target}");
    }
}
