//! The built component behind all gates, as the host serves it. `host test` builds it first; with
//! `cargo test` alone, that is for you to do: `host build`.

use serde_json::json;
use vestibule_test::Host;

const COMPONENT: &str = "functions/NAME.wasm";
const ROUTE: &str = "/NAME";
const NOTE: &str = include_str!("../fixtures/example.json");

#[test]
fn what_one_request_writes_the_next_one_reads() {
    let host = Host::with(COMPONENT).start();
    let notes = format!("{ROUTE}/notes");
    let note = format!("{notes}/1");
    host.post(&notes).body(NOTE).send().assert_status(201);

    // Every request has a sandbox of its own: what is read here was kept in the store.
    let read = host.get(&note).send();
    read.assert_json_includes(&json!({ "id": 1, "title": "Keys" }));

    let removed = host.request("DELETE", &note).send();
    removed.assert_status(204);
    host.get(&note).send().assert_status(404);
    assert_eq!(host.instances(), 4);
}
