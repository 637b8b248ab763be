//! `host.toml` that is cut off, or emptied, while the host runs: what kept people out goes on doing so.

use std::fs;
use std::time::Instant;

use vestibule_host::reload::STILL;

use crate::support::token::SHARED;
use crate::support::{PUBLIC, With, get, host, log};

/// Everything by which settings keep somebody out, one after the other, so that each cut takes some of it.
const SETTINGS: &str = "trusted_proxies = [\"127.0.0.1\"]\n\
    [auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT\"\naudience = \"us\"\n\
    [defaults]\nundeclared = \"refuse\"\n\
    [defaults.ip]\nallow = [\"10.0.0.0/8\"]\n\
    [ceilings]\npublic = false\n";

#[tokio::test]
async fn settings_that_are_cut_at_any_byte_or_emptied_open_nothing() {
    let public = format!("{PUBLIC}[ip]\nallow = [\"127.0.0.0/8\"]\n");
    let builder = host().settings(SETTINGS).secret("JWT", SHARED);
    let builder =
        builder.function("known", "canary", "[auth]\nproviders = [\"demo\"]\n[ip]\nallow = [\"203.0.113.9\"]\n");
    let builder = builder.function("open", "canary", PUBLIC).function("near", "canary", &public);
    let host = builder.file("bare.wasm", crate::support::component("canary")).start();
    let file = host.functions().join("../host.toml");
    let whole = fs::read_to_string(&file).unwrap();
    let claims = serde_json::json!({ "aud": "others" });
    let others = crate::support::token::bearer(claims);
    let mut now = Instant::now();
    for length in (0..whole.len()).rev() {
        if !whole.is_char_boundary(length) {
            continue;
        }
        fs::write(&file, &whole[..length]).unwrap();
        for _ in 0..2 {
            now += STILL;
            host.look(now);
        }
        let far = |path: &str| get(path).with("x-forwarded-for", "203.0.113.9");
        for request in
            [far("/open"), far("/near"), far("/bare"), get("/bare"), far("/known").with("authorization", &others)]
        {
            let path = request.uri().path().to_owned();
            let answer = host.send(request).await;
            assert_ne!(answer.status, 200, "{path} with {length} bytes: {}", log::access(answer.id()));
        }
    }
    assert_eq!(host.instances(), 0);
}
