//! The built component behind all gates, as the host serves it. `host test` builds it first; with
//! `cargo test` alone, that is for you to do: `host build`.

use serde_json::json;
use vestibule_test::Host;

const COMPONENT: &str = "functions/NAME.wasm";
const ROUTE: &str = "/NAME";

#[test]
fn greets_over_http() {
    let host = Host::with(COMPONENT).start();
    let answer = host.get(ROUTE).query("name", "Ada").send();
    answer.assert_status(200);
    answer.assert_json(&json!({ "greeting": "Hello, Ada!" }));
    // The policy allows a GET, so this one never reaches the function.
    host.post(ROUTE).send().assert_status(405);
    assert_eq!(host.instances(), 1);
}
