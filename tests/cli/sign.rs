//! `host sign` and `host verify`: that they agree with each other and with a running host, and what they say when not.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ended, Site, run};

/// Runs the command with a payload in a file, which stands where `{}` is.
fn with_payload(payload: &[u8], arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload");
    fs::write(&file, payload).unwrap();
    let file = file.display().to_string();
    let arguments: Vec<&str> = arguments.iter().map(|word| if *word == "{}" { &*file } else { word }).collect();
    run(&arguments)
}

#[test]
fn what_is_signed_is_genuine_and_a_byte_more_is_not() {
    let signed = with_payload(b"{}", &["sign", "stripe", "{}", "--secret", "s3cret", "--at", "1760000000"]);
    assert_eq!((signed.code, signed.stderr.as_str()), (Some(0), ""));
    assert!(signed.stdout.starts_with("stripe-signature: t=1760000000,v1="), "{}", signed.stdout);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("headers");
    fs::write(&file, &signed.stdout).unwrap();
    let options = ["-H".to_owned(), format!("@{}", file.display())];
    let verify = |payload: &[u8], at: &str, more: &[&str]| {
        let mut arguments = vec!["verify", "stripe", "{}", "--secret", "s3cret", "--at", at];
        arguments.extend(options.iter().map(String::as_str));
        arguments.extend(more);
        with_payload(payload, &arguments)
    };
    let genuine = verify(b"{}", "1760000000", &[]);
    assert_eq!(
        (genuine.code, genuine.stdout.as_str()),
        (Some(0), "genuine\nsecret: --secret 1\ntimestamp: 1760000000\n")
    );
    let other = verify(b"{} ", "1760000000", &["--explain"]);
    assert_eq!(other.code, Some(1));
    let lines: Vec<&str> = other.stdout.lines().collect();
    assert_eq!(lines[..2], ["refused: no signature matches", "signed: 1760000000.{} "]);
    assert!(lines[2].starts_with("expected with --secret 1: v1="), "{}", lines[2]);
    let old = verify(b"{}", "2025-10-09T09:53:20Z", &[]);
    assert_eq!((old.code, old.stdout.as_str()), (Some(1), "refused: signed 3600 s ago, more than the 300 s allowed\n"));
    let old = verify(b"{}", "2025-10-09T09:53:20Z", &["--set", "tolerance=2h"]);
    assert_eq!(old.code, Some(0), "{}", old.stdout);
}

#[test]
fn a_policy_names_scheme_secrets_and_settings() {
    let site = Site::new()
        .file("hook.toml", "[verify]\nscheme = \"sha1Verifier\"\nheader = \"x-sig\"\nsecrets = [\"NOBODY_HAS_IT\"]\n");
    let policy = site.functions().join("hook.toml").display().to_string();
    let missing = with_payload(b"{}", &["sign", "--policy", &policy, "{}"]);
    assert_eq!(missing.code, Some(64));
    assert!(missing.stderr.contains("NOBODY_HAS_IT"), "{}", missing.stderr);
    let signed = with_payload(b"{}", &["sign", "--policy", &policy, "{}", "--secret", "s3cret"]);
    assert!(signed.stdout.starts_with("x-sig: sha1="), "{}{}", signed.stdout, signed.stderr);
}

#[test]
fn signed_payloads_are_sent_and_answered() {
    let policy = "[verify]\nscheme = \"standardwebhooks\"\nsecrets = [\"S\"]\n";
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let host = Site::new().component("hello", "hook").file("hook.toml", policy).secret("S", secret).start();
    let url = format!("http://{}/hook", host.address);
    let send = |more: &[&str]| {
        let mut arguments = vec!["sign", "standardwebhooks", "{}", "--secret", secret, "--send", &url];
        arguments.extend(more);
        with_payload(b"{}", &arguments)
    };
    let sent = send(&[]);
    assert_eq!((sent.code, sent.stderr.as_str()), (Some(0), "200 OK\n"));
    assert!(sent.stdout.contains("Hello"), "{}", sent.stdout);
    let old = send(&["--at", "1760000000"]);
    assert_eq!((old.code, old.stderr.as_str()), (Some(1), "401 Unauthorized\n"));
    assert_eq!(host.instances(), 1);
}

#[test]
fn curl_gets_a_line_that_it_can_run() {
    let signed = with_payload(b"{}", &["sign", "github", "{}", "--secret", "it's", "--curl", "--url", "http://h/a?b"]);
    assert!(signed.stdout.starts_with("curl -X POST -H 'x-hub-signature-256: sha256="), "{}", signed.stdout);
    assert!(signed.stdout.ends_with("payload' 'http://h/a?b'\n"), "{}", signed.stdout);
}

#[test]
fn where_the_signature_is_in_the_body_the_body_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let payload = br#"{"event-data":{"event":"opened"}}"#;
    let signed = with_payload(payload, &["sign", "mailgun", "{}", "--secret", "k", "--id", "t", "--body-out", &out]);
    assert_eq!((signed.code, signed.stderr.as_str()), (Some(0), ""));
    let body = fs::read(&out).unwrap();
    let genuine = with_payload(&body, &["verify", "mailgun", "{}", "--secret", "k"]);
    assert!(genuine.stdout.contains("genuine") && genuine.stdout.contains("event: opened"), "{}", genuine.stdout);
    let unsaid = with_payload(payload, &["sign", "mailgun", "{}", "--secret", "k", "--id", "t"]);
    assert!(unsaid.stderr.contains("--body-out"), "{}", unsaid.stderr);
}

#[test]
fn wrong_settings_are_64_and_say_what_to_write() {
    for (arguments, said) in [
        (&["sign", "gihub", "{}", "--secret", "s"][..], "did you mean \"github\""),
        (&["sign", "github", "{}"], "--secret-env"),
        (&["sign", "{}"], "there is no scheme"),
        (&["sign", "twilio", "{}", "--secret", "s"], "signs the URL"),
        (&["sign", "svix", "{}", "--secret", "not base64!"], "not Base64"),
        (&["verify", "discord", "{}"], "--public-key"),
        (&["verify", "twilio", "{}", "--secret", "s"], "--url"),
        (&["verify", "github", "{}", "--secret", "s", "--set", "tolerance=1m"], "signs no timestamp"),
        (&["verify", "github", "{}", "--secret", "s", "-H", "nonsense"], "name: value"),
        (&["verify", "github", "{}", "--secret", "s", "--at", "yesterday"], "seconds since 1970"),
        (&["verify", "github", "/no/such/file", "--secret", "s"], "/no/such/file"),
        (&["verify", "component", "{}"], "component"),
        (&["sign", "github", "{}", "--secret-env", "NO_SUCH_VARIABLE_HERE"], "NO_SUCH_VARIABLE_HERE"),
    ] {
        let ended = with_payload(b"{}", arguments);
        assert_eq!(ended.code, Some(64), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?}: {said} is not in:\n{}", ended.stderr);
    }
}

/// The answers to lines of `--jsonl`.
fn answers(lines: &[Value]) -> Vec<Value> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let ended = with_payload(text.as_bytes(), &["verify", "--jsonl", "{}"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_log_of_deliveries_is_answered_line_by_line() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../signatures/tests/data/webhooks.json");
    let vectors: Vec<Value> = serde_json::from_slice(&fs::read(data).unwrap()).unwrap();
    let lines = vectors.iter().map(|vector| {
        let provider = vector["provider"].as_str().unwrap();
        let name = ["-py", "-gidgethub", "-via-redwood"].iter().find_map(|maker| provider.strip_suffix(maker));
        let name = name.unwrap_or(provider).replace("twilio-json", "twilio");
        let keys = ["secrets", "public_key", "method", "url", "headers", "body_base64", "at"];
        let mut line =
            json!({ "scheme": name, "settings": { "key_id": vector["key_id"], "issuer": vector["issuer"] } });
        keys.iter().filter(|key| !vector[**key].is_null()).for_each(|key| line[*key] = vector[*key].clone());
        line
    });
    let answers = answers(&lines.collect::<Vec<_>>());
    assert_eq!(answers.len(), vectors.len());
    for (vector, answer) in vectors.iter().zip(&answers) {
        let expected = if vector["expect"] == "accept" { "accept" } else { "refuse" };
        assert_eq!(answer["verdict"], expected, "{}: {answer}", vector["id"]);
        assert_eq!(answer["reason"].is_null(), expected == "accept", "{}: {answer}", vector["id"]);
    }
}

#[test]
fn a_line_that_is_wrong_is_an_answer_and_ends_nothing() {
    let good = json!({
        "scheme": "gitlab", "secrets": ["one", "two"], "headers": [["x-gitlab-token", " two "], ["idempotency-key", "i"]],
    });
    let with = |key: &str, value: Value| {
        let mut line = good.clone();
        line[key] = value;
        line
    };
    let described = json!({ "algorithm": "token", "header": "x-gitlab-token", "id": { "header": "idempotency-key" } });
    let lines = [
        good.clone(),
        with("scheme", described),
        with("headers", json!({ "x-gitlab-token": "two" })),
        with("headers", json!([["x-gitlab-token", "two"], ["X-GitLab-Token", "two"]])),
        with("headers", json!({ "x-gitlab-token": ["two", "one"] })),
        with("secrets", json!([""])),
        with("scheme", json!("gitlub")),
        with("settings", json!({ "tolerance": "5m" })),
        with("settings", json!({ "no_such_key": 1 })),
        with("body_base64", json!("?")),
        with("at", json!("soon")),
        with("no_such_member", json!(1)),
        with("secrets", json!("hunter2")),
        with("secrets", json!([7])),
        json!(["not an object"]),
        good.clone(),
    ];
    let answers = answers(&lines);
    let verdicts: Vec<&str> = answers.iter().map(|answer| answer["verdict"].as_str().unwrap()).collect();
    let mut expected = vec!["accept", "accept", "accept", "refuse", "refuse", "refuse"];
    expected.extend(["error"; 9]);
    expected.push("accept");
    assert_eq!(verdicts, expected, "{answers:#?}");
    let accepted = json!({ "verdict": "accept", "reason": null, "delivery_id": "i", "timestamp": null, "secret": 1 });
    assert_eq!(answers[0], accepted);
    assert_eq!(answers[1], accepted);
    assert!(!answers.iter().any(|answer| answer.to_string().contains("hunter2")), "{answers:#?}");
    assert!(answers[6]["reason"].as_str().unwrap().contains("\"gitlab\"?"), "{}", answers[6]);
}
