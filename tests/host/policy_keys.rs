//! The keys of a policy: for each a test that fails if the key is ignored, named like it. What a key's test needs is told
//! here in both directions, with the key and without it. Those that stand beside a scheme are in `verify_keys`, quotas and
//! addresses in `limit_keys`, those for browsers in `browser_keys`.

use std::time::{Duration, SystemTime};

use http::Method;
use serde_json::json;
use vestibule_host::config::reference;

use crate::support::token::{self, ES256_PUBLIC, SHARED, bearer};
use crate::support::verifier::{BODY as BODY_AT, gives_back, moody, verifier, waits};
use crate::support::{Answer, Body, PUBLIC, REMOTE, With, get, host, post, request};

/// The keys that the reference lists, dotted.
fn keys() -> Vec<String> {
    let reference = reference::policy_markdown();
    let mut table = String::new();
    let mut keys = Vec::new();
    for line in reference.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            table = title.strip_prefix("`[").and_then(|title| title.strip_suffix("]`")).unwrap_or("").to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let key = row.split('`').next().unwrap();
            keys.push(if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") });
        }
    }
    keys
}

#[test]
fn every_key_of_the_reference_has_a_test_here() {
    let keys = keys();
    assert!(keys.iter().any(|key| key == "methods") && keys.iter().any(|key| key == "verify.secrets"), "{keys:?}");
    let sources = [
        include_str!("policy_keys.rs"),
        include_str!("verify_keys.rs"),
        include_str!("limit_keys.rs"),
        include_str!("browser_keys.rs"),
        include_str!("outbound.rs"),
        include_str!("kv.rs"),
        include_str!("grants.rs"),
    ];
    for key in keys {
        let test = format!("async fn {}_is_enforced()", key.replace(['.', '-'], "_"));
        assert!(sources.iter().any(|source| source.contains(&test)), "no `{test}`");
    }
}

/// What `component` answers under a public policy with these lines.
async fn ask(component: &str, policy: &str, target: &str) -> Answer {
    let host = host().function("f", component, &format!("{PUBLIC}{policy}\n")).start();
    host.send(get(target)).await
}

#[tokio::test]
async fn methods_is_enforced() {
    let host = host().function("f", "canary", &format!("{PUBLIC}methods = [\"GET\", \"PUT\"]\n")).start();
    for (method, status) in [
        (Method::GET, 200),
        (Method::HEAD, 200),
        (Method::PUT, 200),
        (Method::OPTIONS, 204),
        (Method::POST, 405),
        (Method::from_bytes(b"get").unwrap(), 405),
        (Method::from_bytes(b"PURGE").unwrap(), 405),
    ] {
        let answer = host.send(request(method.clone(), "/f", Body::whole(""))).await;
        assert_eq!(answer.status, status, "{method}");
        let allow = (status != 200).then_some("GET, HEAD, PUT, OPTIONS");
        assert_eq!(answer.header("allow"), allow, "{method}");
    }
    assert_eq!(host.instances(), 3);
    assert_eq!(ask("canary", "", "/f").await.status, 200, "all methods, where none are named");
}

#[tokio::test]
async fn timeout_is_enforced() {
    assert_eq!(ask("sleeper", "timeout = \"50ms\"", "/f?ms=200").await.status, 504);
    assert_eq!(ask("sleeper", "timeout = \"10s\"", "/f?ms=200").await.status, 200);
}

#[tokio::test]
async fn memory_is_enforced() {
    let target = "/f?bytes=5000000";
    assert_eq!(ask("huge-response", "memory = \"4MiB\"", target).await.status, 500);
    assert_eq!(ask("huge-response", "memory = \"32MiB\"", target).await.status, 200);
}

#[tokio::test]
async fn concurrency_is_enforced() {
    for (concurrency, status) in [(2, 503), (3, 200)] {
        let policy = format!("{PUBLIC}concurrency = {concurrency}\n");
        let host = host().function("f", "canary", &policy).settings("[server]\npermit_wait = \"0ms\"").start();
        let function = host.ready("f");
        let busy = (function.permits.try_acquire().unwrap(), function.permits.try_acquire().unwrap());
        assert_eq!(host.send(get("/f")).await.status, status, "2 of {concurrency} at work");
        drop(busy);
    }
}

#[tokio::test]
async fn body_limit_is_enforced() {
    for (limit, length, status) in
        [("3B", 3, 200), ("3B", 4, 413), ("0B", 0, 200), ("0B", 1, 413), ("2MiB", 2 << 20, 200)]
    {
        let host = host().function("f", "canary", &format!("{PUBLIC}body_limit = \"{limit}\"\n")).start();
        assert_eq!(host.send(post("/f", vec![b'x'; length])).await.status, status, "{length} of {limit}");
    }
}

#[tokio::test]
async fn response_limit_is_enforced() {
    for (limit, length, status) in [("1KiB", 1024, 200), ("1KiB", 1025, 502), ("8MiB", 8 << 20, 200)] {
        let policy = format!("response_limit = \"{limit}\"");
        let answer = ask("huge-response", &policy, &format!("/f?bytes={length}")).await;
        assert_eq!(answer.status, status, "{length} of {limit}");
        assert_eq!(answer.body.len() == length, status == 200, "{length} of {limit}");
    }
}

#[tokio::test]
async fn access_is_enforced() {
    for (policy, status) in [("access = \"public\"\n", 200), ("", 403)] {
        let host = host().function("f", "canary", policy).start();
        assert_eq!(host.send_from(get("/f"), REMOTE).await.status, status, "{policy:?}");
    }
}

const BODY: &[u8] = br#"{"event":{"id":"e-1"}}"#;

#[tokio::test]
async fn verify_scheme_is_enforced() {
    let described = r#"
        algorithm = "hmac-sha512"
        encoding = "base64"
        header = "acme-signature"
        prefix = "v2 "
        timestamp = { header = "acme-time" }
        content = "{timestamp}/{body}"
        id = { json = "event.id" }
    "#;
    let named = "[verify]\nsecrets = [\"S\"]\nscheme = \"github\"\n";
    let table = format!("[verify]\nsecrets = [\"S\"]\n[verify.scheme]\n{described}");
    let acme = toml::from_str::<signatures::Scheme>(described).unwrap();
    let secret = signatures::Secret::new("S", "hunter2");
    let now = SystemTime::now();
    let headers = signatures::sign(&acme, Some(&secret), &signatures::SignRequest::new(BODY, now)).unwrap().headers;
    let as_acme = || headers.iter().fold(post("/f", BODY), |request, (name, value)| request.with(name, value));
    let as_github = || post("/f", BODY).signed("github", "hunter2", BODY, now);

    let named = host().function("f", "echo", named).secret("S", "hunter2").start();
    assert_eq!(named.send(as_acme()).await.status, 401);
    assert_eq!(named.send(as_github()).await.json()["context"]["delivery"]["scheme"], "github");

    let described = host().function("f", "echo", &table).secret("S", "hunter2").start();
    assert_eq!(described.send(as_github()).await.status, 401);
    let delivery = described.send(as_acme()).await.json()["context"]["delivery"].clone();
    assert_eq!((&delivery["scheme"], &delivery["id"]), (&json!("custom"), &json!("e-1")));
    assert_eq!(delivery["timestamp"], now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
}

#[tokio::test]
async fn verify_secrets_is_enforced() {
    for (secrets, signed_with, status) in [
        ("[\"ONE\"]", "value one", 200),
        ("[\"ONE\"]", "value two", 401),
        ("[\"ONE\", \"TWO\"]", "value two", 200),
        ("[\"TWO\", \"ONE\"]", "value one", 200),
        ("[\"TWO\", \"ONE\"]", "ONE", 401),
    ] {
        let policy = format!("[verify]\nscheme = \"github\"\nsecrets = {secrets}\n");
        let host = host().function("f", "echo", &policy).secret("ONE", "value one").secret("TWO", "value two").start();
        let answer = host.send(post("/f", BODY).signed("github", signed_with, BODY, SystemTime::now())).await;
        assert_eq!(answer.status, status, "{secrets} {signed_with}");
        if status == 200 {
            let name = if signed_with == "value one" { "ONE" } else { "TWO" };
            assert_eq!(answer.json()["context"]["delivery"]["secret"], name, "{secrets}");
        }
    }
}

#[tokio::test]
async fn verify_tolerance_is_enforced() {
    for (tolerance, age, status) in [
        ("", 400, 401),
        ("tolerance = \"10m\"", 400, 200),
        ("", 200, 200),
        ("tolerance = \"1m\"", 200, 401),
        ("tolerance = \"1m\"", 30, 200),
    ] {
        let policy = format!("[verify]\nscheme = \"stripe\"\nsecrets = [\"S\"]\n{tolerance}\n");
        let host = host().function("f", "canary", &policy).secret("S", "hunter2").start();
        let then = SystemTime::now() - Duration::from_secs(age);
        let answer = host.send(post("/f", BODY).signed("stripe", "hunter2", BODY, then)).await;
        assert_eq!(answer.status, status, "{tolerance:?}, signed {age} s ago");
    }
}

/// What the canary answers to a body behind a verifier of its own that decides by it, with these lines.
async fn ask_verifier(lines: &str, body: &'static str) -> u16 {
    let policy = format!("[verify]\nscheme = \"component\"\n{lines}\n");
    let host = host().verifiers(2).function("f", "canary", &policy);
    host.file("v.verifier.wasm", moody())
        .file("w.verifier.wasm", gives_back(BODY_AT))
        .start()
        .send(post("/f", body))
        .await
        .status
}

const COMPONENT: &str = "component = \"v.verifier.wasm\"\n";

#[tokio::test]
async fn verify_component_is_enforced() {
    assert_eq!(ask_verifier(COMPONENT, "no").await, 401);
    assert_eq!(ask_verifier(COMPONENT, "yes").await, 200);
    assert_eq!(ask_verifier("component = \"w.verifier.wasm\"", "no").await, 200);
    assert_eq!(ask_verifier("", "yes").await, 503);
}

#[tokio::test]
async fn verify_timeout_is_enforced() {
    // One second by default, which a verifier that waits for a fifth of one keeps.
    for (timeout, status) in [("timeout = \"50ms\"", 401), ("timeout = \"10s\"", 200), ("", 200)] {
        let policy = format!("[verify]\nscheme = \"component\"\n{COMPONENT}{timeout}\n");
        let host = host().verifiers(1).function("f", "canary", &policy).file("v.verifier.wasm", waits()).start();
        assert_eq!(host.send(post("/f", "")).await.status, status, "{timeout:?}");
    }
}

#[tokio::test]
async fn verify_memory_is_enforced() {
    // It takes 32 MiB, and cannot do without.
    let takes = "(if (i32.eq (i32.const -1) (memory.grow (i32.const 512))) (then (unreachable))) (i32.const 0)";
    for (memory, status) in [("", 401), ("memory = \"32MiB\"", 401), ("memory = \"40MiB\"", 200)] {
        let policy = format!("[verify]\nscheme = \"component\"\n{COMPONENT}{memory}\n");
        let host =
            host().verifiers(1).function("f", "canary", &policy).file("v.verifier.wasm", verifier(takes)).start();
        assert_eq!(host.send(post("/f", "")).await.status, status, "{memory:?}");
    }
}

#[tokio::test]
async fn verify_concurrency_is_enforced() {
    for (concurrency, free) in [("", 10), ("concurrency = 1", 1), ("concurrency = 3", 3)] {
        let policy = format!("[verify]\nscheme = \"component\"\n{COMPONENT}{concurrency}\n");
        let host = host().verifiers(1).settings("[server]\npermit_wait = \"0ms\"").function("f", "canary", &policy);
        let host = host.file("v.verifier.wasm", moody()).start();
        let function = host.ready("f");
        let mut busy: Vec<_> = (0..free).map(|_| function.verifier_permits.try_acquire().unwrap()).collect();
        assert_eq!(host.send(post("/f", "yes")).await.status, 503, "{concurrency:?}");
        busy.pop();
        assert_eq!(host.send(post("/f", "yes")).await.status, 200, "{concurrency:?}");
    }
}

#[tokio::test]
async fn verify_replay_is_enforced() {
    for (replay, status, runs) in [
        ("", 200, 1),
        ("replay = \"acknowledge\"", 200, 1),
        ("replay = \"reject\"", 409, 1),
        ("replay = \"allow\"", 200, 2),
    ] {
        let policy = format!("[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n{replay}\n");
        let host = host().function("f", "canary", &policy).secret("S", "hunter2").start();
        let send =
            async || host.send(post("/f", BODY).signed("github", "hunter2", BODY, SystemTime::now())).await.status;
        assert_eq!((send().await, send().await), (200, status), "{replay:?}");
        assert_eq!(host.instances(), runs, "{replay:?}");
    }
}

#[tokio::test]
async fn verify_handshake_is_enforced() {
    for (handshake, status) in [("", 401), ("handshake = \"dropbox\"", 200), ("handshake = \"okta\"", 401)] {
        let policy = format!("[verify]\nscheme = \"dropbox\"\nsecrets = [\"S\"]\n{handshake}\n");
        let host = host().function("f", "canary", &policy).secret("S", "hunter2").start();
        assert_eq!(host.send(get("/f?challenge=abc")).await.status, status, "{handshake:?}");
        assert_eq!(host.instances(), 0);
    }
}

#[tokio::test]
async fn verify_handshake_token_is_enforced() {
    let policy = "[verify]\nscheme = \"meta\"\nsecrets = [\"S\"]\nhandshake = \"meta\"\nhandshake_token = \"T\"\n";
    let host = host().function("f", "canary", policy).secret("S", "hunter2").secret("T", "meatyhamhock").start();
    for (token, status) in [("meatyhamhock", 200), ("hunter2", 403)] {
        let target = format!("/f?hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}");
        assert_eq!(host.send(get(&target)).await.status, status, "{token}");
    }
}

/// What a function under `[auth]` with these lines answers to an `HS256` token of `demo`, or to none.
async fn ask_as(auth: &str, token: Option<serde_json::Value>) -> Answer {
    let settings = format!(
        "{}[auth.other]\nkind = \"jwt\"\nalgorithms = [\"ES256\"]\npublic_key = '''\n{ES256_PUBLIC}'''\n",
        token::demo("")
    );
    let host = host().function("f", "echo", auth).settings(&settings).secret("JWT", SHARED).start();
    let request = get("/f");
    host.send(match token {
        Some(claims) => request.with("authorization", bearer(claims)),
        None => request,
    })
    .await
}

#[tokio::test]
async fn auth_providers_is_enforced() {
    let anyone = || Some(json!({}));
    assert_eq!(ask_as("[auth]\nproviders = [\"demo\"]\n", None).await.status, 401);
    assert_eq!(ask_as("[auth]\nproviders = [\"other\"]\n", anyone()).await.status, 401);
    let answer = ask_as("[auth]\nproviders = [\"demo\"]\n", anyone()).await;
    assert_eq!(answer.json()["context"]["identity"]["provider"], "demo");
}

#[tokio::test]
async fn auth_roles_is_enforced() {
    let reader = || Some(json!({ "roles": ["reader"] }));
    let policy = |roles: &str| format!("[auth]\nproviders = [\"demo\"]\n{roles}\n");
    assert_eq!(ask_as(&policy("roles = [\"admin\"]"), reader()).await.status, 403);
    assert_eq!(ask_as(&policy("roles = [\"admin\", \"reader\"]"), reader()).await.status, 200);
    assert_eq!(ask_as(&policy(""), reader()).await.status, 200);
}

#[tokio::test]
async fn auth_scopes_is_enforced() {
    let reader = || Some(json!({ "scope": "orders:read profile" }));
    let policy = |scopes: &str| format!("[auth]\nproviders = [\"demo\"]\n{scopes}\n");
    assert_eq!(ask_as(&policy("scopes = [\"orders:read\", \"orders:write\"]"), reader()).await.status, 403);
    assert_eq!(ask_as(&policy("scopes = [\"orders:read\", \"profile\"]"), reader()).await.status, 200);
    assert_eq!(ask_as(&policy(""), reader()).await.status, 200);
}

#[tokio::test]
async fn auth_optional_is_enforced() {
    let policy = |optional: &str| format!("{optional}\n[auth]\nproviders = [\"demo\"]\n");
    assert_eq!(ask_as(&policy(""), None).await.status, 401);
    let optional = "access = \"public\"\n[auth]\nproviders = [\"demo\"]\noptional = true\n";
    let nobody = ask_as(optional, None).await;
    assert_eq!((nobody.status, &nobody.json()["context"]["identity"]), (200, &json!(null)));
    let somebody = ask_as(optional, Some(json!({}))).await;
    assert_eq!(somebody.json()["context"]["identity"]["subject"], "user-1");
    assert_eq!(ask_as(optional, Some(json!({ "exp": 1 }))).await.status, 401);
}
