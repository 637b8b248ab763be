//! Quotas while files change: nobody gets a fresh one by that, unless the limit itself is another.

use std::time::Instant;

use vestibule_host::reload::STILL;

use crate::support::{Host, PUBLIC, REMOTE, get, host};

const LIMIT: &str = "[limit]\nrate = \"3/day\"\n";

fn policy(more: &str) -> String {
    format!("{PUBLIC}{more}")
}

/// Writes the policy, and has the host look until it is in force.
fn put(host: &Host, now: &mut Instant, policy: &str) {
    host.write("f.toml", policy);
    for _ in 0..2 {
        *now += STILL;
        host.look(*now);
    }
}

async fn status(host: &Host) -> u16 {
    host.send_from(get("/f"), REMOTE).await.status
}

/// A host whose `/f` has been called as often as its limit allows.
async fn used_up() -> (Host, Instant) {
    let host = host().function("f", "canary", &policy(LIMIT)).start();
    for expected in [200, 200, 200, 429] {
        assert_eq!(status(&host).await, expected);
    }
    (host, Instant::now())
}

#[tokio::test]
async fn a_policy_that_is_saved_again_gives_nobody_a_fresh_quota() {
    let (host, mut now) = used_up().await;
    for n in 0..20 {
        put(&host, &mut now, &policy(&format!("timeout = \"{}s\"\n{LIMIT}", n + 1)));
        assert_eq!(status(&host).await, 429, "{n}");
    }
    // Counted by something else, with the same rate: addresses have what they had.
    put(&host, &mut now, &policy(&format!("{LIMIT}by = \"header:x-key\"\n")));
    assert_eq!(status(&host).await, 429);
}

#[tokio::test]
async fn a_policy_that_was_bad_or_away_or_had_no_limit_gives_nobody_a_fresh_quota() {
    let (host, mut now) = used_up().await;
    for bad in ["access = \"publik\"\n", "[limit]\n", "\u{0}"] {
        put(&host, &mut now, bad);
        assert_eq!(status(&host).await, 503, "{bad:?}");
        put(&host, &mut now, &policy(LIMIT));
        assert_eq!(status(&host).await, 429, "{bad:?}");
    }
    host.remove("f.toml");
    host.look(now);
    assert_eq!(status(&host).await, 503);
    put(&host, &mut now, &policy(LIMIT));
    assert_eq!(status(&host).await, 429);
    put(&host, &mut now, &policy(""));
    assert_eq!(status(&host).await, 200, "its owner has taken the limit away");
    put(&host, &mut now, &policy(LIMIT));
    assert_eq!(status(&host).await, 429);
}

#[tokio::test]
async fn another_limit_begins_anew() {
    let (host, mut now) = used_up().await;
    put(&host, &mut now, &policy("[limit]\nrate = \"4/day\"\n"));
    for expected in [200, 200, 200, 200, 429] {
        assert_eq!(status(&host).await, expected);
    }
}

#[tokio::test]
async fn a_limit_that_is_taken_away_is_in_force_until_the_file_has_been_still() {
    let (host, mut now) = used_up().await;
    let taken_away = policy("");
    for written in [&taken_away[..1], "", &taken_away[..8], &taken_away] {
        host.write("f.toml", written);
        now += STILL / 2;
        host.look(now);
        assert_ne!(status(&host).await, 200, "{written:?}");
    }
    now += STILL;
    host.look(now);
    assert_eq!(status(&host).await, 200);
}
