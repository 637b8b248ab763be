//! One sandbox that functions have one after the other, a hundred thousand times: each sees what it begins with by itself,
//! and nothing of what the others wrote, however they ended.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::support::wat::{WAIT, WAIT_IMPORTS, WASI_WAIT, guest_with, guest_with_data};
use crate::support::{Answer, Builder, Host, PUBLIC, get, host};

/// How often the one place of a pool is taken. Three of four calls have their answers looked at.
const TIMES: usize = 100_000;

/// The same for an engine without a pool, where each sandbox is made by the system.
const TIMES_ON_DEMAND: usize = 10_000;

/// So many rounds of calls have one among them that takes its time, as it is ended from outside or computes for long.
const ROUNDS_TO_A_LONG_CALL: usize = 100;

/// A page of WebAssembly.
const PAGE: usize = 64 << 10;

/// What each guest grows its memory to, in pages, and its table, in elements: more than a pool wipes by writing, which is
/// 128 KiB of a memory and 64 KiB of a table. What is beyond goes back to the system.
const PAGES: usize = 5;
const ELEMENTS: usize = 8_704;

/// Elements of the table in the beginning, of which one is not null.
const FIRST_ELEMENTS: usize = 10;
const OWN_ELEMENT: usize = 3;

/// Eight bytes again and again, from one place in memory to another: what a guest begins with.
#[derive(Clone, Copy)]
struct Data {
    from: usize,
    to: usize,
    word: u64,
}

/// A guest that has `pages` of memory and `data` in it. When it is instantiated, before anybody gives it anything, it
/// counts the words of memory, elements and globals that are not what they should be, grows all it has, and counts again.
/// Then `end` says what becomes of the call; by itself the guest answers with what it has counted. All that it has is
/// filled before that, but for its answer.
struct Guest<'a> {
    pages: usize,
    data: &'a [Data],
    at_start: &'a str,
    end: &'a str,
}

/// What memory is filled with.
const FILL: u8 = 0xa5;

impl Guest<'_> {
    fn component(&self) -> Vec<u8> {
        // The memory's own module has the data, so that it becomes an image that the engine can map.
        let own = self.data.iter().fold(String::new(), |mut own, data| {
            let bytes: String = data.word.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
            let _ = writeln!(own, "(data (i32.const {}) \"{}\")", data.from, bytes.repeat((data.to - data.from) / 8));
            own
        });
        let fields = format!(
            r#"
            (type $number (func (result i64)))
            (func $seven (type $number) (i64.const 7))
            (table $t {FIRST_ELEMENTS} funcref)
            (elem (i32.const {OWN_ELEMENT}) $seven)
            (elem $passive func $seven)
            (data $passive "passive!")
            (global $secret (mut i64) (i64.const 77))
            (global $float (mut f64) (f64.const 0.5))
            (global $reference (mut funcref) (ref.null func))
            (global $seen (mut i64) (i64.const 0))
            (func $see (param $is-other i32)
              (global.set $seen (i64.add (global.get $seen) (i64.extend_i32_u (local.get $is-other)))))
            ;; Counts the words from one place to another, by fours, that are not what they should be.
            (func $words (param $at i32) (param $to i32) (param $word i64)
              (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
                (if (i64.ne (i64.const 0) (i64.or
                    (i64.or (i64.xor (local.get $word) (i64.load (local.get $at)))
                      (i64.xor (local.get $word) (i64.load offset=8 (local.get $at))))
                    (i64.or (i64.xor (local.get $word) (i64.load offset=16 (local.get $at)))
                      (i64.xor (local.get $word) (i64.load offset=24 (local.get $at))))))
                  (then (call $see (i32.const 1))))
                (local.set $at (i32.add (local.get $at) (i32.const 32)))
                (br $next))))
            (func $nulls (param $at i32) (param $to i32)
              (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
                (if (i32.eqz (ref.is_null (table.get $t (local.get $at)))) (then (call $see (i32.const 1))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next))))
            (func $look
              {look_at_memory}
              (call $see (i32.ne (memory.size) (i32.const {pages})))
              (call $see (i32.ne (table.size $t) (i32.const {FIRST_ELEMENTS})))
              (call $see (i64.ne (global.get $secret) (i64.const 77)))
              (call $see (f64.ne (global.get $float) (f64.const 0.5)))
              (call $see (i32.eqz (ref.is_null (global.get $reference))))
              (call $nulls (i32.const 0) (i32.const {OWN_ELEMENT}))
              (call $see (i64.ne (i64.const 7) (call_indirect $t (type $number) (i32.const {OWN_ELEMENT}))))
              (call $nulls (i32.const {after_own}) (i32.const {FIRST_ELEMENTS})))
            (func $grow
              (call $see (i32.ne (i32.const {pages}) (memory.grow (i32.const {more}))))
              (call $see (i32.ne (i32.const {FIRST_ELEMENTS})
                (table.grow $t (ref.null func) (i32.const {more_elements}))))
              (call $words (i32.const {first_bytes}) (i32.const {all_bytes}) (i64.const 0))
              (call $nulls (i32.const {FIRST_ELEMENTS}) (i32.const {ELEMENTS}))
              ;; What others dropped is there: memory and table take it.
              (memory.init $passive (i32.const {last_word}) (i32.const 0) (i32.const 8))
              (call $see (i64.ne (i64.load (i32.const {last_word})) (i64.const {passive})))
              (table.init $t $passive (i32.const {last_element}) (i32.const 0) (i32.const 1))
              (call $see (ref.is_null (table.get $t (i32.const {last_element})))))
            (func $fill
              (memory.fill (i32.const 0) (i32.const {FILL}) (i32.const {all_bytes}))
              (table.fill $t (i32.const 0) (ref.func $seven) (i32.const {ELEMENTS}))
              (data.drop $passive)
              (elem.drop $passive)
              (global.set $secret (i64.const 42))
              (global.set $float (f64.const 4.2))
              (global.set $reference (ref.func $seven)))
            (func $start (call $look) (call $grow) {at_start})
            (start $start)
            (func $deeper (call $deeper))
            (func (export "handle") (param i32) (result i32)
              (call $fill)
              {end}
              (call $answer (global.get $seen)))
            "#,
            look_at_memory = self.look(),
            pages = self.pages,
            after_own = OWN_ELEMENT + 1,
            more = PAGES - self.pages,
            more_elements = ELEMENTS - FIRST_ELEMENTS,
            first_bytes = self.pages * PAGE,
            all_bytes = PAGES * PAGE,
            last_word = PAGES * PAGE - 8,
            last_element = ELEMENTS - 1,
            passive = i64::from_le_bytes(*b"passive!"),
            at_start = self.at_start,
            end = self.end,
        );
        guest_with_data(self.pages, &own, WASI_WAIT, WAIT, &format!("{WAIT_IMPORTS}{fields}"))
    }

    /// Adds it to a host's functions.
    fn add(&self, host: Builder, name: &str, policy: &str) -> Builder {
        host.file(&format!("{name}.wasm"), self.component()).file(&format!("{name}.toml"), format!("{PUBLIC}{policy}"))
    }

    /// Instructions that look at the memory that it begins with.
    fn look(&self) -> String {
        let mut at = 0;
        let mut look = String::new();
        let mut words = |from: usize, to: usize, word: u64| {
            assert!(from.is_multiple_of(32) && to.is_multiple_of(32) && from <= to);
            let word = word.cast_signed();
            let _ = writeln!(look, "(call $words (i32.const {from}) (i32.const {to}) (i64.const {word}))");
        };
        for data in self.data {
            words(at, data.from, 0);
            words(data.from, data.to, data.word);
            at = data.to;
        }
        words(at, self.pages * PAGE, 0);
        look
    }
}

/// What a pool wipes by writing ends within the first one's image, and within the last one's memory.
const LOOKERS: [(&str, Guest<'_>); 3] = [
    (
        "image",
        Guest {
            pages: 3,
            data: &[Data { from: 8 << 10, to: 160 << 10, word: 0x1122_3344_5566_7788 }],
            at_start: "",
            end: "",
        },
    ),
    ("blank", Guest { pages: 1, data: &[], at_start: "", end: "" }),
    (
        "pieces",
        Guest {
            pages: 4,
            data: &[
                Data { from: 64, to: 4160, word: u64::MAX },
                Data { from: 100_000, to: 100_032, word: 1 },
                Data { from: 200_000, to: 230_016, word: 0xffee_ddcc_bbaa_9988 },
            ],
            at_start: "",
            end: "",
        },
    ),
];

/// How a guest ends otherwise than by an answer.
struct Ends {
    name: &'static str,
    at_start: &'static str,
    end: &'static str,
    policy: &'static str,
    status: u16,
    outcome: &'static str,
}

const AT_ONCE: [Ends; 3] = [
    Ends { name: "trap", at_start: "", end: "unreachable", policy: "", status: 500, outcome: "trap" },
    Ends {
        name: "start-trap",
        at_start: "(call $fill) unreachable",
        end: "",
        policy: "",
        status: 500,
        outcome: "trap",
    },
    Ends {
        name: "out-of-memory",
        at_start: "",
        end: "(if (i32.eq (i32.const -1) (memory.grow (i32.const 100))) (then unreachable))",
        policy: "memory = \"1MiB\"\n",
        status: 500,
        outcome: "out_of_memory",
    },
];

const LATER: [Ends; 4] = [
    Ends { name: "recursion", at_start: "", end: "(call $deeper)", policy: "", status: 500, outcome: "trap" },
    Ends {
        name: "loop",
        at_start: "",
        end: "(loop $again (br $again))",
        policy: "timeout = \"5ms\"\n",
        status: 504,
        outcome: "timeout",
    },
    Ends {
        name: "wait",
        at_start: "",
        end: "(call $block (call $subscribe (i64.const 600000000000)))",
        policy: "timeout = \"5ms\"\n",
        status: 504,
        outcome: "timeout",
    },
    Ends {
        name: "start-loop",
        at_start: "(call $fill) (loop $again (br $again))",
        end: "",
        policy: "timeout = \"5ms\"\n",
        status: 504,
        outcome: "timeout",
    },
];

/// Has all functions of this file.
fn with_all(host: Builder) -> Builder {
    let host = LOOKERS.iter().fold(host, |host, (name, guest)| guest.add(host, name, ""));
    let host = AT_ONCE.iter().chain(&LATER).fold(host, |host, ends| {
        let Ends { name, at_start, end, policy, .. } = ends;
        Guest { pages: 2, data: &[], at_start, end }.add(host, name, policy)
    });
    // Forgets what it has seen, and counts what it has filled itself.
    let end = format!(
        "(global.set $seen (i64.const 0))
         (call $words (i32.const 0) (i32.const {}) (i64.const 0)) (call $nulls (i32.const 0) (i32.const {ELEMENTS}))",
        PAGES * PAGE
    );
    let sees = Guest { pages: 2, data: &[], at_start: "", end: &end };
    sees.add(host, "sees", "")
}

/// Calls a function as soon as the one before has left: it may have been answered before its sandbox was gone.
async fn call(host: &Host, name: &str) -> Answer {
    for _ in 0..10_000 {
        let answer = host.send(get(&format!("/{name}"))).await;
        if answer.status != 503 {
            return answer;
        }
        assert!(host.outcomes(name, "no_sandbox") > 0, "{name}: {} {}", answer.text(), host.problems);
        tokio::task::yield_now().await;
    }
    panic!("{name} never finds the sandbox free")
}

async fn count(host: &Host, name: &str) -> u64 {
    let answer = call(host, name).await;
    assert_eq!(answer.status, 200, "{name}: {} {}", answer.text(), host.problems);
    u64::from_le_bytes(answer.body[..].try_into().unwrap())
}

/// Calls one function after the other, `times` in all.
async fn take_turns(host: &Host, times: usize) {
    assert_eq!(count(host, "sees").await, (PAGES * PAGE / 32 + ELEMENTS) as u64, "it does not see what is there");
    let before = host.instances();
    let mut before_that = "sees";
    for round in 0..times.div_ceil(LOOKERS.len() + 1) {
        for turn in 0..LOOKERS.len() {
            let name = LOOKERS[(round + turn) % LOOKERS.len()].0;
            assert_eq!(count(host, name).await, 0, "round {round}: {name} sees what {before_that} left");
            before_that = name;
        }
        let number = round / ROUNDS_TO_A_LONG_CALL;
        let ends = if round % ROUNDS_TO_A_LONG_CALL == 0 {
            LATER.get(number % LATER.len())
        } else {
            AT_ONCE.get(round / 2 % AT_ONCE.len())
        };
        let ends = ends.unwrap();
        let answer = call(host, ends.name).await;
        assert_eq!(answer.status, ends.status, "round {round}: {}: {}", ends.name, answer.text());
        before_that = ends.name;
    }
    assert!(host.instances() - before >= times as u64, "every call has had a sandbox");
    for ends in AT_ONCE.iter().chain(&LATER) {
        assert!(host.outcomes(ends.name, ends.outcome) > 0, "{}: {}", ends.name, host.app.metrics.encode());
    }
}

#[tokio::test]
async fn the_one_place_of_a_pool_shows_nothing_of_who_had_it_before() {
    // A pool of two has as many memories and tables as one component may have: of these, one has all but one.
    let rest = format!("{}{}", "(memory 1)\n".repeat(6), "(table 1 funcref)\n".repeat(15));
    let hold = r#"(func (export "handle") (param i32) (result i32)
        (call $block (call $subscribe (i64.const 6000000000000))) (call $answer (i64.const 0)))"#;
    let holds = guest_with_data(1, "", WASI_WAIT, WAIT, &format!("{WAIT_IMPORTS}{rest}{hold}"));
    let answers = r#"(func (export "handle") (param i32) (result i32) (call $answer (i64.const 0)))"#;
    let of_two = |fields: &str| guest_with("", "", &format!("{fields}{answers}"));
    let host = host()
        .file("holds.wasm", holds)
        .file("holds.toml", format!("{PUBLIC}timeout = \"15m\"\n"))
        .file("two-memories.wasm", of_two("(memory 1)"))
        .file("two-memories.toml", PUBLIC)
        .file("two-tables.wasm", of_two("(table 1 funcref) (table 1 funcref)"))
        .file("two-tables.toml", PUBLIC)
        .sandboxes(2);
    let host = Arc::new(with_all(host).start());
    assert!(host.app.runtime.pooled(), "without a pool there is nothing to see here");
    let holding = tokio::spawn({
        let host = Arc::clone(&host);
        async move { host.send(get("/holds")).await }
    });
    while host.metric("vestibule_instances_running") == 0 {
        assert!(!holding.is_finished(), "it does not hold what it should");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    take_turns(&host, TIMES).await;
    // All the while there was one memory and one table, or these would have found two.
    assert!(!holding.is_finished());
    for wider in ["two-memories", "two-tables"] {
        assert_eq!(host.send(get(&format!("/{wider}"))).await.status, 503, "{wider}");
        assert_eq!(host.outcomes(wider, "no_sandbox"), 1, "{wider}");
    }
    holding.abort();
}

#[tokio::test]
async fn a_sandbox_made_on_demand_shows_nothing_of_another() {
    // More than there is address space for.
    let host = with_all(host().sandboxes(1_000_000)).start();
    assert!(!host.app.runtime.pooled(), "this machine has room for a million sandboxes");
    take_turns(&host, TIMES_ON_DEMAND).await;
}
