//! Sessions of Redwood applications: cookies that its own package made, and what becomes of them here.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{With, get, host, post};

/// One of the cookies in `data/dbauth.json`, and what Redwood's own package reads in it.
#[derive(Deserialize)]
pub(crate) struct Vector {
    name: String,
    pub(crate) session_secret: String,
    pub(crate) cookie_header: String,
    auth_provider: String,
    expect: String,
    session: Value,
}

#[derive(Deserialize)]
struct Vectors {
    sessions: Vec<Vector>,
}

/// The provider `app`.
pub(crate) const APP: &str =
    "[auth.app]\nkind = \"dbauth\"\nsecret = \"SESSION_SECRET\"\naccept_forgeable_cookie = true\n";

const CALLERS: &str = "[auth]\nproviders = [\"app\"]\n";

pub(crate) fn vectors() -> Vec<Vector> {
    let vectors: Vectors = serde_json::from_str(include_str!("data/dbauth.json")).unwrap();
    vectors.sessions
}

#[tokio::test]
async fn a_session_is_read_as_redwood_reads_it() {
    let mut seen = 0;
    for vector in vectors() {
        let host = host().settings(APP).secret("SESSION_SECRET", &vector.session_secret);
        let host = host.function("me", "echo", CALLERS).start();
        let request = get("/me").with("cookie", &vector.cookie_header).with("auth-provider", &vector.auth_provider);
        let answer = host.send(request).await;
        if vector.expect == "session" {
            assert_eq!(answer.status, 200, "{}: {answer:?}", vector.name);
            let identity = &answer.json()["context"]["identity"];
            assert_eq!(identity["provider"], "app");
            assert_eq!(identity["claims"], vector.session, "{}", vector.name);
            let id = &vector.session["id"];
            assert_eq!(identity["subject"], id.as_str().map_or(id.to_string(), str::to_owned), "{}", vector.name);
        } else {
            assert_eq!((answer.status, host.instances()), (401, 0), "{}", vector.name);
            assert_eq!(answer.header("www-authenticate"), Some("Cookie cookie-name=\"session\""), "{}", vector.name);
        }
        seen += 1;
    }
    assert!(seen >= 10);
}

/// A cookie of the form that Redwood once had, made with OpenSSL: `{"id":7,"roles":["admin"]};csrf`, encrypted with the key
/// and the vector that MD5 makes of this secret and the salt 0102030405060708.
const OLDER_SECRET: &str = "0123456789abcdefghijklmnopqrstuv";
const OLDER: &str = "U2FsdGVkX18BAgMEBQYHCAkBLfNXwbeqsALs1vg3iW0E/X9Pbt31GMYK7iHD1Hu2";

#[tokio::test]
async fn the_form_of_older_versions_is_read_too() {
    let host = host().settings(APP).secret("SESSION_SECRET", OLDER_SECRET);
    let host = host.function("me", "echo", CALLERS).start();
    let answer = host.send(get("/me").with("cookie", format!("session={OLDER}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let identity = &answer.json()["context"]["identity"];
    assert_eq!((&identity["subject"], &identity["roles"]), (&json!("7"), &json!([])));
}

#[tokio::test]
async fn a_cookie_counts_for_what_changes_things_only_if_the_caller_meant_to_send_it() {
    let vectors = vectors();
    let good = vectors.iter().find(|vector| vector.name == "ok").unwrap();
    let host = host().settings(APP).secret("SESSION_SECRET", &good.session_secret);
    let host = host.function("me", "echo", CALLERS).start();
    let with = |name: &str, value: &str| post("/me", "").with("cookie", &good.cookie_header).with(name, value);
    for (name, value) in [
        ("x-other", "1"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "https://localhost.evil.example"),
        ("sec-fetch-site", "same-origin"),
    ] {
        let answer = host.send(with(name, value)).await;
        assert_eq!((answer.status, host.instances()), (403, 0), "{name}: {value}");
    }
    let own = "http://localhost:8080";
    for (name, value) in [("auth-provider", "dbAuth"), ("auth-provider", "app"), ("origin", own)] {
        let answer = host.send(with(name, value)).await;
        assert_eq!(answer.status, 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_secret_that_redwood_would_not_take_keeps_the_function_from_being_served() {
    let host = host().settings(APP).secret("SESSION_SECRET", "short").function("me", "echo", CALLERS).start();
    assert_eq!(host.send(get("/me")).await.status, 503);
    assert!(host.problems.to_string().contains("shorter than 32 bytes"), "{}", host.problems);
}

#[tokio::test]
async fn no_session_gives_roles_as_whoever_has_one_could_change_them() {
    let host = host().settings(APP).secret("SESSION_SECRET", OLDER_SECRET);
    let host = host.function("me", "echo", "[auth]\nproviders = [\"app\"]\nroles = [\"admin\"]\n").start();
    let answer = host.send(get("/me").with("cookie", format!("session={OLDER}"))).await;
    assert_eq!((answer.status, host.instances()), (403, 0), "its session says that it has the role");
}

#[tokio::test]
async fn a_session_that_its_holder_changes_has_no_more_than_the_quota_of_its_address() {
    let policy = format!("{CALLERS}[limit]\nrate = \"1/hour\"\nburst = 2\nby = \"subject\"\n");
    let vectors = vectors();
    let named = |name: &str| vectors.iter().find(|vector| vector.name == name).unwrap();
    let (one, nine) = (named("ok"), named("MALLEABLE-iv-flip-id-1-to-9"));
    assert_eq!(one.session_secret, nine.session_secret);
    let host =
        host().settings(APP).secret("SESSION_SECRET", &one.session_secret).function("me", "echo", &policy).start();
    let mut answers = Vec::new();
    for vector in [one, nine, one, nine] {
        answers.push(host.send(get("/me").with("cookie", &vector.cookie_header)).await.status);
    }
    assert_eq!((answers.as_slice(), host.instances()), (&[200, 200, 429, 429][..], 2));
}
