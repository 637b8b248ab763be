//! The built component, through every gate of the host: the cases of the tutorial that this example comes from. The orders are
//! those of its scenario: one that is placed, one that is shipped, one that is delivered.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use vestibule_test::{Host, Request};

const SECRET: &str = "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME";

/// The scenario: a host whose store holds an order of each status, `1-placed`, `1-shipped` and `1-delivered`.
fn standard() -> Host {
    let host = Host::with("functions/update-order-status.wasm").secret("WEBHOOK_SECRET", SECRET);
    let orders = ["placed", "shipped", "delivered"].map(|status| (format!("1-{status}"), status.to_uppercase()));
    let host = orders.iter().fold(host, |host, (number, status)| {
        host.store_json("orders", number, &json!({ "trackingNumber": number, "status": status }))
    });
    host.start()
}

/// The webhook that says an order has this status now, not signed yet.
fn update(host: &Host, number: &str, status: &str) -> Request {
    host.post("/update-order-status").json(&json!({ "trackingNumber": number, "status": status }))
}

/// The same as its sender sends it.
fn signed(host: &Host, number: &str, status: &str) -> Request {
    update(host, number, status).signed("sha256Verifier", SECRET).signature_header("X-Webhook-Signature")
}

fn status(host: &Host, number: &str) -> Value {
    let order: Value = host.store("orders").json(number).unwrap();
    order.get("status").cloned().unwrap()
}

#[test]
fn with_a_shipped_order_updates_the_status_to_delivered() {
    let host = standard();
    let answer = signed(&host, "1-shipped", "DELIVERED").send();
    answer.assert_status(200).assert_json(&json!({
        "message": "Updated order 1-shipped to DELIVERED",
        "order": { "trackingNumber": "1-shipped", "status": "DELIVERED" },
    }));
    answer.assert_logged(vestibule_test::Level::Info, "order 1-shipped is DELIVERED");
    assert_eq!(status(&host, "1-shipped"), "DELIVERED");
}

#[test]
fn with_an_invalid_signature_header_the_webhook_is_unauthorized() {
    let host = standard();
    let update = update(&host, "1-shipped", "DELIVERED").signed("sha256Verifier", SECRET);
    let answer = update.signature_header("X-Webhook-Signature-Invalid").send();
    answer.assert_status(401).assert_refused_by("verify");
    assert_eq!(host.instances(), 0);
    assert_eq!(status(&host, "1-shipped"), "SHIPPED");
}

#[test]
fn with_the_wrong_webhook_secret_the_webhook_is_unauthorized() {
    let host = standard();
    let update = update(&host, "1-shipped", "DELIVERED");
    let update = update.signed("sha256Verifier", "MY-NAME-IS-WERNER-BRANDES-VERIFY-ME");
    update.signature_header("X-Webhook-Signature").send().assert_status(401).assert_refused_by("verify");
    assert_eq!(host.instances(), 0);
    assert_eq!(status(&host, "1-shipped"), "SHIPPED");
}

#[test]
fn when_the_tracking_number_cannot_be_found_returns_an_error() {
    let host = standard();
    let answer = signed(&host, "1-unknown", "DELIVERED").send();
    answer.assert_status(404).assert_json_includes(&json!({ "message": "Unable to update the order status" }));
    assert_eq!(host.store("orders").get("1-unknown"), None);
}

#[test]
fn when_the_order_has_not_yet_shipped_returns_an_error() {
    let host = standard();
    let answer = signed(&host, "1-placed", "DELIVERED").send();
    answer.assert_status(409).assert_json_includes(&json!({ "message": "Unable to update the order status" }));
    assert_eq!(status(&host, "1-placed"), "PLACED");
}

#[test]
fn when_the_order_has_already_been_delivered_returns_an_error() {
    let host = standard();
    let answer = signed(&host, "1-delivered", "DELIVERED").send();
    answer.assert_status(409).assert_json_includes(&json!({ "message": "Unable to update the order status" }));
    assert_eq!(status(&host, "1-delivered"), "DELIVERED");
}
