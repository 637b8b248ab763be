//! `host check`: what serving would refuse, and what is weak, said without serving and without leaving anything behind.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::client::signed;
use crate::support::{Ended, Site, built, run};

const SIGNED: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"HOOK\"]\n";
const HOOK: &str = "the secret of the hook, long enough";

/// Every file below a folder, with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        }
        files.insert(path.display().to_string(), fs::read(&path).unwrap_or_default());
    }
    files
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr))
}

/// The place of each problem or warning, and its key.
fn places(found: &Value) -> Vec<String> {
    let found = found.as_array().unwrap();
    let place = |one: &Value| {
        for field in ["file", "message", "fix", "kind"] {
            assert!(one[field].as_str().is_some_and(|text| !text.is_empty()), "{one}");
        }
        let file = Path::new(one["file"].as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
        let line = one["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        format!("{file}{line} {}", one["key"].as_str().unwrap_or("-"))
    };
    found.iter().map(place).collect()
}

#[test]
fn a_host_that_is_right_is_said_to_be_and_nothing_is_left_behind() {
    let site = Site::new().example("hello").component("hello", "hook").file("hook.toml", SIGNED).secret("HOOK", HOOK);
    let before = files(site.folder());
    let Ended { code, stdout, stderr } = site.look("check", &["--strict"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert_eq!(stdout, "0 problems, 0 warnings; 2 functions to be served\n");
    let ended = site.look("check", &["--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let found = json(&ended);
    let fields: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["ignored", "not_served", "ok", "problems", "served", "warnings"]);
    assert_eq!((&found["ok"], &found["served"], &found["not_served"]), (&true.into(), &2.into(), &0.into()));
    // Above all no state file, which the hook would need.
    assert_eq!(files(site.folder()), before);
}

#[test]
fn everything_that_serving_would_refuse_is_listed_at_once() {
    let site = Site::new()
        .example("hello")
        .file("hello.toml", "access = \"public\"\ntimeot = \"1s\"\n")
        .component("hello", "hook")
        .file("hook.toml", SIGNED)
        .component("hello", "greedy")
        .file("greedy.toml", "access = \"public\"\nmemory = \"128MiB\"\n")
        .file("broken.wasm", "no component")
        .file("broken.toml", "access = \"public\"\n")
        .component("hello", "twice")
        .component("hello", "twice/index")
        .component("hello", "large")
        .file("large.toml", "access = \"public\"\nresponse_limit = \"64MiB\"\n")
        .settings("[ceilings]\nmemory = \"100MiB\"\n[server]\nanswer_bytes = \"32MiB\"\n");
    let before = files(site.folder());
    let ended = site.look("check", &["--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(64), ""));
    let found = json(&ended);
    assert_eq!((&found["ok"], &found["served"], &found["not_served"]), (&false.into(), &0.into(), &6.into()));
    let mut problems = places(&found["problems"]);
    problems.sort();
    let expected = [
        "broken.wasm -",
        "greedy.toml:2 memory",
        "hello.toml:2 timeot",
        "hook.toml:3 verify.secrets",
        "index.wasm -",
        "large.wasm -",
    ];
    assert_eq!(problems, expected);
    let Ended { code, stdout, stderr } = site.look("check", &[]);
    assert_eq!((code, stderr.as_str()), (Some(64), ""));
    assert!(stdout.ends_with("6 problems, 0 warnings; 0 functions to be served\n"), "{stdout}");
    assert_eq!(files(site.folder()), before);
    // And serving says the same, word for word.
    let host = site.start();
    host.wait_for_line(|line| line.starts_with("not served, to be mended:"));
    let said = stdout.strip_prefix("to be mended:\n").unwrap().split("\n\n").next().unwrap();
    for line in said.lines() {
        host.wait_for_line(|served| served == line);
    }
    assert!(said.lines().count() >= 12, "{said}");
}

#[test]
fn settings_that_are_wrong_are_listed_with_the_policies() {
    let site = Site::new().example("hello").file("hello.toml", "acces = \"public\"\n").settings("prefx = \"/api\"\n");
    let ended = site.look("check", &["--prefix", "api/", "--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(64), ""));
    let found = json(&ended);
    let problems = places(&found["problems"]);
    assert_eq!(problems, ["host.toml:1 prefx", "command line --prefix", "hello.toml:1 acces"]);
    let Ended { code, stdout, .. } = site.look("check", &["--prefix", "api/"]);
    assert_eq!(code, Some(64));
    let served = site.options(["--prefix", "api/"]).run();
    assert_eq!(served.code, Some(64));
    assert!(stdout.contains(served.stderr.trim_end()), "{stdout}\n{}", served.stderr);
}

#[test]
fn what_is_not_there_is_a_problem() {
    let site = Site::new();
    fs::remove_dir(site.functions()).unwrap();
    let Ended { code, stdout, stderr } = site.look("check", &[]);
    assert_eq!((code, stderr.as_str()), (Some(64), ""));
    assert!(stdout.contains("there is no such functions folder"), "{stdout}");

    for settings in ["[secrets]\ndir = \"nowhere\"\n", "[admin_access]\ntoken = \"NOBODY_HAS_IT\"\n"] {
        let site = Site::new().example("hello").settings(settings);
        let Ended { code, stdout, .. } = site.look("check", &[]);
        assert_eq!(code, Some(64), "{settings}");
        let served = site.run();
        assert_eq!(served.code, Some(64), "{settings}");
        assert!(stdout.contains(served.stderr.trim_end()), "{stdout}\n{}", served.stderr);
    }

    // The state file is looked for where it would be made, and not made.
    let site = Site::new().component("hello", "hook").file("hook.toml", SIGNED).secret("HOOK", HOOK);
    let site = site.settings("[state]\npath = \"nowhere/state.redb\"\n");
    let ended = site.look("check", &["--format", "json"]);
    assert_eq!(ended.code, Some(64), "{}", ended.stdout);
    assert_eq!(places(&json(&ended)["problems"]), ["hook.toml:2 verify.replay"]);
    assert!(!site.folder().join("nowhere").exists());
    assert_eq!(run(&["check", "--formt", "json"]).code, Some(64));
}

#[test]
fn what_is_weak_is_a_warning_and_with_strict_a_problem() {
    let site = Site::new()
        .example("hello")
        .file("helo.toml", "access = \"public\"\n")
        .file("lonely.verifier.wasm", "")
        .file("notes.txt", "")
        .settings("public_url = \"http://hooks.example\"\n");
    let Ended { code, stdout, stderr } = site.look("check", &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(stdout.starts_with("warnings:\n") && stdout.contains("host.toml: public_url: "), "{stdout}");
    assert!(stdout.contains("ignored: \"notes.txt\": "), "{stdout}");
    assert!(stdout.ends_with("0 problems, 3 warnings; 1 function to be served\n"), "{stdout}");
    for (options, code, ok) in [(&["--format", "json"][..], 0, true), (&["--format", "json", "--strict"], 64, false)] {
        let ended = site.look("check", options);
        assert_eq!(ended.code, Some(code));
        let found = json(&ended);
        assert_eq!(found["ok"], ok);
        assert_eq!(places(&found["warnings"]), ["host.toml public_url", "helo.toml -", "lonely.verifier.wasm -"]);
        assert_eq!(found["ignored"][0]["path"], "notes.txt");
    }
    // What serves nothing and was not meant to is none.
    let site = Site::new().example("hello").file("notes.txt", "");
    assert_eq!(site.look("check", &["--strict"]).code, Some(0));
    // Serving says the same, for people and for programs.
    let site = Site::new().example("hello").settings("public_url = \"http://hooks.example\"\n");
    let host = site.start();
    host.wait_for_line(|line| line.starts_with("served, and weak:"));
    host.wait_for_line(|line| line.contains("host.toml: public_url: "));
    let (site, _) = host.stop();
    let host = site.options(["--log-format", "json"]).start();
    let line = host.wait_for_line(|line| line.contains("\"public_url\""));
    assert!(line.contains("\"level\":\"WARN\""), "{line}");
}

#[test]
fn a_host_that_runs_is_not_disturbed_and_its_ports_are_not_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let site = Site::new().component("hello", "hook").file("hook.toml", SIGNED).secret("HOOK", HOOK);
    let host = site.start();
    let state = host.functions().join("../state.redb");
    assert!(state.exists(), "the running host has its state file, and a lock on it");
    let before = files(host.functions().parent().unwrap());
    for command in ["check", "routes"] {
        let Ended { code, stdout, stderr } = host.look(command, &["--listen", &taken, "--admin", &host.admin]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{command}: {stdout}");
        assert!(!stdout.contains("state"), "{stdout}");
    }
    let after = files(host.functions().parent().unwrap());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    // It still remembers what has run.
    let headers = signed("github", HOOK, b"{}", SystemTime::now());
    for time in ["first", "second"] {
        let reply = host.request("POST", "/hook", &headers, b"{}");
        assert_eq!((reply.status, host.instances()), (200, 1), "{time}: {}", reply.text());
    }
}

#[test]
fn a_function_that_is_open_is_a_warning_so_that_no_pipeline_passes_it_over() {
    let site = Site::new().component("hello", "open");
    let ended = site.look("check", &["--format", "json"]);
    assert_eq!((ended.code, places(&json(&ended)["warnings"])), (Some(0), vec!["open.toml -".to_owned()]));
    let Ended { code, stdout, .. } = site.look("check", &["--strict"]);
    assert_eq!(code, Some(64), "{stdout}");
    assert!(stdout.contains("OPEN: nobody has said who may call it"), "{stdout}");
}

/// The kind of each problem or warning.
fn kinds(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

#[test]
fn one_component_is_checked_by_itself_with_the_policy_beside_it() {
    let site = Site::new()
        .component("hello", "hook")
        .file("hook.toml", SIGNED)
        .secret("HOOK", HOOK)
        .file("broken.wasm", "no component")
        .file("core.wasm", b"\0asm\x01\0\0\0")
        .file("text.wat", "(component)")
        .file("lonely.toml", "access = \"public\"\n");
    let functions = site.functions();
    let check = |file: &str, options: &[&str]| {
        let path = functions.join(file).display().to_string();
        run(&[&["check", path.as_str()], options].concat())
    };
    // What else is in its folder is nobody's business, nor is a secret that is not in this environment: that of its policy is.
    let Ended { code, stdout, stderr } = check("hook.wasm", &["--strict"]);
    assert_eq!((code, stderr.as_str()), (Some(64), ""), "{stdout}");
    assert!(stdout.contains("hook.toml:3: verify.secrets: no secret HOOK in "), "{stdout}");
    assert!(stdout.ends_with("1 problem, 0 warnings; 0 functions to be served\n"), "{stdout}");
    fs::write(site.functions().join("hook.toml"), "access = \"public\"\n").unwrap();
    let Ended { code, stdout, stderr } = check("hook.wasm", &["--strict"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert_eq!(stdout, "0 problems, 0 warnings; 1 function to be served\n");
    for (file, kind, said) in [
        ("broken.wasm", "not-wasm", "it is text"),
        ("core.wasm", "core-module", "a core WebAssembly module"),
        ("text.wat", "not-wasm", "text form (WAT)"),
        ("lonely.toml", "not-wasm", "it is text"),
        ("gone.wasm", "file", "No such file"),
    ] {
        let ended = check(file, &["--format", "json"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(64), ""), "{file}");
        let found = json(&ended);
        assert_eq!(kinds(&found["problems"]), [kind], "{file}: {}", ended.stdout);
        assert!(found["problems"][0]["message"].as_str().unwrap().contains(said), "{}", ended.stdout);
    }
    // A component that is called by another name is right in itself, and has no route.
    fs::copy(site.functions().join("hook.wasm"), site.functions().join("hook.bin")).unwrap();
    let Ended { code, stdout, .. } = check("hook.bin", &[]);
    assert!(code == Some(64) && stdout.contains("call it NAME.wasm"), "{stdout}");
    // Within the folder of the settings that are named, it is checked under what they say of its folder.
    let site =
        site.component("hello", "users/ann/f").file("users/ann/f.toml", "access = \"public\"\nmemory = \"32MiB\"\n");
    let site = site.settings("functions = \"functions\"\n[ceilings.\"users\"]\nmemory = \"16MiB\"\n");
    let settings = site.folder().join("host.toml").display().to_string();
    let path = site.functions().join("users/ann/f.wasm").display().to_string();
    let Ended { code, stdout, .. } = run(&["check", &path, "--config", &settings]);
    assert!(code == Some(64) && stdout.contains("f.toml:2: memory: "), "{stdout}");
    // A verifier is held against its own world.
    fs::copy(site.functions().join("hook.wasm"), site.functions().join("hook.verifier.wasm")).unwrap();
    let Ended { code, stdout, .. } = check("hook.verifier.wasm", &[]);
    assert!(code == Some(64) && stdout.contains("as a function does, and not `vestibule:verifier/verify"), "{stdout}");
}

#[test]
fn what_a_policy_grants_to_no_effect_is_a_warning() {
    let grants = "access = \"public\"\n[grants]\nkv = [\"orders\"]\nsecrets = [\"KEY\"]\nsign = [\"KEY\"]\n\
                  http = [\"http://10.0.0.5:8080\", \"http://0.0.0.0\", \"https://api.example\"]\nenv = { A = \"b\" }\n";
    let public = "access = \"public\"\n[grants]\nhttp = [\"https://1.1.1.1\"]\nhttp_private = true\n";
    let site = Site::new().component("hello", "f").file("f.toml", grants).secret("KEY", HOOK);
    let site = site.component("fetch-title", "g").file("g.toml", public);
    let ended = site.look("check", &["--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let found = json(&ended);
    let expected = [
        "f.toml:6 grants.http",
        "f.toml:3 grants.kv",
        "f.toml:4 grants.secrets",
        "f.toml:5 grants.sign",
        "f.toml:6 grants.http",
        "f.toml:6 grants.http",
        "g.toml:4 grants.http_private",
    ];
    let warned = places(&found["warnings"]);
    // Whether the example reads its environment is its own affair.
    let warned: Vec<_> = warned.iter().filter(|place| !place.ends_with("grants.env")).collect();
    assert_eq!(warned, expected, "{}", ended.stdout);
    let warned = kinds(&found["warnings"]);
    for kind in ["unused-grant", "unreachable", "no-effect"] {
        assert!(warned.contains(&kind), "{warned:?}");
    }
    let Ended { stdout, .. } = site.look("check", &[]);
    // What is missing of grants is said with its line.
    let missing = "access = \"public\"\n[grants]\nsecrets = [\n  \"NOBODY_HAS_IT\"]\nsign = [\"NOR_THIS\"]\n";
    let lacking = Site::new().component("hello", "f").file("f.toml", missing).look("check", &["--format", "json"]);
    let found = json(&lacking);
    assert_eq!(places(&found["problems"]), ["f.toml:3 grants.secrets", "f.toml:5 grants.sign"]);
    assert_eq!(kinds(&found["problems"]), ["secret", "secret"]);
    for said in ["http://10.0.0.5:8080: that is a private network", "http://0.0.0.0: that is no machine's address"] {
        assert!(stdout.contains(said), "{said} is not in: {stdout}");
    }
}

#[test]
fn a_component_that_was_built_for_debugging_is_a_warning() {
    let mut component = fs::read(built("hello", "wasm")).unwrap();
    // A custom section of 2000 bytes.
    component.extend([0, 0xdc, 0x0f, 11]);
    component.extend(b".debug_info");
    component.extend([0; 2012 - 12]);
    let site = Site::new().file("f.wasm", component).file("f.toml", "access = \"public\"\n");
    let ended = site.look("check", &["--format", "json"]);
    let found = json(&ended);
    assert_eq!(kinds(&found["warnings"]), ["debug-build"], "{}", ended.stdout);
    assert!(
        found["warnings"][0]["message"].as_str().unwrap().starts_with("2 KiB of it are for debuggers"),
        "{}",
        ended.stdout
    );
}
