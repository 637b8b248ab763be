//! The operator's listener where other machines may ask: who is answered what. That it binds an address, and what it
//! answers on the loopback, is tested with the command.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http::{Method, Request};
use http_body_util::BodyExt;
use vestibule_host::admin::{Access, Admin, answer};
use vestibule_host::config::{Overrides, Secrets, Settings};
use vestibule_host::observe::metrics::Metrics;
use vestibule_host::reload::STILL;

use crate::support::{Answer, Builder, Host, PUBLIC, REMOTE, host};

const OFF_LOOPBACK: &str = "admin = \"10.0.0.5:8081\"\n[admin_access]\nremote = true\ntoken = \"ADMIN\"\n";
const TOKEN: &str = "a token of these tests, 40 bytes and more";

/// A host with the operator's listener that is described here, as it is once the functions are loaded.
fn with(settings: &str) -> (Host, Admin) {
    ready(host().function("hello", "canary", PUBLIC).secret("ADMIN", TOKEN).settings(settings))
}

fn ready(built: Builder) -> (Host, Admin) {
    let host = built.start();
    let admin = Admin::new(Arc::clone(&host.app.metrics), Arc::clone(&host.app.live().admin));
    assert!(admin.app.set(Arc::clone(&host.app)).is_ok());
    admin.ready.store(true, Ordering::Release);
    (host, admin)
}

/// A request with these headers, none of them added.
async fn ask(admin: &Admin, method: Method, path: &str, headers: &[(&str, &str)], client: IpAddr) -> Answer {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
    let (head, body) = answer(admin, &request.body(()).unwrap(), client).into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

async fn status(admin: &Admin, path: &str, headers: &[(&str, &str)]) -> u16 {
    ask(admin, Method::GET, path, headers, REMOTE).await.status
}

const BEARER: &str = "Bearer a token of these tests, 40 bytes and more";

#[tokio::test]
async fn other_machines_show_the_token_under_a_known_name() {
    let (_host, admin) = with(&format!("{OFF_LOOPBACK}hosts = [\"metrics.internal\", \"10.0.0.5\"]\n"));
    for (name, expected) in [
        ("localhost", 200),
        ("127.0.0.1:8081", 200),
        ("metrics.internal", 200),
        ("Metrics.Internal.:8081", 200),
        ("10.0.0.5:8081", 200),
        ("10.0.0.6:8081", 403),
        ("evil.example", 403),
        ("metrics.internal.evil.example", 403),
    ] {
        assert_eq!(status(&admin, "/metrics", &[("host", name), ("authorization", BEARER)]).await, expected, "{name}");
    }
    assert_eq!(status(&admin, "/metrics", &[("authorization", BEARER)]).await, 403, "no host");
    let two = [("host", "localhost"), ("host", "localhost"), ("authorization", BEARER)];
    assert_eq!(status(&admin, "/metrics", &two).await, 403);
}

#[tokio::test]
async fn without_the_token_nobody_is_told_anything_or_does_anything() {
    let (host, admin) = with(OFF_LOOPBACK);
    for wrong in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer a token of these tests, 40 bytes and mor"),
        Some("Bearer a token of these tests, 40 bytes and more."),
        Some("Bearer  a token of these tests, 40 bytes and more"),
        Some("Basic a token of these tests, 40 bytes and more"),
        Some(TOKEN),
    ] {
        let mut headers = vec![("host", "localhost")];
        headers.extend(wrong.map(|wrong| ("authorization", wrong)));
        for (method, path) in [
            (Method::GET, "/metrics"),
            (Method::GET, "/x"),
            (Method::POST, "/handshake/hello"),
            (Method::POST, "/health/live"),
        ] {
            let answer = ask(&admin, method.clone(), path, &headers, REMOTE).await;
            assert_eq!(answer.status, 401, "{method} {path} {wrong:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert!(!answer.text().contains("vestibule"), "{}", answer.text());
        }
    }
    let twice = [("host", "localhost"), ("authorization", BEARER), ("authorization", BEARER)];
    assert_eq!(status(&admin, "/metrics", &twice).await, 401);
    // In a query it is in logs of proxies, and so it is nowhere else than in its header.
    assert_eq!(status(&admin, "/metrics?access_token=x", &[("host", "localhost")]).await, 401);
    // This machine shows it, too: what comes through a forwarded port comes from the loopback.
    let local = ask(&admin, Method::GET, "/metrics", &[("host", "localhost")], crate::support::LOCAL).await;
    assert_eq!(local.status, 401);
    let bearer = [("host", "localhost"), ("authorization", "bearer a token of these tests, 40 bytes and more")];
    assert_eq!(status(&admin, "/metrics", &bearer).await, 200);
    assert_eq!(status(&admin, "/handshake/hello", &bearer).await, 404, "GET");
    let posted = ask(&admin, Method::POST, "/handshake/hello", &bearer, REMOTE).await;
    assert_eq!(posted.status, 409, "it waits for no secret");
    let of_a_page = [bearer[0], bearer[1], ("origin", "https://evil.example")];
    assert_eq!(ask(&admin, Method::POST, "/handshake/hello", &of_a_page, REMOTE).await.status, 403);
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn probes_need_neither_token_nor_name_where_other_machines_ask() {
    let (_host, admin) = with(OFF_LOOPBACK);
    for (path, text) in [("/health/live", "live\n"), ("/health/ready", "ready\n")] {
        let answer = ask(&admin, Method::GET, path, &[("host", "10.42.0.17:8081")], REMOTE).await;
        assert_eq!((answer.status, answer.text()), (200, text));
        assert_eq!(status(&admin, path, &[]).await, 200);
    }
    admin.ready.store(false, Ordering::Release);
    assert_eq!(status(&admin, "/health/ready", &[]).await, 503);
    // On the loopback a name is asked for, as ever.
    let (_host, admin) = with("[admin_access]\ntoken = \"ADMIN\"\n");
    assert_eq!(status(&admin, "/health/live", &[("host", "evil.example")]).await, 403);
    assert_eq!(status(&admin, "/health/live", &[("host", "localhost")]).await, 200);
    assert_eq!(status(&admin, "/metrics", &[("host", "localhost")]).await, 401);
}

#[tokio::test]
async fn before_the_functions_are_loaded_the_same_is_asked() {
    let settings = Settings::check(Path::new("host.toml"), OFF_LOOPBACK, &Overrides::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ADMIN"), TOKEN).unwrap();
    let secrets = |name: &str| {
        let places =
            vestibule_host::config::SecretsSettings { dir: Some(folder.path().join(name)), dotenv: None, env: false };
        Secrets::open(&places).unwrap()
    };
    let access =
        Access::new(&settings, &secrets("."), Path::new("host.toml")).unwrap_or_else(|problem| panic!("{problem}"));
    let admin = Admin::new(Arc::new(Metrics::new()), Arc::new(access));
    assert_eq!(status(&admin, "/metrics", &[("host", "localhost")]).await, 401);
    assert_eq!(status(&admin, "/metrics", &[("host", "localhost"), ("authorization", BEARER)]).await, 200);
    assert_eq!(status(&admin, "/health/ready", &[]).await, 503);
    // Without the secret it is not begun at all; empty is as good as missing.
    for empty in [false, true] {
        let other = tempfile::tempdir_in(folder.path()).unwrap();
        if empty {
            std::fs::write(other.path().join("ADMIN"), "").unwrap();
        }
        let name = other.path().file_name().unwrap().to_str().unwrap();
        let problem = Access::new(&settings, &secrets(name), Path::new("host.toml")).err().expect("missing");
        assert!(problem.to_string().starts_with("host.toml: admin_access.token: "), "{problem}");
    }
}

#[tokio::test]
async fn a_token_can_be_changed_and_taken_away_while_the_host_runs() {
    let (host, admin) = with(OFF_LOOPBACK);
    let mut now = Instant::now();
    let mut settle = || {
        for time in [Duration::ZERO, STILL] {
            now += time;
            host.look(now);
        }
    };
    let headers = |bearer: &'static str| [("host", "localhost"), ("authorization", bearer)];
    assert_eq!(status(&admin, "/metrics", &headers(BEARER)).await, 200);
    host.write("../secrets/ADMIN", "another token, as long as the first one");
    settle();
    assert_eq!(status(&admin, "/metrics", &headers(BEARER)).await, 401);
    assert_eq!(status(&admin, "/metrics", &headers("Bearer another token, as long as the first one")).await, 200);
    host.remove("../secrets/ADMIN");
    settle();
    for bearer in [BEARER, "Bearer another token, as long as the first one", "Bearer ", ""] {
        assert_eq!(status(&admin, "/metrics", &headers(bearer)).await, 401, "{bearer:?}");
    }
    assert_eq!(status(&admin, "/health/live", &[]).await, 200);
    // A token that the file no longer names is asked for all the same, until the next start.
    host.write("../secrets/ADMIN", TOKEN);
    let text = std::fs::read_to_string(host.functions().join("../host.toml")).unwrap();
    host.write("../host.toml", text.replace(OFF_LOOPBACK, ""));
    settle();
    for (bearer, wanted) in [(BEARER, 200), ("", 401)] {
        assert_eq!(status(&admin, "/metrics", &headers(bearer)).await, wanted, "{bearer:?}");
    }
}
