//! Receives orders and tells somebody else of those that have been shipped: by a webhook of its own, signed as Standard
//! Webhooks are, to the URL in `NOTIFY_URL`. Other orders are acknowledged and left alone.
//!
//! The order's own id is that of the notification, so a receiver that hears of it twice can tell.

use std::env;

use serde::Deserialize;
use serde_json::json;
use vestibule::webhooks::Webhook;
use vestibule::{Context, Event, Response, log};

/// The secret that signs what is sent. The host has it.
const SECRET: &str = "NOTIFY_SECRET";

/// What an order is read for.
#[derive(Deserialize)]
struct Order {
    id: String,
    status: String,
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, Box<dyn std::error::Error>> {
    // Without this line, a policy that lost its [verify] would let anyone tell us about orders.
    context.delivery().ok_or("the policy of this function has no [verify]")?;
    let url = env::var("NOTIFY_URL").map_err(|error| format!("NOTIFY_URL: {error}"))?;
    Ok(receive(&event, &url))
}

fn receive(event: &Event, url: &str) -> Response {
    let order: Order = match event.json() {
        Ok(order) => order,
        Err(error) => return error.into(),
    };
    if order.status != "shipped" {
        return Response::json(&json!({ "ignored": order.status })).with_status(202);
    }
    let payload = json!({ "type": "order.shipped", "data": { "id": order.id } });
    let webhook = Webhook::new(payload.to_string()).with_url(url).with_id(&order.id);
    let answer = webhook.send("standardwebhooks", SECRET).and_then(|answer| Ok(answer.successful()?));
    match answer {
        Ok(answer) => {
            log::info!("order {}: the receiver answered {}", order.id, answer.status());
            Response::json(&json!({ "notified": order.id }))
        }
        Err(error) => {
            // Not a 2xx, so that whoever told us of the order tries again.
            log::warn!("order {}: {error}", order.id);
            Response::json(&json!({ "error": "the notification was not taken" })).with_status(502)
        }
    }
}

#[cfg(test)]
mod tests {
    use vestibule::{Delivery, http, testing};

    use super::*;

    const URL: &str = "https://hooks.example.com/orders";

    fn order(status: &str) -> Event {
        testing::grant_sign(SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        Event::post("/notify", json!({ "id": "order-7", "status": status, "total": 12 }).to_string())
    }

    #[test]
    fn a_shipped_order_is_told_of_with_a_signature() {
        testing::http::answer("POST", URL, http::Response::new(204));
        let response = receive(&order("shipped"), URL);
        assert_eq!((response.status(), response.body_text()), (200, Ok(r#"{"notified":"order-7"}"#)));
        let sent = testing::http::sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].body(), br#"{"data":{"id":"order-7"},"type":"order.shipped"}"#);
        assert_eq!(sent[0].header("webhook-id"), Some("order-7"));
        assert!(sent[0].header("webhook-signature").unwrap().starts_with("v1,"));
    }

    #[test]
    fn other_orders_are_left_alone() {
        assert_eq!(receive(&order("paid"), URL).status(), 202);
        assert!(testing::http::sent().is_empty());
    }

    #[test]
    fn a_receiver_that_does_not_take_it_is_a_reason_to_try_again() {
        testing::http::answer("POST", URL, http::Response::new(500));
        assert_eq!(receive(&order("shipped"), URL).status(), 502);
        testing::http::fail("POST", URL, http::Error::Timeout);
        assert_eq!(receive(&order("shipped"), URL).status(), 502);
    }

    #[test]
    fn says_what_is_wrong_with_a_body() {
        assert_eq!(receive(&Event::post("/notify", r#"{"id": 7}"#), URL).status(), 400);
    }

    #[test]
    fn does_nothing_without_a_verified_delivery_or_a_url() {
        assert!(handle(order("shipped"), Context::default()).is_err());
        let delivered = Context::default().with_delivery(Delivery::new("standardwebhooks"));
        let error = handle(order("shipped"), delivered).unwrap_err().to_string();
        assert!(error.starts_with("NOTIFY_URL: "), "{error}");
        assert!(testing::http::sent().is_empty());
    }
}
