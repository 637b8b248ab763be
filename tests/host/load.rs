//! From a functions folder to routes: what cannot be served answers 503 on its own route, says what to mend, and keeps
//! nothing else from being served.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use vestibule_host::config::Problem;
use vestibule_host::function::Entry;
use vestibule_host::reload::STILL;

use crate::support::token::ES256_PUBLIC;
use crate::support::wat::guest;
use crate::support::{Host, PUBLIC, component, get, host, log};

/// The start of every component, and of every core module: magic, version, layer.
const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
const CORE_MODULE: [u8; 8] = [0, b'a', b's', b'm', 1, 0, 0, 0];

/// A real component in which one name stands for another of the same length, wherever it stands.
fn renamed(name: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "or the lengths in the binary would be wrong");
    let mut bytes = component(name);
    let mut found = 0;
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
            found += 1;
        }
    }
    assert!(found > 0, "{name} does not hold {from}");
    bytes
}

/// A component that exports nothing and has this many memories, each in a core instance of its own.
fn many_memories(count: u8) -> Vec<u8> {
    let module = [&CORE_MODULE[..], &[5, 3, 1, 0, 1]].concat();
    let instances = [vec![count], [0, 0, 0].repeat(count.into())].concat();
    let section = |id: u8, content: &[u8]| [&[id, u8::try_from(content.len()).unwrap()], content].concat();
    [COMPONENT.to_vec(), section(1, &module), section(2, &instances)].concat()
}

/// A component whole in itself, with a section of no kind that there is.
fn garbled() -> Vec<u8> {
    [&COMPONENT[..], &[0x7f, 1, 0]].concat()
}

/// Asserts that `/bad` is not served for one reason, which names file, key, fault and fix; and that `/good` is.
async fn assert_not_served(host: &Host, file: &str, key: Option<&str>, message: &str, fix: &str) {
    let problems: Vec<&Problem> = host.problems.iter().collect();
    let [problem] = problems.as_slice() else { panic!("{message}: {} problems: {}", problems.len(), host.problems) };
    assert!(problem.file.ends_with(Path::new("functions").join(file)), "{problem}");
    assert_eq!(problem.key.as_deref(), key, "{problem}");
    assert!(problem.message.contains(message), "{problem}\nlacks: {message}");
    assert!(problem.fix.contains(fix), "{problem}\nlacks: {fix}");

    let answer = host.send(get("/bad/and/below")).await;
    assert_eq!((answer.status, &answer.json()["error"]), (503, &"function not available".into()), "{message}");
    let reason = log::access(answer.id()).field("reason").to_owned();
    assert!(reason.contains(message) && reason.contains(fix), "the log says what to mend: {reason}");
    assert_eq!(host.instances(), 0, "{message}");
    assert_eq!(host.send(get("/good")).await.status, 200, "{message}");
    assert_eq!(host.metric("vestibule_functions{state=\"served\"}"), 1, "{message}");
    assert_eq!(host.metric("vestibule_functions{state=\"not_loaded\"}"), 1, "{message}");
}

#[tokio::test]
async fn a_file_that_is_no_function_is_not_served_and_says_why() {
    let cut = component("canary");
    let cut = cut[..cut.len() / 2].to_vec();
    for (bytes, message, fix) in [
        (Vec::new(), "not a WebAssembly file: it is empty", "wasm32-wasip2"),
        (b"\x7fELF and so on".to_vec(), "not a WebAssembly file: it is a program", "wasm32-wasip2"),
        (b"\0asm".to_vec(), "not a WebAssembly file: it is cut off after 4 bytes", "wasm32-wasip2"),
        (b"\0asm\x09\0\x07\0".to_vec(), "a version of the format that is not known here", "wasm32-wasip2"),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "it is compressed with gzip", "gunzip NAME.wasm.gz"),
        (b" ;; mine\n(component)".to_vec(), "it is WebAssembly's text form", "wasm-tools parse"),
        (b"<!doctype html>".to_vec(), "it is a page of HTML", "what a server answered"),
        (b"version https://git-lfs.github.com/spec/v1\n".to_vec(), "a pointer of Git LFS", "git lfs pull"),
        (b"export function handle() {}\n".to_vec(), "it is text", "wasm32-wasip2"),
        (vec![1, 2, 3, 255], "it begins with none of its marks", "wasm32-wasip2"),
        (CORE_MODULE.to_vec(), "core WebAssembly module, not a component", "wasm-tools component new"),
        (
            COMPONENT.to_vec(),
            "does not export `vestibule:function/handler@0.1.0`: it exports nothing",
            "#[vestibule::handler]",
        ),
        (cut, "it is cut off: it ends after ", "build it again"),
        (garbled(), "it does not compile: ", "a feature of WebAssembly that is off here"),
        (
            renamed("canary", "vestibule:function/handler@0.1.0", "vestibule:function/handler@9.1.0"),
            "it exports `vestibule:function/handler@9.1.0`, of another version of the contract",
            "this host's version",
        ),
        (
            renamed("canary", "vestibule:function/handler@0.1.0", "wasi:http/incoming-handler@0.2.9"),
            "its `wasi:http/incoming-handler@0.2` has another signature than the contract's",
            "for the world wasi:http/proxy",
        ),
        (
            renamed("canary", "vestibule:function/handler@0.1.0", "wasi:http/outgoing-handler@0.2.9"),
            "it exports `wasi:http/outgoing-handler@0.2.9`; of wasi:http, this host serves",
            "for the world wasi:http/proxy",
        ),
        (
            renamed("canary", "event-type", "event-tipe"),
            "has another signature than the contract's",
            "this host's version",
        ),
        (
            renamed("canary", "vestibule:function/output@0.1.0", "vestibule:function/output@0.7.0"),
            "`vestibule:function/output@0.7.0` (this host has it in version 0.1.0",
            "SDK of this host's version",
        ),
        (many_memories(9), "9 memories, and there is room for 8", "make it smaller"),
    ] {
        let host = host().file("bad.wasm", bytes).file("bad.toml", PUBLIC).function("good", "canary", PUBLIC).start();
        assert_not_served(&host, "bad.wasm", None, message, fix).await;
    }
}

#[tokio::test]
async fn a_component_that_is_too_large_is_not_read() {
    let host = host().file("bad.toml", PUBLIC).start();
    // As large as it says, and without a byte on disk.
    let bad = fs::File::create(host.functions().join("bad.wasm")).unwrap();
    bad.set_len((256 << 20) + 1).unwrap();
    let (started, mut now) = (Instant::now(), Instant::now());
    while host.metric("vestibule_functions{state=\"not_loaded\"}") == 0 {
        assert!(started.elapsed() < Duration::from_secs(60));
        host.look(now);
        now += STILL;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answer = host.send(get("/bad")).await;
    let reason = log::access(answer.id()).field("reason").to_owned();
    assert!(answer.status == 503 && reason.contains("larger than 268435456 bytes"), "{answer:?}: {reason}");
}

#[tokio::test]
async fn a_function_whose_policy_is_wrong_is_not_served_and_says_where() {
    for (policy, key, message, fix) in [
        ("timeout = 10\naccess = \"public\"\n", Some("timeout"), "", "\"10s\""),
        ("acess = \"public\"\n", Some("acess"), "", "access"),
        ("access = \"private\"\n", Some("access"), "there is only \"public\"", "write [verify] or [auth]"),
        ("access = \"public\"\n[grants]\nkvs = [\"orders\"]\n", Some("grants.kvs"), "unknown key", "kv"),
        (
            "access = \"public\"\n[grants]\nkv = [\"Orders\"]\n",
            Some("grants.kv"),
            "not the name of a store",
            "\"orders\"",
        ),
        ("[verify]\nscheme = \"none\"\n", Some("verify.scheme"), "lets everyone in", "access = \"public\""),
        ("[auth]\nproviders = [\"demo\"]\n", Some("auth.providers"), "demo", ""),
        ("access = \n", None, "", ""),
    ] {
        let host = host().function("bad", "canary", policy).function("good", "canary", PUBLIC).start();
        assert_not_served(&host, "bad.toml", key, message, fix).await;
    }
}

#[tokio::test]
async fn a_function_whose_secret_or_scheme_is_missing_is_not_served() {
    for (policy, key, message, fix) in [
        (
            "[verify]\nscheme = \"github\"\nsecrets = [\"NOWHERE\"]\n",
            "verify.secrets",
            "no secret NOWHERE",
            "put it there",
        ),
        (
            "[verify]\nscheme = \"github\"\nsecrets = [\"EMPTY\"]\n",
            "verify.secrets",
            "EMPTY is empty",
            "give it a value",
        ),
        (
            "[verify]\nscheme = \"githup\"\nsecrets = [\"THERE\"]\n",
            "verify.scheme",
            "did you mean \"github\"?",
            "docs/webhooks.md",
        ),
        (
            "[verify]\nscheme = \"github\"\nsecrets = [\"THERE\"]\ntolerance = \"5m\"\n",
            "verify.tolerance",
            "signs no timestamp",
            "docs/webhooks.md",
        ),
        (
            "[verify]\nsecrets = [\"THERE\"]\n[verify.scheme]\nalgorithm = \"hmac-md5\"\n",
            "verify.scheme",
            "hmac-md5",
            "docs/webhooks.md",
        ),
    ] {
        let host = host()
            .function("bad", "canary", policy)
            .function("good", "canary", PUBLIC)
            .secret("EMPTY", "")
            .secret("THERE", "hunter2");
        let host = host.start();
        assert_not_served(&host, "bad.toml", Some(key), message, fix).await;
        assert!(!host.problems.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn a_function_whose_provider_is_not_ready_is_not_served() {
    let private = include_str!("data/es256.private.pem");
    for (provider, file, message) in [
        ("algorithms = [\"HS256\"]\nsecret = \"NOWHERE\"".to_owned(), "", "no secret NOWHERE"),
        ("algorithms = [\"ES256\"]\npublic_key_file = \"functions/key.pem\"".to_owned(), "", "cannot read"),
        ("algorithms = [\"ES256\"]\npublic_key_file = \"functions/key.txt\"".to_owned(), private, "private key"),
        (format!("algorithms = [\"RS256\"]\npublic_key = '''\n{ES256_PUBLIC}'''"), "", "not an RSA public key"),
    ] {
        let host = host()
            .function("bad", "canary", "[auth]\nproviders = [\"demo\"]\n")
            .function("good", "canary", PUBLIC)
            .file("key.txt", file)
            .settings(&format!("[auth.demo]\nkind = \"jwt\"\n{provider}\n"))
            .start();
        assert_not_served(&host, "bad.toml", Some("auth.providers"), message, "host.toml").await;
    }
}

#[tokio::test]
async fn a_policy_that_is_not_utf8_keeps_its_function_from_being_served() {
    let host = host()
        .function("bad", "canary", "")
        .file("bad.toml", b"access = \"public\"\n# caf\xe9\n")
        .function("good", "canary", PUBLIC)
        .start();
    assert_not_served(&host, "bad.toml", None, "not UTF-8", "save it as UTF-8").await;
    assert_eq!(host.problems.iter().next().unwrap().line, Some(2));
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_is_not_taken_for_a_missing_one() {
    let host = host()
        .file("bad.wasm", component("canary"))
        .file("bad.toml/inner", "a folder stands where the policy should be")
        .function("good", "canary", PUBLIC)
        .start();
    assert_not_served(&host, "bad.toml", None, "", "make the policy a file that the host may read").await;
}

#[tokio::test]
async fn a_function_that_needs_more_memory_than_its_policy_gives_is_not_served() {
    // A memory of 20 pages, 1.25 MiB.
    let large = guest("(memory 20) (func (export \"handle\") (param i32) (result i32) (call $answer (i64.const 0)))");
    let host = host()
        .file("bad.wasm", large)
        .file("bad.toml", "access = \"public\"\nmemory = \"1MiB\"\n")
        .function("good", "canary", PUBLIC)
        .start();
    assert_not_served(&host, "bad.wasm", None, "MiB from the start, and its policy gives it 1MiB", "memory = \"2MiB\"")
        .await;
}

#[tokio::test]
async fn of_two_files_for_one_route_neither_is_served() {
    let canary = component("canary");
    let host = host()
        .function("bad", "canary", PUBLIC)
        .file("bad/index.wasm", &canary)
        .file("bad/index.toml", PUBLIC)
        .function("good", "canary", PUBLIC)
        .start();
    let problem = host.problems.to_string();
    assert!(problem.contains("\"bad.wasm\"") && problem.contains("bad/index.wasm"), "{problem}");
    assert_eq!(host.send(get("/bad")).await.status, 503);
    assert_eq!((host.instances(), host.send(get("/good")).await.status), (0, 200));
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let host = host()
        .file("one.wasm", "no component")
        .file("one.toml", "timeout = 1\nmemory = 1\n")
        .function("two", "canary", "concurrency = 0\naccess = \"public\"\n")
        .function("good", "canary", PUBLIC)
        .start();
    let keys: Vec<&str> = host.problems.iter().map(|problem| problem.key.as_deref().unwrap_or("")).collect();
    assert_eq!(keys, ["timeout", "memory", "", "concurrency"], "{}", host.problems);
    assert!(host.problems.iter().all(|problem| !problem.message.is_empty() && !problem.fix.is_empty()));
    assert_eq!(host.send(get("/good")).await.status, 200);
}

#[tokio::test]
async fn a_route_that_cannot_be_served_is_not_given_to_a_function_above_it() {
    let host = host().function("api", "canary", PUBLIC).function("api/[id]", "canary", "access = 1\n").start();
    for path in ["/api/7", "/api/7/x"] {
        assert_eq!(host.send(get(path)).await.status, 503, "{path}");
    }
    assert_eq!(host.instances(), 0);
    assert_eq!(host.send(get("/api")).await.status, 200);
    assert!(host.app.live().table.iter().any(|(_, entry)| matches!(entry, Entry::NotLoaded { .. })));
}

#[tokio::test]
async fn policies_without_a_component_and_other_files_are_listed() {
    let host = host()
        .function("payments", "canary", PUBLIC)
        .file("paymnets.toml", PUBLIC)
        .file("README.md", "about these functions")
        .start();
    let orphans: Vec<String> = host.scan.orphans.iter().map(ToString::to_string).collect();
    assert_eq!(orphans.len(), 1);
    assert!(orphans[0].contains("paymnets.toml") && orphans[0].contains("payments.toml"), "{}", orphans[0]);
    let ignored: Vec<String> = host.scan.ignored.iter().map(ToString::to_string).collect();
    assert!(ignored.iter().any(|line| line.contains("README.md")), "{ignored:?}");
    assert!(host.problems.is_empty(), "{}", host.problems);
}
