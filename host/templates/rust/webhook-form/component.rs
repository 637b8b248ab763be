//! The built component behind all gates, as the host serves it. `host test` builds it first; with
//! `cargo test` alone, that is for you to do: `host build`.

use vestibule_test::{Answer, Host, mock_signed_webhook};

const COMPONENT: &str = "functions/NAME.wasm";
const ROUTE: &str = "/NAME";
const PAYLOAD: &str = include_str!("../fixtures/example.form");

/// The scheme of `NAME.toml`, and the URL that it has where the scheme signs one.
const SCHEME: &str = "SCHEME";
const URL: &str = "https://hooks.example.com/NAME";

/// What `NAME.toml` calls the secret, and a value of it that is good for these tests alone.
const CALLED: &str = "NAME_SECRET";
const SECRET: &str = "PAIR1f0c8b6a4e2d9375c0b1a2f3e4d5968778695a4b3c2d1e0f0011223344556677";
const GUESSED: &str = "PAIR00000000000000000000000000000000000000000000000000000000000000ff";

/// Sends the payload as its sender does, signed with this secret.
fn send(host: &Host, secret: &str) -> Answer {
    let webhook = mock_signed_webhook(SCHEME, secret, PAYLOAD).with_url(URL);
    host.post(ROUTE).webhook(webhook).send()
}

#[test]
fn what_is_signed_runs_and_what_is_forged_does_not() {
    let host = Host::with(COMPONENT).secret(CALLED, SECRET).start();
    send(&host, SECRET).assert_status(200);
    let forged = send(&host, GUESSED);
    forged.assert_status(401).assert_refused_by("verify");
    let unsigned = host.post(ROUTE).body(PAYLOAD).send();
    unsigned.assert_status(401).assert_refused_by("verify");
    // Neither forgery had a sandbox.
    assert_eq!(host.instances(), 1);
}
