//! Events of API Gateway, sent with `host invoke` to the functions that they were for, and answered as those would be.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::invoke::{PUBLIC, echo, file, json};
use crate::support::{Ended, Site};
use crate::token;

/// An event of the tests.
fn event(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/events").join(name).display().to_string()
}

/// Sends an event of the tests to the function that its path names.
fn run_event(site: &Site, name: &str, options: &[&str]) -> Ended {
    let config = site.folder().join("host.toml");
    if !config.exists() {
        fs::write(&config, "").unwrap();
    }
    let (config, event) = (config.display().to_string(), event(name));
    site.run_with(&[&["invoke", "--config", &config, "--event", &event], options].concat())
}

#[test]
fn events_of_api_gateway_are_answered_in_their_form() {
    let site = echo(PUBLIC).example("divide");
    // The path names the function.
    let rest = json(&run_event(&site, "rest.json", &[]));
    assert_eq!((&rest["statusCode"], &rest["isBase64Encoded"]), (&json!(200), &json!(false)));
    assert_eq!(rest["multiValueHeaders"]["content-type"], json!(["application/json"]));
    let told: Value = serde_json::from_str(rest["body"].as_str().unwrap()).unwrap();
    let event = &told["event"];
    assert_eq!(
        (&event["method"], &event["path"], &event["body"]),
        (&json!("POST"), &json!("/echo/a%20b"), &json!("{\"order\": 7}"))
    );
    assert_eq!((&event["query"], &event["client"]), (&json!("name=Ada%20%26%20Co&tag=a&tag=b"), &json!("192.0.2.7")));
    let headers = event["headers"].as_array().unwrap();
    for header in [json!(["x-note", "first"]), json!(["x-note", "second"]), json!(["content-length", "12"])] {
        assert!(headers.contains(&header), "{header} is not in {headers:?}");
    }

    let raw = json(&run_event(&site, "http-api.json", &["--path", "/echo?raw=1"]));
    assert_eq!(
        (&raw["body"], &raw["isBase64Encoded"], &raw["cookies"]),
        (&json!("AAH/Cg=="), &json!(true), &json!([]))
    );

    let divided = json(&site.invoke("divide", &["--event", &self::event("redwood.json")]));
    assert_eq!(divided["statusCode"], 200);
    assert_eq!(divided["body"], "{\"message\":\"20 / 5 = 4\",\"quotient\":4}");
    let url = json(&run_event(&site, "function-url.json", &[]));
    assert!(url["body"].as_str().unwrap().contains("10 / 2 = 5"), "{url}");

    let prefix = Site::new().example("hello").settings("prefix = \"/.netlify/functions\"\n");
    let netlify = run_event(&prefix, "netlify.json", &["--quiet"]);
    assert_eq!((netlify.code, netlify.stderr.as_str()), (Some(0), ""));
    assert_eq!(json(&netlify)["body"], "Hello, Ada!\n");

    let wrong = file(&site, "wrong.json", r#"{"httpMethod": "GET", "path": "/echo", "body": {"a": 1}}"#);
    let ended = site.invoke("echo", &["--event", &wrong]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""));
    assert!(ended.stderr.contains("wrong.json: body: it is an object and must be a text"), "{}", ended.stderr);
}

#[test]
fn who_an_event_says_is_calling_is_supposed_to_be() {
    let policy = "[auth]\nproviders = [\"demo\"]\nroles = [\"editor\"]\n";
    let site = echo(policy).settings(&token::demo("roles = [\"cognito:groups\"]")).secret("JWT", token::SHARED);
    let answer = json(&run_event(&site, "rest.json", &[]));
    let told: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let identity = &told["context"]["identity"];
    assert_eq!((&identity["provider"], &identity["roles"]), (&json!("demo"), &json!(["admin", "editor"])));
    let nobody = run_event(&site, "function-url.json", &["--path", "/echo"]);
    assert_eq!((nobody.code, &json(&nobody)["statusCode"]), (Some(1), &json!(401)));
}
