//! Functions that eat: memory, tables, handles, what the host allocates for them, and time, on every road that leads to
//! each. Every one has its end, and the next request is served as if nothing had been.

use std::time::{Duration, Instant};

use crate::support::wat::{WAIT, WAIT_IMPORTS, WASI_WAIT, guest, guest_with};
use crate::support::{Answer, Host, PUBLIC, get, host, log};

/// A core module's `handle` with this body.
fn handle(body: &str) -> String {
    format!("(func (export \"handle\") (param i32) (result i32) {body} (call $answer (i64.const 0)))")
}

fn waiting(fields: &str) -> Vec<u8> {
    guest_with(WASI_WAIT, WAIT, &format!("{WAIT_IMPORTS}{fields}"))
}

/// A host with one hostile function and a good one.
fn with(component: Vec<u8>, policy: &str) -> Host {
    host()
        .file("f.wasm", component)
        .file("f.toml", format!("{PUBLIC}{policy}\n"))
        .file("good.wasm", guest(&handle("")))
        .file("good.toml", PUBLIC)
        .start()
}

/// Calls the hostile function, and the good one after it.
async fn call(host: &Host) -> Answer {
    let answer = host.send(get("/f")).await;
    let good = host.send(get("/good")).await;
    assert_eq!(good.status, 200, "after it: {}", good.text());
    assert_eq!(host.metric("vestibule_instances_running"), 0);
    answer
}

/// Calls a hostile function, which is to end in `outcome` for this `reason`.
async fn ends(what: &str, component: Vec<u8>, policy: &str, status: u16, outcome: &str, reason: &str) {
    let host = with(component, policy);
    let answer = call(&host).await;
    assert_eq!(answer.status, status, "{what}: {} {}", answer.text(), host.problems);
    let line = log::access(answer.id());
    assert_eq!(line.field("outcome"), outcome, "{what}: {line}");
    assert!(line.field("reason").contains(reason), "{what}: {line}");
    assert_eq!(host.outcomes("f", outcome), 1, "{what}");
}

fn number(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{}", answer.text());
    u64::from_le_bytes(answer.body[..].try_into().unwrap())
}

#[tokio::test]
async fn memory_is_the_sum_over_all_memories_and_tables() {
    // Each is grown in turn, by a little, until none of them grows any more; the answer is what there is then.
    let fields = r#"(memory 1) (memory 0) (table $a 0 funcref) (table $b 0 funcref)
        (func (export "handle") (param i32) (result i32) (local $before i64)
          (loop $again
            (local.set $before (call $held))
            (drop (memory.grow 0 (i32.const 1)))
            (drop (memory.grow 1 (i32.const 3)))
            (drop (memory.grow 2 (i32.const 1)))
            (drop (table.grow $a (ref.null func) (i32.const 100)))
            (drop (table.grow $b (ref.null func) (i32.const 500)))
            (br_if $again (i64.ne (local.get $before) (call $held))))
          (call $answer (call $held)))
        (func $held (result i64)
          (i64.add
            (i64.mul (i64.const 65536)
              (i64.extend_i32_u (i32.add (memory.size 0) (i32.add (memory.size 1) (memory.size 2)))))
            (i64.mul (i64.const 8) (i64.extend_i32_u (i32.add (table.size $a) (table.size $b))))))"#;
    for mib in [1_u64, 4, 64] {
        let host = with(guest(fields), &format!("memory = \"{mib}MiB\""));
        let answer = call(&host).await;
        let held = number(&answer);
        assert!(held <= mib << 20 && held > (mib << 20) - (128 << 10), "{held} of {mib} MiB");
        assert_eq!(log::access(answer.id()).field("memory_bytes"), held.to_string());
    }
}

#[tokio::test]
async fn what_is_refused_costs_nothing_and_cannot_be_counted_down() {
    // Growths that are too large for the limit, for the type, for a number, a thousand times; then what is left is still
    // there, and no more than that.
    let fields = r#"(memory 1 20) (table $t 0 funcref)
        (func (export "handle") (param i32) (result i32) (local $n i32)
          (loop $again
            (drop (memory.grow 0 (i32.const 65535)))
            (drop (memory.grow 0 (i32.const -1)))
            (drop (memory.grow 1 (i32.const 20)))
            (drop (memory.grow 1 (i32.const -1)))
            (drop (table.grow $t (ref.null func) (i32.const -1)))
            (drop (table.grow $t (ref.null func) (i32.const 100000)))
            (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
          (drop (memory.grow 1 (i32.const 19)))
          (loop $again (br_if $again (i32.ne (i32.const -1) (memory.grow 0 (i32.const 1)))))
          (call $answer (i64.extend_i32_u (i32.add (memory.size 0) (memory.size 1)))))"#;
    let host = with(guest(fields), "memory = \"4MiB\"");
    assert_eq!(number(&call(&host).await), 64);
}

#[tokio::test]
async fn a_table_holds_as_many_elements_as_there_is_room_for() {
    let fields = r#"(table $t 0 funcref)
        (func (export "handle") (param i32) (result i32)
          (loop $again (br_if $again (i32.ne (i32.const -1) (table.grow $t (ref.null func) (i32.const 10)))))
          (call $answer (i64.extend_i32_u (table.size $t))))"#;
    let host = with(guest(fields), "");
    assert_eq!(number(&call(&host).await), 20_000);
}

#[tokio::test]
async fn handles_are_counted() {
    let fields = handle("(loop $again (drop (call $subscribe (i64.const 1))) (br $again))");
    ends("pollables", waiting(&fields), "", 500, "trap", "no free keys").await;

    let streams = r#"
        (import "wasi:io/error@0.2.12" (instance $error (export "error" (type (sub resource)))))
        (import "wasi:io/streams@0.2.12" (instance $streams (export "output-stream" (type $stream (sub resource)))))
        (alias export $streams "output-stream" (type $stream))
        (import "wasi:cli/stdout@0.2.12" (instance $stdout
          (alias outer 1 $stream (type $stream0))
          (export "output-stream" (type $stream (eq $stream0)))
          (export "get-stdout" (func (result (own $stream))))))
        (core func $stdout (canon lower (func $stdout "get-stdout")))"#;
    let own = "(type $own (resource (rep i32))) (core func $new (canon resource.new $own))";
    let fields = format!(
        "(import \"host\" \"new\" (func $new (param i32) (result i32))) {}",
        handle("(loop $again (drop (call $new (i32.const 1))) (br $again))")
    );
    let component = guest_with(own, "(export \"new\" (func $new))", &fields);
    ends("resources of its own", component, "", 500, "trap", "handle").await;

    let fields = format!(
        "(import \"host\" \"stdout\" (func $stdout (result i32))) {}",
        handle("(loop $again (drop (call $stdout)) (br $again))")
    );
    let component = guest_with(streams, "(export \"stdout\" (func $stdout))", &fields);
    ends("streams", component, "", 500, "trap", "no free keys").await;
}

#[tokio::test]
async fn what_the_host_allocates_for_a_call_is_bounded() {
    let random = r#"
        (import "wasi:random/random@0.2.12" (instance $random
          (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
        (core func $random (canon lower (func $random "get-random-bytes") (memory $memory) (realloc $realloc)))"#;
    let fields = format!(
        "(import \"host\" \"random\" (func $random (param i64 i32))) {}",
        handle("(call $random (i64.const 1000000000) (i32.const 64))")
    );
    let component = guest_with(random, "(export \"random\" (func $random))", &fields);
    ends("randomness", component, "", 500, "trap", "65536").await;

    // A list of handles, each of which takes more of the host than of the guest.
    for (count, reason) in [(100_000, "handle limit"), (8_000_000, "fuel")] {
        let fields = handle(&format!(
            "(local $n i32) (local $one i32)
             (local.set $one (call $subscribe (i64.const 0)))
             (drop (memory.grow (i32.const 700)))
             (loop $next
               (i32.store (i32.add (i32.const 65536) (i32.mul (i32.const 4) (local.get $n))) (local.get $one))
               (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {count}))))
             (call $poll (i32.const 65536) (i32.const {count}) (i32.const 64))"
        ));
        ends("a list to poll", waiting(&fields), "", 500, "trap", reason).await;
    }
}

/// `wasi:logging`, linked as `log`.
const LOGGING: &str = r#"
    (import "wasi:logging/logging@0.1.0-draft" (instance $logging
      (type $level0 (enum "trace" "debug" "info" "warn" "error" "critical"))
      (export "level" (type $level (eq $level0)))
      (export "log" (func (param "level" $level) (param "context" string) (param "message" string)))))
    (core func $log (canon lower (func $logging "log") (memory $memory) (realloc $realloc)))"#;

fn logging(body: &str) -> Vec<u8> {
    let import = "(import \"host\" \"log\" (func $log (param i32 i32 i32 i32 i32)))";
    guest_with(LOGGING, "(export \"log\" (func $log))", &format!("{import} {}", handle(body)))
}

#[tokio::test]
async fn a_line_of_the_log_may_not_be_as_long_as_a_memory() {
    let body = "(drop (memory.grow (i32.const 900)))
                (call $log (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 50000000))";
    ends("a line", logging(body), "", 500, "trap", "fuel").await;
}

#[tokio::test]
async fn a_flood_of_log_calls_is_cut_and_the_function_goes_on() {
    let body = "(local $n i32)
                (loop $next
                  (call $log (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 10))
                  (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20000))))";
    let host = with(logging(body), "");
    let answer = call(&host).await;
    assert_eq!(answer.status, 200);
    let lines = log::guest(answer.id());
    assert_eq!(lines.len(), 501, "500 lines, and one that says that there were more");
    assert!(lines[500].field("message").starts_with("output cut"), "{}", lines[500]);
}

/// A guest that never ends, by a road that is not the plain one.
fn endless() -> Vec<(&'static str, Vec<u8>)> {
    let start = "(func $begin (loop $again (br $again))) (start $begin)";
    let waits = "(func $begin (call $block (call $subscribe (i64.const 600000000000)))) (start $begin)";
    let after = "(func (export \"post-return\") (param i32) (loop $again (br $again)))";
    // It gives way to the host each time, and so may never see a tick that finds it computing.
    let many = "(local $one i32) (local.set $one (call $subscribe (i64.const 0)))
                (loop $again (call $block (local.get $one)) (br $again))";
    let bulk = "(drop (memory.grow (i32.const 1000)))
                (loop $again
                  (memory.fill (i32.const 65536) (i32.const 1) (i32.const 64000000))
                  (memory.copy (i32.const 65536) (i32.const 65540) (i32.const 64000000))
                  (br $again))";
    let table = "(table $t 20000 funcref)";
    let fills = "(loop $again (table.fill $t (i32.const 0) (ref.null func) (i32.const 20000)) (br $again))";
    let grows = "(loop $again (drop (memory.grow (i32.const 65535))) (br $again))";
    vec![
        ("a start function that computes", guest(&format!("{start} {}", handle("")))),
        ("a start function that waits", waiting(&format!("{waits} {}", handle("")))),
        ("a wait", waiting(&handle("(call $block (call $subscribe (i64.const 600000000000)))"))),
        ("what runs after the answer", guest(&format!("{after} {}", handle("")))),
        ("bulk operations", guest(&handle(bulk))),
        ("table operations", guest(&format!("{table} {}", handle(fills)))),
        ("growths that are refused", guest(&handle(grows))),
        ("waits that are over at once", waiting(&handle(many))),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_is_up_on_every_road() {
    for (what, component) in endless() {
        let started = Instant::now();
        ends(what, component, "timeout = \"100ms\"\nmemory = \"128MiB\"", 504, "timeout", "still running").await;
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "{what}: {took:?}");
    }
}

#[tokio::test]
async fn recursion_without_an_end_is_a_trap_wherever_it_happens() {
    let deep = "(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $deep (local.get 0))))";
    let begins = "(func $begin (drop (call $deep (i64.const 0)))) (start $begin)";
    let calls = handle("(drop (call $deep (i64.const 0)))");
    ends("a call", guest(&format!("{deep} {calls}")), "", 500, "trap", "call stack exhausted").await;
    let component = guest(&format!("{deep} {begins} {}", handle("")));
    ends("a start function", component, "", 500, "trap", "call stack exhausted").await;
}

#[tokio::test]
async fn a_start_function_is_bound_by_the_policy_as_the_call_is() {
    let eats = "(func $begin
                  (loop $again (br_if $again (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
                  (unreachable))
                (start $begin)";
    let component = guest(&format!("{eats} {}", handle("")));
    ends("memory", component, "", 500, "out_of_memory", "refused memory").await;
}

#[tokio::test]
async fn a_component_that_never_fits_is_named_when_it_is_loaded() {
    let module = "(core module $one) ".to_owned() + &"(core instance (instantiate $one)) ".repeat(130);
    let table = |elements: u32| guest(&format!("(table {elements} funcref) {}", handle("")));
    let (memories, tables) = ("(memory 1)".repeat(8), "(table 1 funcref)".repeat(17));
    let cases = [
        (guest(&format!("{memories} {}", handle(""))), "9 memories, and there is room for 8"),
        (guest(&format!("{tables} {}", handle(""))), "17 tables, and there is room for 16"),
        (table(20_001), "element size of 20001 which exceeds the limit of 20000"),
        (
            guest_with(&module, "", &handle("")),
            "132 core module instances, which exceeds the configured maximum of 128",
        ),
    ];
    for (component, reason) in cases {
        let host = with(component, "");
        let told = host.problems.to_string();
        assert!(told.contains("does not fit into a sandbox") && told.contains(reason), "{told}");
        assert!(told.contains("make it smaller"), "{told}");
        assert_eq!(call(&host).await.status, 503);
        assert_eq!(host.instances(), 1, "only the good one had a sandbox");
    }
    assert_eq!(call(&with(table(20_000), "")).await.status, 200, "what fits exactly");
}
