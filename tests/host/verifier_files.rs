//! The files of verifiers: which are taken, what is said of those that are not, and what counts when they change while the
//! host runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use vestibule_host::reload::STILL;

use crate::support::verifier::{moody, verifier, verifier_with};
use crate::support::{Builder, Host, PUBLIC, component, get, host, post};

const POLICY: &str = "[verify]\nscheme = \"component\"\ncomponent = \"v.verifier.wasm\"\n";

/// How long a test waits for a component to be made ready.
const PATIENCE: Duration = Duration::from_secs(60);

fn function(policy: &str) -> Builder {
    host().verifiers(2).function("f", "canary", policy)
}

/// A verifier that accepts everything; `mark` makes it another one.
fn accepts(mark: u32) -> Vec<u8> {
    verifier(&format!("(drop (i32.const {mark})) (i32.const 0)"))
}

async fn status(host: &Host, body: &'static str) -> u16 {
    host.send(post("/f", body)).await.status
}

#[tokio::test]
async fn what_is_no_verifier_keeps_its_function_from_being_served_and_says_where_and_why() {
    for (file, message, fix) in [
        (None, "there is no such file", "put the verifier there"),
        (Some(b"not wasm".to_vec()), "this is not a WebAssembly file", "build it as a component"),
        (Some(b"\0asm\x01\0\0\0".to_vec()), "a core WebAssembly module", "wasm32-wasip2"),
        (
            Some(wat::parse_str("(component)").unwrap()),
            "it does not export `vestibule:verifier/verify@0.1.0`: it exports nothing",
            "build it for the world vestibule:verifier/verifier",
        ),
        (
            Some(component("canary")),
            "it exports `vestibule:function/handler@0.1.0`, as a function does, and not `vestibule:verifier/verify@0.1.0`",
            "#[vestibule::verifier]",
        ),
        (
            Some(
                wat::parse_str("(component (instance $v) (export \"vestibule:verifier/verify@0.2.0\" (instance $v)))")
                    .unwrap(),
            ),
            "of another version of the contract",
            "build it again",
        ),
        (
            Some(
                wat::parse_str("(component (instance $v) (export \"vestibule:verifier/verify@0.1.0\" (instance $v)))")
                    .unwrap(),
            ),
            "has another signature than the contract's: it has no function `verify`",
            "build it again",
        ),
    ] {
        let host = function(POLICY);
        let host = match &file {
            Some(file) => host.file("v.verifier.wasm", file),
            None => host,
        };
        let host = host.start();
        assert_eq!(status(&host, "").await, 503, "{message}");
        assert_eq!((host.verifier_instances(), host.instances()), (0, 0));
        let problems = host.problems.to_string();
        let [problem] = host.problems.iter().collect::<Vec<_>>()[..] else { panic!("{problems}") };
        assert!(problem.file.ends_with("f.toml"), "{problem}");
        assert_eq!((problem.line, problem.key.as_deref()), (Some(3), Some("verify.component")), "{problem}");
        assert!(problem.message.contains("v.verifier.wasm") && problem.message.contains(message), "{problem}");
        assert!(problem.fix.contains(fix), "{problem}");
    }
}

#[tokio::test]
async fn a_verifier_in_the_place_of_a_function_is_told_what_it_is() {
    let host = host().file("f.wasm", moody()).file("f.toml", PUBLIC).start();
    assert_eq!(host.send(get("/f")).await.status, 503);
    let problems = host.problems.to_string();
    assert!(problems.contains("as a verifier does"), "{problems}");
    assert!(problems.contains("call it NAME.verifier.wasm"), "{problems}");
}

#[tokio::test]
async fn a_verifier_that_needs_more_memory_than_it_is_given_is_not_served() {
    let parts = "(core module $large (memory 64)) (core instance (instantiate $large))";
    let large = verifier_with(parts, "", "", "(i32.const 0)");
    for (memory, expected) in [("2MiB", 503), ("8MiB", 200)] {
        let host = function(&format!("{POLICY}memory = \"{memory}\"\n")).file("v.verifier.wasm", &large).start();
        assert_eq!(status(&host, "").await, expected, "{memory}: {}", host.problems);
        if expected == 503 {
            let problems = host.problems.to_string();
            assert!(problems.contains("verify.memory") && problems.contains("memory = \"4MiB\""), "{problems}");
        }
    }
}

#[tokio::test]
async fn a_verifier_is_never_a_function_and_one_that_nobody_names_is_told() {
    let host = function(POLICY).file("v.verifier.wasm", moody());
    let host =
        host.file("g/g.wasm", component("canary")).file("g/g.toml", PUBLIC).file("g/left.verifier.wasm", moody());
    let host = host.file("v.verifier.toml", PUBLIC).file("old.verifier.wasm", "").start();
    for route in ["/v.verifier", "/v", "/old.verifier", "/g/left.verifier"] {
        let answer = host.send(get(route)).await;
        // What lies below a function's route is the function's.
        assert!(answer.status == 404 || answer.text() == "the canary ran", "{route}: {answer:?}");
    }
    let unnamed: Vec<_> = host.unnamed.iter().map(|file| file.to_str().unwrap()).collect();
    assert_eq!(unnamed, ["g/left.verifier.wasm", "old.verifier.wasm"]);
    let orphans: Vec<_> = host.scan.orphans.iter().map(ToString::to_string).collect();
    assert!(orphans.len() == 1 && orphans[0].contains("a verifier has no policy of its own"), "{orphans:?}");
    assert_eq!(host.scan.ignored, []);
}

#[tokio::test]
async fn a_verifier_may_be_shared_from_a_folder_above_and_from_nowhere_else() {
    let above = |component: &str| format!("[verify]\nscheme = \"component\"\ncomponent = \"{component}\"\n");
    let shared = |component: &str| {
        let host = host().verifiers(2).function("a/f", "canary", &above(component));
        host.file("v.verifier.wasm", moody()).start()
    };
    let host = shared("../v.verifier.wasm");
    assert_eq!(host.send(post("/a/f", "yes")).await.status, 200, "{}", host.problems);
    assert_eq!(host.send(post("/a/f", "no")).await.status, 401);
    for outside in
        ["../../v.verifier.wasm", "../../../v.verifier.wasm", "/v.verifier.wasm", "v.wasm", "b/.verifier.wasm"]
    {
        let host = shared(outside);
        assert_eq!(host.send(post("/a/f", "yes")).await.status, 503, "{outside}");
        assert!(host.problems.to_string().contains("verify.component"), "{outside}: {}", host.problems);
    }
}

#[tokio::test]
async fn a_link_that_leads_out_of_the_folder_is_no_verifier() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("v.verifier.wasm"), moody()).unwrap();
    let host = function(POLICY).file("v.verifier.wasm", moody()).start();
    assert_eq!(status(&host, "yes").await, 200);
    host.remove("v.verifier.wasm");
    symlink(outside.path().join("v.verifier.wasm"), host.functions().join("v.verifier.wasm")).unwrap();
    until(&host, "yes", 503).await;
}

/// Has the host look again and again until a request with this body is answered so.
async fn until(host: &Host, body: &'static str, expected: u16) {
    let (latest, mut now) = (Instant::now() + PATIENCE, Instant::now());
    loop {
        now += STILL;
        host.look(now);
        let answered = status(host, body).await;
        if answered == expected {
            return;
        }
        assert!(Instant::now() < latest, "{body:?} is still answered with {answered}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_good_new_verifier_is_taken_when_it_is_still_and_a_bad_or_missing_one_refuses() {
    let host = function(POLICY).file("v.verifier.wasm", moody()).start();
    assert_eq!((status(&host, "no").await, status(&host, "yes").await), (401, 200));
    let now = Instant::now();

    // A step of writing is not taken for the whole, and until it is still the old one decides.
    let new = accepts(1);
    host.write("v.verifier.wasm", &new[..new.len() / 2]);
    host.look(now);
    host.write("v.verifier.wasm", &new);
    host.look(now + STILL / 2);
    host.look(now + STILL);
    assert_eq!(status(&host, "no").await, 401);
    until(&host, "no", 200).await;

    // A bad one does not leave the old one in force: nobody knows what was meant.
    host.write("v.verifier.wasm", b"not a verifier");
    until(&host, "yes", 503).await;
    host.write("v.verifier.wasm", moody());
    until(&host, "no", 401).await;
    assert_eq!(status(&host, "yes").await, 200);

    // One that is gone refuses at the next look.
    let made = host.verifier_instances();
    host.remove("v.verifier.wasm");
    host.look(now + STILL * 1000);
    assert_eq!((status(&host, "yes").await, host.verifier_instances()), (503, made));
    host.write("v.verifier.wasm", accepts(2));
    until(&host, "no", 200).await;
}

#[tokio::test]
async fn a_policy_that_names_another_verifier_lets_nobody_in_until_that_is_ready() {
    let host = function(POLICY).file("v.verifier.wasm", moody()).file("w.verifier.wasm", accepts(3)).start();
    assert_eq!(host.unnamed.len(), 1);
    host.write("f.toml", POLICY.replace("\"v.", "\"w."));
    host.look(Instant::now());
    assert_eq!(status(&host, "no").await, 503);
    until(&host, "no", 200).await;
    host.write("f.toml", POLICY);
    until(&host, "no", 401).await;
}

#[tokio::test]
async fn a_folder_that_is_away_leaves_the_verifier_that_is_loaded() {
    let host = function(POLICY).file("v.verifier.wasm", moody()).start();
    let (folder, aside) = (host.functions(), host.functions().with_file_name("aside"));
    fs::rename(&folder, &aside).unwrap();
    host.look(Instant::now() + STILL * 1000);
    assert_eq!((status(&host, "no").await, status(&host, "yes").await), (401, 200));
    fs::rename(&aside, &folder).unwrap();
    host.look(Instant::now() + STILL * 2000);
    assert_eq!((status(&host, "no").await, status(&host, "yes").await), (401, 200));
}

#[tokio::test]
async fn calls_that_run_count_under_a_new_concurrency() {
    let with = |concurrency: usize| format!("{POLICY}concurrency = {concurrency}\n");
    let host =
        function(&with(2)).settings("[server]\npermit_wait = \"0ms\"\n").file("v.verifier.wasm", moody()).start();
    let permits = host.ready("f").verifier_permits.clone();
    let busy = (permits.try_acquire().unwrap(), permits.try_acquire().unwrap());
    host.write("f.toml", with(1));
    until(&host, "yes", 503).await;
    drop(busy.0);
    host.look(Instant::now() + STILL * 1000);
    assert_eq!(status(&host, "yes").await, 503, "one is still at work");
    drop(busy.1);
    assert_eq!(status(&host, "yes").await, 200);
}
