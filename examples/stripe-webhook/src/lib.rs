//! Receives Stripe's webhooks and says what happened, and for how much if it is about money.

use serde::Deserialize;
use serde_json::json;
use vestibule::{Context, Event, Response, log};

#[derive(Deserialize)]
struct StripeEvent<'a> {
    id: &'a str,
    r#type: &'a str,
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: Object<'a>,
}

/// What the event is about. Stripe's objects name their amount differently; each has one of these, or none.
#[derive(Deserialize)]
struct Object<'a> {
    /// A payment intent's or a charge's.
    amount: Option<i64>,
    /// An invoice's.
    amount_paid: Option<i64>,
    /// A checkout session's.
    amount_total: Option<i64>,
    currency: Option<&'a str>,
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, &'static str> {
    // Without this line, a policy that lost its [verify] would let anyone tell us about payments.
    context.delivery().ok_or("the policy of this function has no [verify]")?;

    let stripe: StripeEvent<'_> = match event.json() {
        Ok(stripe) => stripe,
        Err(error) => return Ok(error.into()),
    };
    log::info!("{} {}", stripe.id, stripe.r#type);

    let object = &stripe.data.object;
    Ok(Response::json(&json!({
        "id": stripe.id,
        "type": stripe.r#type,
        // In the currency's smallest unit.
        "amount": object.amount.or(object.amount_paid).or(object.amount_total),
        "currency": object.currency,
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::Delivery;

    use super::*;

    fn receive(r#type: &str, object: Value) -> (u16, Value) {
        let body = json!({ "id": "evt_1", "object": "event", "type": r#type, "data": { "object": object } });
        let context = Context::default().with_delivery(Delivery::new("stripe").with_timestamp(1_700_000_000));
        let response = handle(Event::post("/stripe-webhook", body.to_string()), context).unwrap();
        (response.status(), response.body_json().unwrap())
    }

    #[test]
    fn says_for_how_much() {
        for (r#type, object) in [
            ("payment_intent.succeeded", json!({ "id": "pi_1", "amount": 1099, "currency": "eur" })),
            ("invoice.paid", json!({ "id": "in_1", "amount_due": 0, "amount_paid": 1099, "currency": "eur" })),
            ("checkout.session.completed", json!({ "id": "cs_1", "amount_total": 1099, "currency": "eur" })),
        ] {
            let expected = json!({ "id": "evt_1", "type": r#type, "amount": 1099, "currency": "eur" });
            assert_eq!(receive(r#type, object), (200, expected));
        }
    }

    #[test]
    fn not_everything_is_about_money() {
        let expected = json!({ "id": "evt_1", "type": "customer.created", "amount": null, "currency": null });
        assert_eq!(receive("customer.created", json!({ "id": "cus_1" })), (200, expected));
    }

    #[test]
    fn says_what_is_wrong_with_a_body() {
        let context = Context::default().with_delivery(Delivery::new("stripe"));
        let response = handle(Event::post("/stripe-webhook", r#"{"id": "evt_1"}"#), context).unwrap();
        assert_eq!(response.status(), 400);
        assert!(response.body_text().unwrap().contains("missing field `type`"));
    }

    #[test]
    fn does_nothing_without_a_verified_delivery() {
        assert!(handle(Event::post("/stripe-webhook", "{}"), Context::default()).is_err());
    }
}
