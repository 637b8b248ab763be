//! Asks for what a policy may grant, and answers what it got of it, as JSON: the error where it got nothing. `?variable=`,
//! `?setting=` (the same, by wasi:config), `?secret=`, `?sign=` with `?scheme=`; `?wasi` lists the environment that WASI has.
//! `?ms=` waits that long before, `?flood=` writes so many lines before, `?times=` asks for a secret that often.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::webhooks::Webhook;
use vestibule::{Event, Response, secret};

/// The interfaces that the SDK has no use for.
#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package hostile:granted;
            world asks {
                import wasi:config/store@0.2.0-rc.1;
            }
        ",
        path: "../../wit",
        generate_all,
    });
}

#[vestibule::handler]
fn handle(event: Event) -> Response {
    if let Some(ms) = event.query("ms").and_then(|ms| ms.parse().ok()) {
        std::thread::sleep(Duration::from_millis(ms));
    }
    for _ in 0..number(&event, "flood") {
        println!("flood");
    }
    if let Some(name) = event.query("variable") {
        return answered(std::env::var(name));
    }
    if let Some(name) = event.query("setting") {
        return answered(bindings::wasi::config::store::get(name).map_err(|error| format!("{error:?}")));
    }
    if event.query("settings").is_some() {
        return answered(bindings::wasi::config::store::get_all().map_err(|error| format!("{error:?}")));
    }
    if event.query("wasi").is_some() {
        return Response::json(&wasip2::cli::environment::get_environment());
    }
    if let Some(name) = event.query("secret") {
        for _ in 1..number(&event, "times") {
            let _ = secret(name);
        }
        return answered(secret(name).and_then(|secret| secret.text().map(str::to_owned)));
    }
    let name = event.query("sign").unwrap_or_default();
    let webhook = Webhook::new(event.body()).with_url("https://example.com/hook");
    let signed = webhook.sign(event.query("scheme").unwrap_or("github"), name);
    answered(signed.map(|signed| {
        let headers = signed.headers().map(|(name, value)| (name.to_owned(), Value::from(value)));
        json!({ "headers": headers.collect::<serde_json::Map<_, _>>(), "bytes": signed.payload().len() })
    }))
}

fn number(event: &Event, name: &str) -> u32 {
    event.query(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn answered<T: serde::Serialize, E: ToString>(result: Result<T, E>) -> Response {
    match result {
        Ok(got) => Response::json(&json!({ "got": got })),
        Err(error) => Response::json(&json!({ "error": error.to_string() })),
    }
}
