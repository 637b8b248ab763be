//! What a policy grants, and what a function gets that asks for more: an error for the function, and one line in the log that
//! says what to write.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use signatures::{Message, Secret, Verifier, scheme};
use tracing::Level;
use vestibule_host::reload::STILL;

use crate::support::{Answer, Host, PUBLIC, component, get, host, log, post};

/// A function `f` that asks for what it is told to, with these grants, on a host that has some secrets.
fn asking(grants: &str) -> Host {
    let policy = format!("{PUBLIC}[grants]\n{grants}\n");
    let host = host().function("f", "granted", &policy);
    let host = host.secret("READ", "hunter2").secret("SIGN", "correct-horse").secret("OTHER", "battery-staple").start();
    assert!(host.problems.is_empty(), "{}", host.problems);
    host
}

async fn asked(host: &Host, query: &str) -> Answer {
    let answer = host.send(post(&format!("/f?{query}"), r#"{"a":1}"#)).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer
}

/// Asks for something that is not granted. The function has an error and the log has one line, both with this text.
async fn denied(host: &Host, query: &str, text: &str) {
    let answer = asked(host, query).await;
    let json = answer.json();
    let error = json["error"].as_str().unwrap_or_else(|| panic!("{query}: {json}"));
    assert!(error.contains(text), "{query}: {text} is not in: {error}");
    let lines = log::guest(answer.id());
    let [line] = lines.as_slice() else { panic!("{query}: one line expected: {lines:?}") };
    assert_eq!((line.level, line.field("source"), line.field("function")), (Level::WARN, "host", "f"), "{query}");
    assert_eq!(line.field("message"), error, "{query}");
    let shown = format!("{} {line}", answer.text());
    for secret in ["hunter2", "correct-horse", "battery-staple"] {
        assert!(!shown.contains(secret), "{query}: {shown}");
    }
}

#[tokio::test]
async fn grants_env_is_enforced() {
    let host = asking("env = { LOG_LEVEL = \"debug\", EMPTY = \"\", LONG = \"a value of more than eight bytes: é\" }");
    for (name, value) in [("LOG_LEVEL", "debug"), ("EMPTY", ""), ("LONG", "a value of more than eight bytes: é")] {
        assert_eq!(asked(&host, &format!("variable={name}")).await.json(), json!({ "got": value }));
        assert_eq!(asked(&host, &format!("setting={name}")).await.json(), json!({ "got": value }));
    }
    let all = json!([["EMPTY", ""], ["LOG_LEVEL", "debug"], ["LONG", "a value of more than eight bytes: é"]]);
    assert_eq!(asked(&host, "settings").await.json(), json!({ "got": all }));
    assert_eq!(asked(&host, "wasi").await.json(), all);
    // What is not set is no denial: a function may ask for any number of settings and do without.
    let answer = asked(&host, "variable=LOG").await;
    assert_eq!(answer.json(), json!({ "error": "environment variable not found" }));
    let answer = asked(&host, "setting=LOG").await;
    assert_eq!(answer.json(), json!({ "got": null }));
    assert!(log::guest(answer.id()).is_empty());
}

#[tokio::test]
async fn nothing_of_the_hosts_environment_is_visible() {
    let host = asking("env = { OWN = \"1\" }");
    let own: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    assert!(own.iter().any(|name| name == "PATH"));
    for name in own.iter().filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')) {
        assert!(asked(&host, &format!("variable={name}")).await.json()["error"].is_string(), "{name}");
        assert_eq!(asked(&host, &format!("setting={name}")).await.json(), json!({ "got": null }), "{name}");
    }
    assert_eq!(asked(&host, "wasi").await.json(), json!([["OWN", "1"]]));
    for name in ["PATH", "HOME", "CARGO_MANIFEST_DIR"] {
        denied(&host, &format!("secret={name}"), &format!("write secrets = [\"{name}\"] under [grants]")).await;
    }
}

#[tokio::test]
async fn what_no_policy_can_grant_is_said_to_be_out_of_reach() {
    // Everything that there is to be granted, and more is not to be had.
    let policy = format!(
        "{PUBLIC}[grants]\nhttp = [\"https://*\"]\nhttp_private = true\nenv = {{ A = \"1\" }}\nsecrets = [\"READ\"]\nsign = [\"READ\"]\n"
    );
    let host = host().function("f", "escape", &policy).secret("READ", "hunter2").start();
    let answer = host.send(get("/f")).await;
    let json = answer.json();
    assert_eq!(json["variables"], json!([["A", "1"]]));
    for way in ["list_root", "list_here", "read_file", "write_file", "connect", "listen", "datagram", "look_up"] {
        assert_eq!(json[way], Value::Null, "{way}");
    }
    // The libraries of some languages look for files as they start, so this is said to who asks for it.
    let mut files =
        log::guest(answer.id()).into_iter().filter(|line| line.field("message").starts_with("the filesystem"));
    let line = files.next().expect("a line about files");
    assert_eq!((line.level, line.field("source")), (Level::DEBUG, "host"));
    assert_eq!(line.field("message"), "the filesystem is out of reach: nothing in a policy can grant it");
    assert!(files.next().is_none());
}

#[tokio::test]
async fn the_standard_library_has_the_variables_without_wasi() {
    let env = "env = { A = \"1\", B = \"two\", RUST_BACKTRACE = \"0\" }";
    let policy = format!("{PUBLIC}[grants]\n{env}\n");
    let host = host().function("f", "environment", &policy).function("none", "environment", PUBLIC).start();
    assert_eq!(asked(&host, "all").await.text(), "A=1\nB=two\nRUST_BACKTRACE=0\n");
    assert_eq!(asked(&host, "name=B").await.text(), "two");
    assert_eq!(host.send(get("/none?all")).await.text(), "");
    assert_eq!(host.send(get("/none?name=A")).await.status, 500);
    // Set and removed, for the rest of this request and no longer.
    assert_eq!(asked(&host, "name=C&set=three&all").await.text(), "A=1\nB=two\nRUST_BACKTRACE=0\nC=three\n");
    assert_eq!(asked(&host, "name=A&set=one").await.text(), "one");
    assert_eq!(asked(&host, "name=A&unset&all").await.text(), "RUST_BACKTRACE=0\nB=two\n");
    assert_eq!(asked(&host, "all").await.text(), "A=1\nB=two\nRUST_BACKTRACE=0\n");

    let bytes = component("environment");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("vestibule:function/environment@0.1.0") && !text.contains("wasi:"), "it imports WASI");
    // What a core module begins with, inside of the component; a component begins with another version.
    let modules = bytes.windows(8).filter(|eight| *eight == b"\0asm\x01\0\0\0").count();
    assert_eq!(modules, 1, "each of them costs every request");
}

#[tokio::test]
async fn grants_secrets_is_enforced() {
    let host = asking("secrets = [\"READ\"]\nsign = [\"SIGN\"]");
    assert_eq!(asked(&host, "secret=READ").await.json(), json!({ "got": "hunter2" }));
    denied(&host, "secret=OTHER", "the secret OTHER is not granted: write secrets = [\"OTHER\"] under [grants]").await;
    denied(&host, "secret=SIGN", "write secrets = [\"SIGN\"] under [grants]").await;
    denied(&host, "secret=no%0asuch", "the secret no\\nsuch is not granted").await;
    denied(&host, "secret=", "write secrets = [\"\"]").await;
}

#[tokio::test]
async fn grants_sign_is_enforced() {
    let host = asking("secrets = [\"READ\"]\nsign = [\"SIGN\"]");
    for name in ["github", "stripe", "slack", "twilio"] {
        let answer = asked(&host, &format!("sign=SIGN&scheme={name}")).await;
        let json = answer.json();
        let headers = json["got"]["headers"].as_object().unwrap_or_else(|| panic!("{name}: {json}"));
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let verifier = Verifier::new(scheme(name).unwrap(), vec![Secret::new("SIGN", *b"correct-horse")]).unwrap();
        let headers = &headers[..];
        let mut message = Message::new(&headers, br#"{"a":1}"#);
        message.url = "https://example.com/hook";
        let accepted = verifier.verify(&message, SystemTime::now());
        assert!(accepted.is_ok(), "{name}: {accepted:?}");
        assert!(!answer.text().contains("correct-horse"), "{name}");
    }
    denied(&host, "sign=READ", "signing with the secret READ is not granted: write sign = [\"READ\"] under [grants]")
        .await;
    denied(&host, "sign=OTHER", "write sign = [\"OTHER\"] under [grants]").await;
    let reading = "reading the secret SIGN is not granted: write secrets = [\"SIGN\"]";
    denied(&host, "sign=SIGN&scheme=secretKeyVerifier", reading).await;
    // What is wrong with the question is no denial.
    let answer = asked(&host, "sign=SIGN&scheme=githup").await;
    assert!(answer.text().contains("did you mean"), "{}", answer.text());
    assert!(log::guest(answer.id()).is_empty());
}

#[tokio::test]
async fn what_is_signed_is_as_large_as_it_may_be_and_no_larger() {
    let policy = format!("{PUBLIC}body_limit = \"2MiB\"\n[grants]\nsign = [\"SIGN\"]\n");
    let host = host().function("f", "granted", &policy).secret("SIGN", "correct-horse").start();
    for (length, text) in [(1 << 20, "\"bytes\":1048576"), ((1 << 20) + 1, "the payload has 1048577 bytes")] {
        let answer = host.send(post("/f?sign=SIGN", vec![b'x'; length])).await;
        assert!(answer.text().contains(text), "{length}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_function_whose_secrets_are_not_to_be_had_is_not_served() {
    for key in ["secrets", "sign"] {
        let policy = format!("{PUBLIC}[grants]\n{key} = [\"NOWHERE\"]\n");
        let host = host().function("f", "granted", &policy).start();
        let problem = host.problems.iter().next().expect("a problem").to_string();
        assert!(problem.contains(&format!("grants.{key}")) && problem.contains("no secret NOWHERE"), "{problem}");
        assert_eq!(host.send(get("/f?secret=NOWHERE")).await.status, 503, "{key}");
        assert_eq!(host.instances(), 0, "{key}");
    }
}

#[tokio::test]
async fn denials_are_bounded_and_no_flood_keeps_them_out_of_the_log() {
    let host = host().function("f", "chatter", PUBLIC).function("g", "granted", PUBLIC).start();
    // Who is denied 600 times is told so each time, and the log 20 times.
    let answer = host.send(get("/g?secret=NO&times=600")).await;
    assert!(answer.json()["error"].as_str().unwrap().contains("secrets = [\"NO\"]"));
    let lines = log::guest(answer.id());
    assert_eq!(lines.len(), 21);
    assert!(lines[..20].iter().all(|line| line.field("message").contains("secrets = [\"NO\"]")));
    assert!(lines[20].field("message").starts_with("more was denied"), "{}", lines[20]);
    // Who has said all that a guest may cannot keep a denial out of the log with it.
    let answer = host.send(get("/g?flood=600&secret=NO")).await;
    let lines = log::guest(answer.id());
    assert_eq!(lines.len(), 502);
    assert_eq!((lines[501].field("source"), lines[501].field("function")), ("host", "g"), "{}", lines[501]);
    let answer = host.send(post("/f?way=stdout&times=600", "line")).await;
    assert_eq!(answer.text(), "600 times");
    assert_eq!(log::guest(answer.id()).len(), 501);
    let long = "X".repeat(6000);
    let answer = host.send(get(&format!("/g?secret={long}"))).await;
    let lines = log::guest(answer.id());
    assert!(lines.len() == 1 && lines[0].field("message").len() < 1000, "{}", lines[0]);
}

#[tokio::test]
async fn no_way_to_the_log_forges_a_line_or_goes_on_without_an_end() {
    let host = host().function("f", "chatter", PUBLIC).start();
    let said = "one\nERROR function=admin: forged\r\n\u{1b}[31mred\u{0}";
    for (way, source, context) in [
        ("stdout", "stdout", ""),
        ("stderr", "stderr", ""),
        ("sdk", "log", "chatter"),
        ("log", "log", "a library\\n"),
        ("wasi", "log", "a library\\n"),
    ] {
        let answer = host.send(post(&format!("/f?way={way}"), said)).await;
        assert_eq!(answer.text(), "1 times", "{way}");
        let lines = log::guest(answer.id());
        // A stream's lines are its lines, each with the name of the function that wrote it; a message is one line.
        assert_eq!(lines.len(), if source == "log" { 1 } else { 3 }, "{way}: {lines:?}");
        for line in &lines {
            assert_eq!((line.field("function"), line.field("source"), line.field("context")), ("f", source, context));
            assert!(!line.to_string().contains(char::is_control), "{way}: {line}");
        }

        let answer = host.send(post(&format!("/f?way={way}&times=2000"), "line")).await;
        assert_eq!(answer.text(), "2000 times", "{way}: the function goes on");
        let lines = log::guest(answer.id());
        assert_eq!(lines.len(), 501, "{way}");
        assert!(lines[500].field("message").starts_with("output cut"), "{way}: {}", lines[500]);
    }
}

#[tokio::test]
async fn a_line_of_the_crate_log_keeps_its_level_and_its_target() {
    let host = host().function("f", "chatter", PUBLIC).start();
    for (way, level, context) in [("sdk", Level::INFO, "chatter"), ("log", Level::DEBUG, "a library\\n")] {
        let answer = host.send(post(&format!("/f?way={way}"), "an order")).await;
        let lines = log::guest(answer.id());
        let [line] = lines.as_slice() else { panic!("{way}: {lines:?}") };
        assert_eq!((line.level, line.field("context"), line.field("message")), (level, context, "an order"));
    }
}

#[tokio::test]
async fn grants_follow_the_policy_when_it_has_been_still() {
    let host = host().secret("READ", "hunter2").function("f", "granted", PUBLIC).start();
    let mut now = Instant::now();
    denied(&host, "secret=READ", "write secrets = [\"READ\"]").await;
    host.write("f.toml", format!("{PUBLIC}[grants]\nsecrets = [\"READ\"]\nenv = {{ A = \"1\" }}\n"));
    host.look(now);
    now += STILL / 2;
    host.look(now);
    denied(&host, "secret=READ", "write secrets = [\"READ\"]").await;
    now += STILL / 2;
    host.look(now);
    assert_eq!(asked(&host, "secret=READ").await.json(), json!({ "got": "hunter2" }));
    assert_eq!(asked(&host, "variable=A").await.json(), json!({ "got": "1" }));
    host.write("f.toml", PUBLIC);
    host.look(now);
    now += STILL;
    host.look(now);
    denied(&host, "secret=READ", "write secrets = [\"READ\"]").await;
    assert_eq!(asked(&host, "setting=A").await.json(), json!({ "got": Value::Null }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_runs_keeps_the_grants_that_it_began_with() {
    let policy = format!("{PUBLIC}[grants]\nenv = {{ A = \"old\" }}\n");
    let host = host().function("f", "granted", &policy).start();
    let mut now = Instant::now();
    let running = host.send(get("/f?variable=A&ms=2000"));
    let change = async {
        let until = Instant::now() + Duration::from_secs(10);
        while host.metric("vestibule_instances_running") == 0 {
            assert!(Instant::now() < until);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        host.write("f.toml", policy.replace("old", "new"));
        host.look(now);
        now += STILL;
        host.look(now);
        assert_eq!(host.send(get("/f?variable=A")).await.json(), json!({ "got": "new" }));
        assert_eq!(host.metric("vestibule_instances_running"), 1, "the other has not ended");
    };
    let (answer, ()) = tokio::join!(running, change);
    assert_eq!(answer.json(), json!({ "got": "old" }));
}
