//! `host new`, as an author has it: what it writes is formatted, built, linted and tested with cargo, and served. One
//! project for all templates, as what takes time is what they have in common.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{Ended, run};

/// The functions: of every template, and of senders that differ in what they need.
const FUNCTIONS: [(&str, &[&str]); 7] = [
    ("hello", &[]),
    ("notes", &["--template", "api"]),
    ("me", &["--template", "auth"]),
    // A secret that is a text; one in a form of its own, and an id; a form and the URL; a public key.
    ("pushes", &["--scheme", "github"]),
    ("messages", &["--template", "webhook", "--scheme", "standardwebhooks"]),
    ("calls", &["--scheme", "twilio"]),
    ("commands", &["--scheme", "discord"]),
];

/// The repository's folder.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A project at the same place every time, so that what it was built with is still there.
fn project() -> PathBuf {
    let project = repository().join("target/test-projects/new");
    if project.exists() {
        fs::remove_dir_all(&project).unwrap();
    }
    fs::create_dir_all(&project).unwrap();
    // Nobody's settings but rustfmt's own, as an author has them: not those of this repository.
    fs::write(repository().join("target/test-projects/rustfmt.toml"), "").unwrap();
    project.canonicalize().unwrap()
}

/// Runs cargo in a project as its author does, with what it needs to build for WebAssembly if it does.
fn cargo(project: &Path, for_wasm: bool, arguments: &[&str]) -> Output {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = if for_wasm {
        let mut command = Command::new(repository().canonicalize().unwrap().join("tools/guest-toolchain"));
        command.arg("cargo");
        command
    } else {
        Command::new(cargo)
    };
    command
        .current_dir(project)
        .args(arguments)
        .env("CARGO_TARGET_DIR", project.parent().unwrap().join("target"))
        .env("VESTIBULE_HOST", env!("CARGO_BIN_EXE_host"))
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null());
    // What the tests' own cargo has set is about the tests' own packages.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR")
    {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "cargo {arguments:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn host(arguments: &[&str]) -> Ended {
    let ended = run(arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}:\n{}{}", ended.stdout, ended.stderr);
    ended
}

/// Puts what was built into the functions folder, beside its policy.
fn collect(project: &Path) {
    let built = project.parent().unwrap().join("target/wasm32-wasip2/release");
    fs::create_dir(project.join("functions")).unwrap();
    for (name, _) in FUNCTIONS {
        let copy = |from: PathBuf, extension: &str| {
            fs::copy(from, project.join(format!("functions/{name}.{extension}"))).unwrap();
        };
        copy(project.join(format!("{name}/{name}.toml")), "toml");
        copy(built.join(format!("{name}.wasm")), "wasm");
    }
}

#[test]
fn every_template_is_built_tested_and_served_as_it_is_made() {
    let project = project();
    let at = project.to_str().unwrap();
    for (name, options) in FUNCTIONS {
        let made = host(&[&["new", name, "--project", at], options].concat());
        assert!(made.stdout.contains("host dev") && made.stdout.contains(&format!("  {name}/\n")), "{}", made.stdout);
    }

    // Rust may be there without these two; where this repository's own code is linted, they are.
    let has = |tool: &str| {
        Command::new("cargo").args([tool, "--version"]).output().is_ok_and(|output| output.status.success())
    };
    if has("fmt") {
        cargo(&project, false, &["fmt", "--all", "--check"]);
    }
    cargo(&project, true, &["build", "--release", "--target", "wasm32-wasip2", "--workspace"]);
    collect(&project);
    if has("clippy") {
        let linted = cargo(&project, false, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        let linted = String::from_utf8_lossy(&linted.stderr).into_owned();
        assert!(!linted.contains("warning"), "{linted}");
    }
    let tested = cargo(&project, false, &["test", "--workspace"]);
    let tested = String::from_utf8_lossy(&tested.stdout).into_owned();
    let results = tested.lines().filter(|line| line.starts_with("test result: ok.") && !line.contains(" 0 passed"));
    assert!(results.count() >= FUNCTIONS.len(), "{tested}");

    // All are served but the one whose sender's key nobody has filled in.
    let functions = project.join("functions");
    let checked = run(&["check", functions.to_str().unwrap()]);
    assert_eq!(checked.code, Some(64), "{}", checked.stderr);
    assert!(checked.stdout.contains("no secret COMMANDS_PUBLIC_KEY in "), "{}", checked.stdout);
    assert!(
        checked.stdout.contains(&format!("; {} functions to be served", FUNCTIONS.len() - 1)),
        "{}",
        checked.stdout
    );
}

#[test]
fn what_a_new_webhook_says_to_type_signs_with_the_secret_in_its_env() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let made = host(&["new", "payments", "--scheme", "stripe", "--project", at]);
    assert_eq!(made.stderr, "");
    let said = "host sign --policy payments/payments.toml payments/fixtures/example.json --send http://127.0.0.1:8080/payments";
    assert!(made.stdout.contains(said), "{}", made.stdout);
    let env = fs::read_to_string(folder.path().join(".env")).unwrap();
    let secret = env.lines().find_map(|line| line.strip_prefix("PAYMENTS_SECRET='")).unwrap().trim_end_matches('\'');
    assert!(!made.stdout.contains(secret));

    let (policy, payload) = (format!("{at}/payments/payments.toml"), format!("{at}/payments/fixtures/example.json"));
    let signed = host(&["sign", "--policy", &policy, &payload]);
    let headers = folder.path().join("headers");
    fs::write(&headers, &signed.stdout).unwrap();
    let headers = format!("@{}", headers.display());
    assert!(host(&["verify", "--policy", &policy, &payload, "-H", &headers]).stdout.contains("genuine"));
    // And with that alone.
    host(&["verify", "stripe", &payload, "-H", &headers, "--secret", secret]);
    assert_eq!(run(&["verify", "stripe", &payload, "-H", &headers, "--secret", "guessed"]).code, Some(1));

    // The host's settings decide where its secrets are, also for these commands.
    fs::write(folder.path().join("host.toml"), "[secrets]\nenv = false\n").unwrap();
    let nowhere = run(&["sign", "--policy", &policy, &payload]);
    assert_eq!(nowhere.code, Some(64));
    assert!(nowhere.stderr.contains("PAYMENTS_SECRET"), "{}", nowhere.stderr);
}

#[test]
fn wrong_use_is_64_and_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    for (arguments, said) in [
        (&["new", "My Function"][..], "my-function"),
        (&["new", "hello", "--scheme", "strip"], "did you mean \"stripe\"?"),
        (&["new", "hello", "--template", "webook"], "webhook"),
        (&["new", "hello", "--lang", "cobol"], "rust"),
        (&["new"], "<NAME>"),
    ] {
        let ended = run(&[arguments, &["--project", at]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{arguments:?}");
        assert!(ended.stderr.contains(said), "{arguments:?}: {said} is not in:\n{}", ended.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    host(&["new", "hello", "--project", at]);
    let again = run(&["new", "hello", "--project", at]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(64), ""));
    assert!(again.stderr.contains("hello is in the way"), "{}", again.stderr);
}
