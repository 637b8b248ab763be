//! `host routes`: the start-up table without a start, for people and for programs.

use serde_json::{Value, json};

use crate::support::{Ended, Site};

fn site() -> Site {
    Site::new()
        .settings("[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"AUTH_JWT_SECRET\"\naudience = \"here\"\n")
        .secret("GITHUB_WEBHOOK_SECRET", "of github and the test")
        .secret("AUTH_JWT_SECRET", "a key of the test, 32 bytes long")
        .example("github-webhook")
        .component("hello", "admin")
        .file("admin.toml", "timeout = \"2s\"\nmethods = [\"GET\"]\n[auth]\nproviders = [\"demo\"]\nroles = [\"admin\", \"editor\"]\n")
        .example("hello")
        .component("hello", "undeclared")
        .component("hello", "bad")
        .file("bad.toml", "acess = \"public\"\n")
        .file("notes.txt", "")
}

#[test]
fn the_table_is_the_one_that_serving_prints() {
    let site = site();
    let Ended { code, stdout, stderr } = site.look("routes", &["--prefix", "/api"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(!site.folder().join("state.redb").exists());
    for words in [
        &["/api/admin", "demo (admin|editor)", "GET", "2s, 64MiB"][..],
        &["/api/github-webhook", "github", "whoever signs", "POST"],
        &["/api/hello", "anyone (public)"],
        &["/api/undeclared", "OPEN"],
        &["/api/bad", "NOT SERVED (503)"],
    ] {
        let line = stdout.lines().find(|line| words.iter().all(|word| line.contains(word)));
        assert!(line.is_some(), "no line with {words:?}:\n{stdout}");
    }
    assert!(stdout.contains("\nOPEN: nobody has said who may call it."), "{stdout}");
    let host = site.options(["--prefix", "/api"]).start();
    for line in stdout.lines() {
        host.wait_for_line(|served| served == line);
    }
}

#[test]
fn as_json_each_datum_has_a_field_of_its_own() {
    let site = site();
    let Ended { code, stdout, stderr } = site.look("routes", &["--format", "json"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let route = |route: &str| {
        let routes = report["routes"].as_array().unwrap();
        let mut found =
            routes.iter().find(|one| one["route"] == route).unwrap_or_else(|| panic!("{route}: {stdout}")).clone();
        if let Some(version) = found.as_object_mut().unwrap().remove("version") {
            assert_eq!(version.as_str().unwrap().len(), 64);
        }
        found
    };
    let limits = |timeout: u32| json!({ "timeout_ms": timeout, "memory_bytes": 64 << 20, "concurrency": 100, "body_limit_bytes": 1 << 20, "response_limit_bytes": 6 << 20, "rate": null, "ip": null });
    assert_eq!(
        route("/admin"),
        json!({
            "route": "/admin", "served": true, "reason": null, "file": "admin.wasm", "access": "protected", "open": false,
            "verify": null, "handshake": null, "methods": ["GET"], "limits": limits(2000), "cors": null,
            "grants": { "http": [], "http_private": false, "kv": [], "env": [], "secrets": [], "sign": [] },
            "auth": { "providers": ["demo"], "roles": ["admin", "editor"], "scopes": [], "optional": false },
        })
    );
    let github = route("/github-webhook");
    let verify = json!({ "scheme": "github", "version": null, "replay": "acknowledge", "awaits_secret": false });
    assert_eq!((&github["verify"], &github["auth"], &github["open"]), (&verify, &Value::Null, &false.into()));
    let open =
        |name: &str| (route(name)["access"].clone(), route(name)["open"].clone(), route(name)["methods"].clone());
    assert_eq!(open("/hello"), ("public".into(), true.into(), Value::Null));
    assert_eq!(open("/undeclared"), ("undeclared".into(), true.into(), Value::Null));
    let bad = route("/bad");
    assert_eq!(bad["served"], false);
    assert!(bad["reason"].as_str().unwrap().contains("acess") && bad.get("limits").is_none(), "{bad}");
    assert_eq!(report["problems"][0]["key"], "acess");
    assert_eq!((&report["warnings"], &report["ignored"][0]["path"]), (&json!([]), &"notes.txt".into()));
    assert_eq!(report["functions"], site.functions().display().to_string());
}

#[test]
fn what_functions_may_reach_is_said_by_name_and_without_values() {
    let grants = "access = \"public\"\n[grants]\nhttp = [\"https://api.example\"]\nenv = { LEVEL = \"hidden\" }\nsign = [\"KEY\"]\n";
    let site = Site::new().component("hello", "f").file("f.toml", grants).example("hello").secret("KEY", "hunter2");
    let Ended { code, stdout, stderr } = site.look("routes", &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let said = "may reach beside their requests:\n  /f  http https://api.example; env LEVEL; sign KEY\n";
    assert!(stdout.contains(said) && !stdout.contains("  /hello  "), "{stdout}");
    let json = site.look("routes", &["--format", "json"]).stdout;
    let report: Value = serde_json::from_str(&json).unwrap();
    let mut routes = report["routes"].as_array().unwrap().iter();
    let f = routes.find(|route| route["route"] == "/f").unwrap();
    let grants = json!({
        "http": ["https://api.example"], "http_private": false, "kv": [], "env": ["LEVEL"], "secrets": [], "sign": ["KEY"],
    });
    assert_eq!(f["grants"], grants);
    for text in [stdout, json] {
        assert!(!text.contains("hidden") && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn wrong_settings_are_64_and_no_table() {
    let site = Site::new().example("hello").settings("prefx = \"/api\"\n");
    for format in ["table", "json"] {
        let Ended { code, stdout, stderr } = site.look("routes", &["--format", format]);
        assert_eq!((code, stdout.as_str()), (Some(64), ""));
        assert!(stderr.contains("host.toml:1: prefx: "), "{stderr}");
    }
    assert_eq!(site.look("routes", &["--format", "xml"]).code, Some(64));
}
