//! The keys of `[limit]` and `[ip]`: for each a test that fails if the key is ignored, named like it.

use std::net::IpAddr;

use http::Request;

use crate::support::{Body, Host, LOCAL, PUBLIC, REMOTE, With, get, host};

fn with(policy: &str) -> Host {
    host().function("f", "canary", &format!("{PUBLIC}{policy}\n")).start()
}

/// The statuses of as many requests as there are clients.
async fn statuses(host: &Host, request: impl Fn() -> Request<Body>, clients: &[IpAddr]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for client in clients {
        statuses.push(host.send_from(request(), *client).await.status);
    }
    statuses
}

#[tokio::test]
async fn limit_rate_is_enforced() {
    assert_eq!(statuses(&with("[limit]\nrate = \"2/day\""), || get("/f"), &[REMOTE; 3]).await, [200, 200, 429]);
    assert_eq!(statuses(&with(""), || get("/f"), &[REMOTE; 3]).await, [200; 3]);
}

#[tokio::test]
async fn limit_burst_is_enforced() {
    let host = with("[limit]\nrate = \"2/day\"\nburst = 1");
    assert_eq!(statuses(&host, || get("/f"), &[REMOTE; 2]).await, [200, 429]);
    let host = with("[limit]\nrate = \"2/day\"\nburst = 3");
    assert_eq!(statuses(&host, || get("/f"), &[REMOTE; 4]).await, [200, 200, 200, 429]);
}

#[tokio::test]
async fn limit_by_is_enforced() {
    let keyed = || get("/f").with("x-key", "one");
    let clients = [REMOTE, REMOTE, LOCAL];
    let by = |by: &str| with(&format!("[limit]\nrate = \"1/day\"\n{by}"));
    assert_eq!(statuses(&by(""), keyed, &clients).await, [200, 429, 200]);
    assert_eq!(statuses(&by("by = \"ip\""), keyed, &clients).await, [200, 429, 200]);
    assert_eq!(statuses(&by("by = \"header:x-key\""), keyed, &clients).await, [200, 429, 429]);
    assert_eq!(statuses(&by("by = \"header:x-other\""), keyed, &clients).await, [200, 429, 200]);
}

#[tokio::test]
async fn ip_allow_is_enforced() {
    let host = with("[ip]\nallow = [\"192.0.2.0/24\"]");
    assert_eq!(statuses(&host, || get("/f"), &[REMOTE, LOCAL]).await, [200, 403]);
    assert_eq!(host.instances(), 1);
}

#[tokio::test]
async fn ip_deny_is_enforced() {
    let host = with("[ip]\nallow = [\"192.0.2.0/24\", \"127.0.0.1\"]\ndeny = [\"192.0.2.7\"]");
    assert_eq!(statuses(&host, || get("/f"), &[REMOTE, LOCAL]).await, [403, 200]);
    let host = with("[ip]\ndeny = [\"127.0.0.1\"]");
    assert_eq!(statuses(&host, || get("/f"), &[REMOTE, LOCAL]).await, [200, 403]);
    assert_eq!(host.instances(), 1);
}
