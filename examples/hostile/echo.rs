//! Answers what it got, as JSON: every field of the event and of the context, and its environment. With `?raw` it
//! answers the body alone, byte for byte; with `?json`, the body read as JSON and written again. With `?status`, `?repeat`,
//! `?log`, `?fail`, `?loop` and `?memory` it does what `tests/conformance` asks of a function in any language.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use vestibule::{Context, Event, Response, Trigger};

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, String> {
    if event.query("raw").is_some() {
        return Ok(Response::bytes(event.into_body()));
    }
    if event.query("json").is_some() {
        return Ok(event.json::<Value>().map_or_else(Response::from, |value| Response::json(&value)));
    }
    if let Some(status) = event.query("status").and_then(|status| status.parse().ok()) {
        return Ok(Response::new(status));
    }
    if event.query("repeat").is_some() {
        let response = Response::new(200).with_header("set-cookie", "a=1").with_header("set-cookie", "b=2");
        return Ok(response.with_header("x-note", "tschüß ☕"));
    }
    if let Some(text) = event.query("log") {
        vestibule::log::info!("{text}");
    }
    if let Some(text) = event.query("fail") {
        return Err(text.to_owned());
    }
    if event.query("loop").is_some() {
        loop {
            std::hint::black_box(());
        }
    }
    if event.query("memory").is_some() {
        let mut taken = Vec::new();
        loop {
            taken.push(std::hint::black_box(vec![1_u8; 1 << 20]));
        }
    }
    Ok(Response::json(&json!({
        "event": {
            "method": event.method(),
            "path": event.path(),
            "subpath": event.subpath(),
            "params": event.params().collect::<Vec<_>>(),
            "query": event.query_string(),
            "headers": event.headers().collect::<Vec<_>>(),
            "body": String::from_utf8_lossy(event.body()),
            "client": event.client(),
        },
        "context": {
            "request_id": context.request_id(),
            "function": context.function(),
            "version": context.version(),
            "deadline": context.deadline().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            "trigger": trigger(&context),
            "delivery": delivery(&context),
            "identity": identity(&context),
        },
        "env": std::env::vars().collect::<BTreeMap<_, _>>(),
    })))
}

fn trigger(context: &Context) -> Value {
    match context.trigger() {
        Trigger::Http => json!("http"),
        Trigger::Schedule(expression) => json!({ "schedule": expression }),
        Trigger::Background(attempt) => json!({ "background": attempt }),
    }
}

fn delivery(context: &Context) -> Option<Value> {
    let delivery = context.delivery()?;
    Some(json!({
        "scheme": delivery.scheme(),
        "id": delivery.id(),
        "event_type": delivery.event_type(),
        "timestamp": delivery.timestamp(),
        "secret": delivery.secret(),
    }))
}

fn identity(context: &Context) -> Option<Value> {
    let identity = context.identity()?;
    Some(json!({
        "provider": identity.provider(),
        "subject": identity.subject(),
        "roles": identity.roles(),
        "claims": identity.claims::<Value>().ok(),
    }))
}
