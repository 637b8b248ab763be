//! Servers that send too much, too slowly or no HTTP at all, and functions that ask too much: all within `[outbound]`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::outbound::{WAYS, fetch, granted, to};
use crate::support::server::{Act, Server, ok};
use crate::support::{Host, host, post};

const SETTINGS: &str = "[outbound]\nresponse_bytes = \"64KiB\"\nrequest_bytes = \"8KiB\"\nheader_bytes = \"8KiB\"\n\
                        header_count = 20\ntimeout = \"400ms\"\nconnect_timeout = \"100ms\"\n";

fn send(text: &str) -> Act {
    Act::Send(text.into())
}

/// A host whose `/fetch` may ask a server that does this.
async fn asking(acts: Vec<Act>) -> (Host, Server) {
    let server = Server::start(move |_| acts.clone()).await;
    let host = host().settings(SETTINGS).function("fetch", "fetch", &to(&server)).start();
    (host, server)
}

/// An error's name, or its text, without what differs between the two.
fn plain(error: &str) -> String {
    error.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// What came of asking, both ways: the error, or why the body was cut.
async fn errors(host: &Host, server: &Server) -> [String; 2] {
    let mut all = Vec::new();
    for via in WAYS {
        let began = Instant::now();
        let (_, came) = fetch(host, json!({ "url": server.origin(), "via": via })).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{via}: {:?}", began.elapsed());
        let error = [&came["error"], &came["cut"]].into_iter().find_map(Value::as_str);
        all.push(plain(error.unwrap_or_else(|| panic!("{via}: {came}"))));
        if let Some(length) = came["length"].as_u64() {
            assert!(length <= 64 << 10, "{via}: {length}");
        }
    }
    server.alone().await;
    all.try_into().unwrap()
}

#[tokio::test]
async fn answers_that_are_too_long_are_cut() {
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let until_closed = "HTTP/1.1 200 OK\r\n\r\n";
    for acts in [
        vec![send("HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n"), Act::Hang],
        vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9999999999999999\r\n\r\n"), Act::Hang],
        vec![send(endless), Act::Repeat(chunk.into(), Duration::ZERO)],
        vec![send(until_closed), Act::Repeat(vec![b'x'; 10_000], Duration::ZERO)],
    ] {
        let name = format!("{:.80}", format!("{:?}", acts[0]));
        let (host, server) = asking(acts).await;
        let [contract, wasi] = errors(&host, &server).await;
        assert_eq!(contract, "toolarge", "{name}");
        assert!(wasi.contains("httpresponsebodysize"), "{name}: {wasi}");
        assert_eq!(host.metric("vestibule_outbound_requests_total{function=\"fetch\",outcome=\"too_large\"}"), 2);
    }
}

#[tokio::test]
async fn an_answer_of_just_the_limit_comes_whole() {
    let body = "x".repeat(64 << 10);
    let server = Server::start(move |_| vec![ok(&body)]).await;
    let host = host().settings(SETTINGS).function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via })).await;
        assert_eq!((&came["length"], &came["cut"]), (&json!(64 << 10), &Value::Null), "{via}");
    }
}

#[tokio::test]
async fn answers_that_take_too_long_are_cut() {
    let pause = Duration::from_millis(20);
    for acts in [
        vec![Act::Hang],
        vec![send("HTTP/1.1 200 OK\r\n"), Act::Repeat(b"a: b\r\n".to_vec(), Duration::from_millis(100))],
        vec![send("HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n"), Act::Repeat(b"x".to_vec(), pause)],
        vec![send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"), Act::Repeat(b"1\r\nx\r\n".to_vec(), pause)],
    ] {
        let name = format!("{acts:?}");
        let (host, server) = asking(acts).await;
        let [contract, wasi] = errors(&host, &server).await;
        assert_eq!(contract, "timeout", "{name:.80}");
        assert!(wasi.contains("httpresponsetimeout"), "{name:.80}: {wasi}");
    }
}

#[tokio::test]
async fn a_guest_may_wait_for_less_than_the_host_would() {
    let server = Server::start(|_| vec![Act::Hang]).await;
    let host = host().function("fetch", "fetch", &to(&server)).start();
    let began = Instant::now();
    let (_, came) = fetch(&host, json!({ "url": server.origin(), "timeout_ms": 50 })).await;
    assert_eq!(came["error"], "timeout");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn headers_without_an_end_are_cut() {
    let many: String = (0..21).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(8 << 10));
    for acts in [
        vec![send("HTTP/1.1 200 OK\r\n"), Act::Repeat(b"x-flood: 1234567890\r\n".repeat(50), Duration::ZERO)],
        vec![send("HTTP/1.1 200 OK\r\nx: "), Act::Repeat(vec![b'y'; 4096], Duration::ZERO)],
        vec![Act::Repeat(vec![b'y'; 4096], Duration::ZERO)],
        vec![send(&format!("HTTP/1.1 200 OK\r\n{many}content-length: 0\r\n\r\n"))],
        vec![send(&format!("HTTP/1.1 200 OK\r\n{long}content-length: 0\r\n\r\n"))],
    ] {
        let name = format!("{:.60}", format!("{acts:?}"));
        let (host, server) = asking(acts).await;
        for via in WAYS {
            let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via })).await;
            let error = came["error"].as_str().unwrap_or_else(|| panic!("{name} {came}"));
            let expected =
                ["too-large", "protocol", "ErrorCode::HttpResponseHeaderSectionSize", "ErrorCode::HttpProtocolError"];
            assert!(expected.iter().any(|expected| error.starts_with(expected)), "{name}: {error}");
        }
        server.alone().await;
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for (acts, contract, wasi) in [
        (vec![Act::Close], "protocol", "httpprotocolerror"),
        (vec![send("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Act::Close], "protocol", "httpprotocolerror"),
        (
            vec![send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab")],
            "protocol",
            "httpprotocolerror",
        ),
        (vec![send("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n")], "protocol", "httpprotocolerror"),
        (vec![send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour"), Act::Close], "protocol", "httpprotocolerror"),
        (vec![send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")], "protocol", "httpprotocolerror"),
    ] {
        let name = format!("{acts:?}");
        let (host, server) = asking(acts).await;
        for (via, expected) in WAYS.into_iter().zip([contract, wasi]) {
            let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via })).await;
            let error = [&came["error"], &came["cut"]].into_iter().find_map(Value::as_str);
            assert!(error.is_some_and(|error| plain(error).contains(expected)), "{name:.100}: {came}");
        }
    }
}

#[tokio::test]
async fn a_request_that_is_too_long_is_not_sent_whole() {
    let server = Server::saying("").await;
    let host = host().settings(SETTINGS).function("fetch", "fetch", &to(&server)).start();
    for via in WAYS {
        // The first knows how long its body is, and so needs no connection.
        assert_eq!(server.connections(), 0);
        let told = json!({ "url": server.origin(), "via": via, "method": "POST", "body": "x".repeat(10_000) });
        let (_, came) = fetch(&host, told).await;
        let error = came["error"].as_str().unwrap_or_default();
        assert!(["too-large", "ErrorCode::HttpRequestBodySize(None)"].contains(&error), "{via}: {came}");
        let headers: Vec<[String; 2]> = (0..21).map(|n| [format!("x-{n}"), "1".into()]).collect();
        let (_, came) = fetch(&host, json!({ "url": server.origin(), "via": via, "headers": headers })).await;
        let error = came["error"].as_str().unwrap_or_default();
        assert!(["too-large", "ErrorCode::HttpRequestHeaderSectionSize(None)"].contains(&error), "{via}: {came}");
    }
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

/// Sends two requests at once, of functions on `paths`, to a server that answers none; returns what came of the first that
/// came back.
async fn two_at_once(host: &Host, server: &Server, paths: [&str; 2], via: &str) -> Value {
    let told = json!({ "url": server.origin(), "via": via }).to_string();
    let (one, other) = (host.send(post(paths[0], told.clone())), host.send(post(paths[1], told)));
    let (one, other) = tokio::join!(one, other);
    let all = [one.json(), other.json()];
    let busy: Vec<&Value> = all.iter().filter(|came| is_busy(came)).collect();
    assert_eq!(busy.len(), 1, "{all:?}");
    busy[0].clone()
}

fn is_busy(came: &Value) -> bool {
    ["busy", "ErrorCode::ConnectionLimitReached"].contains(&came["error"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn only_so_many_requests_are_on_their_way_at_once() {
    for (limit, paths) in [("function_concurrency", ["/fetch", "/fetch"]), ("concurrency", ["/fetch", "/other"])] {
        let server = Server::start(|_| vec![Act::Hang]).await;
        let settings = format!("{SETTINGS}{limit} = 1\n");
        let host = host().settings(&settings).function("fetch", "fetch", &to(&server));
        let host = host.function("other", "fetch", &to(&server)).start();
        for via in WAYS {
            two_at_once(&host, &server, paths, via).await;
            server.alone().await;
        }
        assert_eq!(server.connections(), 2, "{limit}: the others were not sent");
        // The places are free again.
        let (_, came) = fetch(&host, json!({ "url": server.origin() })).await;
        assert_eq!(came["error"], "timeout", "{limit}");
    }
}

#[tokio::test]
async fn one_function_waits_for_its_own_places_alone() {
    let server = Server::start(|_| vec![Act::Hang]).await;
    let quick = Server::saying("").await;
    let settings = format!("{SETTINGS}function_concurrency = 1\n");
    let host = host().settings(&settings).function("slow", "fetch", &to(&server));
    let host = host.function("fetch", "fetch", &to(&quick)).function("none", "fetch", &granted("")).start();
    let slow = host.send(post("/slow", json!({ "url": server.origin() }).to_string()));
    let other = async {
        for _ in 0..3 {
            let (_, came) = fetch(&host, json!({ "url": quick.origin() })).await;
            assert_eq!(came["status"], 200);
        }
    };
    let (slow, ()) = tokio::join!(slow, other);
    assert_eq!(slow.json()["error"], "timeout");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_has_its_places_no_longer_than_its_time() {
    let begun = vec![send("HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\nx"), Act::Hang];
    let server = Server::start(move |_| begun.clone()).await;
    let quick = Server::saying("").await;
    let settings = format!("{SETTINGS}concurrency = 1\n");
    let host = host().settings(&settings).function("holds", "fetch", &to(&server));
    let host = host.function("fetch", "fetch", &to(&quick)).start();
    let told = json!({ "url": server.origin(), "via": "wasi", "hold_ms": 3000 }).to_string();
    let holds = host.send(post("/holds", told));
    let other = async {
        while server.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (_, came) = fetch(&host, json!({ "url": quick.origin() })).await;
        assert_eq!(came["error"], "busy", "the one place is taken");
        tokio::time::sleep(Duration::from_millis(600)).await;
        let (_, came) = fetch(&host, json!({ "url": quick.origin() })).await;
        assert_eq!(came["status"], 200, "{came}");
        Instant::now()
    };
    let holds = async { (holds.await, Instant::now()) };
    let ((holds, ended), served) = tokio::join!(holds, other);
    assert!(served < ended, "while the first function held its answer");
    assert!(holds.json()["cut"].is_string(), "{holds:?}");
}
