//! What the host does with a function's answer: what passes, what the host writes itself, and what is no answer at all.

use serde_json::{Value, json};

use crate::support::{Answer, Host, PUBLIC, get, host, log, post};

/// A host whose function answers what it is told to.
fn teller() -> Host {
    host().function("answer", "answer", PUBLIC).start()
}

async fn tell(host: &Host, told: &Value) -> Answer {
    host.send(post("/answer", told.to_string())).await
}

/// The names of an answer's headers, in their order, without those that the host adds for browsers.
fn names(answer: &Answer) -> Vec<&str> {
    let for_browsers = ["x-content-type-options", "referrer-policy", "x-frame-options", "cache-control"];
    assert!(for_browsers.iter().all(|name| answer.headers.contains_key(*name)));
    answer.headers.keys().map(http::HeaderName::as_str).filter(|name| !for_browsers.contains(name)).collect()
}

/// Asserts that the function's answer was none: 502, a fixed text, and the reason in the log.
fn assert_bad(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, 502, "{reason}");
    let expected = json!({ "error": "the function gave no valid answer", "request_id": answer.id() });
    assert_eq!(answer.json(), expected, "{reason}");
    let line = log::access(answer.id());
    assert_eq!(line.field("outcome"), "bad_response");
    assert!(line.field("reason").contains(reason), "{line}");
}

#[tokio::test]
async fn status_headers_and_body_are_the_functions() {
    let host = teller();
    let headers = json!([["x-b", "1"], ["X-A", "2"], ["location", "/there"], ["x-c", "gr\u{fc}n"]]);
    let answer = tell(&host, &json!({ "status": 418, "headers": headers, "body": "short and stout" })).await;
    assert_eq!((answer.status, answer.text()), (418, "short and stout"));
    assert_eq!(names(&answer), ["content-type", "x-b", "x-a", "location", "x-c", "x-request-id"]);
    assert_eq!(answer.headers["x-c"].as_bytes(), "gr\u{fc}n".as_bytes(), "a value is its UTF-8 bytes");
    assert_eq!(log::access(answer.id()).field("outcome"), "ok");
}

#[tokio::test]
async fn cookies_are_never_joined_and_keep_their_order() {
    let host = teller();
    let cookies = json!([["set-cookie", "a=1; Path=/"], ["Set-Cookie", "b=2, still b"], ["set-cookie", "c=3"]]);
    let answer = tell(&host, &json!({ "headers": cookies })).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2, still b", "c=3"]);
}

#[tokio::test]
async fn what_the_host_writes_itself_is_taken_from_a_functions_answer() {
    let host = teller();
    let headers = json!([
        ["content-length", "3"],
        ["Connection", "close"],
        ["keep-alive", "timeout=5"],
        ["Transfer-Encoding", "chunked"],
        ["te", "trailers"],
        ["trailer", "x-sum"],
        ["Upgrade", "websocket"],
        ["proxy-connection", "close"],
        ["Proxy-Authenticate", "Basic realm=\"proxy\""],
        ["proxy-authentication-info", "a=b"],
        ["x-request-id", "somebody-elses"],
        ["date", "Thu, 01 Jan 1970 00:00:00 GMT"],
        ["http2-settings", "AAMAAABk"],
        ["x-kept", "1"],
    ]);
    let answer = tell(&host, &json!({ "headers": headers, "body": "longer than three" })).await;
    assert_eq!((answer.status, answer.text()), (200, "longer than three"));
    assert_eq!(names(&answer), ["content-type", "x-kept", "x-request-id"]);
    assert_ne!(answer.id(), "somebody-elses");
}

#[tokio::test]
async fn an_answer_that_has_no_body_by_its_status_has_none() {
    let host = teller();
    for status in [204, 205, 304] {
        let answer = tell(&host, &json!({ "status": status, "body": "not to be sent" })).await;
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
}

#[tokio::test]
async fn a_status_that_ends_no_request_is_no_answer() {
    let host = host().function("wrong-status", "wrong-status", PUBLIC).start();
    for status in [0, 99, 100, 101, 103, 199, 600, 999, 65535] {
        let answer = host.send(get(&format!("/wrong-status?status={status}"))).await;
        assert_bad(&answer, &format!("status {status} is not within 200 to 599"));
    }
    for status in [200, 299, 404, 599] {
        let answer = host.send(get(&format!("/wrong-status?status={status}"))).await;
        assert_eq!((answer.status, answer.text()), (status, "which status is this?"));
    }
}

#[tokio::test]
async fn a_header_that_could_forge_another_is_no_answer() {
    let host = teller();
    for (name, value, reason) in [
        ("x-note", "a\r\nset-cookie: session=forged", "holds a CR, LF or NUL"),
        ("x-note", "a\nb", "holds a CR, LF or NUL"),
        ("x-note", "a\rb", "holds a CR, LF or NUL"),
        ("x-note", "a\0b", "holds a CR, LF or NUL"),
        ("x-note", "a\u{7f}b", "holds a control character"),
        ("connection", "a\r\nb", "holds a CR, LF or NUL"),
        ("x note", "a", "is not the name of a header"),
        ("x-note:", "a", "is not the name of a header"),
        ("x-note\r\nx", "a", "is not the name of a header"),
        ("", "a", "is not the name of a header"),
        (":status", "200", "is not the name of a header"),
        ("gr\u{fc}n", "a", "is not the name of a header"),
    ] {
        let answer = tell(&host, &json!({ "headers": [["x-good", "1"], [name, value]], "body": "smuggled" })).await;
        assert_bad(&answer, reason);
        assert_eq!(names(&answer), ["content-type", "x-request-id"], "{name:?}: {value:?}");
    }
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_no_answer() {
    let host = teller();
    let cookies = |count: usize| vec![json!(["set-cookie", "a=1"]); count];
    // One more is the content-type that the SDK sets.
    let most = tell(&host, &json!({ "headers": cookies(255) })).await;
    assert_eq!((most.status, most.headers.get_all("set-cookie").iter().count()), (200, 255));
    assert_bad(&tell(&host, &json!({ "headers": cookies(256) })).await, "257 headers; 256 are allowed");
    let long = tell(&host, &json!({ "headers": [["x-long", "x".repeat(64 << 10)]] })).await;
    assert_bad(&long, "more than 65536 bytes of headers");
}

#[tokio::test]
async fn a_reason_is_one_line_of_the_log_whatever_a_function_put_into_it() {
    let host = teller();
    let answer = tell(&host, &json!({ "headers": [["x\nINFO forged", "a"]] })).await;
    let line = log::access(answer.id());
    assert!(line.field("reason").contains("`x\\nINFO forged`"), "{line}");
    assert!(!line.field("reason").contains('\n'), "{line}");
}
