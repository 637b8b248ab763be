//! Answers as they stand on the wire: what the host writes beside what a function says, and what it never writes.

use serde_json::{Value, json};

use crate::client::{Connection, Reply};
use crate::support::{Host, Site};

fn site() -> Host {
    Site::new().example("hostile/answer").start()
}

/// The head of the answer that the function is told to give, and the connection to read on.
fn told(host: &Host, method: &str, told: &Value) -> (Reply, Connection) {
    let told = told.to_string();
    let mut connection = host.connect();
    let length = told.len();
    connection.send(format!(
        "{method} /hostile/answer HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{told}"
    ));
    (connection.head(), connection)
}

#[test]
fn an_answer_without_a_body_has_none_on_the_wire() {
    let host = site();
    // RFC 9110, sections 8.6, 15.3.5, 15.3.6 and 15.4.5.
    for (status, length) in [(204, None), (205, Some("0")), (304, None)] {
        let lies = json!({ "status": status, "headers": [["content-length", "5"]], "body": "12345" });
        let (head, mut connection) = told(&host, "POST", &lies);
        assert_eq!((head.status, head.header("content-length")), (status, length));
        assert_eq!(head.header("transfer-encoding"), None, "{status}");
        connection.wait_until_closed();
    }
}

#[test]
fn head_gets_the_length_that_get_would_get_and_no_body() {
    let host = site();
    for status in [200, 404, 500] {
        let answer = json!({ "status": status, "body": "12345" });
        let (head, mut connection) = told(&host, "HEAD", &answer);
        assert_eq!((head.status, head.header("content-length")), (status, Some("5")));
        connection.wait_until_closed();
    }
    let (head, mut connection) = told(&host, "HEAD", &json!({ "status": 204, "body": "12345" }));
    assert_eq!((head.status, head.header("content-length")), (204, None));
    connection.wait_until_closed();
}

#[test]
fn there_is_one_length_one_date_and_no_coding_whatever_a_function_says() {
    let host = site();
    let headers = json!([
        ["content-length", "1"],
        ["Content-Length", "7"],
        ["transfer-encoding", "chunked"],
        ["date", "yesterday"],
        ["trailer", "x-sum"],
        ["connection", "keep-alive, x-kept"],
        ["x-kept", "1"],
        ["server", "its own"],
    ]);
    let (head, mut connection) = told(&host, "POST", &json!({ "headers": headers, "body": "12345" }));
    assert_eq!(head.header("content-length"), Some("5"));
    assert_eq!(connection.read_exact(5), b"12345");
    connection.wait_until_closed();
    for gone in ["transfer-encoding", "trailer"] {
        assert_eq!(head.header(gone), None);
    }
    assert!(head.header("date").is_some_and(|date| date.ends_with(" GMT")), "{head:?}");
    assert_eq!(head.header("connection"), Some("close"), "the host's own");
    assert_eq!((head.header("x-kept"), head.header("server")), (Some("1"), Some("its own")));
}

#[test]
fn each_cookie_has_a_line_of_its_own() {
    let host = site();
    let cookies = json!([["set-cookie", "a=1"], ["Set-Cookie", "b=2; Path=/, /x"]]);
    let (head, _) = told(&host, "POST", &json!({ "headers": cookies }));
    assert_eq!(head.headers("set-cookie"), ["a=1", "b=2; Path=/, /x"]);
}

#[test]
fn an_answer_that_is_none_says_nothing_of_what_the_function_wrote() {
    let host = site();
    for (name, value) in
        [("x-note", "a\r\nset-cookie: forged=1"), ("x\r\ny", "a"), ("x-note", "a\0"), ("\u{202e}", "a")]
    {
        let answer = json!({ "headers": [["x-first", "1"], [name, value]], "body": "smuggled" });
        let (head, mut connection) = told(&host, "POST", &answer);
        assert_eq!((head.status, head.header("x-first"), head.header("set-cookie")), (502, None, None));
        let length = head.header("content-length").unwrap().parse().unwrap();
        let body = String::from_utf8(connection.read_exact(length)).unwrap();
        assert!(!body.contains("smuggled") && !body.contains("forged"), "{body}");
        connection.wait_until_closed();
    }
}
