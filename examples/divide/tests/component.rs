//! The built component, through every gate of the host: the cases of the tutorial that this example comes from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::sync::LazyLock;

use serde_json::json;
use vestibule_test::{Answer, Host};

/// One host for all tests: a function keeps nothing from one request to the next.
static HOST: LazyLock<Host> = LazyLock::new(|| Host::with("functions/divide.wasm").start());

fn divide(query: &[(&str, &str)]) -> Answer {
    query.iter().fold(HOST.get("/divide"), |request, (name, value)| request.query(name, value)).send()
}

#[test]
fn divides_two_numbers_successfully() {
    let answer = divide(&[("dividend", "20"), ("divisor", "5")]);
    answer.assert_status(200).assert_body_contains("=").assert_json_includes(&json!({ "quotient": 4 }));
}

#[test]
fn requires_a_dividend() {
    divide(&[("divisor", "5")]).assert_status(400).assert_body_contains("Please specify both");
}

#[test]
fn requires_a_divisor() {
    let answer = divide(&[("dividend", "20")]);
    answer.assert_status(400).assert_json(&json!({ "message": "Please specify both a dividend and a divisor." }));
}

#[test]
fn cannot_divide_by_0() {
    let answer = divide(&[("dividend", "20"), ("divisor", "0")]);
    answer.assert_status(500).assert_json(&json!({ "message": "Could not divide 20 by 0." }));
}

#[test]
fn only_what_the_policy_allows_comes_to_the_function() {
    let answer = HOST.post("/divide").json(&json!({ "dividend": 20, "divisor": 5 })).send();
    answer.assert_status(405).assert_refused_by("method");
}
