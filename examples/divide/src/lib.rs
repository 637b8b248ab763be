//! Divides two whole numbers: `/divide?dividend=20&divisor=5`.

use serde_json::json;
use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Response {
    let (Some(dividend), Some(divisor)) = (event.query("dividend"), event.query("divisor")) else {
        return message(400, "Please specify both a dividend and a divisor.");
    };
    let (Ok(dividend), Ok(divisor)) = (dividend.parse::<i64>(), divisor.parse::<i64>()) else {
        return message(400, "The dividend and the divisor have to be whole numbers.");
    };
    let quotient = match dividend.checked_rem(divisor) {
        None => return message(500, &format!("Could not divide {dividend} by {divisor}.")),
        Some(0) => json!(dividend / divisor),
        Some(_) => json!(dividend as f64 / divisor as f64),
    };
    Response::json(&json!({
        "message": format!("{dividend} / {divisor} = {quotient}"),
        "quotient": quotient,
    }))
}

fn message(status: u16, message: &str) -> Response {
    Response::json(&json!({ "message": message })).with_status(status)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn divide(query: &str) -> (u16, Value) {
        let response = handle(Event::get(&format!("/divide?{query}")));
        (response.status(), response.body_json().unwrap())
    }

    #[test]
    fn divides_two_numbers() {
        let expected = json!({ "message": "20 / 5 = 4", "quotient": 4 });
        assert_eq!(divide("dividend=20&divisor=5"), (200, expected));
        let expected = json!({ "message": "5 / -2 = -2.5", "quotient": -2.5 });
        assert_eq!(divide("dividend=5&divisor=-2"), (200, expected));
    }

    #[test]
    fn requires_a_dividend_and_a_divisor() {
        let expected = json!({ "message": "Please specify both a dividend and a divisor." });
        assert_eq!(divide("divisor=5"), (400, expected.clone()));
        assert_eq!(divide("dividend=20"), (400, expected));
    }

    #[test]
    fn requires_whole_numbers() {
        assert_eq!(divide("dividend=ten&divisor=2").0, 400);
        assert_eq!(divide("dividend=10&divisor=").0, 400);
    }

    #[test]
    fn cannot_divide_by_zero_nor_past_the_largest_number() {
        let expected = json!({ "message": "Could not divide 20 by 0." });
        assert_eq!(divide("dividend=20&divisor=0"), (500, expected));
        assert_eq!(divide(&format!("dividend={}&divisor=-1", i64::MIN)).0, 500);
    }
}
