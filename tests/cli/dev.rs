//! `host dev`: a host that serves while its sources change. What it does with a component or a policy that changes is asked
//! in `reload.rs`; here it is what makes them change.

use std::fs;

use rustix::process::Signal;

use crate::author::{Project, is_gone, wait_for};
use crate::support::{Host, PATIENCE, built};

/// A build tool that writes the component that `from` names, and says in `builds` that it ran.
const COPIES: &str = "echo built >> ../builds; cp \"$(cat from)\" \"$2\"";

const PUBLIC: &str = "access = \"public\"\n";

fn project(name: &str) -> Project {
    let project = Project::new(name).javascript("greet", COPIES).program("bin/node", "exit 1").path("bin");
    for example in ["hello", "divide"] {
        project.write(&format!("{example}.wasm"), fs::read(built(example, "wasm")).unwrap());
    }
    project.file("greet/from", "../hello.wasm").file("greet/greet.toml", PUBLIC)
}

fn answers(host: &Host, path: &str, text: &str) {
    wait_for(&format!("{path} answers {text:?}"), || host.get(path).text().contains(text));
}

fn builds(project: &Project) -> usize {
    project.read("builds").unwrap_or_default().split(|byte| *byte == b'\n').count() - 1
}

#[test]
fn a_change_is_built_and_swapped_in_and_an_error_keeps_the_old() {
    let project = Project::rust("dev-rust", &[("said", "Response::text(\"one\")")]).file("said/said.toml", PUBLIC);
    let host = project.dev(&["--profile", "release"]);
    assert_eq!(host.get("/said").text(), "one");
    assert!(host.log().contains("dev: the same rules, limits and policies as `host serve`"), "{}", host.log());
    assert!(!host.log().contains("link-time"), "nothing differs in the code: {}", host.log());
    let change = |from: &str, to: &str| {
        let source = String::from_utf8(project.read("said/src/lib.rs").unwrap()).unwrap();
        assert!(source.contains(from));
        project.write("said/src/lib.rs", source.replace(from, to));
    };
    change("\"one\"", "\"two\"");
    answers(&host, "/said", "two");
    let line = host.wait_for_line(|line| line.contains("said: ") && line.contains(" -> "));
    assert!(line.contains(" ms"), "{line}");
    change("\"two\"", "2");
    host.wait_for_line(|line| line.starts_with("error[E"));
    host.wait_for_line(|line| line.contains("--> said/src/lib.rs:4"));
    host.wait_for_line(|line| line == "said: not built; functions/said.wasm stays as it was");
    assert_eq!(host.get("/said").text(), "two");
    change("(2)", "(\"three\")");
    answers(&host, "/said", "three");
}

#[test]
fn by_default_code_is_built_sooner_and_that_is_said() {
    // The least that a component can be made of, as it is compiled for this profile from the ground up.
    let project = Project::rust("dev-profile", &[])
        .file("Cargo.toml", "[workspace]\nmembers = [\"raw\"]\n")
        .file("raw/Cargo.toml", "[package]\nname = \"raw\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\nwasip2 = \"2.0\"\n")
        .file("raw/raw.toml", PUBLIC)
        .file("raw/src/lib.rs", RAW);
    let host = project.dev(&[]);
    assert!(host.log().contains("dev: for that, Rust is compiled incrementally"), "{}", host.log());
    assert_eq!(host.get("/raw").status, 204);
    project.write("raw/src/lib.rs", RAW.replace("204", "203"));
    wait_for("the new answer", || host.get("/raw").status == 203);
}

const RAW: &str = r"
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingRequest, OutgoingResponse, ResponseOutparam};
struct Raw;
wasip2::http::proxy::export!(Raw);
impl Guest for Raw {
    fn handle(_: IncomingRequest, out: ResponseOutparam) {
        let response = OutgoingResponse::new(Fields::new());
        let _ = response.set_status_code(204);
        ResponseOutparam::set(out, Ok(response));
    }
}
";

#[test]
fn policies_are_copied_at_once_and_count_as_those_of_any_host() {
    let project = project("dev-policies");
    let host = project.dev(&[]);
    assert_eq!(host.get("/greet").text(), "Hello, world!\n");
    let before = builds(&project);
    project.write("greet/greet.toml", "access = \"public\"\nmethods = [\"PUT\"]\n");
    wait_for("methods count", || host.get("/greet").status == 405);
    project.write("greet/greet.toml", "acces = \"public\"\n");
    wait_for("a wrong policy refuses", || host.get("/greet").status == 503);
    // By the name of the file that the author has open, and not of its copy.
    host.wait_for_line(|line| {
        line.starts_with("error: greet/greet.toml:1") || line.starts_with("error: ./greet/greet.toml:1")
    });
    project.write("greet/greet.toml", PUBLIC);
    wait_for("it is right again", || host.get("/greet").status == 200);
    assert_eq!(project.read("functions/greet.toml").unwrap(), PUBLIC.as_bytes());
    fs::remove_file(project.at("greet/greet.toml")).unwrap();
    host.wait_for_line(|line| line.contains("functions/greet.toml stays in force"));
    assert_eq!(host.get("/greet").status, 200);
    assert_eq!(builds(&project), before, "nothing was built for that");
}

#[test]
fn functions_that_come_and_go_are_seen() {
    let project = project("dev-functions");
    let host = project.dev(&[]);
    assert_eq!(host.get("/late").status, 404);
    let project = project.javascript("late", COPIES).file("late/late.toml", PUBLIC).file("late/from", "../divide.wasm");
    wait_for("the new one is served", || host.get("/late?dividend=8&divisor=2").status == 200);
    assert_eq!(host.get("/greet").text(), "Hello, world!\n");
    fs::remove_dir_all(project.at("late")).unwrap();
    wait_for("the old one is gone", || host.get("/late").status == 404);
    assert_eq!(project.read("functions/late.wasm"), None);
    wait_for("and its policy", || project.read("functions/late.toml").is_none());
    assert!(!host.log().contains("late: not served"), "it was not broken for a moment: {}", host.log());
    // A description that is being written is no reason to take anything away.
    project.write("greet/package.json", "{\"dependencies\": {");
    host.wait_for_line(|line| line.starts_with("error: ") && line.contains("greet/package.json"));
    assert_eq!(host.get("/greet").status, 200);
}

#[test]
fn code_beside_a_functions_folder_is_followed() {
    let project = project("dev-shared").file("shared/words.js", "one").file("config.json", "{}");
    let host = project.dev(&[]);
    assert_eq!(builds(&project), 1);
    project.write("shared/words.js", "two");
    wait_for("a folder that several may import from", || builds(&project) == 2);
    project.write("config.json", "{\"two\": 2}");
    wait_for("a file that several may import", || builds(&project) == 3);
    assert_eq!(host.get("/greet").text(), "Hello, world!\n");
}

#[test]
fn a_burst_is_one_build_and_a_change_during_it_another() {
    let waits = "echo built >> ../builds; while test -e ../hold; do sleep 0.01; done; cp \"$(cat from)\" \"$2\"";
    let project = project("dev-bursts").javascript("greet", waits);
    let host = project.dev(&[]);
    assert_eq!(builds(&project), 1);
    project.write("hold", "");
    project.write("greet/index.js", "one");
    wait_for("the build has begun", || builds(&project) == 2);
    for (at, name) in ["a.js", "b.js", "c.js", "d.js"].into_iter().enumerate() {
        project.write(&format!("greet/{name}"), at.to_string());
    }
    project.write("greet/from", "../divide.wasm");
    // The policy does not wait for the build.
    project.write("greet/greet.toml", "access = \"public\"\nmethods = [\"GET\"]\n");
    wait_for("the policy counts", || host.request("POST", "/greet", &[], b"").status == 405);
    assert_eq!(builds(&project), 2);
    fs::remove_file(project.at("hold")).unwrap();
    wait_for("what came during the build is built", || host.get("/greet?dividend=8&divisor=2").text().contains('4'));
    // The build that was held may have taken what came meanwhile already; another follows all the same.
    wait_for("all of it is built at once", || builds(&project) == 3);
    // What is built starts no build, nor does a file that is saved as it was.
    project.write("greet/index.js", "one");
    project.write("greet/from", "../hello.wasm");
    answers(&host, "/greet", "Hello");
    assert_eq!(builds(&project), 4);
}

#[test]
fn the_end_takes_a_running_build_along() {
    let hangs = "if test -e ../hang; then echo $$ > ../pid; exec sleep 600; fi; cp \"$(cat from)\" \"$2\"";
    let project = project("dev-end").javascript("greet", hangs);
    let has_begun = |project: &Project| project.read("pid").is_some_and(|pid| pid.ends_with(b"\n"));
    let mut host = project.dev(&[]);
    project.write("hang", "");
    project.write("greet/index.js", "one");
    wait_for("the build hangs", || has_begun(&project));
    host.signal(Signal::INT);
    assert_eq!(host.wait(PATIENCE).unwrap().code(), Some(0), "{}", host.log());
    wait_for("the tool has ended", || is_gone(&project, "pid"));
    assert!(!host.log().contains("not built"), "{}", host.log());

    // With its terminal as well, and deaf or not.
    fs::remove_file(project.at("hang")).unwrap();
    let mut host = project.dev(&[]);
    host.signal(Signal::HUP);
    assert_eq!(host.wait(PATIENCE).unwrap().code(), Some(0), "{}", host.log());

    // And before anything is served.
    project.write("hang", "");
    fs::remove_file(project.at("pid")).unwrap();
    let mut host = project.start_dev(&[]);
    wait_for("the build hangs", || has_begun(&project));
    host.signal(Signal::TERM);
    assert_eq!(host.wait(PATIENCE).unwrap().code(), Some(0), "{}", host.log());
    wait_for("the tool has ended", || is_gone(&project, "pid"));
}

#[test]
fn where_there_is_nothing_to_build_it_says_so() {
    let project = Project::new("dev-nothing");
    let ended = project.run(&["dev"]);
    assert_eq!(ended.code, Some(64));
    assert!(ended.stderr.contains("no functions in") && ended.stderr.contains("host new"), "{}", ended.stderr);
    assert!(!project.at("functions").exists(), "and leaves nothing behind");
}

#[test]
fn what_two_functions_claim_stays_as_it_is() {
    let project = project("dev-claims");
    let host = project.dev(&[]);
    assert_eq!(host.get("/greet").status, 200);
    let copy = r#"{"dependencies": {"@vestibule/function": "0.1.0"}, "vestibule": {"route": "greet"}}"#;
    project.write("copy/package.json", copy);
    host.wait_for_line(|line| line.contains("another function of the project is built as greet.wasm"));
    assert!(project.read("functions/greet.wasm").is_some() && project.read("functions/greet.toml").is_some());
    assert_eq!(host.get("/greet").status, 200);
}

#[test]
fn a_name_that_is_no_route_any_more_takes_nothing_away() {
    let project = project("dev-name");
    let named = |route: &str| {
        let sdk = r#"{"dependencies": {"@vestibule/function": "0.1.0"}"#;
        format!("{sdk}, \"vestibule\": {{\"route\": \"{route}\"}}}}")
    };
    let host = project.dev(&[]);
    project.write("greet/package.json", named("a//b"));
    host.wait_for_line(|line| line.contains("no route can be made"));
    assert!(project.read("functions/greet.wasm").is_some() && project.read("functions/greet.toml").is_some());
    assert_eq!(host.get("/greet").status, 200);
    // With another name, the old one goes.
    project.write("greet/package.json", named("welcome"));
    answers(&host, "/welcome", "Hello");
    wait_for("the old component is gone", || project.read("functions/greet.wasm").is_none());
}

#[test]
fn what_was_missing_is_noticed_when_it_is_there() {
    let project = project("dev-missing");
    let tool = project.at("greet/node_modules/.bin/vestibule-build");
    let aside = project.at("vestibule-build");
    fs::rename(&tool, &aside).unwrap();
    let host = project.dev(&[]);
    assert!(host.log().contains("run `npm install` in greet"), "{}", host.log());
    fs::rename(&aside, &tool).unwrap();
    answers(&host, "/greet", "Hello");
    assert_eq!(builds(&project), 1);
}

#[test]
fn what_goes_away_while_it_is_built_leaves_nothing() {
    let waits = "echo built >> ../builds; while test -e ../hold; do sleep 0.01; done; cp \"$(cat from)\" \"$2\"";
    let project = project("dev-gone").javascript("greet", waits);
    let host = project.dev(&[]);
    project.write("hold", "");
    project.write("greet/index.js", "one");
    wait_for("the build has begun", || builds(&project) == 2);
    project.write("greet/from", "../divide.wasm");
    fs::remove_file(project.at("greet/package.json")).unwrap();
    wait_for("it is taken away", || project.read("functions/greet.wasm").is_none());
    let project = project.javascript("late", COPIES).file("late/late.toml", PUBLIC).file("late/from", "../divide.wasm");
    fs::remove_file(project.at("hold")).unwrap();
    // Builds follow each other: this one begins when the one of what is gone has ended.
    wait_for("the next one is served", || host.get("/late?dividend=8&divisor=2").status == 200);
    assert_eq!(project.read("functions/greet.wasm"), None);
    assert_eq!(host.get("/greet").status, 404);
}
