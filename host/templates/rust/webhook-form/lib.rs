//! Receives webhooks at `/NAME`, which are sent as forms. The host has checked the signature before
//! this runs, as `NAME.toml` says; what is not genuine never gets here.

use std::collections::BTreeMap;

use serde_json::json;
use vestibule::{Context, Event, Response, log};

/// The fields of the form, decoded. Where you know which you need, take a struct instead.
type Fields = BTreeMap<String, String>;

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, Response> {
    // Without this, a policy that lost its [verify] would let anybody in.
    let Some(delivery) = context.delivery() else {
        log::error!("the policy of this function has no [verify]");
        return Err(Response::empty().with_status(500));
    };
    // A body that is no form is answered with 400 and what is wrong with it.
    let fields: Fields = event.form()?;

    // Senders send again what was not answered with 2xx, and a host can die between the work and
    // its answer: so a delivery may get here twice, although the host keeps away what has run (see
    // Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so that it is
    // done once. A scheme without one has something like it in the form.
    log::info!("a form with {} fields", fields.len());

    let names: Vec<&String> = fields.keys().collect();
    let answer = json!({ "received": names, "delivery": delivery.id() });
    Ok(Response::json(&answer))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::Delivery;

    use super::*;

    const ROUTE: &str = "/NAME";

    /// What is sent with `host sign --policy`, too.
    const PAYLOAD: &str = include_str!("../fixtures/example.form");

    fn form(payload: &str) -> Event {
        let content_type = "application/x-www-form-urlencoded";
        Event::post(ROUTE, payload).with_header("content-type", content_type)
    }

    /// The scheme of `NAME.toml`.
    const SCHEME: &str = "SCHEME";

    /// A call for which the host has found the signature genuine.
    fn genuine() -> Context {
        Context::default().with_delivery(Delivery::new(SCHEME).with_id("evt_1"))
    }

    #[test]
    fn says_what_it_has_received() {
        let response = handle(form(PAYLOAD), genuine()).unwrap();
        assert_eq!(response.status(), 200);
        let received = ["amount", "name", "type"];
        let expected = json!({ "received": received, "delivery": "evt_1" });
        assert_eq!(response.body_json::<Value>().unwrap(), expected);
    }

    #[test]
    fn says_what_is_wrong_with_what_is_no_form() {
        let json = Event::post(ROUTE, "{}").with_header("content-type", "application/json");
        assert_eq!(handle(json, genuine()).unwrap_err().status(), 400);
    }

    #[test]
    fn does_nothing_for_what_was_not_verified() {
        let refused = handle(form(PAYLOAD), Context::default()).unwrap_err();
        assert_eq!(refused.status(), 500);
    }
}
