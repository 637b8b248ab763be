//! The API as a client sees it. Each test has a store of its own, which is empty at first.

use serde_json::{Value, json};

use super::*;

const ROUTE: &str = "/NAME";

/// A note as a client sends it.
const NOTE: &str = include_str!("../fixtures/example.json");

fn call(method: &str, subpath: &str, body: &str) -> Response {
    let path = format!("{ROUTE}{subpath}");
    let event = Event::new(method, &path).with_subpath(subpath);
    handle(event.with_body(body))
}

fn json_of(response: &Response) -> Value {
    response.body_json().unwrap()
}

#[test]
fn a_note_is_kept_changed_and_removed() {
    let added = call("POST", "/notes", NOTE);
    assert_eq!(added.status(), 201);
    let location = format!("{ROUTE}/notes/1");
    assert_eq!(added.header("location"), Some(&*location));
    let note = json!({ "id": 1, "title": "Keys", "text": "The spare one is under the pot." });
    assert_eq!(json_of(&added), note);
    assert_eq!(json_of(&call("GET", "/notes/1", "")), note);
    assert_eq!(json_of(&call("GET", "/notes", "")), json!([note]));

    let changed = call("PUT", "/notes/1", r#"{"title": " Rent "}"#);
    let expected = json!({ "id": 1, "title": "Rent", "text": "" });
    assert_eq!(json_of(&changed), expected);

    assert_eq!(call("DELETE", "/notes/1", "").status(), 204);
    assert_eq!(call("GET", "/notes/1", "").status(), 404);
    assert_eq!(call("DELETE", "/notes/1", "").status(), 404);
    assert_eq!(json_of(&call("GET", "/notes", "")), json!([]));
}

#[test]
fn says_what_is_wrong_with_a_note() {
    for (body, reason) in [
        ("title=Rent", "body: expected"),
        ("{}", "missing field `title`"),
        (
            r#"{"title": "Rent", "colour": "red"}"#,
            "unknown field `colour`",
        ),
        (r#"{"title": "  "}"#, "title: write 1 to 80 characters"),
    ] {
        let response = call("POST", "/notes", body);
        assert_eq!(response.status(), 400);
        let error = json_of(&response)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn names_the_methods_that_a_path_has() {
    let list = call("PATCH", "/notes", "");
    assert_eq!(
        (list.status(), list.header("allow")),
        (405, Some("GET, HEAD, POST"))
    );
    let note = call("POST", "/notes/1", "");
    assert_eq!(
        (note.status(), note.header("allow")),
        (405, Some("GET, HEAD, PUT, DELETE"))
    );
}

#[test]
fn other_paths_are_not_found() {
    for subpath in ["", "/", "/note", "/notes/1", "/notes/one", "/notes/1/2"] {
        let response = call("GET", subpath, "");
        assert_eq!(response.status(), 404, "{subpath}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
}
