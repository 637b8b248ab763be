//! What an operator sees when the host has started: two lines on standard output, the table and its notes on standard
//! error, or the same as JSON.

use std::fs;
use std::net::SocketAddr;

use rustix::process::Signal;
use sha2::{Digest, Sha256};

use crate::support::{PATIENCE, Site, built};

/// The row of the table that is about `route`, in its columns.
fn row(log: &str, route: &str) -> Vec<String> {
    let rows = log.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()));
    let mut rows = rows.map(|cells| cells.map(str::to_owned).collect::<Vec<_>>());
    rows.find(|row| row.first().is_some_and(|first| first == route)).unwrap_or_else(|| panic!("no row {route}:\n{log}"))
}

/// The first digits of a component's version.
fn version(example: &str) -> String {
    hex::encode(Sha256::digest(fs::read(built(example, "wasm")).unwrap()))[..8].to_owned()
}

const AUTH_DEMO: &str = r#"
[auth.demo]
kind = "jwt"
algorithms = ["HS256"]
secret = "AUTH_JWT_SECRET"
"#;

#[test]
fn standard_output_says_where_it_listens_and_nothing_else() {
    let mut host = Site::new().example("hello").start();
    let address: SocketAddr = host.address.parse().unwrap();
    let admin: SocketAddr = host.admin.parse().unwrap();
    assert!(address.ip().is_loopback() && admin.ip().is_loopback());
    assert_ne!(address.port(), admin.port());
    assert_eq!(host.get("/hello").status, 200);
    host.signal(Signal::TERM);
    assert!(host.wait(PATIENCE).is_some());
    assert_eq!(host.out(), format!("listening on http://{address}\nadmin on http://{admin}\n"));
}

#[test]
fn the_table_says_of_each_route_what_protects_and_what_bounds_it() {
    let host = Site::new()
        .settings(AUTH_DEMO)
        .secret("GITHUB_WEBHOOK_SECRET", "of github and the test")
        .secret("AUTH_JWT_SECRET", "a key of the test, 32 bytes long")
        .example("github-webhook")
        .example("me")
        .example("hello")
        .example("hostile/endless-loop")
        .component("hello", "undeclared")
        .start();
    host.wait_for_line(|line| line.starts_with("OPEN: nobody has said who may call it."));
    let log = host.log();
    let defaults = "10s, 64MiB, 100 at once, 1MiB in, 6MiB out";
    let limited = "10s, 64MiB, 100 at once, 1MiB in, 6MiB out; 60/min by subject, burst 20";
    for (route, file, example, verified, callers, methods, limits) in [
        ("/github-webhook", "github-webhook.wasm", "github-webhook", "github", "whoever signs", "POST", defaults),
        ("/me", "me.wasm", "me", "-", "demo (editor)", "GET", limited),
        ("/hello", "hello.wasm", "hello", "-", "anyone (public)", "all", defaults),
        ("/undeclared", "undeclared.wasm", "hello", "-", "OPEN", "all", defaults),
        (
            "/hostile/endless-loop",
            "hostile/endless-loop.wasm",
            "hostile/endless-loop",
            "-",
            "anyone (public)",
            "all",
            "500ms, 64MiB, 100 at once, 1MiB in, 6MiB out",
        ),
    ] {
        assert_eq!(row(&log, route), [route, file, &version(example), verified, callers, methods, limits]);
    }
}

#[test]
fn what_serves_nothing_is_named_with_what_was_perhaps_meant() {
    let host = Site::new()
        .example("hello")
        .file("helo.toml", "methods = [\"POST\"]\n")
        .file("notes.txt", "about the functions")
        .file("shout.WASM", "")
        .start();
    let orphan = host.wait_for_line(|line| line.contains("\"helo.toml\""));
    assert!(orphan.contains("protects nothing") && orphan.contains("name it \"hello.toml\""), "{orphan}");
    let ignored = host.wait_for_line(|line| line.contains("\"notes.txt\""));
    assert!(ignored.starts_with("ignored: ") && ignored.contains("neither a component"), "{ignored}");
    let shouted = host.wait_for_line(|line| line.contains("\"shout.WASM\""));
    assert!(shouted.contains("lower case"), "{shouted}");
    assert_eq!(host.get("/notes.txt").status, 404);
}

#[test]
fn an_empty_folder_is_served_and_says_what_to_put_there() {
    let host = Site::new().start();
    let line = host.wait_for_line(|line| line.starts_with("no functions in "));
    assert!(line.contains("hello.wasm"), "{line}");
    assert_eq!(host.get("/hello").status, 404);
    assert_eq!(host.ask_admin("/health/ready").status, 200);
}

#[test]
fn as_json_every_line_is_one_object() {
    let host = Site::new()
        .example("hello")
        .example("hostile/trap")
        .example("hostile/stdout-flood")
        .file("broken.wasm", "no component\nat all")
        .file("helo.toml", "")
        .file("notes.txt", "")
        .env("RUST_LOG", "debug")
        .options(["--log-format", "json"])
        .start();
    for (target, status) in
        [("/hello", 200), ("/hostile/trap", 500), ("/hostile/stdout-flood?lines=3", 200), ("/broken", 503), ("/a", 404)]
    {
        assert_eq!(host.get(target).status, status, "{target}");
    }
    let (_, log) = host.stop();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    assert!(lines.iter().all(serde_json::Value::is_object));
    let find = |message: &str, key: &str, value: &str| {
        let found = lines.iter().find(|line| line["message"] == message && line[key].as_str() == Some(value));
        found.unwrap_or_else(|| panic!("no line \"{message}\" with {key} = {value}:\n{log}"))
    };
    let hello = find("function", "route", "/hello");
    assert_eq!(hello["protection"], "public");
    assert_eq!((&hello["who_may_call"], &hello["open"]), (&"anyone (public)".into(), &true.into()));
    assert_eq!(hello["file"], "hello.wasm");
    assert!(hello["version"].as_str().unwrap().starts_with(&version("hello")));
    let broken = find("function not served", "route", "/broken");
    assert!(broken["reason"].as_str().unwrap().contains("not a WebAssembly file"), "{broken}");
    assert!(lines.iter().any(|line| line["message"] == "policy without a component"));
    assert!(lines.iter().any(|line| line["message"] == "file ignored"));
    assert!(lines.iter().any(|line| line["function"] == "hostile/stdout-flood" && line["source"] == "stdout"));
}
