//! Quotas, lists of addresses and trusted proxies over real connections, and that the start-up table shows them.

use crate::client::{Connection, headers};
use crate::support::{Host, Site};

/// A host whose `/hello` may be called twice a day, and not from one network.
fn limited() -> Host {
    let policy = "access = \"public\"\n[limit]\nrate = \"2/day\"\n[ip]\ndeny = [\"192.0.2.0/24\"]\n";
    Site::new().component("hello", "hello").file("hello.toml", policy).start()
}

#[test]
fn what_is_over_the_limit_is_refused_on_the_same_connection_and_on_others() {
    let host = limited();
    host.wait_for_line(|line| line.contains("2/day by ip, burst 2; all but 1 network"));
    let mut connection = host.connect();
    let ask = |connection: &mut Connection| connection.send("GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n").reply();
    for left in ["\"ip\";r=1;t=43200", "\"ip\";r=0;t=43200"] {
        let reply = ask(&mut connection);
        assert_eq!((reply.status, reply.header("ratelimit")), (200, Some(left)));
        assert_eq!(reply.header("ratelimit-policy"), Some("\"ip\";q=2;w=86400"));
    }
    for connection in [&mut connection, &mut host.connect()] {
        let reply = ask(connection);
        assert_eq!((reply.status, reply.json()["error"].as_str()), (429, Some("too many requests")));
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=43200).contains(&wait), "{wait}");
    }
    assert_eq!(host.instances(), 2);
}

#[test]
fn a_client_that_is_over_the_limit_sends_no_body() {
    let host = limited();
    for _ in 0..2 {
        assert_eq!(host.get("/hello").status, 200);
    }
    let head = "POST /hello HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n";
    assert_eq!(host.connect().send(head).reply().status, 429, "and not 100");
}

#[test]
fn what_a_trusted_proxy_says_counts_and_what_a_client_says_does_not() {
    let policy = "access = \"public\"\n[limit]\nrate = \"2/day\"\n[ip]\ndeny = [\"198.51.100.0/24\"]\n";
    let site = || Site::new().component("hostile/echo", "echo").file("echo.toml", policy);
    let ask =
        |host: &Host, forwarded: &str| host.request("GET", "/echo", &headers([("x-forwarded-for", forwarded)]), b"");
    let proxied = site().settings("trusted_proxies = [\"127.0.0.1\"]\n").start();
    for (forwarded, status) in [
        ("192.0.2.1", 200),
        ("203.0.113.5, 192.0.2.1", 200),
        ("203.0.113.6, 192.0.2.1", 429),
        ("192.0.2.2", 200),
        ("192.0.2.9, 198.51.100.1", 403),
        ("198.51.100.1, 192.0.2.3", 200),
        ("192.0.2.4, unknown", 400),
    ] {
        let reply = ask(&proxied, forwarded);
        assert_eq!(reply.status, status, "{forwarded}");
        if status == 200 {
            let client = forwarded.rsplit(", ").next();
            assert_eq!(reply.json()["event"]["client"].as_str(), client, "{forwarded}");
            proxied.wait_for_line(|line| line.contains(&format!("client={}", client.unwrap())));
        }
    }
    assert_eq!(proxied.instances(), 4);

    let alone = site().start();
    for (forwarded, status) in [("198.51.100.1", 200), ("192.0.2.1", 200), ("192.0.2.2", 429)] {
        assert_eq!(ask(&alone, forwarded).status, status, "{forwarded}");
    }
}

#[test]
fn behind_a_trusted_proxy_an_undeclared_function_is_not_served() {
    let host = Site::new().component("hello", "hello").settings("trusted_proxies = [\"127.0.0.1\"]\n").start();
    assert_eq!((host.get("/hello").status, host.instances()), (503, 0));
}
