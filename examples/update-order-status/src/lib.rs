//! Changes the status of orders when a signed webhook says so, as the example of the same name in Redwood's documentation
//! does: the order is found by its tracking number, and a status may only follow the one before it.
//!
//! An order comes into the store with its first webhook, which says `PLACED`; then it is `SHIPPED`, then `DELIVERED`. What is
//! not in that order, or about an order that nobody has placed, is an error and changes nothing. (Redwood's example answers
//! 500 there, upon which senders try again and again; this one answers what it means.)
//!
//! ```sh
//! export WEBHOOK_SECRET=anything-but-this
//! host serve target/functions &
//! order() {
//!     echo "{\"trackingNumber\":\"$1\",\"status\":\"$2\"}" > order.json
//!     host sign --policy target/functions/update-order-status.toml order.json \
//!         --send http://127.0.0.1:8080/update-order-status
//! }
//! order 1Z-7 PLACED        # 200
//! order 1Z-7 SHIPPED       # 200
//! order 1Z-7 DELIVERED     # 200
//! order 1Z-7 DELIVERED     # 409: it already is
//! order 1Z-8 SHIPPED       # 404: there is no such order
//! curl -d @order.json http://127.0.0.1:8080/update-order-status    # 401: not signed
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;
use vestibule::{Context, Event, Response, kv, log};

/// What a webhook tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    tracking_number: String,
    status: Status,
}

/// What is kept of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    tracking_number: String,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Placed,
    Shipped,
    Delivered,
}

impl Status {
    /// The status that an order must have to get this one; none for an order's first.
    fn follows(self) -> Option<Self> {
        match self {
            Self::Placed => None,
            Self::Shipped => Some(Self::Placed),
            Self::Delivered => Some(Self::Shipped),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Placed => "PLACED",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
        })
    }
}

/// Why an order keeps its status.
enum Refused {
    Unknown,
    NotAllowed(Status),
    Store(kv::Error),
}

impl From<kv::Error> for Refused {
    fn from(error: kv::Error) -> Self {
        Self::Store(error)
    }
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, Box<dyn std::error::Error>> {
    // Without this line, a policy that lost its [verify] would let anyone change orders.
    context.delivery().ok_or("the policy of this function has no [verify]")?;

    let update: Update = match event.json() {
        Ok(update) => update,
        Err(error) => return Ok(error.into()),
    };
    // Of two webhooks about one order at once, the second sees what the first has changed.
    let changed = kv::open("orders")?.update_json(&update.tracking_number, |order| changed(order, &update));
    match changed {
        Ok(order) => {
            log::info!("order {} is {}", order.tracking_number, order.status);
            let message = format!("Updated order {} to {}", order.tracking_number, order.status);
            Ok(Response::json(&json!({ "message": message, "order": order })))
        }
        Err(Refused::Unknown) => Ok(not_updated(404, "there is no order of this tracking number")),
        Err(Refused::NotAllowed(status)) => {
            Ok(not_updated(409, &format!("it is {status}, and {} does not follow that", update.status)))
        }
        Err(Refused::Store(error)) => Err(error.into()),
    }
}

/// The order as the update leaves it.
fn changed(order: Option<Order>, update: &Update) -> Result<Order, Refused> {
    let Update { tracking_number, status } = update;
    let before = order.map(|order| order.status);
    match (before, status.follows()) {
        (before, follows) if before == follows => {
            Ok(Order { tracking_number: tracking_number.clone(), status: *status })
        }
        (None, _) => Err(Refused::Unknown),
        (Some(before), _) => Err(Refused::NotAllowed(before)),
    }
}

fn not_updated(status: u16, reason: &str) -> Response {
    Response::json(&json!({ "message": "Unable to update the order status", "reason": reason })).with_status(status)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::testing::{Level, Scenario, assert_logged, mock_signed_webhook, scenario};

    use super::*;

    const SECRET: &str = "MY-VOICE-IS-MY-PASSPORT-VERIFY-ME";

    /// The orders of the tutorial's scenario: one of each status.
    fn standard(scenario: &mut Scenario) {
        scenario.fixture("orders.json");
    }

    fn update(tracking_number: &str, status: &str) -> Response {
        let payload = json!({ "trackingNumber": tracking_number, "status": status }).to_string();
        let webhook =
            mock_signed_webhook("sha256Verifier", SECRET, payload).with_signature_header("X-Webhook-Signature");
        let (event, context) = webhook.with_path("/update-order-status").build();
        handle(event, context).unwrap()
    }

    #[test]
    fn with_a_shipped_order_updates_the_status_to_delivered() {
        let scenario = scenario(standard);
        update("1-shipped", "DELIVERED").assert_status(200).assert_json(&json!({
            "message": "Updated order 1-shipped to DELIVERED",
            "order": { "trackingNumber": "1-shipped", "status": "DELIVERED" },
        }));
        assert_logged(Level::Info, "order 1-shipped is DELIVERED");
        let order: Order = scenario.store("orders").json("1-shipped").unwrap();
        assert_eq!(order.status, Status::Delivered);
    }

    #[test]
    fn an_order_goes_from_placed_to_delivered_once() {
        let scenario = scenario(|_| {});
        for (status, expected) in [
            ("PLACED", 200),
            ("DELIVERED", 409),
            ("PLACED", 409),
            ("SHIPPED", 200),
            ("PLACED", 409),
            ("DELIVERED", 200),
            ("DELIVERED", 409),
        ] {
            update("1Z-7", status).assert_status(expected);
        }
        let order: Order = scenario.store("orders").json("1Z-7").unwrap();
        assert_eq!(order.status, Status::Delivered);
    }

    #[test]
    fn when_the_tracking_number_cannot_be_found_returns_an_error_and_no_order_comes_to_be() {
        let scenario = scenario(standard);
        let part = json!({ "message": "Unable to update the order status" });
        update("1-unknown", "SHIPPED").assert_status(404).assert_json_includes(&part);
        assert_eq!(scenario.store("orders").keys(), ["1-delivered", "1-placed", "1-shipped"]);
    }

    #[test]
    fn says_what_is_wrong_with_a_body() {
        let _scenario = scenario(standard);
        update("1-placed", "LOST").assert_status(400).assert_body_contains("unknown variant `LOST`");
    }

    #[test]
    fn does_nothing_without_a_verified_delivery() {
        let scenario = scenario(|_| {});
        let event = Event::post("/update-order-status", r#"{"trackingNumber":"1Z-7","status":"PLACED"}"#);
        assert!(handle(event, Context::default()).is_err());
        assert_eq!(scenario.store("orders").json::<Value>("1Z-7"), None);
    }
}
