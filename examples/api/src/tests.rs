//! The API as a client sees it.

use serde_json::{Value, json};

use super::*;

fn call(method: &str, subpath: &str, body: &str) -> Response {
    handle(Event::new(method, &format!("/api{subpath}")).with_subpath(subpath).with_body(body))
}

fn json_of(response: &Response) -> Value {
    response.body_json().unwrap()
}

#[test]
fn lists_the_notes_and_reads_one() {
    let all = call("GET", "/notes", "");
    assert_eq!(all.status(), 200);
    assert_eq!(json_of(&all).as_array().map(Vec::len), Some(2));
    assert_eq!(call("GET", "/notes/", "").body(), all.body());
    assert_eq!(json_of(&call("GET", "/notes/2", ""))["title"], "Shopping");
    assert_eq!(call("HEAD", "/notes/2", "").status(), 200);
}

#[test]
fn takes_a_new_note_and_says_where_it_is() {
    let response = call("POST", "/notes", r#"{"title": " Rent ", "text": "due on the 1st"}"#);
    assert_eq!(response.status(), 201);
    assert_eq!(response.header("location"), Some("/api/notes/3"));
    assert_eq!(json_of(&response), json!({ "id": 3, "title": "Rent", "text": "due on the 1st" }));
}

#[test]
fn replaces_and_removes_a_note() {
    let replaced = call("PUT", "/notes/2", r#"{"title": "Errands"}"#);
    assert_eq!(replaced.status(), 200);
    assert_eq!(json_of(&replaced), json!({ "id": 2, "title": "Errands", "text": "" }));
    let removed = call("DELETE", "/notes/2", "");
    assert_eq!((removed.status(), removed.body()), (204, &b""[..]));
}

#[test]
fn says_what_is_wrong_with_a_note() {
    for (body, reason) in [
        ("title=Rent", "body: expected"),
        ("{}", "missing field `title`"),
        (r#"{"title": "Rent", "colour": "red"}"#, "unknown field `colour`"),
        (r#"{"title": "  "}"#, "title: write 1 to 80 characters"),
        (&json!({ "title": "x".repeat(81) }).to_string(), "title: write 1 to 80 characters"),
    ] {
        for response in [call("POST", "/notes", body), call("PUT", "/notes/1", body)] {
            assert_eq!(response.status(), 400);
            let error = json_of(&response)["error"].as_str().unwrap().to_owned();
            assert!(error.contains(reason), "{error}");
        }
    }
}

#[test]
fn names_the_methods_that_a_path_has() {
    let notes = call("PATCH", "/notes", "");
    assert_eq!((notes.status(), notes.header("allow")), (405, Some("GET, HEAD, POST")));
    let note = call("POST", "/notes/1", "");
    assert_eq!((note.status(), note.header("allow")), (405, Some("GET, HEAD, PUT, DELETE")));
}

#[test]
fn other_paths_are_not_found() {
    for subpath in ["", "/", "/note", "/notes/3", "/notes/one", "/notes/1/2"] {
        assert_eq!(call("GET", subpath, "").status(), 404, "{subpath}");
    }
}

#[test]
fn every_answer_has_the_same_headers() {
    for response in [call("GET", "/notes", ""), call("GET", "/", ""), call("PATCH", "/notes", "")] {
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }
}
