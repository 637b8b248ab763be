//! The gates over a real connection: what passes, what is turned away, and that nothing of what is turned away ever has
//! a sandbox.

use std::time::{Duration, SystemTime};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use crate::client::{Connection, Reply, headers, signed};
use crate::support::{Host, Site};

const GITHUB: &str = "what github and the test know";
const STRIPE: &str = "whsec_of_the_test";
const JWT: &str = "a key of the test, 32 bytes long";

/// The answer to a `POST`, and how many sandboxes it took.
fn post(host: &Host, target: &str, headers: &[(String, String)], body: &[u8]) -> (u16, u64) {
    let before = host.instances();
    let reply = host.request("POST", target, headers, body);
    (reply.status, host.instances() - before)
}

#[test]
fn a_webhook_runs_only_with_its_true_signature() {
    let host = Site::new().secret("GITHUB_WEBHOOK_SECRET", GITHUB).example("github-webhook").start();
    let ping = b"{\"zen\":\"Keep it logically awesome.\"}";
    let mut headers = signed("github", GITHUB, ping, SystemTime::now());
    headers.push(("x-github-event".into(), "ping".into()));
    assert_eq!(post(&host, "/github-webhook", &headers, ping), (200, 1));

    let other_body = b"{\"zen\":\"Keep it logically awesome!\"}";
    assert_eq!(post(&host, "/github-webhook", &headers, other_body), (401, 0), "another body");
    let other_secret = signed("github", "another secret", ping, SystemTime::now());
    assert_eq!(post(&host, "/github-webhook", &other_secret, ping), (401, 0), "another secret");
    assert_eq!(post(&host, "/github-webhook", &[], ping), (401, 0), "no signature");
    let twice: Vec<_> = headers.iter().chain(&headers).cloned().collect();
    assert_eq!(post(&host, "/github-webhook", &twice, ping), (401, 0), "two signatures");

    let refused = host.request("POST", "/github-webhook", &[], ping);
    assert_eq!(refused.json()["error"], "signature missing or invalid");
    assert_eq!(refused.json()["request_id"].as_str(), refused.header("x-request-id"));
}

#[test]
fn an_old_signature_is_as_good_as_none() {
    let host = Site::new().secret("STRIPE_WEBHOOK_SECRET", STRIPE).example("stripe-webhook").start();
    let event = |id: usize| {
        let paid = json!({ "amount_paid": 1099, "currency": "eur" });
        json!({ "id": format!("evt_{id}"), "type": "invoice.paid", "data": { "object": paid } }).to_string()
    };
    let now = SystemTime::now();
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let times =
        [(now, (200, 1)), (now - minutes(4), (200, 1)), (now - minutes(6), (401, 0)), (now + minutes(6), (401, 0))];
    for (id, (time, expected)) in times.into_iter().enumerate() {
        let event = event(id).into_bytes();
        let headers = signed("stripe", STRIPE, &event, time);
        assert_eq!(post(&host, "/stripe-webhook", &headers, &event), expected, "{time:?}, now {now:?}");
    }
}

#[test]
fn a_caller_runs_only_with_a_valid_token() {
    let host = Site::new()
        .settings(
            "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"AUTH_JWT_SECRET\"\nissuer = \"https://auth.example\"\n",
        )
        .secret("AUTH_JWT_SECRET", JWT)
        .example("me")
        .start();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let get = |issuer: &str, key: &str, expires: u64| -> Reply {
        let claims = json!({ "iss": issuer, "sub": "user-42", "roles": ["editor"], "exp": expires });
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap();
        host.request("GET", "/me", &headers([("authorization", &format!("Bearer {token}"))]), b"")
    };
    let reply = get("https://auth.example", JWT, now + 600);
    assert_eq!((reply.status, host.instances()), (200, 1));
    assert_eq!(reply.json()["subject"], "user-42");
    assert_eq!(get("https://auth.example", JWT, now - 600).status, 401, "expired");
    assert_eq!(get("https://auth.example", "another key of 32 bytes in length", now + 600).status, 401, "another key");
    let foreign = get("https://other.example", JWT, now + 600);
    assert_eq!(foreign.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    let missing = host.get("/me");
    assert_eq!((missing.status, missing.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(host.instances(), 1);
}

#[test]
fn the_host_answers_for_methods_without_a_sandbox() {
    let host = Site::new().secret("GITHUB_WEBHOOK_SECRET", GITHUB).example("github-webhook").example("divide").start();
    for method in ["GET", "PUT", "HEAD", "PURGE"] {
        let mut connection = host.connect();
        let head = connection.send(format!("{method} /github-webhook HTTP/1.1\r\nhost: localhost\r\n\r\n")).head();
        assert_eq!((head.status, head.header("allow")), (405, Some("POST, OPTIONS")), "{method}");
    }
    let options = host.request("OPTIONS", "/divide", &[], b"");
    assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    assert!(options.body.is_empty());
    for path in ["/", "/github", "/github-webhookx", "/GitHub-Webhook"] {
        assert_eq!(host.get(path).status, 404, "{path}");
    }
    assert_eq!(host.instances(), 0);
}

#[test]
fn head_is_answered_where_get_is_allowed_and_has_no_body() {
    let host = Site::new().example("hello").example("hostile/trap").start();
    let mut connection = host.connect();
    let head = connection.send("HEAD /hello HTTP/1.1\r\nhost: localhost\r\n\r\n").head();
    assert_eq!((head.status, head.header("content-length")), (200, Some("14")));
    // The next answer on the connection begins where a body would have been.
    let head = connection.send("HEAD /hostile/trap HTTP/1.1\r\nhost: localhost\r\n\r\n").head();
    assert_eq!(head.status, 500);
    let get = connection.send("GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n").reply();
    assert_eq!(get.text(), "Hello, world!\n");
}

#[test]
fn a_body_past_its_limit_is_refused_before_it_is_read() {
    let host = Site::new().example("hostile/echo").start();
    let head = |framing: &str| format!("POST /hostile/echo?raw HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n\r\n");
    // Nothing is sent but the head: it says enough.
    let announced = host.connect().send(head("content-length: 2097152")).reply();
    assert_eq!((announced.status, announced.json()["error"].as_str()), (413, Some("request body too large")));
    // With chunks nobody knows before the last byte too many.
    let mut connection = host.connect();
    connection.send(head("transfer-encoding: chunked"));
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..16 {
        connection.send(&chunk);
    }
    assert_eq!(connection.send("1\r\nx\r\n").reply().status, 413);
    assert_eq!(host.instances(), 0);

    let largest = vec![b'x'; 1 << 20];
    let reply = host.request("POST", "/hostile/echo?raw", &[], &largest);
    assert!(reply.status == 200 && reply.body == largest, "the limit itself is allowed");
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on_only_for_a_body_that_will_be_read() {
    let host =
        Site::new().secret("GITHUB_WEBHOOK_SECRET", GITHUB).example("github-webhook").example("hostile/echo").start();
    let ask = |line: &str, length: usize| -> Connection {
        let mut connection = host.connect();
        connection.send(format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        ));
        connection
    };
    assert_eq!(ask("POST /hostile/echo", 2 << 20).reply().status, 413);
    assert_eq!(ask("PUT /github-webhook", 5).reply().status, 405);
    assert_eq!(ask("POST /nowhere", 5).reply().status, 404);
    assert_eq!(host.instances(), 0);
    let mut connection = ask("POST /hostile/echo?raw", 5);
    assert_eq!(connection.reply().status, 100);
    assert_eq!(connection.send("hello").reply().text(), "hello");
}

#[test]
fn the_guest_gets_the_bytes_that_were_sent() {
    let host = Site::new().example("hostile/echo").start();
    let every_byte: Vec<u8> = (0..=255).collect();
    assert_eq!(host.request("POST", "/hostile/echo?raw", &[], &every_byte).body, every_byte);
    let chunked = "POST /hostile/echo?raw HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n\
                   3\r\nab\r\r\n2\r\n\nc\r\n0\r\ntrailer: dropped\r\n\r\n";
    assert_eq!(host.connect().send(chunked).reply().body, b"ab\r\nc");
}
