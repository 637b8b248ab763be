//! What a guest says without WASI: bytes as numbers, through the contract's `output`, end up in the log as what is written
//! to WASI's streams does.

use tracing::Level;

use crate::support::wat::guest_with;
use crate::support::{PUBLIC, get, host, log};

/// The contract's `output`, linked as `write`; the function answers after this `body`.
fn speaking(body: &str) -> Vec<u8> {
    let words = "u64 ".repeat(14);
    let part = format!(
        r#"(import "vestibule:function/output@0.1.0" (instance $output
             (type $stream0 (enum "stdout" "stderr"))
             (export "stream" (type $stream (eq $stream0)))
             (type $words0 (tuple {words}))
             (export "words" (type $words (eq $words0)))
             (export "write" (func (param "to" $stream) (param "length" u8) (param "bytes" $words)))))
           (core func $write (canon lower (func $output "write")))"#
    );
    let numbers = "i64 ".repeat(14);
    let fields = format!(
        r#"(import "host" "write" (func $write (param i32 i32 {numbers})))
           (func (export "handle") (param i32) (result i32) {body} (call $answer (i64.const 0)))"#
    );
    guest_with(&part, "(export \"write\" (func $write))", &fields)
}

/// Writes the first `length` of these bytes, filled up with the letter `z`.
fn write(stream: u32, length: u32, bytes: &str) -> String {
    let words = format!("{bytes:z<112}");
    let words = words.as_bytes().chunks(8).map(|eight| u64::from_le_bytes(eight.try_into().unwrap()));
    let words: String = words.map(|word| format!("(i64.const {word})")).collect();
    format!("(call $write (i32.const {stream}) (i32.const {length}) {words})")
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
