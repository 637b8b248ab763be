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
    use vestibule::Delivery;

    use super::*;

    fn update(tracking_number: &str, status: &str) -> (u16, Value) {
        let body = json!({ "trackingNumber": tracking_number, "status": status });
        let context = Context::default().with_delivery(Delivery::new("sha256Verifier"));
        let response = handle(Event::post("/update-order-status", body.to_string()), context).unwrap();
        (response.status(), response.body_json().unwrap())
    }

    fn order(tracking_number: &str) -> Option<Order> {
        kv::open("orders").unwrap().get_json(tracking_number).unwrap()
    }

    fn stored(tracking_number: &str, status: Status) {
        let order = Order { tracking_number: tracking_number.into(), status };
        kv::open("orders").unwrap().set_json(tracking_number, &order).unwrap();
    }

    #[test]
    fn with_a_shipped_order_updates_the_status_to_delivered() {
        stored("1Z-7", Status::Shipped);
        let (status, body) = update("1Z-7", "DELIVERED");
        assert_eq!((status, &body["message"]), (200, &json!("Updated order 1Z-7 to DELIVERED")));
        assert_eq!(body["order"], json!({ "trackingNumber": "1Z-7", "status": "DELIVERED" }));
        assert_eq!(order("1Z-7").unwrap().status, Status::Delivered);
    }

    #[test]
    fn an_order_goes_from_placed_to_delivered_once() {
        for (status, expected) in [
            ("PLACED", 200),
            ("DELIVERED", 409),
            ("PLACED", 409),
            ("SHIPPED", 200),
            ("PLACED", 409),
            ("DELIVERED", 200),
            ("DELIVERED", 409),
        ] {
            assert_eq!(update("1Z-7", status).0, expected, "{status}");
        }
        assert_eq!(order("1Z-7").unwrap().status, Status::Delivered);
    }

    #[test]
    fn an_order_that_nobody_has_placed_is_an_error_and_does_not_come_to_be() {
        let (status, body) = update("1Z-8", "SHIPPED");
        assert_eq!((status, &body["message"]), (404, &json!("Unable to update the order status")));
        assert_eq!(order("1Z-8"), None);
    }

    #[test]
    fn says_what_is_wrong_with_a_body() {
        let (status, body) = update("1Z-7", "LOST");
        assert_eq!(status, 400);
        assert!(body["error"].as_str().unwrap().contains("unknown variant `LOST`"), "{body}");
    }

    #[test]
    fn does_nothing_without_a_verified_delivery() {
        let event = Event::post("/update-order-status", r#"{"trackingNumber":"1Z-7","status":"PLACED"}"#);
        assert!(handle(event, Context::default()).is_err());
        assert_eq!(order("1Z-7"), None);
    }
}
