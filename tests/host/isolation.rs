//! Sandboxes that have been somebody else's: nothing of the memories, tables and globals of one function is left for the
//! next one that has the same place in the pool.

use std::time::{Duration, Instant};

use crate::support::wat::{WAIT, WAIT_IMPORTS, WASI_WAIT, guest, guest_with};
use crate::support::{Builder, Host, PUBLIC, get, host};

/// Sandboxes of these pools. Of memories and tables a pool has as many as one component may have, at least: so a
/// component with all of them has each of the pool, and no other memory or table is left for the one after it.
const SANDBOXES: u32 = 2;

/// Memories of a component; one of them is the one that the answer stands in.
const MEMORIES: usize = 8;
const TABLES: usize = 16;

/// Pages that each memory is grown to, and elements of each table.
const PAGES: usize = 24;
const ELEMENTS: usize = 3000;

/// A guest that grows all it has, counts what is not zero or null there, runs `then`, and answers with the count that
/// `then` may have changed. The answer's own page is left out.
fn guest_that(then: &str) -> Vec<u8> {
    let mut fields = String::from("(global $secret (mut i64) (i64.const 0)) (func $f) (elem declare func $f)\n");
    let mut look = String::from(
        "(local.set $seen (i64.add (local.get $seen) (i64.extend_i32_u (i64.ne (i64.const 0) (global.get $secret)))))\n",
    );
    for memory in 0..MEMORIES {
        if memory > 0 {
            fields.push_str("(memory 1)\n");
        }
        look.push_str(&format!(
            "(drop (memory.grow {memory} (i32.sub (i32.const {PAGES}) (memory.size {memory}))))
             (if (i32.ne (memory.size {memory}) (i32.const {PAGES})) (then (unreachable)))
             (local.set $at (i32.const 65536))
             (loop $next
               (if (i64.ne (i64.const 0) (i64.load {memory} (local.get $at)))
                 (then (local.set $seen (i64.add (local.get $seen) (i64.const 1)))))
               (local.set $at (i32.add (local.get $at) (i32.const 8)))
               (br_if $next (i32.lt_u (local.get $at) (i32.const {bytes}))))\n",
            bytes = PAGES << 16
        ));
    }
    for table in 0..TABLES {
        fields.push_str("(table 10 funcref)\n");
        look.push_str(&format!(
            "(drop (table.grow {table} (ref.null func) (i32.sub (i32.const {ELEMENTS}) (table.size {table}))))
             (if (i32.ne (table.size {table}) (i32.const {ELEMENTS})) (then (unreachable)))
             (local.set $at (i32.const 0))
             (loop $next
               (if (i32.eqz (ref.is_null (table.get {table} (local.get $at))))
                 (then (local.set $seen (i64.add (local.get $seen) (i64.const 1)))))
               (local.set $at (i32.add (local.get $at) (i32.const 1)))
               (br_if $next (i32.lt_u (local.get $at) (i32.const {ELEMENTS}))))\n"
        ));
    }
    let body = format!(
        "{fields}
         (func $look (result i64) (local $at i32) (local $seen i64) {look} (local.get $seen))
         (func $fill {fill})
         (func (export \"handle\") (param i32) (result i32) (local $seen i64)
           (local.set $seen (call $look)) {then} (call $answer (local.get $seen)))",
        fill = filling()
    );
    if then.contains("$block") { guest_with(WASI_WAIT, WAIT, &format!("{WAIT_IMPORTS}{body}")) } else { guest(&body) }
}

/// Instructions that write everywhere.
fn filling() -> String {
    let memories = (0..MEMORIES).map(|memory| {
        format!(
            "(memory.fill {memory} (i32.const 65536) (i32.const 0xa5) (i32.const {bytes}))\n",
            bytes = (PAGES - 1) << 16
        )
    });
    let tables =
        (0..TABLES).map(|table| format!("(table.fill {table} (i32.const 0) (ref.func $f) (i32.const {ELEMENTS}))\n"));
    format!("{}{}(global.set $secret (i64.const 42))", memories.collect::<String>(), tables.collect::<String>())
}

/// What a guest sees that has filled everything.
const ALL: u64 = (MEMORIES * (PAGES - 1) * (65536 / 8) + TABLES * ELEMENTS + 1) as u64;

/// Keeps all that it has until its time is over.
const HOLD: &str = "(call $block (call $subscribe (i64.const 600000000000)))";

fn add(host: Builder, name: &str, then: &str, policy: &str) -> Builder {
    host.file(&format!("{name}.wasm"), guest_that(then)).file(&format!("{name}.toml"), format!("{PUBLIC}{policy}\n"))
}

async fn count(host: &Host, name: &str) -> u64 {
    let answer = host.send(get(&format!("/{name}"))).await;
    assert_eq!(answer.status, 200, "{name}: {} {}", answer.text(), host.problems);
    u64::from_le_bytes(answer.body[..].try_into().unwrap())
}

/// Asks for `small` while `holder` has its sandbox; returns whether it found no sandbox.
async fn finds_none_beside(host: &Host, small: &str, holder: &str) -> bool {
    // Both may ask at the same moment, and then the holder is the one that finds nothing.
    let hold = async {
        loop {
            let answer = host.send(get(&format!("/{holder}"))).await;
            if answer.status != 503 {
                return answer;
            }
        }
    };
    let ask = async {
        let until = Instant::now() + Duration::from_secs(10);
        while host.outcomes(small, "no_sandbox") == 0 && host.outcomes(holder, "timeout") == 0 {
            assert!(Instant::now() < until);
            let answer = host.send(get(&format!("/{small}"))).await;
            if answer.status == 503 {
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
    };
    let (held, ()) = tokio::join!(hold, ask);
    assert_eq!(held.status, 504, "{holder}: {}", host.problems);
    host.outcomes(small, "no_sandbox") > 0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sandbox_that_was_somebody_elses_shows_nothing_of_it() {
    let small = guest("(func (export \"handle\") (param i32) (result i32) (call $answer (i64.const 0)))");
    let host = add(host(), "fills", "(call $fill) (local.set $seen (call $look))", "");
    let host = add(host, "looks", "", "");
    let host = add(host, "looks-and-fills", "(call $fill)", "");
    let host = add(host, "holds", HOLD, "timeout = \"1s\"");
    let host = host.file("small.wasm", small).file("small.toml", PUBLIC).sandboxes(SANDBOXES).start();
    assert!(host.app.runtime.pooled(), "without a pool there is nothing to see here");
    // While one has them all, there is no memory for a small one: whoever comes next has the same.
    assert!(finds_none_beside(&host, "small", "holds").await, "the pool has more memories than this test fills");
    for round in 0..3 {
        assert_eq!(count(&host, "fills").await, ALL, "round {round}: it does not see what it wrote itself");
        assert_eq!(count(&host, "looks").await, 0, "round {round}");
        assert_eq!(count(&host, "looks-and-fills").await, 0, "round {round}");
        assert_eq!(count(&host, "looks-and-fills").await, 0, "round {round}: what the same function left");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_is_used_up_is_overload_and_not_a_fault() {
    let with = |fields: &str, then: &str| {
        let body = format!("(func (export \"handle\") (param i32) (result i32) {then} (call $answer (i64.const 0)))");
        guest_with(WASI_WAIT, WAIT, &format!("{WAIT_IMPORTS}{fields}{body}"))
    };
    for (what, all, one) in [
        ("memories", "(memory 1)".repeat(MEMORIES - 1), ""),
        ("tables", "(table 1 funcref)".repeat(TABLES), "(table 1 funcref)"),
    ] {
        let host = host()
            .file("all.wasm", with(&all, HOLD))
            .file("all.toml", format!("{PUBLIC}timeout = \"1s\"\n"))
            .file("one.wasm", with(one, ""))
            .file("one.toml", PUBLIC)
            .sandboxes(SANDBOXES)
            .start();
        assert!(finds_none_beside(&host, "one", "all").await, "{what}");
        assert_eq!(count(&host, "one").await, 0, "{what}: not even afterwards");
    }
    // Sandboxes themselves: fewer of them than the host has permits for.
    let host = host()
        .file("all.wasm", with("", HOLD))
        .file("all.toml", format!("{PUBLIC}timeout = \"1s\"\n"))
        .file("one.wasm", with("", ""))
        .file("one.toml", PUBLIC)
        .sandboxes(1)
        .start();
    assert!(finds_none_beside(&host, "one", "all").await, "sandboxes");
    assert_eq!(count(&host, "one").await, 0);
}

#[tokio::test]
async fn the_largest_component_finds_room_in_the_smallest_pool() {
    let host = add(host(), "looks", "", "").sandboxes(1).start();
    assert_eq!(count(&host, "looks").await, 0);
}
