//! Two hosts as processes on one Redis, whose password is in the environment alone.

use std::time::{Duration, Instant, SystemTime};

use crate::client::{Reply, signed};
use crate::server::{PASSWORD, Redis};
use crate::support::{Host, PATIENCE, Site};

const SECRET: &str = "a secret of these tests";

const UP: &str = "vestibule_state_up{used_for=\"gates\"}";

fn site(redis: &Redis) -> Site {
    let hook = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let limited = "access = \"public\"\n[limit]\nrate = \"3/day\"\n";
    let site = Site::new().component("hello", "hook").file("hook.toml", hook).secret("S", SECRET);
    let site = site.component("hello", "limited").file("limited.toml", limited);
    site.settings("[state]\nredis = \"REDIS_URL\"\n").secret("REDIS_URL", &redis.url()).secret("P", PASSWORD)
}

fn deliver(host: &Host, body: &[u8]) -> Reply {
    host.request("POST", "/hook", &signed("github", SECRET, body, SystemTime::now()), body)
}

/// Waits until what `ask` returns is so.
fn wait_until(what: &str, ask: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !ask() {
        assert!(Instant::now() < until, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn two_hosts_on_one_server_lose_it_and_take_up_with_it_again() {
    let mut redis = Redis::start();
    let (one, other) = (site(&redis).start(), site(&redis).start());
    one.wait_for_metric(UP, 1);
    other.wait_for_metric(UP, 1);
    assert_eq!(deliver(&one, b"1").status, 200);
    let again = deliver(&other, b"1");
    assert!(again.status == 200 && again.text().contains("duplicate"), "{}", again.text());
    assert_eq!((one.instances(), other.instances()), (1, 0));

    redis.kill();
    for host in [&one, &other] {
        host.wait_for_line(|line| line.contains("the state's server cannot be used"));
        host.wait_for_metric(UP, 0);
        assert_eq!(deliver(host, b"2").status, 503);
        let statuses: Vec<u16> = (0..4).map(|_| host.get("/limited").status).collect();
        assert_eq!(statuses, [200, 200, 200, 429], "each counts alone");
    }
    redis.again();
    for host in [&one, &other] {
        host.wait_for_line(|line| line.contains("the state's server is there again"));
        host.wait_for_metric(UP, 1);
        assert_eq!(host.log().matches("the state's server cannot be used").count(), 1, "{}", host.log());
    }
    assert_eq!(deliver(&other, b"2").status, 200);
    assert!(deliver(&one, b"2").text().contains("duplicate"));
}

#[test]
fn a_host_that_was_killed_in_the_middle_of_a_call_leaves_the_delivery_to_another_when_its_claim_ends() {
    let redis = Redis::start();
    let policy = "timeout = \"1s\"\n[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let sleeper = || {
        let site = Site::new().component("hostile/sleeper", "hook").file("hook.toml", policy).secret("S", SECRET);
        let settings = "[state]\nredis = \"REDIS_URL\"\n[server]\npermit_wait = \"30s\"\n";
        site.settings(settings).secret("REDIS_URL", &redis.url()).start()
    };
    let (one, other) = (sleeper(), sleeper());
    let body = b"{}";
    let mut unanswered = one.connect();
    let mut head = format!("POST /hook?ms=900 HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in signed("github", SECRET, body, SystemTime::now()) {
        head += &format!("{name}: {value}\r\n");
    }
    unanswered.send(head + "\r\n").send(body);
    one.wait_for_metric("vestibule_instances_running", 1);
    one.kill();
    let claims = redis.keys("vestibule:1:replay:claim:");
    assert_eq!(claims.len(), 1, "nobody gave it back");
    // What would come by itself, half a minute later.
    redis.ask(&["PEXPIRE", &claims[0], "300"]);
    let target = "/hook?ms=0";
    let answer = other.request("POST", target, &signed("github", SECRET, body, SystemTime::now()), body);
    assert_eq!((answer.status, answer.text()), (200, "slept 0 ms"));
}

#[test]
fn a_server_that_may_forget_is_said_to_be_weak() {
    let redis = Redis::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    let host = site(&redis).start();
    let evicts = host.wait_for_line(|line| line.contains("maxmemory-policy lets it forget"));
    assert!(evicts.contains("noeviction"), "{evicts}");
    host.wait_for_line(|line| line.contains("set appendonly to yes"));
    host.wait_for_metric(UP, 1);
    wait_until("it serves all the same", || deliver(&host, b"1").status == 200);
}

#[test]
fn with_tls_the_server_is_asked_who_it_is() {
    let redis = Redis::with_tls();
    let secured = || site(&redis).env("REDIS_URL", &redis.tls_url());
    let knows = secured().env("SSL_CERT_FILE", redis.certificate().to_str().unwrap()).start();
    knows.wait_for_metric(UP, 1);
    assert_eq!(deliver(&knows, b"1").status, 200);
    assert!(deliver(&knows, b"1").text().contains("duplicate"));
    let asks = secured().start();
    let line = asks.wait_for_line(|line| line.contains("the state's server cannot be used"));
    assert!(line.contains("certificate"), "{line}");
    assert_eq!(deliver(&asks, b"1").status, 503);
}

#[test]
fn a_url_that_cannot_be_used_is_said_before_anything_is_served_and_not_repeated() {
    let redis = Redis::absent(&[]);
    let settings = "[state]\nredis = \"REDIS_URL\"\n";
    let missing = Site::new().component("hello", "hello").settings(settings).run();
    assert_eq!(missing.code, Some(64));
    assert!(missing.stderr.contains("state.redis: no secret REDIS_URL"), "{}", missing.stderr);
    for wrong in [format!("http://:{PASSWORD}@h"), format!(":{PASSWORD}"), format!("redis://:{PASSWORD}@h/0#insecure")]
    {
        let site = Site::new().component("hello", "hello").settings(settings).env("REDIS_URL", &wrong);
        for ended in [site.run(), site.look("check", &[])] {
            assert_eq!(ended.code, Some(64), "{wrong}");
            let said = ended.stdout + &ended.stderr;
            assert!(said.contains("state.redis: the URL in the secret REDIS_URL"), "{said}");
            assert!(!said.contains(PASSWORD), "{said}");
        }
    }
    let looked = site(&redis).look("check", &[]);
    assert_eq!(looked.code, Some(0), "whoever only looks connects to nothing: {}", looked.stdout);
}
