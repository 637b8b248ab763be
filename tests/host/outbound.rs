//! Requests that functions send: what is granted goes out as it should, and nothing else does. The attack suite's half about
//! HTTP, tried from inside a guest in both ways that there are.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::server::{Act, Server, ok};
use crate::support::{Answer, Host, With, get, host, log, post};

/// Both ways out.
pub(crate) const WAYS: [&str; 2] = ["contract", "wasi"];

/// A policy with this table of grants.
pub(crate) fn granted(grants: &str) -> String {
    format!("access = \"public\"\n[grants]\n{grants}\n")
}

/// A policy that grants one server on this machine.
pub(crate) fn to(server: &Server) -> String {
    granted(&format!("http = [\"{}\"]\nhttp_private = true", server.origin()))
}

/// Has the guest `/fetch` do what it is told.
pub(crate) async fn fetch(host: &Host, told: Value) -> (Answer, Value) {
    let answer = host.send(post("/fetch", told.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let came = answer.json();
    (answer, came)
}

/// What is said of what was denied: one line.
fn denial(answer: &Answer) -> String {
    let lines = log::guest(answer.id());
    let said: Vec<String> = lines.iter().map(|line| line.field("message").to_owned()).collect();
    assert_eq!(said.len(), 1, "{said:?} {answer:?}");
    said[0].clone()
}

/// Sends a request to `url` both ways, which has to be denied with a line that ends as `allow` says.
async fn is_denied(host: &Host, url: &str, allow: &str) {
    for via in WAYS {
        let (answer, came) = fetch(host, json!({ "url": url, "via": via })).await;
        assert!(came["error"].is_string(), "{via} {url}: {came}");
        let said = denial(&answer);
        assert!(said.ends_with(allow), "{via} {url}: {said}");
        match via {
            "contract" => {
                let text = came["text"].as_str().unwrap();
                assert!(came["error"] == "denied" && text.ends_with(allow), "{url}: {came}");
                // What a name stands for is in the log alone.
                assert!(!text.contains('('), "{url}: {came}");
                assert!(!url.contains("localhost") || !text.contains("127.0.0.1"), "{url}: {came}");
            }
            _ => assert_eq!(came, json!({ "error": "ErrorCode::HttpRequestDenied" }), "{url}"),
        }
    }
}

const NOTHING_CAN: &str = "is out of reach: nothing in a policy can grant it";

fn write(line: &str) -> String {
    format!("is not granted: write {line} under [grants] in the function's policy")
}

/// Ways to write the loopback, a private network and a cloud's own services.
fn private_urls(port: u16) -> Vec<String> {
    [
        "127.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "100.100.100.200",
        "localhost",
    ]
    .map(|host| format!("http://{host}:{port}/latest/meta-data/"))
    .into()
}

#[tokio::test]
async fn grants_http_is_enforced() {
    let server = Server::saying("").await;
    let another = granted("http = [\"https://api.example\"]\nhttp_private = true");
    let host = host().function("fetch", "fetch", &to(&server)).function("other", "fetch", &another).start();
    let told = json!({ "url": server.origin() });
    assert_eq!(fetch(&host, told.clone()).await.1["status"], 200);
    assert_eq!(host.send(post("/other", told.to_string())).await.json()["error"], "denied");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn grants_http_private_is_enforced() {
    let server = Server::saying("").await;
    let public = granted(&format!("http = [\"{}\"]", server.origin()));
    let host = host().function("fetch", "fetch", &to(&server)).function("other", "fetch", &public).start();
    let told = json!({ "url": server.origin() });
    assert_eq!(fetch(&host, told.clone()).await.1["status"], 200);
    assert_eq!(host.send(post("/other", told.to_string())).await.json()["error"], "denied");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn without_a_grant_nothing_is_reached() {
    let server = Server::saying("secret").await;
    let host = host().function("fetch", "fetch", &granted("")).start();
    let origin = server.origin();
    is_denied(&host, &format!("{origin}/x?y"), &write(&format!("http = [\"{origin}\"] and http_private = true"))).await;
    is_denied(&host, "https://api.example/a?b", &write("http = [\"https://api.example\"]")).await;
    is_denied(&host, "http://metadata.google.internal/", &write("http = [\"http://metadata.google.internal\"]")).await;
    assert_eq!(server.connections(), 0);
    assert_eq!(host.metric("vestibule_outbound_requests_total{function=\"fetch\",outcome=\"denied\"}"), 6);
}

#[tokio::test]
async fn a_grant_of_every_host_reaches_nothing_private() {
    let server = Server::saying("secret").await;
    let port = server.port();
    let policy = granted(&format!("http = [\"http://*:{port}\"]"));
    let host = host().function("fetch", "fetch", &policy).start();
    for url in private_urls(port) {
        is_denied(&host, &url, &write("http_private = true")).await;
    }
    for address in ["0.0.0.0", "[::]", "224.0.0.1", "255.255.255.255", "[ff02::1]"] {
        is_denied(&host, &format!("http://{address}:{port}/"), NOTHING_CAN).await;
    }
    assert_eq!(server.connections(), 0, "nobody came through");
}

#[tokio::test]
async fn a_grant_is_for_its_scheme_host_and_port_alone() {
    let (server, other) = (Server::saying("granted").await, Server::saying("secret").await);
    let host = host().function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        let url = format!("{}/a?b", server.origin());
        let (_, came) = fetch(&host, json!({ "url": url, "via": via })).await;
        assert_eq!((&came["status"], &came["body"]), (&json!(200), &json!("granted")), "{via} {came}");
    }
    let line = format!("http = [\"{}\"] and http_private = true", other.origin());
    is_denied(&host, &format!("{}/", other.origin()), &write(&line)).await;
    let secure = format!("https://{}", server.address);
    is_denied(&host, &format!("{secure}/"), &write(&format!("http = [\"{secure}\"] and http_private = true"))).await;
    assert_eq!((server.connections(), other.connections()), (1, 0));
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_not_sent() {
    let server = Server::saying("secret").await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    let address = server.address;
    for url in [
        format!("http://api.example@{address}/"),
        format!("http://{address}@api.example/"),
        format!("http://user:pw@{address}/"),
        format!("ftp://{address}/"),
        "http://".to_owned(),
        format!("//{address}/"),
    ] {
        let (answer, came) = fetch(&host, json!({ "url": url })).await;
        assert_eq!(came["error"], "invalid", "{url}: {came}");
        assert_eq!(log::guest(answer.id()).len(), 0);
        let (_, came) = fetch(&host, json!({ "url": url, "via": "wasi" })).await;
        assert!(came["error"].is_string(), "{url}: {came}");
    }
    for (field, value) in [
        ("method", json!("CONNECT")),
        ("method", json!("GE T")),
        ("method", json!("M".repeat(33))),
        ("headers", json!([["x", "a\r\nhost: evil.example"]])),
        ("headers", json!([["x y", "a"]])),
    ] {
        let (_, came) = fetch(&host, json!({ "url": server.origin(), field: value })).await;
        assert_eq!(came["error"], "invalid", "{field}: {came}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_the_guests_business_and_is_checked_again() {
    let other = Server::saying("secret").await;
    let secret = other.origin();
    let lead = secret.clone();
    let server = Server::start(move |_| {
        vec![Act::Send(format!("HTTP/1.1 302 Found\r\nlocation: {lead}/\r\ncontent-length: 0\r\n\r\n").into())]
    })
    .await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via })).await;
        assert_eq!((&came["status"], &came["location"]), (&json!(302), &json!(format!("{secret}/"))), "{via} {came}");
        let (answer, came) = fetch(&host, json!({ "url": server.origin(), "via": via, "follow": true })).await;
        assert!(came["error"].is_string(), "{via} {came}");
        assert!(denial(&answer).ends_with(&write(&format!("http = [\"{secret}\"] and http_private = true"))));
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn the_hosts_own_listeners_are_never_reached() {
    let listeners = ["127.0.0.1:0", "0.0.0.0:0"].map(|address| TcpListener::bind(address).unwrap());
    let addresses: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
    let ports: Vec<u16> = addresses.iter().map(|address| address.port()).collect();
    let policy =
        granted(&format!("http = [\"http://*:{}\", \"http://*:{}\"]\nhttp_private = true", ports[0], ports[1]));
    let host = host().function("fetch", "fetch", &policy).start();
    host.app.outbound.keep_from(addresses);
    for host_name in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
        for port in &ports {
            is_denied(&host, &format!("http://{host_name}:{port}/metrics"), NOTHING_CAN).await;
        }
    }
    is_denied(&host, &format!("http://127.0.0.2:{}/", ports[1]), NOTHING_CAN).await;
    for listener in &listeners {
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody came through");
    }
}

#[tokio::test]
async fn what_the_host_says_of_a_request_the_guest_cannot() {
    let server = Server::start(|_| {
        let head =
            "HTTP/1.1 200 OK\r\nconnection: x-hop\r\nx-hop: 1\r\nx-one: 1\r\nX-One: 2\r\ncontent-length: 0\r\n\r\n";
        vec![Act::Send(head.into())]
    })
    .await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    let headers = json!([
        ["Host", "evil.example"],
        ["content-length", "7"],
        ["transfer-encoding", "chunked"],
        ["connection", "x-gone"],
        ["x-gone", "1"],
        ["expect", "100-continue"],
        ["X-Kept", "grün"],
    ]);
    let told = json!({ "url": server.origin(), "method": "POST", "headers": headers, "body": "four" });
    let (_, came) = fetch(&host, told).await;
    assert_eq!(came["headers"], json!([["x-one", "1"], ["x-one", "2"], ["content-length", "0"]]), "{came}");
    let requests = server.requests();
    let head = format!("POST / HTTP/1.1\r\nx-kept: grün\r\nhost: {}\r\ncontent-length: 4\r\n\r\nfour", server.address);
    assert_eq!(requests, [head]);
}

#[tokio::test]
async fn a_body_streams_through_wasi_http() {
    let server = Server::start(|request| vec![ok(&format!("{} bytes", request.len()))]).await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    let told = json!({ "url": server.origin(), "via": "wasi", "method": "PUT", "body": "x".repeat(100_000) });
    let (_, came) = fetch(&host, told).await;
    assert_eq!(came["status"], 200, "{came}");
    let requests = server.requests();
    assert!(requests[0].starts_with("PUT / HTTP/1.1\r\n") && requests[0].contains("transfer-encoding: chunked"));
    assert_eq!(requests[0].matches('x').count(), 100_000);
}

#[tokio::test]
async fn the_trace_of_a_request_goes_on_with_what_its_function_sends() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let server = Server::saying("").await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        let told = json!({ "url": server.origin(), "via": via }).to_string();
        let request = post("/fetch", told).with("traceparent", PARENT).with("tracestate", "vendor=1");
        assert_eq!(host.send(request).await.status, 200);
        let own = json!({ "url": server.origin(), "via": via, "headers": [["traceparent", "own"]] }).to_string();
        host.send(post("/fetch", own).with("traceparent", PARENT).with("tracestate", "vendor=1")).await;
        fetch(&host, json!({ "url": server.origin(), "via": via })).await;
    }
    let requests = server.requests();
    for three in requests.chunks(3) {
        assert!(three[0].contains(&format!("traceparent: {PARENT}\r\ntracestate: vendor=1\r\n")), "{}", three[0]);
        assert!(three[1].contains("traceparent: own\r\n") && !three[1].contains("tracestate"), "{}", three[1]);
        assert!(!three[2].contains("trace"), "{}", three[2]);
    }
}

#[tokio::test]
async fn connections_are_used_again_by_their_own_function_alone() {
    let server = Server::saying("").await;
    let host = host().function("fetch", "fetch", &to(&server)).function("other", "fetch", &to(&server)).start();
    let told = json!({ "url": server.origin() });
    for via in WAYS {
        for _ in 0..3 {
            let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via })).await;
            assert_eq!(came["status"], 200);
        }
    }
    assert_eq!(server.connections(), 1, "six instances, one after the other");
    assert_eq!(host.send(post("/other", told.to_string())).await.status, 200);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_call_that_has_computed_for_long_sends_requests_as_any_other() {
    let server = Server::saying("hello").await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        for spin in [50, 0] {
            let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via, "spin_ms": spin })).await;
            assert_eq!((&came["status"], &came["body"]), (&json!(200), &json!("hello")), "{via}");
        }
    }
    assert_eq!(server.connections(), 1, "on the threads that outlive the call");
}

#[tokio::test]
async fn the_log_says_where_to_and_not_what() {
    let server = Server::saying("12345").await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        let url = format!("{}/bot7f3c/send?key=hunter2", server.origin());
        let (answer, _) = fetch(&host, json!({ "url": url, "via": via })).await;
        let lines = log::lines(answer.id());
        let sent: Vec<_> = lines.iter().filter(|line| line.field("message") == "sent").collect();
        assert_eq!(sent.len(), 1, "{via}");
        for (field, value) in [
            ("origin", server.origin().as_str()),
            ("method", "GET"),
            ("status", "200"),
            ("outcome", "ok"),
            ("function", "fetch"),
            ("body_bytes", "5"),
        ] {
            assert_eq!(sent[0].field(field), value, "{via} {}", sent[0]);
        }
        assert!(!sent[0].to_string().contains("hunter2") && !sent[0].to_string().contains("bot7f3c"));
    }
    assert_eq!(host.metric("vestibule_outbound_requests_total{function=\"fetch\",outcome=\"ok\"}"), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_and_no_denial() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let policy = granted(&format!("http = [\"http://{gone}\", \"http://no-such-name.invalid\"]\nhttp_private = true"));
    let host = host().function("fetch", "fetch", &policy).start();
    for (url, contract, wasi) in [
        (format!("http://{gone}/"), "connect", "ErrorCode::DestinationUnavailable"),
        ("http://no-such-name.invalid/".to_owned(), "dns", "ErrorCode::DnsError"),
    ] {
        let (answer, came) = fetch(&host, json!({ "url": url })).await;
        assert_eq!(came["error"], contract, "{came}");
        assert_eq!(log::guest(answer.id()).len(), 0);
        let (_, came) = fetch(&host, json!({ "url": url, "via": "wasi" })).await;
        assert!(came["error"].as_str().unwrap().starts_with(wasi), "{came}");
    }
}

#[tokio::test]
async fn the_example_says_the_title_of_a_page_that_it_is_granted() {
    let server = Server::saying("<title>A page &amp; more</title>").await;
    let host = host().function("fetch-title", "fetch-title", &to(&server)).start();
    let answer = host.send(get(&format!("/fetch-title?url={}", server.origin()))).await;
    assert_eq!((answer.status, &answer.json()["title"]), (200, &json!("A page &amp; more")));
    let answer = host.send(get("/fetch-title?url=https://other.example/")).await;
    assert_eq!(answer.status, 403);
    assert!(denial(&answer).ends_with(&write("http = [\"https://other.example\"]")));
}

#[tokio::test]
async fn a_call_ends_with_its_requests() {
    let server = Server::start(|_| vec![Act::Hang]).await;
    let policy = format!("timeout = \"200ms\"\n{}", to(&server));
    let host = host().function("fetch", "fetch", &policy).start();
    for via in WAYS {
        let began = std::time::Instant::now();
        let answer = host.send(post("/fetch", json!({ "url": server.origin(), "via": via }).to_string())).await;
        assert_eq!(answer.status, 504, "{via}");
        assert!(began.elapsed() < Duration::from_secs(5), "{via}");
        server.alone().await;
    }
    assert_eq!(host.metric("vestibule_outbound_requests_total{function=\"fetch\",outcome=\"dropped\"}"), 2);
}
