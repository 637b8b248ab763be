//! Keys that an issuer publishes, fetched by the real command: by itself when it starts, and without waiting for an issuer
//! that is down. What an issuer may do to a host is asked of the library, in `tests/host/jwks.rs`.

use std::thread;
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm::RS256;
use serde_json::json;

use crate::publisher::{Does, Issuer};
use crate::support::{Host, PATIENCE, Site};
use crate::token::{claims, jwk, key, named, other_key, set};

/// `hello` as `/hello` for those whom this issuer knows.
fn site(issuer: &Issuer) -> Site {
    let settings = format!(
        "[auth.demo]\nkind = \"jwks\"\nalgorithms = [\"RS256\"]\nissuer = \"{}\"\nrefresh = \"1s\"\n",
        issuer.url("")
    );
    Site::new().settings(&settings).example("hello").file("hello.toml", "[auth]\nproviders = [\"demo\"]\n")
}

fn published() -> String {
    set(&[jwk("one", &key(RS256), RS256, json!({}))])
}

fn status(host: &Host, issuer: &Issuer) -> u16 {
    let token = named("one", &claims(json!({ "iss": issuer.url("") })), &key(RS256), RS256);
    host.request("GET", "/hello", &[("authorization".into(), format!("Bearer {token}"))], b"").status
}

fn wait_until(is_so: impl Fn() -> bool, what: &str) {
    let latest = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < latest, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn keys_are_fetched_before_anybody_calls_and_again_while_nobody_does() {
    let issuer = Issuer::of(published());
    let host = site(&issuer).start();
    wait_until(|| issuer.asked() >= 3, "keys are not fetched by themselves");
    assert_eq!(status(&host, &issuer), 200);
    issuer.publishes(set(&[jwk("one", &other_key(), RS256, json!({}))]));
    wait_until(|| status(&host, &issuer) == 401, "a key that was withdrawn is still good");
}

#[test]
fn an_issuer_that_is_down_keeps_the_host_neither_from_starting_nor_from_ending() {
    let issuer = Issuer::of(published());
    issuer.does(Does::Nothing);
    let start = Instant::now();
    let host = site(&issuer).start();
    wait_until(|| issuer.asked() >= 1, "keys are not fetched");
    assert_eq!((status(&host, &issuer), host.instances()), (503, 0));
    let (_, log) = host.stop();
    assert!(start.elapsed() < PATIENCE, "it waited for the issuer: {log}");

    issuer.does(Does::Answers(500, String::new(), String::new()));
    let host = site(&issuer).start();
    host.wait_for_line(|line| line.contains("the issuer's keys cannot be fetched") && line.contains("demo"));
    issuer.publishes(published());
    wait_until(|| status(&host, &issuer) == 200, "the issuer is back, and its callers are not let in");
    host.wait_for_line(|line| line.contains("the issuer's keys are here"));
}
