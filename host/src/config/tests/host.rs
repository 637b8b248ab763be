//! A `host.toml` that is wrong, apart from `[defaults]`, providers and secrets.

use std::path::Path;

use super::{host, only, refused};
use crate::config::{LogFormat, Overrides, RedisPlace, Settings};

#[test]
fn a_file_that_is_not_there_is_a_problem_with_its_name() {
    let file = Path::new("no/such/host.toml");
    let rejected = Settings::load(file, &Overrides::default()).expect_err("not there");
    let text = rejected.to_string();
    assert!(text.starts_with("no/such/host.toml: cannot be read"), "{text}");
    assert!(text.contains("create it"), "{text}");
    assert_eq!(rejected.functions, None);
}

#[test]
fn a_file_that_is_not_utf8_is_a_problem_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("host.toml");
    std::fs::write(&file, b"prefix = \"/a\"\n# \xff\n").expect("written");
    let rejected = Settings::load(&file, &Overrides::default()).expect_err("not UTF-8");
    let problem = only::<Settings>(Err(rejected.problems));
    assert_eq!((problem.line, problem.file), (Some(2), file));
}

#[test]
fn a_file_without_end_is_not_read_whole() {
    let problem = crate::config::read_text(Path::new("host.toml"), std::io::repeat(b' ')).expect_err("too long");
    assert!(problem.message.contains("1 MiB"), "{problem}");
}

#[test]
fn keys_that_this_version_does_not_enforce_are_refused() {
    for name in ["tls", "schedules", "telemetry", "inspector"] {
        refused(host(&format!("[{name}]\nx = 1")), name, 1, "not supported in this version", "remove it");
    }
}

#[test]
fn unknown_and_misplaced_keys_are_refused() {
    refused(host("listn = \"127.0.0.1:1\""), "listn", 1, "unknown key", "`listen`");
    refused(host("timeout = \"1s\""), "timeout", 1, "does not belong here", "in [defaults]");
    refused(host("[verify]"), "verify", 1, "does not belong here", "policy");
    refused(host("[server]\ndrane = \"1s\""), "server.drane", 2, "unknown key", "`drain`");
    refused(host("[log]\nlevl = \"info\""), "log.levl", 2, "unknown key", "`level`");
    refused(host("[cache]\npath = \"x\""), "cache.path", 2, "unknown key", "enabled, dir, size");
    refused(host("[secrets]\nvault = \"x\""), "secrets.vault", 2, "unknown key", "dir, dotenv, env");
    refused(host("server = 1"), "server", 1, "an integer stands where a table is wanted", "[server]");
}

#[test]
fn addresses_are_ip_and_port() {
    for wrong in ["localhost:8080", ":8080", "8080", "127.0.0.1", "0.0.0.0:99999"] {
        refused(host(&format!("listen = \"{wrong}\"")), "listen", 1, "not an IP address and a port", "0.0.0.0:8080");
    }
    refused(host("listen = 8080"), "listen", 1, "an integer stands", "in quotes");
}

#[test]
fn metrics_stay_on_this_machine_unless_that_is_said_and_on_a_port_of_their_own() {
    refused(host("\nadmin = \"0.0.0.0:8081\""), "admin", 2, "said out loud", "127.0.0.1:8081");
    refused(host("admin = \"10.0.0.1:8081\""), "admin", 1, "said out loud", "127.0.0.1:8081");
    refused(host("admin = \"127.0.0.1:8080\""), "admin", 1, "taken by `listen`", "another port");
    refused(host("listen = \"0.0.0.0:8081\"\nadmin = \"127.0.0.1:8081\""), "admin", 2, "taken by `listen`", "another");
    host("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"").expect("the system chooses two ports");
    host("admin = \"[::1]:9000\"").expect("loopback too");
}

#[test]
fn a_public_url_is_scheme_and_host() {
    for wrong in [
        "example.com",
        "ftp://example.com",
        "https://",
        "https://a.example/",
        "https://a.example/x",
        "https://a.example?x",
        "https://a b",
        "https://a.example:x",
        "https://a.example:",
        "https://a.example:99999",
        "https://:80",
        "HTTPS://a.example",
    ] {
        refused(host(&format!("public_url = \"{wrong}\"")), "public_url", 1, "", "https://hooks.example.com");
    }
    let problem = only(host("public_url = \"https://me:hunter2@a.example\""));
    assert!(!problem.to_string().contains("hunter2"), "{problem}");
    for right in ["https://a.example", "http://127.0.0.1:8080", "https://[::1]:8443", "https://a.example:8443"] {
        let settings = host(&format!("public_url = \"{right}\"")).expect(right);
        assert_eq!(settings.public_url.as_deref(), Some(right));
    }
}

#[test]
fn a_prefix_is_a_plain_path() {
    for wrong in ["api", "/", "/api/", "//api", "/a/../b", "/a/./b", "/a?b", "/a%20b", "/a b", "/[id]"] {
        refused(host(&format!("prefix = \"{wrong}\"")), "prefix", 1, "not a prefix", "\"/api\"");
    }
    for right in ["/api", "/.netlify/functions", "/v1/a_b-c~d"] {
        assert_eq!(host(&format!("prefix = \"{right}\"")).expect(right).prefix.to_string(), right);
    }
}

#[test]
fn numbers_of_the_server_have_bounds() {
    for (line, message) in [
        ("connections = 0", "less than 1"),
        ("concurrency = 10001", "more than 10000"),
        ("permit_wait = \"2m\"", "more than \"1m\""),
        ("header_timeout = \"1ms\"", "less than \"10ms\""),
        ("idle_timeout = \"2h\"", "more than \"1h\""),
        ("write_timeout = \"1ms\"", "less than \"10ms\""),
        ("body_timeout = \"1h\"", "more than \"15m\""),
        ("drain = \"2h\"", "more than \"1h\""),
        ("header_bytes = \"4KiB\"", "less than \"8KiB\""),
        ("header_count = 5000", "more than 1000"),
        ("target_bytes = \"64KiB\"", "more than \"32KiB\""),
        ("http2_streams = 0", "less than 1"),
    ] {
        let key = format!("server.{}", line.split(' ').next().expect("a key"));
        refused(host(&format!("[server]\n{line}")), &key, 2, message, "write at");
    }
}

#[test]
fn log_words_are_checked() {
    refused(host("[log]\nformat = \"xml\""), "log.format", 2, "none of the words", "\"human\" or \"json\"");
    refused(host("[log]\nlevel = 3"), "log.level", 2, "an integer is none of the words", "\"info\"");
    assert_eq!("json".parse(), Ok(LogFormat::Json));
    assert!("xml".parse::<LogFormat>().is_err_and(|error| error.contains("\"human\"")));
}

#[test]
fn the_states_server_is_the_name_of_a_secret_or_a_url_without_a_password() {
    let redis = |value: &str| host(&format!("[state]\nredis = \"{value}\""));
    let place = |value: &str| redis(value).expect(value).state.redis.expect("one");
    assert_eq!(place("REDIS_URL"), RedisPlace::Secret("REDIS_URL".into()));
    for url in [
        "redis://cache.internal",
        "rediss://cache.internal:6380/2",
        "valkey://[::1]:6379",
        "redis://10.0.0.5/",
        "unix:///run/valkey.sock",
    ] {
        assert!(matches!(place(url), RedisPlace::Url(_)), "{url}");
    }
    for (wrong, message) in [
        ("redis://:hunter2@h", "holds a user or a password"),
        ("redis://user@h", "holds a user or a password"),
        ("http://h", "does not start with redis://"),
        ("redis://", "names no host"),
        ("redis://h/zero", "something else than the number"),
        ("redis://h/0/1", "something else than the number"),
        ("redis://h?protocol=resp3", "query or a fragment"),
        ("rediss://h#insecure", "query or a fragment"),
        ("unix:", "names no socket"),
        ("not a name", "not the name of a secret"),
    ] {
        refused(redis(wrong), "state.redis", 2, message, "REDIS_URL");
        let said = only(redis(wrong)).to_string();
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_server_and_a_file_exclude_each_other() {
    for of_file in ["path = \"state.redb\"", "replay_entries = 10"] {
        let key = of_file.split(' ').next().expect("a key");
        let text = format!("[state]\nredis = \"REDIS_URL\"\n{of_file}\n");
        refused(host(&text), &format!("state.{key}"), 3, "with `redis` there is none", "maxmemory");
    }
    let quotas = host("[state]\nredis = \"REDIS_URL\"\nkv_keys = 10\n").expect("right").state.quotas();
    assert_eq!(quotas.keys, 10, "those of stores hold there too");
}
