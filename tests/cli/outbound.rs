//! Requests that functions of a real process send: past every proxy that its environment names, and never to itself.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Host, Site};

/// A server that answers one request with status 200; returns the request's first line.
fn server() -> (SocketAddr, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let first = lines.next().unwrap();
        lines.find(String::is_empty).unwrap();
        (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nserver").unwrap();
        first
    });
    (address, serving)
}

fn fetch(host: &Host, url: &str, via: &str) -> Value {
    let told = json!({ "url": url, "via": via }).to_string();
    let reply = host.request("POST", "/fetch", &[], told.as_bytes());
    assert_eq!(reply.status, 200);
    reply.json()
}

#[test]
fn no_proxy_that_the_environment_names_is_asked() {
    let (proxy, _waiting) = server();
    for via in ["contract", "wasi"] {
        let (address, serving) = server();
        let policy = format!("access = \"public\"\n[grants]\nhttp = [\"http://{address}\"]\nhttp_private = true\n");
        let mut site = Site::new().component("hostile/fetch", "fetch").file("fetch.toml", policy);
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            site = site.env(name, &format!("http://{proxy}"));
        }
        let came = fetch(&site.start(), &format!("http://{address}/direct"), via);
        assert_eq!((&came["status"], &came["body"]), (&json!(200), &json!("server")), "{via}: {came}");
        assert_eq!(serving.join().unwrap(), "GET /direct HTTP/1.1", "{via}");
    }
}

#[test]
fn the_process_is_never_connected_with_itself() {
    let site = Site::new().component("hostile/fetch", "fetch").example("hello");
    // Ports are known only when it runs: every one of them is granted then.
    let mut host = site.file("fetch.toml", "access = \"public\"\n").listen("0.0.0.0:0".parse().unwrap()).start();
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let (listen, admin) = (port(&host.address), port(&host.admin));
    host.address = format!("127.0.0.1:{listen}");
    let policy = format!(
        "access = \"public\"\n[grants]\nhttp = [\"http://*:{listen}\", \"http://*:{admin}\"]\nhttp_private = true\n"
    );
    std::fs::write(host.functions().join("fetch.toml"), policy).unwrap();
    host.wait_for_line(|line| line.contains("fetch: grants none -> "));
    for url in [
        format!("http://127.0.0.1:{listen}/hello"),
        format!("http://127.0.0.7:{listen}/hello"),
        format!("http://[::1]:{listen}/hello"),
        format!("http://0.0.0.0:{listen}/hello"),
        format!("http://localhost:{listen}/hello"),
        format!("http://127.0.0.1:{admin}/metrics"),
        format!("http://2130706433:{admin}/metrics"),
    ] {
        let came = fetch(&host, &url, "contract");
        let said = came["text"].as_str().unwrap_or_default();
        assert_eq!(came["error"], "denied", "{url}: {came}");
        assert!(said.ends_with("is out of reach: nothing in a policy can grant it"), "{url}: {said}");
        assert_eq!(fetch(&host, &url, "wasi")["error"], "ErrorCode::HttpRequestDenied", "{url}");
    }
}
