//! Components that import what the host does not offer: everything is named, each with the likely cause, and what to do about
//! it once.

use vestibule_host::config::{Kind, Problem};

use crate::support::wat::{WASI_WAIT, guest_with};
use crate::support::{PUBLIC, host};

const ANSWERS: &str = "(func (export \"handle\") (param i32) (result i32) (call $answer (i64.const 0)))";

/// What is wrong with a function that imports this.
#[track_caller]
fn refused(imports: &str) -> Problem {
    let host = host().file("bad.wasm", guest_with(imports, "", ANSWERS)).file("bad.toml", PUBLIC).start();
    let problems: Vec<&Problem> = host.problems.iter().collect();
    let [problem] = problems.as_slice() else { panic!("{imports}: {} problems: {}", problems.len(), host.problems) };
    assert!(problem.message.starts_with("it imports what this host does not offer: "), "{problem}");
    assert_eq!(problem.kind, Kind::MissingImport, "{problem}");
    assert_eq!(host.instances(), 0);
    (*problem).clone()
}

/// An interface with one function.
fn interface(name: &str) -> String {
    format!(r#"(import "{name}" (instance (export "f" (func (param "x" u32)))))"#)
}

#[test]
fn what_is_missing_is_named_with_its_likely_cause() {
    for (imports, said, fix) in [
        (
            interface("wasi:io/streams@0.3.0"),
            "`wasi:io/streams@0.3.0` (this host has it in version 0.2.12)",
            "wasm32-wasip2",
        ),
        (interface("wasi:io/streams@0.2.0-rc-2023-11-10"), "came before the release", "wasm32-wasip2"),
        (interface("wasi:keyvalue/store@0.2.0-draft2"), "in version 0.2.0-draft, another draft", "(wit/)"),
        (interface("wasi:nn/graph@0.2.0-rc-2024-10-28"), "that part of WASI is not offered", "build it without that"),
        (interface("wasi:clocks/wall-clocks@0.2.0"), "did you mean `wasi:clocks/wall-clock`?", "build it without that"),
        (
            interface("vestibule:function/secrets@0.2.0"),
            "in version 0.1.0, of the contract",
            "SDK of this host's version",
        ),
        (interface("vestibule:function/secret@0.1.0"), "did you mean `vestibule:function/secrets`?", "without that"),
        (interface("fermyon:spin/llm"), "it is of Spin", "build it without that"),
        (interface("shop:stock/levels@1.0.0"), "another component may have to bring it", "wac plug"),
        (
            interface("vestibule:function/secrets@0.1.0"),
            "`vestibule:function/secrets@0.1.0`, whose `f` is not in it",
            "SDK of this host's version",
        ),
        (
            interface("wasi:random/random@0.2.12"),
            "`wasi:random/random@0.2.12`, whose `f` is not in version 0.2.12",
            "build it without that",
        ),
        (
            r#"(import "vestibule:function/secrets@0.1.0" (instance (export "get" (func (param "name" u32)))))"#.into(),
            "whose `get` has another signature there than here: version 0.1.0 may change",
            "SDK of this host's version",
        ),
        (
            r#"(import "wasi:random/random@0.2.3" (instance (export "get-random-u64" (func (result u32)))))"#.into(),
            "whose `get-random-u64` has another signature there than in WASI",
            "(wit/)",
        ),
        (
            r#"(import "shop:stock/shelf@1.0.0" (instance (export "shelf" (type (sub resource)))))"#.into(),
            "`shop:stock/shelf@1.0.0` (this host has no such interface",
            "wac plug",
        ),
        (
            r#"(import "greet" (func (param "name" string)))"#.into(),
            "`greet` (it is a function of its own world",
            "wac plug",
        ),
        (r#"(import "libc" (core module))"#.into(), "`libc` (it is a core module of its own world", "without that"),
    ] {
        let problem = refused(&imports);
        assert!(problem.message.contains(said), "{problem}\nlacks: {said}");
        assert!(problem.fix.contains(fix), "{problem}\nlacks: {fix}");
    }
}

#[test]
fn all_that_is_missing_is_named_at_once_and_nothing_else() {
    let secrets = r#"(import "vestibule:function/secrets@0.1.0" (instance
        (export "get" (func (param "name" u32))) (export "put" (func (param "name" string)))))"#;
    let webhooks = r#"(import "wasi:random/random@0.2.0" (instance
        (export "get-random-u64" (func (result string))) (export "get-random-bytes" (func (param "len" u8)))))"#;
    let others = ["shop:stock/levels@1.0.0", "wasi:http/types@0.3.0"].map(interface).concat();
    let problem = refused(&format!("{WASI_WAIT}{secrets}{others}{webhooks}"));
    for said in [
        "`vestibule:function/secrets@0.1.0`, whose `put` is not in it",
        "`vestibule:function/secrets@0.1.0`, whose `get` has another signature",
        "`shop:stock/levels@1.0.0` (",
        "`wasi:http/types@0.3.0` (",
        "`wasi:random/random@0.2.0`, of which each of `get-random-",
    ] {
        assert!(problem.message.contains(said), "{problem}\nlacks: {said}");
    }
    for offered in ["wasi:io/poll", "monotonic-clock", "vestibule:function/types"] {
        assert!(!problem.message.contains(offered), "{problem}");
    }
    assert_eq!(problem.fix.matches("SDK of this host's version").count(), 1, "{problem}");
}

#[test]
fn resources_of_what_is_missing_are_no_reason_to_stumble() {
    let problem = refused(
        r#"(import "wasi:io/poll@0.3.0" (instance $poll2
             (export "pollable" (type $pollable (sub resource)))
             (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
           (alias export $poll2 "pollable" (type $pollable2))
           (import "wasi:clocks/monotonic-clock@0.3.0" (instance
             (alias outer 1 $pollable2 (type $pollable0))
             (export "pollable" (type $pollable (eq $pollable0)))
             (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
           (import "wasi:clocks/monotonic-clock@0.2.12" (instance
             (alias outer 1 $pollable2 (type $pollable0))
             (export "pollable" (type $pollable (eq $pollable0)))
             (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))"#,
    );
    for said in
        ["`wasi:io/poll@0.3.0` (", "`wasi:clocks/monotonic-clock@0.3.0` (", "monotonic-clock@0.2.12`, whose `sub"]
    {
        assert!(problem.message.contains(said), "{problem}\nlacks: {said}");
    }
}

#[test]
fn what_was_built_for_the_next_wasi_says_so_although_it_does_not_compile() {
    let asynchronous =
        r#"(import "wasi:http/client@0.3.0-rc-2026-03-15" (instance (export "send" (func async (result u32)))))"#;
    let problem = refused(asynchronous);
    assert!(problem.message.contains("`wasi:http/client@0.3.0-rc-2026-03-15` (WASI 0.3 is not offered"), "{problem}");
    assert!(problem.fix.contains("wasm32-wasip2"), "{problem}");
}

#[test]
fn so_many_that_nobody_would_read_them_are_counted() {
    let imports: String = (0..20).map(|number| interface(&format!("shop:stock/part{number}@1.0.0"))).collect();
    let problem = refused(&imports);
    assert!(problem.message.contains("part11@") && !problem.message.contains("part12@"), "{problem}");
    assert!(problem.message.ends_with("; and 8 more"), "{problem}");
}
