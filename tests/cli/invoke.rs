//! `host invoke`: one call without a server. The same gates as those of a host that serves, what is printed and where, and
//! that nothing is left behind.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Ended, Site, built, run};
use crate::token;

const SIGNED: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"HOOK\"]\n";
const HOOK: &str = "the secret of the hook, long enough";
pub(crate) const PUBLIC: &str = "access = \"public\"\n";

/// A site with the function that answers what it was asked.
pub(crate) fn echo(policy: &str) -> Site {
    Site::new().component("hostile/echo", "echo").file("echo.toml", policy)
}

pub(crate) fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr))
}

/// What an invoke says with `--format json`, and its exit status.
fn told(site: &Site, name: &str, options: &[&str]) -> (Option<i32>, Value) {
    let ended = site.invoke(name, &[options, &["--format", "json"]].concat());
    (ended.code, json(&ended))
}

/// What the function was asked, which it answers.
fn asked(site: &Site, options: &[&str]) -> Value {
    let ended = site.invoke("echo", options);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    json(&ended)
}

/// A file beside the functions folder.
pub(crate) fn file(site: &Site, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = site.folder().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn the_body_goes_to_standard_output_and_all_else_to_standard_error() {
    let site = Site::new().example("hello");
    let Ended { code, stdout, stderr } = site.invoke("hello", &["--query", "name=Ada & Co"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "Hello, Ada & Co!\n"), "{stderr}");
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines[0], "200 OK");
    assert!(lines.contains(&"content-type: text/plain; charset=utf-8"), "{stderr}");
    assert!(lines.contains(&"outcome: ok"), "{stderr}");
    assert!(lines.last().unwrap().starts_with("sandbox: ") && stderr.contains(" of memory at the most"), "{stderr}");
    assert!(!stderr.contains('\u{1b}') && !stdout.contains('\u{1b}'));

    let quiet = site.invoke("/hello", &["--quiet", "--include"]);
    assert!(quiet.stdout.starts_with("200 OK\n") && quiet.stdout.ends_with("\n\nHello, world!\n"), "{}", quiet.stdout);
    assert_eq!(quiet.stderr, "");
    let out = site.folder().join("out");
    let saved = site.invoke("hello", &["-o", out.to_str().unwrap()]);
    assert_eq!((saved.code, saved.stdout.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(&out).unwrap(), "Hello, world!\n");
    // Nothing is left, neither beside the file nor of a state.
    let mut left: Vec<_> = fs::read_dir(site.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["functions", "out"]);
}

#[test]
fn a_request_is_put_together_as_curl_does() {
    let site = echo(PUBLIC);
    let said =
        asked(&site, &["--path", "/echo/a%20b?c=d", "--query", "e=f g", "-H", "X-Note: one", "-H", "X-Note: two"]);
    let event = &said["event"];
    assert_eq!(
        (&event["method"], &event["path"], &event["subpath"]),
        (&json!("GET"), &json!("/echo/a%20b"), &json!("/a%20b"))
    );
    assert_eq!((&event["query"], &event["client"]), (&json!("c=d&e=f%20g"), &json!("127.0.0.1")));
    let headers = event["headers"].as_array().unwrap();
    for header in
        [json!(["host", "localhost"]), json!(["x-note", "one"]), json!(["x-note", "two"]), json!(["accept", "*/*"])]
    {
        assert!(headers.contains(&header), "{header} is not in {headers:?}");
    }
    let body = file(&site, "body.bin", "a\r\nb\n");
    let said = asked(&site, &["-d", &format!("@{body}"), "-d", "c=d", "-X", "PUT", "--client", "192.0.2.7"]);
    assert_eq!((&said["event"]["method"], &said["event"]["body"]), (&json!("PUT"), &json!("a\r\nb\n&c=d")));
    assert_eq!(said["event"]["client"], "192.0.2.7");
    let said = asked(&site, &["--body", &body, "-H", "content-type: text/plain"]);
    assert_eq!((&said["event"]["method"], &said["event"]["body"]), (&json!("POST"), &json!("a\r\nb\n")));
    assert!(said["event"]["headers"].as_array().unwrap().contains(&json!(["content-type", "text/plain"])));
    // Bytes that are no text come out as they went in.
    let bytes = file(&site, "bytes", [0, 255, 10]);
    let (code, told) = told(&site, "echo", &["--query", "raw=1", "--body", &bytes]);
    assert_eq!((code, &told["body"], &told["body_base64"]), (Some(0), &json!(null), &json!("AP8K")));
}

#[test]
fn every_gate_is_in_force_and_a_refusal_makes_no_sandbox() {
    let site = echo(&format!("methods = [\"POST\"]\nbody_limit = \"4B\"\n{SIGNED}[ip]\nallow = [\"127.0.0.0/8\"]\n"))
        .secret("HOOK", HOOK);
    for (options, status, stage, reason) in [
        (&[][..], 405, "method", "POST"),
        (&["-d", "12345"], 413, "body", "body_limit"),
        (&["-d", "1"], 401, "verify", "x-hub-signature-256"),
        (&["-d", "1", "--client", "192.0.2.7"], 403, "address", "[ip]"),
        (&["-d", "1", "--path", "/echo/%00"], 400, "route", "malformed"),
    ] {
        let (code, told) = told(&site, "echo", options);
        assert_eq!((code, &told["status"], &told["stage"]), (Some(1), &json!(status), &json!(stage)), "{options:?}");
        assert_eq!((&told["outcome"], &told["sandboxes"]), (&json!("refused"), &json!(0)));
        assert!(told["reason"].as_str().unwrap().contains(reason), "{told}");
        let body: Value = serde_json::from_str(told["body"].as_str().unwrap()).unwrap();
        assert!(!body["error"].as_str().unwrap().contains(reason), "the client is told as little as ever");
    }
    let Ended { code, stderr, .. } = site.invoke("echo", &["-d", "1"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("outcome: refused at the gate verify: ") && stderr.contains("sandbox: none was made"),
        "{stderr}"
    );
    assert!(stderr.ends_with("host invoke echo --sign\n"), "{stderr}");
}

#[test]
fn what_nobody_has_declared_answers_this_machine_alone() {
    let site = Site::new().component("hello", "tried");
    let ended = site.invoke("tried", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "Hello, world!\n"));
    assert!(ended.stderr.contains("OPEN"), "{}", ended.stderr);
    for options in [["--client", "192.0.2.7"], ["-H", "host: a.example"], ["-H", "x-forwarded-for: 192.0.2.7"]] {
        let (code, told) = told(&site, "tried", &options);
        assert_eq!((code, &told["status"], &told["stage"]), (Some(1), &json!(403), &json!("address")), "{options:?}");
    }
    let public = site.settings("public_url = \"https://a.example\"\n");
    let ended = public.invoke("tried", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""));
    assert!(ended.stderr.contains("tried.toml: nobody has said who may call it"), "{}", ended.stderr);
}

#[test]
fn it_is_signed_by_the_policys_scheme_or_another_one() {
    let site = echo(SIGNED).secret("HOOK", HOOK).secret("OTHER", "the secret of somebody else");
    let said = asked(&site, &["-d", "{}", "--sign"]);
    assert_eq!(said["context"]["delivery"]["scheme"], "github");
    assert_eq!(said["context"]["delivery"]["secret"], "HOOK");
    let key = file(&site, "key", format!("{HOOK}\n"));
    let body = ["-d", "{}"];
    for (options, status) in [
        (&["--sign", "github", "--secret", "HOOK", "--id", "7", "--event-type", "push"][..], 200),
        (&["--sign", "--secret-env", "HOOK"], 200),
        (&["--sign", "--secret-file", &key], 200),
        (&["--sign", "--secret", "OTHER"], 401),
        (&["--sign", "stripe"], 401),
        (&["--sign", "-H", "x-hub-signature-256: sha256=00"], 401),
    ] {
        let (_, told) = told(&site, "echo", &[&body, options].concat());
        assert_eq!(told["status"], status, "{options:?}: {told}");
    }
    let Ended { code, stderr, .. } = site.invoke("echo", &["--sign", "gitub"]);
    assert_eq!(code, Some(64));
    assert!(stderr.contains("did you mean \"github\""), "{stderr}");
    let Ended { code, stderr, .. } = site.invoke("echo", &["--sign", "--secret", "a_secret_written_for_its_name"]);
    assert_eq!(code, Some(64));
    assert!(stderr.contains("HOOK") && !stderr.contains("a_secret_written"), "{stderr}");
    assert_eq!(site.invoke("echo", &["--secret", "HOOK"]).code, Some(64), "without --sign");
    let open = echo(PUBLIC);
    let Ended { code, stderr, .. } = open.invoke("echo", &["--sign"]);
    assert_eq!(code, Some(64));
    assert!(stderr.contains("no [verify]"), "{stderr}");
}

#[test]
fn schemes_that_sign_the_url_sign_the_one_that_the_host_checks() {
    let policy = "[verify]\nscheme = \"twilio\"\nsecrets = [\"HOOK\"]\n";
    let site = echo(policy).secret("HOOK", HOOK).settings("public_url = \"https://hooks.example\"\n");
    let said = asked(&site, &["--path", "/echo/a?b=c", "-d", "From=1&To=2", "--sign"]);
    assert_eq!((&said["event"]["query"], &said["event"]["subpath"]), (&json!("b=c"), &json!("/a")));
    let (_, told) = told(&site, "echo", &["-d", "From=1", "--sign", "--url", "https://other.example/echo"]);
    assert_eq!((&told["status"], &told["stage"]), (&json!(401), &json!("verify")));
}

#[test]
fn an_identity_stands_for_a_token_and_roles_count_as_ever() {
    let policy = "[auth]\nproviders = [\"demo\"]\nroles = [\"editor\"]\n";
    let settings = token::demo("roles = \"app.roles\"\nscopes = \"scope\"");
    let site = echo(policy).settings(&settings).secret("JWT", token::SHARED);
    let ended = site.invoke("echo", &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.starts_with("401 Unauthorized\n") && ended.stderr.contains("--identity"), "{}", ended.stderr);

    let identity = |name: &str, value: Value| file(&site, name, value.to_string());
    let editor = identity("editor", json!({"subject": "ada", "roles": ["editor"], "claims": {"name": "Ada"}}));
    let said = asked(&site, &["--identity", &editor]);
    let expected = json!({"provider": "demo", "subject": "ada", "roles": ["editor"], "claims": {"name": "Ada"}});
    assert_eq!(said["context"]["identity"], expected);
    // The claims of a token, read as the provider's are.
    let claims = identity("claims", json!({"sub": "ada", "app": {"roles": ["editor", "admin"]}}));
    let said = asked(&site, &["--identity", &claims]);
    assert_eq!(said["context"]["identity"]["roles"], json!(["editor", "admin"]));
    // A real token is still one, and no identity makes up for a role.
    let bearer = format!("authorization: {}", token::bearer(json!({"app": {"roles": "editor"}})));
    assert_eq!(asked(&site, &["-H", &bearer])["context"]["identity"]["subject"], "user-1");
    let reader = identity("reader", json!({"subject": "ada", "roles": ["reader"]}));
    let (code, refused) = told(&site, "echo", &["--identity", &reader]);
    assert_eq!((code, &refused["status"], &refused["sandboxes"]), (Some(1), &json!(403), &json!(0)));
    assert!(refused["reason"].as_str().unwrap().contains("`ada` has none of the roles editor"), "{refused}");

    for (identity, said) in [
        (json!({"subject": "ada", "provider": "other"}), "one of demo"),
        (json!({"subject": "ada", "role": "editor"}), "unknown field `role`"),
        (json!(["ada"]), "{\"subject\": \"ada\""),
    ] {
        let wrong = file(&site, "wrong", identity.to_string());
        let Ended { code, stdout, stderr } = site.invoke("echo", &["--identity", &wrong]);
        assert_eq!((code, stdout.as_str()), (Some(64), ""));
        assert!(stderr.contains(said), "{stderr}");
    }
    // What a token would be checked with need not be there.
    let keyless = echo(policy).settings(&settings);
    assert_eq!(asked(&keyless, &["--identity", &editor])["context"]["identity"]["subject"], "ada");
    let without = keyless.invoke("echo", &[]);
    assert_eq!(without.code, Some(64));
    assert!(without.stderr.contains("the provider `demo` is not ready"), "{}", without.stderr);
    let open = echo(PUBLIC);
    let Ended { code, stderr, .. } = open.invoke("echo", &["--identity", &editor]);
    assert_eq!(code, Some(64));
    assert!(stderr.contains("echo.toml: it has no [auth]"), "{stderr}");
}

#[test]
fn what_is_kept_is_kept_for_the_call_or_in_the_hosts_own_state() {
    let site = Site::new()
        .example("counter")
        .component("hello", "hook")
        .file("hook.toml", SIGNED)
        .secret("HOOK", HOOK)
        .settings("[cache]\n");
    let count = |options: &[&str]| site.invoke("counter", &[options, &["-X", "POST"]].concat());
    for _ in 0..2 {
        let ended = count(&[]);
        assert_eq!((ended.code, ended.stdout.trim_end()), (Some(0), "1"), "{}", ended.stderr);
        assert!(ended.stderr.contains("state: a file of this call's own"), "{}", ended.stderr);
    }
    assert!(!site.folder().join("state.redb").exists());
    assert_eq!(count(&["--state"]).stdout.trim_end(), "1");
    assert_eq!(count(&["--state"]).stdout.trim_end(), "2");
    // So a delivery can be tried again, and again is one that has run.
    let deliver = |options: &[&str]| told(&site, "hook", &[&["-d", "{}", "--sign", "--id", "7"], options].concat()).1;
    assert_eq!((&deliver(&[])["outcome"], &deliver(&[])["outcome"]), (&json!("ok"), &json!("ok")));
    assert_eq!(deliver(&["--state"])["outcome"], "ok");
    let again = deliver(&["--state"]);
    assert_eq!((&again["outcome"], &again["sandboxes"]), (&json!("replayed"), &json!(0)));

    // A host that runs is not disturbed, and keeps its state to itself.
    let host = site.start();
    assert_eq!(host.request("POST", "/counter", &[], b"").text(), "3");
    let ended = host.invoke("counter", &["-X", "POST"]);
    assert_eq!((ended.code, ended.stdout.trim_end()), (Some(0), "1"));
    let ended = host.invoke("counter", &["-X", "POST", "--state"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""));
    assert!(ended.stderr.contains("another host has it open"), "{}", ended.stderr);
    assert_eq!(host.request("POST", "/counter", &[], b"").text(), "4");
}

#[test]
fn what_a_function_says_and_how_it_fails_is_said() {
    let site = Site::new()
        .example("hostile/trap")
        .component("hostile/chatter", "chatter")
        .file("chatter.toml", PUBLIC)
        .example("wasi-http");
    let ended = site.invoke("hostile/trap", &[]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stdout.contains("the function failed") && !ended.stdout.contains("nobody expected"),
        "{}",
        ended.stdout
    );
    assert!(ended.stderr.starts_with("500 Internal Server Error\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("nobody expected GET") && ended.stderr.contains("outcome: trap: "),
        "{}",
        ended.stderr
    );

    let (code, said) = told(&site, "chatter", &["--query", "way=stderr", "-d", "a \u{1b}[31mline"]);
    assert_eq!((code, &said["outcome"], &said["sandboxes"]), (Some(0), &json!("ok"), &json!(1)));
    assert_eq!(said["logs"], json!([{"level": "warn", "source": "stderr", "message": "a \\u{1b}[31mline"}]));
    assert!(said["instance_ms"].as_f64().unwrap() > 0.0 && said["memory_bytes"].as_u64().unwrap() > 0, "{said}");
    assert_eq!(said["version"].as_str().unwrap().len(), 64);
    // An answer that is written in pieces is there when the function has ended.
    let (code, said) = told(&site, "wasi-http", &[]);
    assert_eq!((code, &said["whole"], &said["outcome"]), (Some(0), &json!(true), &json!("ok")), "{said}");
    assert_eq!(said["body"].as_str().unwrap().lines().count(), 3);
    assert!(said["instance_ms"].as_f64().unwrap() >= 600.0, "{said}");
}

#[test]
fn only_the_function_that_is_called_has_to_be_right() {
    let site = Site::new()
        .example("hello")
        .file("broken.wasm", "no component")
        .file("broken.toml", "acess = \"public\"\n")
        .component("hello", "twice")
        .component("hello", "twice/index")
        .component("hello", "orders/[id]")
        .file("orders/[id].toml", PUBLIC)
        .component("hello", "orders/new")
        .settings("prefix = \"/api\"\n");
    assert_eq!(site.invoke("hello", &[]).code, Some(0));
    assert_eq!(site.invoke("/api/hello", &[]).code, Some(0));
    assert_eq!(site.invoke("orders/[id]", &["--path", "/api/orders/7"]).code, Some(0));
    for (name, options, said) in [
        ("helo", &[][..], "did you mean \"hello\"?"),
        ("nothing-like-it", &[], "there is "),
        ("broken", &[], "broken.toml:1: acess"),
        ("twice", &[], "several files claim it"),
        ("orders/[id]", &[], "--path /api/orders/1"),
        ("orders/[id]", &["--path", "/api/orders/new"], "is for orders/new"),
        ("hello", &["--path", "/hello"], "write --path /api/hello"),
        ("hello", &["--path", "/api/hello a"], "%20"),
        ("hello", &["--body", "nowhere"], "nowhere"),
        ("hello", &["-H", "no header"], "name: value"),
        ("hello", &["--event", "nowhere"], "nowhere"),
        ("hello", &["--event", "-", "-d", "x"], "--data"),
    ] {
        let Ended { code, stdout, stderr } = site.invoke(name, options);
        assert_eq!((code, stdout.as_str()), (Some(64), ""), "{name} {options:?}: {stderr}");
        assert!(stderr.contains(said), "{name} {options:?}: {stderr}");
    }
}

#[test]
fn a_components_file_is_called_with_the_policy_beside_it() {
    let site = echo(PUBLIC);
    let elsewhere = site.folder().join("target");
    fs::create_dir(&elsewhere).unwrap();
    fs::copy(built("hello", "wasm"), elsewhere.join("greet.wasm")).unwrap();
    fs::write(elsewhere.join("greet.toml"), "access = \"public\"\nmethods = [\"GET\"]\n").unwrap();
    fs::write(elsewhere.join("junk.wasm"), "no component").unwrap();
    let greet = elsewhere.join("greet.wasm").display().to_string();
    let called = run(&["invoke", &greet]);
    assert_eq!((called.code, called.stdout.as_str()), (Some(0), "Hello, world!\n"), "{}", called.stderr);
    assert_eq!(run(&["invoke", &greet, "-X", "POST"]).code, Some(1), "its policy counts");
    // Beside a link lies another policy than beside what it leads to.
    let link = site.folder().join("link.wasm");
    std::os::unix::fs::symlink("target/greet.wasm", &link).unwrap();
    let linked = run(&["invoke", &link.display().to_string(), "-X", "POST"]);
    assert_eq!(linked.code, Some(0), "{}", linked.stderr);
    assert!(linked.stderr.contains("OPEN"), "{}", linked.stderr);
    let inside = site.functions().join("echo.wasm").display().to_string();
    assert_eq!(site.invoke(&inside, &["--path", "/echo/a"]).code, Some(0));
    let junk = run(&["invoke", &elsewhere.join("junk.wasm").display().to_string()]);
    assert_eq!(junk.code, Some(64));
    assert!(junk.stderr.contains("junk.wasm"), "{}", junk.stderr);
    assert_eq!(run(&["invoke", &elsewhere.join("gone.wasm").display().to_string()]).code, Some(64));
}
