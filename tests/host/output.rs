//! What a guest says without WASI: bytes as numbers, through the contract's `output`, end up in the log as what is written
//! to WASI's streams does.

use tracing::Level;

use crate::support::wat::guest_with;
use crate::support::{PUBLIC, get, host, log};

/// Words of a call of `write`, and of one of `log`.
const WORDS: usize = 14;
const LINE_WORDS: usize = 13;

/// The contract's `output`, linked as `write` and `log`; the function answers after this `body`.
fn speaking(body: &str) -> Vec<u8> {
    let types = ["u64 ".repeat(WORDS), "u64 ".repeat(LINE_WORDS)];
    let numbers = ["i64 ".repeat(WORDS), "i64 ".repeat(LINE_WORDS)];
    let part = format!(
        r#"(import "vestibule:function/output@0.1.0" (instance $output
             (type $stream0 (enum "stdout" "stderr"))
             (export "stream" (type $stream (eq $stream0)))
             (type $words0 (tuple {}))
             (export "words" (type $words (eq $words0)))
             (export "write" (func (param "to" $stream) (param "length" u8) (param "bytes" $words)))
             (type $level0 (enum "trace" "debug" "info" "warn" "error"))
             (export "level" (type $level (eq $level0)))
             (type $line0 (tuple {}))
             (export "line-words" (type $line (eq $line0)))
             (export "log" (func (param "level" $level) (param "last" bool) (param "length" u8) (param "bytes" $line)))))
           (core func $write (canon lower (func $output "write")))
           (core func $log (canon lower (func $output "log")))"#,
        types[0], types[1]
    );
    let fields = format!(
        r#"(import "host" "write" (func $write (param i32 i32 {})))
           (import "host" "log" (func $log (param i32 i32 i32 {})))
           (func (export "handle") (param i32) (result i32) {body} (call $answer (i64.const 0)))"#,
        numbers[0], numbers[1]
    );
    guest_with(&part, "(export \"write\" (func $write)) (export \"log\" (func $log))", &fields)
}

/// These bytes as `count` words, filled up with the letter `z`.
fn words(count: usize, bytes: &str) -> String {
    let all = format!("{bytes:z<0$}", count * 8);
    let words = all.as_bytes().chunks(8).map(|eight| u64::from_le_bytes(eight.try_into().unwrap()));
    words.map(|word| format!("(i64.const {word})")).collect()
}

/// Writes the first `length` of these bytes to a stream.
fn write(stream: u32, length: u32, bytes: &str) -> String {
    format!("(call $write (i32.const {stream}) (i32.const {length}) {})", words(WORDS, bytes))
}

/// Writes a part of a line.
fn log_part(level: u32, last: u32, part: &str) -> String {
    let words = words(LINE_WORDS, part);
    format!("(call $log (i32.const {level}) (i32.const {last}) (i32.const {}) {words})", part.len())
}

#[tokio::test]
async fn bytes_in_numbers_are_the_lines_of_both_streams() {
    let said = [
        write(0, 5, "one, "),
        write(1, 9, "an error\n"),
        write(0, 14, "two.\nand three"),
        // Longer than it can be: all of it, and no more.
        write(1, 255, "all"),
        write(0, 0, "nothing"),
    ];
    let host = host().file("f.wasm", speaking(&said.concat())).file("f.toml", PUBLIC).start();
    let answer = host.send(get("/f")).await;
    assert_eq!(answer.status, 200, "{} {}", answer.text(), host.problems);
    let all = format!("{:z<112}", "all");
    let lines = log::guest(answer.id());
    let lines: Vec<_> = lines.iter().map(|line| (line.level, line.field("source"), line.field("message"))).collect();
    assert_eq!(
        lines,
        [
            (Level::WARN, "stderr", "an error"),
            (Level::INFO, "stdout", "one, two."),
            (Level::INFO, "stdout", "and three"),
            (Level::WARN, "stderr", &*all),
        ]
    );
}

#[tokio::test]
async fn a_function_of_the_sdk_says_what_it_says_in_the_same_words() {
    let host = host().function("stdout-flood", "stdout-flood", PUBLIC).start();
    let answer = host.send(get("/stdout-flood?lines=2")).await;
    assert_eq!(answer.text(), "2 lines");
    let lines = log::guest(answer.id());
    let said: Vec<_> = lines.iter().map(|line| (line.field("source"), line.field("message"))).collect();
    let line = |number| format!("line {number} of a flood that nobody asked for");
    assert_eq!(said, [("stdout", &*line(0)), ("stdout", &*line(1))]);
}

#[tokio::test]
async fn parts_in_numbers_are_lines_with_levels() {
    let long = "x".repeat(100);
    let said = [
        log_part(2, 1, "orders\0one"),
        log_part(3, 0, "ord"),
        log_part(0, 0, "ers\0tw"),
        log_part(4, 1, "o\nINFO forged\0"),
        log_part(3, 1, "no module"),
        log_part(3, 0, &long),
        log_part(3, 0, "\0"),
        log_part(3, 0, &long),
        log_part(3, 1, &long),
        // A line without an end is none.
        log_part(4, 0, "orders\0lost"),
    ];
    let host = host().file("f.wasm", speaking(&said.concat())).file("f.toml", PUBLIC).start();
    let answer = host.send(get("/f")).await;
    assert_eq!(answer.status, 200, "{} {}", answer.text(), host.problems);
    let lines = log::guest(answer.id());
    let lines: Vec<_> = lines
        .iter()
        .map(|line| (line.level, line.field("source"), line.field("context"), line.field("message")))
        .collect();
    assert_eq!(
        lines,
        [
            (Level::INFO, "log", "orders", "one"),
            (Level::ERROR, "log", "orders", "two\\nINFO forged\\u{0}"),
            (Level::WARN, "log", "", "no module"),
            (Level::WARN, "log", &*long, &*long.repeat(2)),
        ]
    );
}
