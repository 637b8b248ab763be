//! The operator's listener: health and metrics, for this machine alone.

use crate::client::Connection;
use crate::support::{Host, Site};

fn ask(host: &Host, line: &str, name: &str) -> u16 {
    Connection::open(&host.admin).send(format!("{line} HTTP/1.1\r\nhost: {name}\r\n\r\n")).head().status
}

#[test]
fn health_and_unknown_paths() {
    let host = Site::new().example("hello").start();
    for (path, status, text) in
        [("/health/live", 200, "live\n"), ("/health/ready", 200, "ready\n"), ("/hello", 404, "/metrics\n")]
    {
        let reply = host.ask_admin(path);
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.text().ends_with(text), "{path}: {}", reply.text());
    }
    // And the other way round: requests do not reach the operator's paths.
    assert_eq!(host.get("/metrics").status, 404);
    assert_eq!(host.get("/health/ready").status, 404);
}

#[test]
fn only_reading_is_allowed() {
    let host = Site::new().example("hello").start();
    for (method, status) in [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405), ("OPTIONS", 405)] {
        assert_eq!(ask(&host, &format!("{method} /metrics"), "localhost"), status, "{method}");
    }
}

#[test]
fn a_name_of_another_host_is_refused_so_that_no_web_page_can_read_it() {
    let host = Site::new().example("hello").start();
    for (name, status) in [
        ("localhost", 200),
        ("127.0.0.1:8081", 200),
        ("[::1]:8081", 200),
        ("example.com", 403),
        ("localhost.example.com", 403),
        ("localhost\r\nhost: localhost", 403),
    ] {
        assert_eq!(ask(&host, "GET /metrics", name), status, "{name}");
    }
}

#[test]
fn every_line_of_the_metrics_is_in_the_format_of_prometheus() {
    let host = Site::new().example("hello").start();
    assert_eq!(host.get("/hello").status, 200);
    assert_eq!(host.get("/nowhere").status, 404);
    let metrics = host.ask_admin("/metrics");
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    assert_eq!(metrics.text().lines().last(), Some("# EOF"));
    for line in metrics.text().lines() {
        assert!(line.starts_with('#') || is_sample(line), "{line}");
    }
    for (series, value) in [
        ("vestibule_requests_total{function=\"hello\",status=\"200\"}", 1),
        ("vestibule_requests_total{function=\"\",status=\"404\"}", 1),
        ("vestibule_refusals_total{function=\"\",stage=\"route\",reason=\"not_found\"}", 1),
        ("vestibule_outcomes_total{function=\"hello\",outcome=\"ok\"}", 1),
        ("vestibule_instances_created_total", 1),
        ("vestibule_request_duration_seconds_count{function=\"hello\"}", 1),
        ("vestibule_instance_duration_seconds_bucket{le=\"+Inf\",function=\"hello\"}", 1),
    ] {
        assert_eq!(host.metric(series), Some(value), "{series} in:\n{}", metrics.text());
    }
}

/// Whether a line is `name{label="value",...} number`; no label of ours holds a quote or a comma.
fn is_sample(line: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let Some((series, number)) = line.rsplit_once(' ') else { return false };
    let (name, labels) = match series.split_once('{') {
        None => (series, ""),
        Some((name, labels)) => match labels.strip_suffix('}') {
            None => return false,
            Some(labels) => (name, labels),
        },
    };
    let label = |text: &str| {
        let value = text.split_once('=').filter(|(name, _)| word(name)).map(|(_, value)| value);
        value.is_some_and(|value| value.len() >= 2 && value.starts_with('"') && value.ends_with('"'))
    };
    word(name) && number.parse::<f64>().is_ok() && (labels.is_empty() || labels.split(',').all(label))
}

#[test]
fn a_window_is_opened_by_the_operator_alone() {
    let awaiting = "[verify]\nscheme = \"asana\"\nsecrets = [\"HOOK\"]\nhandshake = \"asana\"\n";
    let site = Site::new()
        .example("hello")
        .component("hello", "hooks/asana")
        .file("hooks/asana.toml", awaiting)
        .settings("[secrets]\ndir = \"secrets\"\n");
    std::fs::create_dir(site.folder().join("secrets")).unwrap();
    let kept = site.folder().join("secrets/HOOK");
    let host = site.start();
    let secret = "f".repeat(64);
    let handshake = || {
        let head = format!("POST /hooks/asana HTTP/1.1\r\nhost: localhost\r\nx-hook-secret: {secret}\r\n");
        Connection::open(&host.address).send(format!("{head}content-length: 2\r\n\r\n{{}}")).head().status
    };
    for (line, name, status) in [
        ("POST /handshake/hooks/asana", "example.com", 403),
        ("POST /handshake/hooks/asana", "localhost\r\norigin: https://evil.example", 403),
        ("POST /handshake/hooks/asana", "localhost\r\nsec-fetch-site: cross-site", 403),
        ("GET /handshake/hooks/asana", "localhost", 404),
        ("POST /handshake/nobody", "localhost", 404),
        ("POST /handshake/hello", "localhost", 409),
    ] {
        assert_eq!(ask(&host, line, name), status, "{line} {name}");
        assert_eq!(handshake(), 403, "{line} {name}");
    }
    assert!(!kept.exists());
    assert_eq!(ask(&host, "POST /handshake/hooks/asana", "localhost"), 200);
    assert_eq!(handshake(), 200);
    assert_eq!(std::fs::read_to_string(kept).unwrap(), secret);
    let log = host.log();
    assert!(!log.contains(&secret), "{log}");
}

#[test]
fn a_token_is_asked_of_this_machine_as_well_where_there_is_one() {
    let token = "a token of this test, long enough";
    let site = Site::new().example("hello").settings("[admin_access]\ntoken = \"ADMIN_TOKEN\"\n");
    let host = site.secret("ADMIN_TOKEN", token).start();
    let ask = |line: &str, headers: &str| {
        Connection::open(&host.admin).send(format!("{line} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")).head()
    };
    let shown = format!("authorization: Bearer {token}\r\n");
    assert_eq!(ask("GET /metrics", &shown).status, 200);
    assert_eq!(ask("GET /health/ready", "").status, 200);
    // More than the log takes of them.
    for _ in 0..30 {
        let refused = ask("GET /metrics", "authorization: Bearer a token of this test, long enoughh\r\n");
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    }
    assert_eq!(ask("POST /handshake/hello", "").status, 401);
    assert_eq!(ask("POST /handshake/hello", &shown).status, 409);
    let line = host.wait_for_line(|line| line.contains("request to the admin listener refused"));
    assert!(line.contains("client=127.0.0.1") && line.contains("WARN"), "{line}");
    let (_, log) = host.stop();
    let said = log.lines().filter(|line| line.contains("request to the admin listener refused")).count();
    assert!((10..30).contains(&said), "{said} lines:\n{log}");
}

#[test]
fn a_listener_without_its_token_does_not_start() {
    for value in ["", "set"] {
        let site = Site::new().example("hello").settings("[admin_access]\ntoken = \"ADMIN_TOKEN\"\n");
        let site = if value.is_empty() { site.env("ADMIN_TOKEN", "") } else { site };
        let ended = site.run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""));
        assert!(
            ended.stderr.contains("host.toml: admin_access.token: ") && ended.stderr.contains("ADMIN_TOKEN"),
            "{}",
            ended.stderr
        );
    }
}
