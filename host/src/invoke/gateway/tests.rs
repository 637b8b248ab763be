//! Real-looking events, what they say as requests, and what is said of those that are wrong.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::*;

const REST: &str = include_str!("../../../../tests/cli/events/rest.json");
const HTTP_API: &str = include_str!("../../../../tests/cli/events/http-api.json");
const FUNCTION_URL: &str = include_str!("../../../../tests/cli/events/function-url.json");
const REDWOOD: &str = include_str!("../../../../tests/cli/events/redwood.json");
const NETLIFY: &str = include_str!("../../../../tests/cli/events/netlify.json");

fn told(event: &str) -> Told {
    read(event.as_bytes()).unwrap()
}

/// The event with a field in the place of another one, or beside the others.
fn changed(event: &str, pointer: &str, value: Value) -> Result<Told, Wrong> {
    let mut event: Value = serde_json::from_str(event).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.into(), value);
    read(event.to_string().as_bytes())
}

fn values(told: &Told, name: &str) -> Vec<String> {
    let values = told.headers.iter().filter(|(own, _)| own.as_str() == name);
    values.map(|(_, value)| value.to_str().unwrap().to_owned()).collect()
}

#[test]
fn an_event_of_a_rest_api_is_the_request_that_it_was() {
    let told = told(REST);
    assert_eq!((told.form, told.method.as_str()), (Form::V1, "POST"));
    assert_eq!(told.path.as_deref(), Some("/echo/a%20b"));
    assert_eq!(told.query, "name=Ada%20%26%20Co&tag=a&tag=b");
    assert_eq!(values(&told, "x-note"), ["first", "second"]);
    assert_eq!(values(&told, "content-type"), ["application/json; charset=utf-8"]);
    assert_eq!(told.headers.len(), 11, "{:?}", told.headers);
    assert_eq!(told.body, b"{\"order\": 7}");
    assert_eq!(told.client, Some("192.0.2.7".parse().unwrap()));
    assert_eq!(told.claims.unwrap()["cognito:groups"], json!(["admin", "editor"]));
}

#[test]
fn an_event_of_an_http_api_is_the_request_that_it_was() {
    let told = told(HTTP_API);
    assert_eq!((told.form, told.method.as_str()), (Form::V2, "PUT"));
    assert_eq!(told.path.as_deref(), Some("/echo/a%20b"), "the stage is no part of it");
    assert_eq!(told.query, "tag=a&tag=b&name=Ada+Lovelace%21");
    assert_eq!(values(&told, "x-note"), ["first,second"]);
    assert_eq!(values(&told, COOKIE.as_str()), ["session=abc; theme=dark"]);
    assert_eq!(told.body, [0, 1, 255, 10]);
    assert_eq!(told.client, Some("192.0.2.7".parse().unwrap()));
    let claims = told.claims.unwrap();
    assert_eq!((&claims["roles"], &claims["exp"]), (&json!(["admin", "editor"]), &json!("1760003600")));
}

#[test]
fn events_of_others_leave_out_most() {
    let redwood = told(REDWOOD);
    assert_eq!((redwood.form, redwood.path, redwood.query.as_str()), (Form::V1, None, "dividend=20&divisor=5"));
    assert_eq!((redwood.client, redwood.claims, redwood.body), (None, None, Vec::new()));
    let netlify = told(NETLIFY);
    assert_eq!((netlify.path.as_deref(), netlify.query.as_str()), (Some("/.netlify/functions/hello"), "name=Ada"));
    assert_eq!(values(&netlify, "host"), ["site.example"]);
    let url = told(FUNCTION_URL);
    assert_eq!(
        (url.form, url.query.as_str(), url.path.as_deref()),
        (Form::V2, "dividend=10&divisor=2", Some("/divide"))
    );
    let least = told(r#"{"httpMethod": "GET", "path": "/hello"}"#);
    assert_eq!((least.path.as_deref(), least.headers.len()), (Some("/hello"), 0));
    let least = told(r#"{"version": "2.0", "rawPath": "/hello", "requestContext": {"http": {"method": "GET"}}}"#);
    assert_eq!((least.form, least.path.as_deref()), (Form::V2, Some("/hello")));
}

#[test]
fn what_is_no_event_or_contradicts_itself_is_named_by_its_field() {
    for (event, pointer, value, field) in [
        (REST, "/version", json!("3.0"), "version"),
        (REST, "/version", json!("2.0"), "httpMethod"),
        (REST, "/httpMethod", json!(null), "httpMethod"),
        (REST, "/httpMethod", json!("GET"), "requestContext.httpMethod"),
        (REST, "/httpMethod", json!(["GET"]), "httpMethod"),
        (REST, "/path", json!("/a?b=c"), "path"),
        (REST, "/headers/x-note", json!("third"), "headers.x-note"),
        (REST, "/headers/x-new", json!({}), "headers.x-new"),
        (REST, "/headers/x-new", json!("a\nb"), "headers.x-new"),
        (REST, "/headers", json!([]), "headers"),
        (REST, "/multiValueHeaders/x-new", json!("one"), "multiValueHeaders.x-new"),
        (REST, "/queryStringParameters/tag", json!("c"), "queryStringParameters.tag"),
        (REST, "/queryStringParameters/tag", json!(["c"]), "queryStringParameters.tag"),
        (REST, "/body", json!({"order": 7}), "body"),
        (REST, "/isBase64Encoded", json!("true"), "isBase64Encoded"),
        (REST, "/isBase64Encoded", json!(true), "body"),
        (REST, "/requestContext/identity/sourceIp", json!("here"), "requestContext.identity.sourceIp"),
        (REST, "/requestContext/authorizer/claims", json!("ada"), "requestContext.authorizer.claims"),
        (REST, "/requestContext/http", json!({"method": "POST"}), "requestContext.http"),
        (HTTP_API, "/httpMethod", json!("PUT"), "httpMethod"),
        (HTTP_API, "/requestContext/http/method", json!(null), "requestContext.http.method"),
        (HTTP_API, "/requestContext/http/method", json!("P UT"), "requestContext.http.method"),
        (HTTP_API, "/rawPath", json!("/a?b"), "rawPath"),
        (HTTP_API, "/rawQueryString", json!("tag=a b"), "rawQueryString"),
        (HTTP_API, "/rawQueryString", json!("tag=a"), "queryStringParameters"),
        (HTTP_API, "/queryStringParameters/tag", json!("c"), "queryStringParameters"),
        (HTTP_API, "/headers/Accept", json!("*/*"), "headers.accept"),
        (HTTP_API, "/headers/cookie", json!("session=other"), "cookies"),
        (HTTP_API, "/cookies", json!("session=abc"), "cookies"),
    ] {
        let wrong = changed(event, pointer, value.clone()).expect_err(&format!("{pointer} as {value}"));
        assert!(wrong.field.eq_ignore_ascii_case(field), "{pointer} as {value}: {wrong}");
    }
    for text in ["", "[]", "{}", "null", r#"{"version": "1.0"}"#] {
        read(text.as_bytes()).expect_err(text);
    }
}

#[test]
fn what_says_the_same_twice_is_no_contradiction() {
    changed(HTTP_API, "/headers/cookie", json!("session=abc; theme=dark")).unwrap();
    changed(HTTP_API, "/queryStringParameters/name", json!("Ada+Lovelace!")).unwrap();
    changed(HTTP_API, "/queryStringParameters", json!(null)).unwrap();
    let raw = changed(HTTP_API, "/rawQueryString", json!("")).unwrap();
    assert_eq!(raw.query, "name=Ada%20Lovelace%21&tag=a%2Cb");
    let more = changed(REST, "/headers/x-new", json!("1")).unwrap();
    assert_eq!(values(&more, "x-new"), ["1"], "a header that was only added here");
}

#[test]
fn a_path_is_encoded_where_it_must_be_and_left_where_it_is() {
    for (given, encoded) in [
        ("/a b", "/a%20b"),
        ("/a%20b/%zz%", "/a%20b/%25zz%25"),
        ("/gr\u{fc}n", "/gr%C3%BCn"),
        ("/a@b:c;d,e=f", "/a@b:c;d,e=f"),
        ("/100%", "/100%25"),
    ] {
        assert_eq!(path(given), encoded);
    }
    for (path, stage, rest) in [("/prod/a", "prod", "/a"), ("/prod", "prod", "/"), ("/products", "prod", "/products")] {
        let event =
            json!({"version": "2.0", "rawPath": path, "requestContext": {"stage": stage, "http": {"method": "GET"}}});
        assert_eq!(told(&event.to_string()).path.as_deref(), Some(rest));
    }
}

#[test]
fn an_answer_has_the_form_of_its_event() {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("content-type", "text/plain"), ("vary", "a"), ("vary", "b"), ("set-cookie", "s=1, 2"), ("set-cookie", "t=3")]
    {
        headers.append(HeaderName::from_static(name), value.parse().unwrap());
    }
    let v1 = answer(Form::V1, 201, &headers, b"done");
    let expected = json!({
        "statusCode": 201,
        "headers": {"content-type": "text/plain", "vary": "b", "set-cookie": "t=3"},
        "multiValueHeaders": {"content-type": ["text/plain"], "vary": ["a", "b"], "set-cookie": ["s=1, 2", "t=3"]},
        "body": "done",
        "isBase64Encoded": false,
    });
    assert_eq!(v1, expected);
    let v2 = answer(Form::V2, 201, &headers, &[0, 255]);
    let expected = json!({
        "statusCode": 201,
        "headers": {"content-type": "text/plain", "vary": "a,b"},
        "cookies": ["s=1, 2", "t=3"],
        "body": "AP8=",
        "isBase64Encoded": true,
    });
    assert_eq!(v2, expected);
    headers.remove(SET_COOKIE);
    headers.insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(answer(Form::V2, 200, &headers, b"text")["isBase64Encoded"], true);
}
