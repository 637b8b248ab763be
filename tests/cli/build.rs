//! `host build` and `host test`: which folders are functions, what becomes of them, and what is said where something is
//! missing. The compilers are real where what they say matters; a shell script stands for the others.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::author::{Project, is_gone, repository, wait_for};
use crate::support::{Ended, built};

/// A build tool that writes the component beside it, of which `from` is the name.
const COPIES: &str = "test \"$1\" = --out && cp \"$(cat from)\" \"$2\"";

fn example(name: &str) -> Vec<u8> {
    fs::read(built(name, "wasm")).unwrap()
}

/// A project with one function in JavaScript, which is `hello` of the examples.
fn hello(name: &str) -> Project {
    let project = Project::new(name).javascript("greet", COPIES).program("bin/node", "exit 1").path("bin");
    project.write("greet/hello.wasm", example("hello"));
    project.file("greet/from", "hello.wasm").file("greet/greet.toml", "access = \"public\"\n")
}

#[test]
fn functions_in_rust_are_built_and_one_that_fails_does_not_stop_the_others() {
    let project =
        Project::rust("build-rust", &[("right", "Response::text(\"right\")"), ("wrong", "Response::text(1)")])
            .file("right/right.toml", "access = \"public\"\nmethods = [\"GET\"]\n")
            .file("wrong/wrong.toml", "access = \"public\"\n")
            .file("functions/wrong.wasm", "what was there");
    let Ended { code, stdout, stderr } = project.run(&["build"]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    let fields: Vec<&str> = stdout.split_whitespace().collect();
    assert!(matches!(fields[..], ["right", _, "KiB", _, "s", version] if version.len() == 8), "{stdout}");
    assert!(stderr.contains("error[E0277]") || stderr.contains("error[E0308]"), "{stderr}");
    assert!(stderr.contains("--> wrong/src/lib.rs:4"), "{stderr}");
    assert!(stderr.contains("wrong: not built; functions/wrong.wasm stays as it was"), "{stderr}");
    assert!(!stderr.contains("Compiling"), "quiet in a pipe: {stderr}");
    assert_eq!(project.read("functions/wrong.wasm").unwrap(), b"what was there");
    assert_eq!(project.read("functions/wrong.toml"), None, "nothing of it is put");
    assert_eq!(project.read("functions/right.toml"), project.read("right/right.toml"));
    assert!(project.read("functions/right.wasm").unwrap().starts_with(b"\0asm"));

    // What is built is what the host serves, and it is compiled by now.
    let served = project.run(&["check", "--format", "json"]);
    assert!(served.stdout.contains("\"served\": 1"), "{}", served.stdout);

    // Built once more, it is no other file.
    let before = fs::metadata(project.at("functions/right.wasm")).unwrap();
    let Ended { code, stdout, stderr } = project.run(&["build", "right"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let after = fs::metadata(project.at("functions/right.wasm")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn a_tool_of_javascript_finds_what_was_built_before_and_may_leave_it() {
    let project = hello("build-again");
    let Ended { code, stdout, stderr } = project.run(&["build"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let keeps = "cmp hello.wasm \"$2\" && echo left as it is >&2";
    let project = project.javascript("greet", keeps);
    let Ended { code, stdout, stderr } = project.run(&["build"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stderr.contains("left as it is"), "{stderr}");
    assert_eq!(project.read("functions/greet.wasm").unwrap(), example("hello"));
}

#[test]
fn what_is_wrong_elsewhere_does_not_fail_one_that_was_named() {
    let copy = r#"{"dependencies": {"@vestibule/function": "0.1.0"}, "vestibule": {"route": "a//b"}}"#;
    let project = hello("build-named").file("wrong/package.json", copy);
    let Ended { code, stdout, stderr } = project.run(&["build", "greet"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stderr.contains("no route can be made"), "{stderr}");
    assert_eq!(project.run(&["build"]).code, Some(1));
}

#[test]
fn a_signal_ends_what_runs_and_leaves_nothing_behind() {
    let hangs = "echo $$ > ../pid; exec sleep 600";
    let project = hello("build-signal").program("greet/node_modules/.bin/vestibule-build", hangs);
    let temporary = project.at("temporary");
    fs::create_dir(&temporary).unwrap();
    let project = project.env("TMPDIR", temporary.to_str().unwrap());
    for (command, signal, status) in [("build", Signal::TERM, 143), ("test", Signal::HUP, 129)] {
        let mut host = project.spawn(&[command]);
        wait_for("the tool runs", || project.read("pid").is_some_and(|pid| pid.ends_with(b"\n")));
        kill_process(Pid::from_child(&host), signal).unwrap();
        assert_eq!(host.wait().unwrap().code(), Some(status), "{command}");
        wait_for("the tool has ended", || is_gone(&project, "pid"));
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{command}");
        fs::remove_file(project.at("pid")).unwrap();
    }
    assert_eq!(project.read("functions/greet.wasm"), None);
}

#[test]
fn the_examples_are_a_project() {
    let project = Project::new("build-examples");
    let (examples, out) = (repository().join("examples"), project.at("functions"));
    let (examples, out) = (examples.to_str().unwrap(), out.to_str().unwrap());
    // With their host.toml, as there is none beside the folder.
    let Ended { code, stdout, stderr } = project.run(&["build", "--project", examples, "--out", out]);
    assert!(!stdout.contains("hostile"), "what has no library is no function: {stdout}");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    for (name, is_function) in [("hello", true), ("bank", true), ("bank.verifier", false), ("wasi-http", true)] {
        assert!(stdout.lines().any(|line| line.split_whitespace().next() == Some(name)), "{stdout}");
        assert!(project.read(&format!("functions/{name}.wasm")).is_some(), "{name}");
        assert_eq!(project.read(&format!("functions/{name}.toml")).is_some(), is_function, "{name}");
    }
    assert!(!stdout.contains("bank-verifier"), "{stdout}");
    let served = project.run(&["routes", "functions", "--format", "json"]);
    assert!(served.stdout.contains("\"route\": \"/bank\""), "{}{}", served.stdout, served.stderr);
}

#[test]
fn a_function_is_built_by_the_tool_of_its_language() {
    let project = hello("build-tools")
        .program("sums/.venv/bin/python", "test \"$*\" = \"-m vestibule build --out $5\" && cp hello.wasm \"$5\"")
        .file("sums/pyproject.toml", "[project]\nname = \"sums\"\ndependencies = [\"vestibule>=0.1\"]\n[tool.vestibule]\nroute = \"math/[op]\"\n")
        .file("sums/sums.toml", "access = \"public\"\n")
        .file("other/pyproject.toml", "[project]\nname = \"other\"\ndependencies = [\"vestibules\"]\n")
        .file("other/node_modules/x/package.json", r#"{"dependencies": {"@vestibule/function": "1"}}"#);
    project.write("sums/hello.wasm", example("hello"));
    let Ended { code, stdout, stderr } = project.run(&["build"]);
    let begins = "building greet (JavaScript)…\nbuilding math/[op] (Python)…\n";
    assert_eq!((code, stderr.as_str()), (Some(0), begins), "{stdout}");
    assert_eq!(stdout.lines().count(), 2, "{stdout}");
    assert_eq!(project.read("functions/greet.wasm").unwrap(), example("hello"));
    assert_eq!(project.read("functions/greet.toml").unwrap(), b"access = \"public\"\n");
    assert_eq!(project.read("functions/math/[op].wasm").unwrap(), example("hello"));
    assert!(project.read("functions/math/[op].toml").is_some());
    let hidden = fs::read_dir(project.at("functions")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(hidden.into_iter().all(|name| !name.to_str().unwrap().starts_with('.')), "nothing is left behind");
    for name in ["sums", "math/[op]"] {
        assert_eq!(project.run(&["build", name]).code, Some(0), "{name}");
    }
}

#[test]
fn what_could_not_be_served_is_not_put() {
    let project = hello("build-refused");
    assert_eq!(project.run(&["build"]).code, Some(0));
    let there = project.read("functions/greet.wasm");
    let refused = |why: &str| {
        let Ended { code, stdout, stderr } = project.run(&["build"]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
        assert!(stderr.contains("greet: not built; functions/greet.wasm stays as it was"), "{stderr}");
        assert_eq!(project.read("functions/greet.wasm"), there);
        assert_eq!(project.read("functions/greet.toml").unwrap(), b"access = \"public\"\n");
    };
    for (bytes, why) in [
        (b"\0asm\x01\0\0\0".to_vec(), "this is a core WebAssembly module, not a component"),
        (example("bank.verifier"), "as a verifier does, and not"),
        (b"text".to_vec(), "this is not a WebAssembly file"),
    ] {
        project.write("greet/other.wasm", bytes);
        project.write("greet/from", "other.wasm");
        refused(why);
    }
    project.write("greet/from", "nothing.wasm");
    refused("nothing.wasm");
    project.write("greet/from", "hello.wasm");
    project.write("greet/greet.toml", "access = \"public\"\ntimeot = \"1s\"\n");
    refused("greet/greet.toml:2: timeot");
    project.write("greet/greet.toml", "access = \"public\"\nresponse_limit = \"64MiB\"\n");
    project.write("host.toml", "[server]\nanswer_bytes = \"32MiB\"\n");
    refused("for which there is no room within server.answer_bytes");
    // A tool that leaves the component of before where it is has nothing to build; where there is none, it has failed.
    let nothing = hello("build-nothing");
    nothing.write("greet/node_modules/.bin/vestibule-build", "#!/bin/sh\n");
    let ended = nothing.run(&["build"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("wrote no component"), "{}", ended.stderr);
    // A secret need not be where it is built.
    project.write("greet/greet.toml", "[verify]\nscheme = \"github\"\nsecrets = [\"NOBODY_HAS_IT\"]\n");
    assert_eq!(project.run(&["build"]).code, Some(0));
}

#[test]
fn what_is_missing_is_named_with_what_to_run() {
    let project = hello("build-missing");
    fs::remove_dir_all(project.at("greet/node_modules")).unwrap();
    let says = |project: &Project, words: &[&str]| {
        let Ended { code, stdout, stderr } = project.run(&["build"]);
        assert!(code == Some(1) || code == Some(64), "{code:?}");
        assert_eq!(stdout, "");
        words.iter().for_each(|word| assert!(stderr.contains(word), "{word:?} is not in: {stderr}"));
    };
    says(&project, &["greet/package.json", "run `npm install` in greet"]);
    says(&project.only_path("empty"), &["`node` is not on PATH", "https://nodejs.org"]);
    let python = Project::new("build-missing-python")
        .file("sums/pyproject.toml", "[project]\nname = \"sums\"\ndependencies = [\"vestibule\"]\n")
        .only_path("empty");
    says(&python, &["`python3` is not on PATH", "https://python.org"]);
    // One without the SDK: what it says itself is no help.
    let python = Project::new("build-missing-sdk")
        .file("sums/pyproject.toml", "[project]\nname = \"sums\"\ndependencies = [\"vestibule\"]\n")
        .program("bin/python3", "echo 'No module named vestibule' >&2; exit 1")
        .path("bin");
    says(&python, &["python3 has no package `vestibule`", "docs/languages-python.md"]);
    let python = python.file("requirements.txt", "vestibule[build]\n");
    says(&python, &["sums/pyproject.toml", "run `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`"]);
    let rust = Project::rust("build-missing-cargo", &[("f", "Response::text(\"\")")]).only_path("empty");
    says(&rust, &["need cargo, and it is not on PATH", "https://rustup.rs"]);

    // A compiler without the target: it is not added behind anybody's back.
    let cargo = format!("exec '{}' \"$@\"", env!("CARGO"));
    let rust = Project::rust("build-missing-target", &[("f", "Response::text(\"\")")])
        .program("bin/cargo", &cargo)
        .program("bin/rustc", "echo /nowhere")
        .program("bin/rustup", "echo \"$*\" >> called; exit 1")
        .path("bin")
        .env("VESTIBULE_GUEST_TOOLCHAIN", "rustup");
    says(&rust, &["no Rust compiler here builds for wasm32-wasip2", "rustup target add wasm32-wasip2", "f: not built"]);
    assert_eq!(rust.read("called"), None);
}

#[test]
fn wrong_use_is_said_with_what_was_meant() {
    let project = hello("build-usage");
    let says = |arguments: &[&str], words: &[&str]| {
        let Ended { code, stderr, .. } = project.run(arguments);
        assert_eq!(code, Some(64), "{arguments:?}: {stderr}");
        words.iter().for_each(|word| assert!(stderr.contains(word), "{word:?} is not in: {stderr}"));
    };
    says(&["build", "gret"], &["no function \"gret\"", "did you mean \"greet\"?", "it has: greet"]);
    says(&["build", "--project", "greet/node_modules"], &["no functions in", "host new NAME"]);
    says(&["build", "--project", "nowhere"], &["nowhere", "--project DIR"]);
    project.write("host.toml", "prefx = \"/api\"\n");
    says(&["build"], &["host.toml:1: prefx"]);
    project.write("host.toml", "functions = \"served\"\n");
    assert_eq!(project.run(&["build"]).code, Some(0));
    assert!(project.read("served/greet.wasm").is_some(), "where host.toml says");

    // Names that are no routes, and two functions for one.
    let project = hello("build-names").javascript("no[route", COPIES).javascript("deep/greet", COPIES);
    let Ended { code, stdout, stderr } = project.run(&["build"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("no[route/package.json: no route can be made of the function's name"), "{stderr}");
    assert!(stderr.contains("greet.wasm as well"), "{stderr}");
}

#[test]
fn tests_are_run_by_the_languages_own_runner_on_what_is_built() {
    let node = "echo \"node $* in $(basename \"$PWD\")\"; test -x \"$VESTIBULE_HOST\" && test -f \"$VESTIBULE_FUNCTIONS/greet.wasm\" || exit 9\nexit $(cat code)";
    let project = hello("test-tools").program("bin/node", node).file("greet/code", "0");
    let Ended { code, stdout, stderr } = project.run(&["test", "--", "--only"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.ends_with("node --test --only in greet\n"), "{stdout}");
    project.write("greet/code", "7");
    assert_eq!(project.run(&["test"]).code, Some(7), "the runner's own status");
    project.write("greet/from", "nothing.wasm");
    let Ended { code, stderr, .. } = project.run(&["test"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("no tests are run"), "{stderr}");
}

#[test]
fn no_link_leads_a_component_out_of_the_folder() {
    let project = Project::new("build-links")
        .javascript("sums", COPIES)
        .file(
            "sums/package.json",
            r#"{"dependencies": {"@vestibule/function": "1"}, "vestibule": {"route": "math/sums"}}"#,
        )
        .file("sums/from", "own.wasm")
        .program("bin/node", "")
        .path("bin");
    project.write("sums/own.wasm", example("hello"));
    fs::create_dir_all(project.at("functions")).unwrap();
    fs::create_dir_all(project.at("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", project.at("functions/math")).unwrap();
    let Ended { code, stderr, .. } = project.run(&["build"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("a link leads out of the folder"), "{stderr}");
    assert_eq!(fs::read_dir(project.at("elsewhere")).unwrap().count(), 0);
}
