//! Stores that are filled before, and looked into after.

use serde_json::{Value, json};
use vestibule_test::Backend;

use crate::{example, on_both_backends};

on_both_backends![a_store_is_filled_looked_into_and_goes_on, a_store_that_is_none_is_told];

fn a_store_is_filled_looked_into_and_goes_on(backend: Backend) {
    let host = example("update-order-status", backend)
        .secret("WEBHOOK_SECRET", "s3cret")
        .store_json("orders", "1Z-7", &json!({ "trackingNumber": "1Z-7", "status": "SHIPPED" }))
        .store("orders", "--raw", [0, 255])
        .start();
    let update = |status: &str| {
        let update = host.post("/update-order-status").json(&json!({ "trackingNumber": "1Z-7", "status": status }));
        update.signed("sha256Verifier", "s3cret").signature_header("x-webhook-signature").send()
    };
    update("DELIVERED").assert_status(200).assert_json_includes(&json!({ "order": { "status": "DELIVERED" } }));
    let orders = host.store("orders");
    let order: Value = orders.json("1Z-7").unwrap();
    assert_eq!(order["status"], "DELIVERED");
    assert_eq!(orders.get("--raw").as_deref(), Some([0, 255].as_slice()));
    assert_eq!((orders.get("1Z-8"), orders.keys()), (None, vec!["--raw".to_owned(), "1Z-7".to_owned()]));
    orders.set("1Z-7", r#"{"trackingNumber":"1Z-7","status":"PLACED"}"#);
    update("SHIPPED").assert_status(200);
    assert_eq!(host.instances(), 2, "those before somebody looked into the store count");
}

fn a_store_that_is_none_is_told(backend: Backend) {
    let error = example("hello", backend).store("Orders!", "1", "x").try_start().err().unwrap();
    assert!(error.to_string().contains("is not the name of a store"), "{error}");
}
