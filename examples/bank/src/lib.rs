//! Receives a bank's notices of payments. That they are genuine is found out by a verifier of its own, in `verifier/`: this
//! bank signs in a way that no policy can describe.

use serde::Deserialize;
use serde_json::json;
use vestibule::{Context, Event, Response, log};

/// What the bank tells of a payment.
#[derive(Deserialize)]
struct Notice<'a> {
    amount: &'a str,
    currency: &'a str,
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, &'static str> {
    let delivery = context.delivery().ok_or("the policy of this function has no [verify]")?;
    // The verifier has seen to it that there is one, and that it is signed.
    let reference = delivery.id().ok_or("the verifier named no reference")?;
    let notice: Notice<'_> = match event.json() {
        Ok(notice) => notice,
        Err(error) => return Ok(error.into()),
    };
    log::info!("{reference}: {} {}", notice.amount, notice.currency);
    Ok(Response::json(&json!({ "reference": reference, "booked": format!("{} {}", notice.amount, notice.currency) })))
}

#[cfg(test)]
mod tests {
    use vestibule::Delivery;

    use super::*;

    #[test]
    fn books_what_was_verified_and_nothing_else() {
        let notice = || Event::post("/bank", r#"{"amount":"10.50","currency":"EUR"}"#);
        let context = Context::default().with_delivery(Delivery::new("component").with_id("R-1"));
        let booked = handle(notice(), context).unwrap().body_json::<serde_json::Value>().unwrap();
        assert_eq!(booked, json!({ "reference": "R-1", "booked": "10.50 EUR" }));
        assert!(handle(notice(), Context::default()).is_err());
    }
}
