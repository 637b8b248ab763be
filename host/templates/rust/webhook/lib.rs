//! Receives webhooks at `/NAME`. The host has checked the signature before this runs, as the policy
//! `NAME.toml` says; what is not genuine never gets here.

use serde::Deserialize;
use serde_json::json;
use vestibule::{Context, Event, Response, log};

/// What is read of a payload. Whoever sends it sends more: write here what this function needs.
#[derive(Deserialize)]
struct Payload {
    r#type: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    name: String,
    amount: u64,
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, Response> {
    // Without this, a policy that lost its [verify] would let anybody in.
    let Some(delivery) = context.delivery() else {
        log::error!("the policy of this function has no [verify]");
        return Err(Response::empty().with_status(500));
    };
    // A body that does not read as a payload is answered with 400 and what is wrong with it.
    let payload: Payload = event.json()?;

    // Senders send again what was not answered with 2xx, and a host can die between the work and
    // its answer: so a delivery may get here twice, although the host keeps away what has run (see
    // Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so that it is
    // done once. A scheme without one has something like it in the payload.
    let Data { name, amount } = &payload.data;
    log::info!("{}: {amount} for {name}", payload.r#type);

    Ok(Response::json(&json!({
        "received": payload.r#type,
        "name": name,
        "delivery": delivery.id(),
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::Delivery;

    use super::*;

    const ROUTE: &str = "/NAME";

    /// What is sent with `host sign --policy`, too.
    const PAYLOAD: &str = include_str!("../fixtures/example.json");

    /// The scheme of `NAME.toml`.
    const SCHEME: &str = "SCHEME";

    /// A call for which the host has found the signature genuine.
    fn genuine() -> Context {
        Context::default().with_delivery(Delivery::new(SCHEME).with_id("evt_1"))
    }

    #[test]
    fn says_what_it_has_received() {
        let response = handle(Event::post(ROUTE, PAYLOAD), genuine()).unwrap();
        assert_eq!(response.status(), 200);
        let expected = json!({ "received": "example.created", "name": "Ada", "delivery": "evt_1" });
        assert_eq!(response.body_json::<Value>().unwrap(), expected);
    }

    #[test]
    fn says_what_is_wrong_with_a_payload() {
        let refused = handle(Event::post(ROUTE, r#"{"type": 7}"#), genuine()).unwrap_err();
        assert_eq!(refused.status(), 400);
    }

    #[test]
    fn does_nothing_for_what_was_not_verified() {
        let refused = handle(Event::post(ROUTE, PAYLOAD), Context::default()).unwrap_err();
        assert_eq!(refused.status(), 500);
    }
}
