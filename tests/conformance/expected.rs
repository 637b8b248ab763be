//! What an answer has to be. Says all that is wrong with one, and the whole of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use vestibule_test::Answer;

/// What is expected. What is not named may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    status: u16,
    /// As the access log has it.
    outcome: Option<String>,
    /// A part of the reason that the log has.
    reason: Option<String>,
    /// A part of a line that the function wrote.
    logged: Option<String>,
    /// All values of these names, in their order.
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// Of `echo`: all values of these names, in their order, that came in.
    #[serde(default)]
    event_headers: Vec<(String, String)>,
    body_base64: Option<String>,
    /// The whole body.
    json: Option<Value>,
    /// What the body has at least.
    includes: Option<Value>,
    /// What is at these pointers, whole.
    #[serde(default)]
    json_at: std::collections::BTreeMap<String, Value>,
}

impl Expected {
    pub(crate) fn check(&self, answer: &Answer) -> Result<(), String> {
        let mut wrong = Vec::new();
        if answer.status() != self.status {
            wrong.push(format!("status {} and not {}", answer.status(), self.status));
        }
        let outcome = answer.outcome();
        let expected = self.outcome.as_deref().unwrap_or("ok");
        if outcome != expected {
            wrong.push(format!("outcome {outcome:?} and not {expected:?}"));
        }
        if let Some(part) = &self.reason
            && !answer.reason().is_some_and(|reason| reason.contains(part))
        {
            wrong.push(format!("the reason has no {part:?}"));
        }
        if let Some(part) = &self.logged
            && !answer.logs().iter().any(|line| format!("{line:?}").contains(part))
        {
            wrong.push(format!("no line of the log has {part:?}"));
        }
        let there: Vec<(String, String)> =
            answer.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        wrong.extend(differing(&there, &self.headers));
        let body: Option<Value> = serde_json::from_slice(answer.body()).ok();
        if !self.event_headers.is_empty() {
            let came = body.as_ref().and_then(|body| body.pointer("/event/headers")).cloned().unwrap_or_default();
            let came: Vec<(String, String)> = serde_json::from_value(came).unwrap_or_default();
            wrong.extend(differing(&came, &self.event_headers));
        }
        if let Some(bytes) = &self.body_base64
            && STANDARD.decode(bytes).unwrap() != answer.body()
        {
            wrong.push(format!("the body is {}", STANDARD.encode(answer.body())));
        }
        if let Some(json) = &self.json
            && body.as_ref().is_none_or(|body| !is_same(body, json))
        {
            wrong.push(format!("the body is not {json}"));
        }
        if let Some(part) = &self.includes
            && body.as_ref().is_none_or(|body| !includes(body, part))
        {
            wrong.push(format!("the body does not have {part}"));
        }
        for (pointer, value) in &self.json_at {
            let there = body.as_ref().and_then(|body| body.pointer(pointer));
            if there.is_none_or(|there| !is_same(there, value)) {
                wrong.push(format!("at {pointer} there is no {value}"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("    {}\n{answer:?}", wrong.join("\n    "))) }
    }
}

/// The names whose values are not the expected ones.
fn differing(there: &[(String, String)], expected: &[(String, String)]) -> Vec<String> {
    let of = |pairs: &[(String, String)], name: &str| -> Vec<String> {
        pairs.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone()).collect()
    };
    let mut names: Vec<&String> = expected.iter().map(|(name, _)| name).collect();
    names.dedup();
    let wrong = names.into_iter().filter(|name| of(there, name) != of(expected, name));
    wrong.map(|name| format!("{name} is {:?} and not {:?}", of(there, name), of(expected, name))).collect()
}

/// Whether two values are the same; `4` and `4.0` are, as not every language tells them apart.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}

/// Whether `whole` has all that `part` has.
fn includes(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| includes(whole, part)))
        }
        _ => is_same(whole, part),
    }
}
