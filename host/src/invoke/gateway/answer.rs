//! An answer in the form that a function of API Gateway would have given it. Text stays text; what is not, or is compressed,
//! goes out in Base64, as it would have to.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{CONTENT_ENCODING, SET_COOKIE};
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};

use super::Form;
use crate::event;

/// The answer to an event of this form.
pub fn answer(form: Form, status: u16, headers: &HeaderMap, body: &[u8]) -> Value {
    let is_encoded = headers.get_all(CONTENT_ENCODING).iter().any(|value| value != "identity");
    let text = std::str::from_utf8(body).ok().filter(|_| !is_encoded);
    let is_base64 = text.is_none();
    let body = text.map_or_else(|| BASE64_STANDARD.encode(body), str::to_owned);
    match form {
        Form::V1 => json!({
            "statusCode": status,
            "headers": each(headers, |values| values.last().map(|last| Value::from(last.as_str()))),
            "multiValueHeaders": each(headers, |values| Some(Value::from(values))),
            "body": body,
            "isBase64Encoded": is_base64,
        }),
        Form::V2 => {
            let mut others = headers.clone();
            others.remove(SET_COOKIE);
            json!({
                "statusCode": status,
                "headers": each(&others, |values| Some(Value::from(values.join(",")))),
                "cookies": values(headers, &SET_COOKIE),
                "body": body,
                "isBase64Encoded": is_base64,
            })
        }
    }
}

fn each(headers: &HeaderMap, value: impl Fn(Vec<String>) -> Option<Value>) -> Map<String, Value> {
    let names = headers.keys();
    names.filter_map(|name| Some((name.as_str().to_owned(), value(values(headers, name))?))).collect()
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(|value| event::text(value.as_bytes()).into_owned()).collect()
}
