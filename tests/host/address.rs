//! Addresses: from where a function may be called, and whose address a request has that came through a proxy.

use std::net::IpAddr;
use std::time::Instant;

use http::{Method, Request};
use vestibule_host::reload::STILL;

use crate::support::{Answer, Body, Host, LOCAL, PUBLIC, REMOTE, With, get, host, log, request};

/// The proxy of these tests.
const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

const TRUSTED: &str = "trusted_proxies = [\"10.0.0.0/8\"]\n";

fn from(address: &str) -> IpAddr {
    address.parse().unwrap()
}

/// A host with echo as `/f` behind proxies in 10.0.0.0/8; anyone may call.
fn behind_proxies(settings: &str, policy: &str) -> Host {
    host().function("f", "echo", &format!("{PUBLIC}{policy}")).settings(&format!("{TRUSTED}{settings}")).start()
}

fn forwarded(header: &str, value: &str) -> Request<Body> {
    get("/f").with(header, value)
}

/// The client's address, as the function and the log have it.
fn client(answer: &Answer) -> String {
    let event = answer.json()["event"]["client"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    assert_eq!(log::access(answer.id()).field("client"), event);
    event
}

#[tokio::test]
async fn only_addresses_that_the_policy_allows_reach_the_function() {
    let policy = format!("{PUBLIC}[ip]\nallow = [\"192.0.2.0/24\", \"2001:db8::/32\"]\ndeny = [\"192.0.2.66\"]\n");
    let host = host().function("f", "canary", &policy).start();
    for (client, status) in [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("2001:db8:1::1", 200),
        ("192.0.2.66", 403),
        ("::ffff:192.0.2.66", 403),
        ("192.0.3.7", 403),
        ("127.0.0.1", 403),
        ("2001:db9::1", 403),
    ] {
        let before = host.instances();
        let answer = host.send_from(get("/f"), from(client)).await;
        assert_eq!(answer.status, status, "{client}");
        assert_eq!(host.instances(), before + u64::from(status == 200), "{client}");
        if status == 403 {
            assert_eq!(answer.json()["error"], "forbidden");
            assert_eq!(log::access(answer.id()).field("stage"), "address");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_cut_away_byte_by_byte_lets_nobody_in() {
    let policy = format!("{PUBLIC}[ip]\nallow = [\"192.0.2.0/24\"]\n");
    let host = host().function("f", "canary", &policy).start();
    let mut now = Instant::now();
    for length in (0..policy.len()).rev().chain(0..=policy.len()) {
        host.write("f.toml", &policy[..length]);
        // As an editor, or a disk that fills up, may leave it for a moment.
        now += STILL / 4;
        host.look(now);
        let status = host.send_from(get("/f"), from("198.51.100.1")).await.status;
        assert!([403, 503].contains(&status), "{:?}: {status}", &policy[..length]);
    }
    now += STILL;
    host.look(now);
    assert_eq!(host.send_from(get("/f"), REMOTE).await.status, 200);
    assert_eq!(host.instances(), 1);
}

#[tokio::test]
async fn an_address_is_looked_at_before_everything_else() {
    let policy = format!("{PUBLIC}methods = [\"POST\"]\nbody_limit = \"2B\"\n[ip]\ndeny = [\"192.0.2.0/24\"]\n");
    let host = host().function("f", "canary", &policy).start();
    for (method, local) in [(Method::OPTIONS, 204), (Method::GET, 405), (Method::POST, 413)] {
        let send = |client| host.send_from(request(method.clone(), "/f", Body::claims(3)), client);
        assert_eq!(send(REMOTE).await.status, 403, "{method}");
        assert_eq!(send(LOCAL).await.status, local, "{method}");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn a_list_of_addresses_declares_nothing() {
    let host = host().function("f", "canary", "[ip]\nallow = [\"192.0.2.0/24\", \"127.0.0.2\"]\n").start();
    for (client, status) in [("192.0.2.7", 403), ("127.0.0.1", 403), ("127.0.0.2", 200)] {
        assert_eq!(host.send_from(get("/f"), from(client)).await.status, status, "{client}");
    }
    let outside = crate::support::host().function("f", "canary", "[ip]\nallow = [\"127.0.0.1\"]\n");
    assert_eq!(outside.settings("listen = \"0.0.0.0:80\"").start().send(get("/f")).await.status, 503);
}

#[tokio::test]
async fn what_a_trusted_proxy_says_is_the_clients_address_everywhere() {
    let host = behind_proxies("", "");
    for (value, expected) in [
        ("192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("not an address, 192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ] {
        let answer = host.send_from(forwarded("x-forwarded-for", value), PROXY).await;
        assert_eq!(client(&answer), expected, "{value}");
    }
    let two_lines = forwarded("x-forwarded-for", "198.51.100.1").with("x-forwarded-for", "192.0.2.7");
    assert_eq!(client(&host.send_from(two_lines, PROXY).await), "192.0.2.7");
    assert_eq!(client(&host.send_from(get("/f"), PROXY).await), "10.0.0.1", "it asks for itself");
    assert_eq!(client(&host.send_from(get("/f"), from("::ffff:10.0.0.1")).await), "10.0.0.1");
}

#[tokio::test]
async fn nobody_else_says_who_the_client_is() {
    let said = "192.0.2.66";
    let with_all = || {
        let request = forwarded("x-forwarded-for", said).with("forwarded", format!("for={said}"));
        request.with("x-real-ip", said).with("cf-connecting-ip", said).with("true-client-ip", said)
    };
    let trusting = behind_proxies("", "");
    assert_eq!(client(&trusting.send_from(with_all(), REMOTE).await), "192.0.2.7", "it is no proxy of theirs");
    let alone = host().function("f", "echo", PUBLIC).start();
    assert_eq!(client(&alone.send_from(with_all(), PROXY).await), "10.0.0.1", "no proxy is trusted");
    // The header that the proxies do not write may be the client's own.
    let other = get("/f").with("forwarded", format!("for={said}"));
    assert_eq!(client(&trusting.send_from(other, PROXY).await), "10.0.0.1");
    let rfc = behind_proxies("forwarded_header = \"forwarded\"\n", "");
    assert_eq!(client(&rfc.send_from(forwarded("x-forwarded-for", said), PROXY).await), "10.0.0.1");
    let both = forwarded("x-forwarded-for", said).with("forwarded", "for=192.0.2.7;proto=https");
    assert_eq!(client(&rfc.send_from(both, PROXY).await), "192.0.2.7");
}

#[tokio::test]
async fn a_proxy_that_is_not_understood_is_not_guessed_at() {
    let host = behind_proxies("", "");
    let rfc = behind_proxies("forwarded_header = \"forwarded\"\n", "");
    for (host, header, value) in [
        (&host, "x-forwarded-for", "unknown"),
        (&host, "x-forwarded-for", ""),
        (&host, "x-forwarded-for", "192.0.2.7, nonsense, 10.0.0.2"),
        (&rfc, "forwarded", "for=unknown"),
        (&rfc, "forwarded", "for=192.0.2.7, for=_hidden"),
        (&rfc, "forwarded", "for=\"192.0.2.7"),
    ] {
        let answer = host.send_from(forwarded(header, value), PROXY).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &"bad request".into()), "{value}");
        let line = log::access(answer.id());
        assert!(line.field("reason").contains("does not say where it was reached from"), "{line}");
        assert_eq!((line.field("stage"), line.field("client")), ("route", "10.0.0.1"), "{value}");
        assert_eq!(host.instances(), 0, "{value}");
    }
}

#[tokio::test]
async fn lists_and_quotas_go_by_the_clients_address() {
    let host = behind_proxies("", "[limit]\nrate = \"2/day\"\n[ip]\ndeny = [\"198.51.100.0/24\", \"10.0.0.0/8\"]\n");
    for (value, status) in [
        ("192.0.2.7", 200),
        ("198.51.100.1, 192.0.2.7", 200),
        // What a client puts before it is no way round.
        ("192.0.2.66, 192.0.2.7", 429),
        ("192.0.2.8", 200),
        ("198.51.100.1", 403),
        ("192.0.2.7, 198.51.100.1", 403),
    ] {
        let answer = host.send_from(forwarded("x-forwarded-for", value), PROXY).await;
        assert_eq!(answer.status, status, "{value}");
    }
    assert_eq!(host.send_from(get("/f"), PROXY).await.status, 403);
}

#[tokio::test]
async fn other_proxies_count_from_the_next_request_on() {
    let host = behind_proxies("", "");
    let ask = || host.send_from(forwarded("x-forwarded-for", "192.0.2.7"), PROXY);
    assert_eq!(client(&ask().await), "192.0.2.7");
    let text = std::fs::read_to_string(host.functions().join("../host.toml")).unwrap();
    host.write("../host.toml", text.replace("10.0.0.0/8", "10.1.0.0/16"));
    let now = Instant::now();
    host.look(now);
    host.look(now + STILL);
    assert_eq!(client(&ask().await), "10.0.0.1");
}
