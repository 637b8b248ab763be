//! The log of a running host: what a line says, what never gets into one, and that no client can write one.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::client::headers;
use crate::support::{Host, PATIENCE, Site};

fn logging() -> Host {
    Site::new().example("hello").example("hostile/echo").options(["--log-format", "json"]).start()
}

/// All lines about requests, once the host has stopped.
fn access(host: Host) -> Vec<Value> {
    let (_, log) = host.stop();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    lines.filter(|line: &Value| line["target"] == "vestibule::access").collect()
}

#[test]
fn each_request_has_one_line_that_says_what_became_of_it() {
    let host = logging();
    let sent = headers([("x-request-id", "of-the-test.1")]);
    assert_eq!(host.request("GET", "/hello/below", &sent, b"").header("x-request-id"), Some("of-the-test.1"));
    let refused = host.get("/nowhere");
    let lines = access(host);
    assert_eq!(lines.len(), 2, "{lines:?}");

    let answered = &lines[0];
    for (key, value) in [
        ("message", "answered"),
        ("request_id", "of-the-test.1"),
        ("method", "GET"),
        ("path", "/hello/below"),
        ("route", "/hello"),
        ("function", "hello"),
        ("outcome", "ok"),
    ] {
        assert_eq!(answered[key], value, "{answered}");
    }
    assert_eq!(answered["status"], 200);
    let duration = answered["duration_ms"].as_f64().unwrap();
    let instance = answered["instance_ms"].as_f64().unwrap();
    assert!(0.0 < instance && instance <= duration && duration < 60_000.0, "{answered}");
    assert!(answered["memory_bytes"].as_u64().unwrap() > 0, "{answered}");

    let turned_away = &lines[1];
    for (key, value) in [("message", "refused"), ("stage", "route"), ("reason", "no function has this route")] {
        assert_eq!(turned_away[key], value, "{turned_away}");
    }
    assert_eq!(turned_away["request_id"].as_str(), refused.header("x-request-id"));
    assert_eq!(turned_away["status"], 404);
}

#[test]
fn what_a_client_says_in_confidence_is_not_logged() {
    for format in ["human", "json"] {
        let host = Site::new()
            .example("hello")
            .secret("GITHUB_WEBHOOK_SECRET", "of github and the test")
            .example("github-webhook")
            .env("RUST_LOG", "debug")
            .options(["--log-format", format])
            .start();
        let confidential = headers([
            ("authorization", "Bearer SECRET"),
            ("cookie", "session=SECRET"),
            ("x-hub-signature-256", "sha256=SECRET"),
        ]);
        assert_eq!(host.request("POST", "/hello?name=SECRET", &confidential, b"SECRET").status, 200);
        assert_eq!(host.request("POST", "/github-webhook?token=SECRET", &confidential, b"SECRET").status, 401);
        assert_eq!(host.get("/nowhere?SECRET").status, 404);
        let (_, log) = host.stop();
        assert!(log.contains("/github-webhook") && log.contains("/nowhere"), "{log}");
        assert!(!log.contains("SECRET"), "{log}");
    }
}

#[test]
fn a_client_cannot_forge_a_line() {
    let ids = ["\"},{\"status\":200", "a b", "\u{202e}gnp.exe", "a=b status=200", "", &"x".repeat(65)];
    let paths =
        ["/hello/%0A%0D2026-01-01%20INFO%20forged", "/hello/%1B%5B31m", "/hello/\"quoted\"", "/hello/%E2%80%AEx"];
    for format in ["human", "json"] {
        let host = Site::new().example("hello").options(["--log-format", format]).start();
        for id in ids {
            let reply = host.request("GET", "/hello", &headers([("x-request-id", id)]), b"");
            let given = reply.header("x-request-id").unwrap();
            assert_eq!(given.len(), 32, "{given}");
            assert!(given.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}");
        }
        for path in paths {
            host.get(path);
        }
        let (_, log) = host.stop();
        assert!(!log.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{log}");
        assert!(!log.contains("gnp.exe") && !log.contains("\"},{\""), "{log}");
        let lines = log.lines().filter(|line| line.contains("vestibule::access"));
        assert_eq!(lines.clone().count(), ids.len() + paths.len(), "{log}");
        assert!(lines.clone().all(|line| !line.starts_with("2026-01-01")), "{log}");
        if format == "json" {
            assert!(lines.clone().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object())));
        }
    }
}

#[test]
fn what_a_guest_writes_is_marked_as_its_own() {
    let host = Site::new().example("hostile/canary").options(["--log-format", "json"]).start();
    let id = host.get("/hostile/canary").header("x-request-id").unwrap().to_owned();
    let line = host.wait_for_line(|line| line.contains("canary: instance started"));
    let line: Value = serde_json::from_str(&line).unwrap();
    for (key, value) in [
        ("target", "vestibule::guest"),
        ("function", "hostile/canary"),
        ("request_id", &id),
        ("source", "stderr"),
        ("message", "canary: instance started"),
    ] {
        assert_eq!(line[key], value, "{line}");
    }
}

#[test]
fn a_flood_of_refusals_is_counted_and_not_written() {
    let host = logging();
    let sent: u64 = 1000;
    let mut connection = host.connect();
    for _ in 0..sent {
        assert_eq!(connection.send("GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n").reply().status, 404);
    }
    for _ in 0..3 {
        let head = "POST /hello HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999999\r\n\r\n";
        assert_eq!(host.connect().send(head).reply().status, 413);
    }
    assert_eq!(host.get("/hello").status, 200);
    let series = "vestibule_refusals_total{function=\"\",stage=\"route\",reason=\"not_found\"}";
    assert_eq!(host.metric(series), Some(sent), "the metrics count all");
    let lines = access(host);
    let count = |message: &str| lines.iter().filter(|line| line["message"] == message).count() as u64;
    let at_route = lines.iter().filter(|line| line["stage"] == "route").count() as u64;
    assert!((100..sent).contains(&at_route), "{at_route}");
    let left_out = lines.iter().filter_map(|line| line["lines"].as_u64()).sum::<u64>();
    assert_eq!(at_route + left_out, sent, "what is left out is said");
    assert_eq!((count("refused") - at_route, count("answered")), (3, 1), "no function hides what is of others");
    let said = lines.iter().find(|line| line["lines"].is_u64()).unwrap();
    assert!(said["message"].as_str().unwrap().starts_with("left out: route "), "{said}");
}

#[test]
fn what_the_host_answers_by_itself_and_why_a_call_failed_have_shares_of_the_log_too() {
    let host = Site::new().example("hello").example("hostile/trap").options(["--log-format", "json"]).start();
    let mut connection = host.connect();
    let mut ask = |method: &str, path: &str, status: u16, times: u64| {
        for _ in 0..times {
            let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            assert_eq!(connection.send(request).reply().status, status);
        }
    };
    let (options, traps) = (1000, 3000);
    ask("OPTIONS", "/hello", 204, options);
    ask("GET", "/hostile/trap", 500, traps);
    let lines = access(host);
    let count = |outcome: &str| lines.iter().filter(|line| line["outcome"] == outcome).count() as u64;
    assert!((100..options).contains(&count("options")), "{}", count("options"));
    assert_eq!(count("trap"), traps, "each call has its line");
    // A trap's reason has a line for each frame of the stack.
    let reasons = lines.iter().filter(|line| line["outcome"] == "trap" && line["reason"].is_string()).count() as u64;
    assert!((100..traps).contains(&reasons), "{reasons}");
    let said = |what: &str| lines.iter().any(|line| line["message"].as_str().is_some_and(|text| text.contains(what)));
    assert!(said("left out: options ") && said("left out: output "), "nobody says what is left out");
}

#[test]
fn a_client_that_leaves_before_the_call_leaves_a_line() {
    let host = Site::new()
        .component("hostile/sleeper", "one")
        .file("one.toml", "access = \"public\"\nconcurrency = 1\n")
        .settings("[server]\npermit_wait = \"60s\"\n")
        .options(["--log-format", "json"])
        .start();
    thread::scope(|scope| {
        let first = scope.spawn(|| host.get("/one?ms=1500").status);
        host.wait_for_metric("vestibule_instances_running", 1);
        let mut second = host.connect();
        second.send("GET /one HTTP/1.1\r\nhost: localhost\r\nx-request-id: gone\r\n\r\n");
        drop(second);
        // Under the function's name, or under none if it left before anybody had looked for whom it was.
        let gone = |function: &str| {
            let series = format!("vestibule_outcomes_total{{function=\"{function}\",outcome=\"client_gone\"}}");
            host.metric(&series).unwrap_or(0)
        };
        let until = Instant::now() + PATIENCE;
        while gone("one") + gone("") == 0 {
            assert!(Instant::now() < until, "it was not counted");
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(first.join().unwrap(), 200);
    });
    assert_eq!(host.instances(), 1, "nothing was called for it");
    let lines = access(host);
    let line = lines.iter().find(|line| line["request_id"] == "gone").unwrap();
    for (key, value) in [("message", "unanswered"), ("outcome", "client_gone"), ("path", "/one")] {
        assert_eq!(line[key], value, "{line}");
    }
    assert!(line.get("status").is_none(), "{line}");
}

#[test]
fn nobody_waits_for_whoever_reads_the_log() {
    const REQUESTS: u64 = 28_000;
    let mut host = Site::new().example("hello").unread_log().start();
    let mut connection = host.connect();
    // A pipe holds 64 KiB, the queue 4 MiB, the thread that writes what it took before. Each of these is one line of 250 bytes.
    for _ in 0..REQUESTS {
        assert_eq!(connection.send("GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n").reply().status, 200);
    }
    let dropped = host.metric("vestibule_log_lines_dropped_total").unwrap();
    assert!((1000..REQUESTS).contains(&dropped), "{dropped}");
    assert_eq!(host.get("/hello").status, 200);
    host.signal(Signal::TERM);
    assert!(host.wait(PATIENCE).is_some_and(|status| status.success()), "its end waits for nobody either");
}

#[test]
fn a_flood_of_a_guest_is_cut() {
    let host = Site::new().example("hostile/stdout-flood").start();
    assert_eq!(host.get("/hostile/stdout-flood").text(), "100000 lines");
    let cut = host.wait_for_line(|line| line.contains("output cut"));
    assert!(cut.contains("hostile/stdout-flood"), "{cut}");
    let (_, log) = host.stop();
    assert!(log.lines().count() < 2000, "{} lines", log.lines().count());
}

#[test]
fn guests_that_write_too_much_one_by_one_are_cut_together() {
    let host = Site::new().example("hostile/stdout-flood").options(["--log-format", "json"]).start();
    let (calls, began) = (60, Instant::now());
    for _ in 0..calls {
        assert_eq!(host.get("/hostile/stdout-flood").status, 200);
    }
    // A function may write 5000 lines at once and 1000 a second; each of these writes the 500 that a request may.
    let most = 5000 + 1000 * (began.elapsed().as_secs() as usize + 1);
    let (_, log) = host.stop();
    let of_guest = log.lines().filter(|line| line.contains("vestibule::guest")).count();
    assert!((500..=most).contains(&of_guest), "{of_guest} lines, {most} at the most");
    // On a machine that takes half a minute for this, there is nothing to leave out.
    assert!(most > calls * 450 || log.contains("left out: output "), "it is not said");
}
