//! Answers what it is told to: the body is JSON, `{"status": 200, "headers": [["name", "value"]], "body": "text"}`, and
//! all of it may be left out. The host has to keep to its own rules whatever that is.

use serde_json::Value;
use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, Box<dyn std::error::Error>> {
    let told: Value = event.json()?;
    let status = told.get("status").map_or(Some(200), Value::as_u64).ok_or("`status` is no number")?;
    let body = told.get("body").and_then(Value::as_str).unwrap_or_default();
    let mut response = Response::bytes(body).with_status(u16::try_from(status)?);
    for header in told.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let text = |at| header.get(at).and_then(Value::as_str).ok_or("a header is two texts");
        response = response.with_header(text(0)?, text(1)?);
    }
    Ok(response)
}
