//! The built component behind all gates, as the host serves it. `host test` builds it first; with
//! `cargo test` alone, that is for you to do: `host build`.

use serde_json::json;
use vestibule_test::{Host, Identity};

const COMPONENT: &str = "functions/NAME.wasm";
const ROUTE: &str = "/NAME";
const PROVIDER: &str = "NAME";
const CHANGE: &str = include_str!("../fixtures/example.json");

#[test]
fn callers_are_known_and_nobody_else_gets_in() {
    let host = Host::with(COMPONENT).start();
    let bob = Identity::new(PROVIDER, "bob").with_role("reader");
    let read = host.get(ROUTE).caller(bob.clone()).send();
    read.assert_json(&json!({ "subject": "bob", "roles": ["reader"] }));
    let refused = host.post(ROUTE).body(CHANGE).caller(bob).send();
    refused.assert_status(403);

    let ada = Identity::new(PROVIDER, "ada").with_role("editor");
    let changed = host.post(ROUTE).body(CHANGE).caller(ada).send();
    changed.assert_status(200);

    let nobody = host.get(ROUTE).send();
    nobody.assert_status(401).assert_refused_by("auth");
    assert_eq!(host.instances(), 3);
}
