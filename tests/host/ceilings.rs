//! `[ceilings]`: a policy that asks for more than its folder may have is not served, and one that asks for nothing is
//! within it all the same. Which words each key has is tested beside the code; here is what requests feel.

use std::time::{Duration, Instant};

use vestibule_host::reload::STILL;

use crate::support::token::{SHARED, demo};
use crate::support::verifier::verifier;
use crate::support::{Host, PUBLIC, get, host, post};

/// The one problem of a host, which has to be about `file` and hold these words; its route answers 503 without a sandbox.
async fn refused(host: &Host, target: &str, file: &str, words: &[&str]) {
    let problems: Vec<String> = host.problems.iter().map(ToString::to_string).collect();
    let [problem] = problems.as_slice() else { panic!("one problem expected: {problems:?}") };
    for word in [file].iter().chain(words) {
        assert!(problem.contains(word), "{word} is not in: {problem}");
    }
    let before = host.instances();
    let answer = host.send(get(target)).await;
    assert_eq!((answer.status, host.instances()), (503, before), "{target}");
    assert!(!answer.text().contains("ceilings"), "the reason is for the log: {}", answer.text());
}

#[tokio::test]
async fn a_policy_that_asks_for_more_is_not_served_and_one_that_asks_for_as_much_is() {
    for (key, most, more) in [
        ("timeout", "\"5s\"", "\"6s\""),
        ("memory", "\"16MiB\"", "\"17MiB\""),
        ("concurrency", "3", "4"),
        ("body_limit", "\"1KiB\"", "\"2KiB\""),
        ("response_limit", "\"1KiB\"", "\"2KiB\""),
    ] {
        let host = host()
            .function("more", "canary", &format!("{PUBLIC}{key} = {more}\n"))
            .function("most", "canary", &format!("{PUBLIC}{key} = {most}\n"))
            .settings(&format!("[ceilings]\n{key} = {most}\n"))
            .start();
        let said = format!("{more} is more than the {most} that host.toml allows here: [ceilings] {key}");
        refused(&host, "/more", "more.toml:2: ", &[key, &said]).await;
        assert_eq!(host.send(get("/most")).await.status, 200, "{key}");
    }
}

#[tokio::test]
async fn a_policy_that_says_nothing_is_within_its_ceilings() {
    let short = host().function("f", "sleeper", PUBLIC).settings("[ceilings]\ntimeout = \"50ms\"\n").start();
    assert_eq!(short.send(get("/f?ms=5000")).await.status, 504);
    let small = host().function("f", "canary", PUBLIC).settings("[ceilings]\nbody_limit = \"3B\"\n").start();
    assert_eq!(small.send(post("/f", "four")).await.status, 413);
    // The defaults of host.toml as well, in the folder that has a ceiling of its own.
    let settings = "[defaults]\ntimeout = \"10s\"\n[ceilings.tenants]\ntimeout = \"50ms\"\n";
    let host =
        host().function("f", "sleeper", PUBLIC).function("tenants/f", "sleeper", PUBLIC).settings(settings).start();
    assert!(host.problems.is_empty(), "{}", host.problems);
    assert_eq!(host.send(get("/tenants/f?ms=5000")).await.status, 504);
    assert_eq!(host.send(get("/f?ms=100")).await.status, 200);
}

#[tokio::test]
async fn the_innermost_folder_that_has_a_key_decides() {
    let settings = "[ceilings]\ntimeout = \"1s\"\nmemory = \"32MiB\"\n[ceilings.tenants]\ntimeout = \"2s\"\n\
                    [ceilings.\"tenants/acme\"]\ntimeout = \"3s\"\n";
    let at = |route: &str, policy: &str| {
        host().function(route, "canary", &format!("{PUBLIC}{policy}\n")).settings(settings).start()
    };
    for (route, target, most, place) in [
        ("f", "/f", "1s", "[ceilings] timeout"),
        ("tenants/f", "/tenants/f", "2s", "[ceilings.\"tenants\"] timeout"),
        ("tenants/other/f", "/tenants/other/f", "2s", "[ceilings.\"tenants\"] timeout"),
        ("tenants/acme/f", "/tenants/acme/f", "3s", "[ceilings.\"tenants/acme\"] timeout"),
        // A function's own folder is a folder as any other, and lies where it lies.
        ("tenants/acme/f/f", "/tenants/acme/f", "3s", "[ceilings.\"tenants/acme\"] timeout"),
        ("tenants/acme/acme", "/tenants/acme", "3s", "[ceilings.\"tenants/acme\"] timeout"),
    ] {
        let file = format!("{route}.toml:2: timeout");
        refused(&at(route, "timeout = \"4s\""), target, &file, &[place, &format!("\"{most}\"")]).await;
        assert_eq!(at(route, &format!("timeout = \"{most}\"")).send(get(target)).await.status, 200, "{route}");
        refused(&at(route, "memory = \"33MiB\""), target, ": memory: ", &["[ceilings] memory"]).await;
    }
}

#[tokio::test]
async fn a_link_does_not_lead_out_of_a_ceiling() {
    let settings = "[ceilings.tenants]\ntimeout = \"1s\"\n";
    let built = host().function("f", "canary", &format!("{PUBLIC}timeout = \"9s\"\n")).settings(settings);
    // Both files of the tenant are links to those of a folder without a ceiling.
    let host = built.link("../f.wasm", "tenants/f.wasm").link("../f.toml", "tenants/f.toml").start();
    refused(&host, "/tenants/f", "tenants/f.toml:2: timeout", &["[ceilings.\"tenants\"] timeout"]).await;
    assert_eq!(host.send(get("/f")).await.status, 200);
}

#[tokio::test]
async fn only_allowed_secrets_are_read() {
    let signed = |names: &str| format!("[verify]\nscheme = \"github\"\nsecrets = [{names}]\n");
    let settings = "[ceilings.acme]\nsecrets = [\"ACME_*\"]\n";
    let at = |policy: &str| {
        let host = host().function("acme/f", "canary", policy).settings(settings);
        host.secret("ACME_HOOK", "of acme and nobody else").secret("OTHER", "of somebody else entirely").start()
    };
    assert_eq!(at(&signed("\"ACME_HOOK\"")).send(get("/acme/f")).await.status, 401, "served");
    let words = ["verify.secrets", "\"OTHER\" is not among the secrets", "\"ACME_*\": [ceilings.\"acme\"] secrets"];
    refused(&at(&signed("\"ACME_HOOK\", \"OTHER\"")), "/acme/f", "f.toml:3: ", &words).await;
}

#[tokio::test]
async fn a_verifier_gets_only_allowed_secrets() {
    let settings = "[ceilings.acme]\nsecrets = [\"ACME_*\"]\n";
    let policy = "[verify]\nscheme = \"component\"\ncomponent = \"x.verifier.wasm\"\nsecrets = [\"OTHER\"]\n";
    let accepts = verifier("(i32.const 0)");
    let host = host().function("acme/f", "canary", policy).file("acme/x.verifier.wasm", accepts).settings(settings);
    let host = host.secret("OTHER", "of somebody else entirely").verifiers(1).start();
    refused(&host, "/acme/f", "f.toml:4: verify.secrets: ", &["\"OTHER\"", "[ceilings.\"acme\"] secrets"]).await;
    assert_eq!(host.verifier_instances(), 0);
}

#[tokio::test]
async fn only_allowed_providers_vouch() {
    let settings = format!("{}[ceilings.acme]\nproviders = []\n", demo(""));
    let policy = "[auth]\nproviders = [\"demo\"]\n";
    let host = host().function("f", "canary", policy).function("acme/f", "canary", policy);
    let host = host.secret("JWT", SHARED).settings(&settings).start();
    refused(&host, "/acme/f", "f.toml:2: auth.providers: ", &["\"demo\"", "[ceilings.\"acme\"] providers"]).await;
    assert_eq!(host.send(get("/f")).await.status, 401, "served");
}

#[tokio::test]
async fn where_nothing_may_be_open_nothing_is() {
    let at = |route: &str, policy: &str| {
        host().function(route, "canary", policy).settings("[ceilings.x]\npublic = false\n").start()
    };
    let place = "[ceilings.\"x\"] public";
    refused(&at("x/f", PUBLIC), "/x/f", "f.toml:1: access: ", &[place, "[verify] or [auth]"]).await;
    // Nor is one that says nothing, although this host would let it be tried out.
    refused(&at("x/f", "timeout = \"1s\"\n"), "/x/f", "f.toml: ", &[place, "nobody has said who may call it"]).await;
    let none = host().file("x/f.wasm", crate::support::component("canary")).settings("[ceilings.x]\npublic = false\n");
    refused(&none.start(), "/x/f", "f.toml: ", &[place]).await;
    assert_eq!(at("f", PUBLIC).send(get("/f")).await.status, 200);
    assert_eq!(at("f", "").send(get("/f")).await.status, 200);
}

#[tokio::test]
async fn a_ceiling_counts_as_soon_as_its_file_is_still() {
    let host = host().function("acme/f", "canary", &format!("{PUBLIC}timeout = \"5s\"\n")).start();
    let mut now = Instant::now();
    let mut settle = |text: &str| {
        host.write("../host.toml", text);
        for time in [Duration::ZERO, STILL] {
            now += time;
            host.look(now);
        }
    };
    assert_eq!(host.send(get("/acme/f")).await.status, 200);
    let text = std::fs::read_to_string(host.functions().join("../host.toml")).unwrap();
    settle(&format!("{text}[ceilings.acme]\ntimeout = \"1s\"\n"));
    let made = host.instances();
    assert_eq!(host.send(get("/acme/f")).await.status, 503);
    assert_eq!(host.instances(), made);
    settle(&format!("{text}[ceilings.acme]\ntimeout = \"5s\"\n"));
    assert_eq!(host.send(get("/acme/f")).await.status, 200);
    // A ceiling that cannot be read leaves the old one in force.
    settle(&format!("{text}[ceilings.acme]\ntimeout = \"soon\"\n"));
    assert_eq!(host.ready("acme/f").policy.limits.timeout, Duration::from_secs(5));
    settle(&format!("{text}[ceilings.acme]\ntimeout = \"5s\"\npublic = false\n"));
    assert_eq!(host.send(get("/acme/f")).await.status, 503);
}
