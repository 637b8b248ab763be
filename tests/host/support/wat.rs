//! Functions written in WebAssembly's text form, for what no compiler would make of honest source: a body of
//! instructions, put into a component that fits the contract.

/// The contract's types.
const TYPES: [(&str, &str); 6] = [
    ("trigger", r#"(variant (case "http") (case "schedule" string) (case "background" u32))"#),
    (
        "delivery",
        r#"(record (field "scheme" string) (field "id" (option string)) (field "event-type" (option string))
            (field "timestamp" (option u64)) (field "secret" string))"#,
    ),
    (
        "identity",
        r#"(record (field "provider" string) (field "subject" string) (field "roles" (list string))
            (field "claims" string))"#,
    ),
    (
        "event",
        r#"(record (field "method" string) (field "path" string) (field "subpath" string)
            (field "params" (list (tuple string string))) (field "query" string)
            (field "headers" (list (tuple string string))) (field "body" (list u8)) (field "client" string))"#,
    ),
    (
        "context",
        r#"(record (field "request-id" string) (field "function" string) (field "version" string)
            (field "deadline" u64) (field "trigger" $trigger) (field "delivery" (option $delivery))
            (field "identity" (option $identity)))"#,
    ),
    (
        "response",
        r#"(record (field "status" u16) (field "headers" (list (tuple string string))) (field "body" (list u8)))"#,
    ),
];

/// The memory, and what the canonical ABI asks for. `answer` makes a response of status 200 whose body is a number's
/// eight bytes, the lowest first.
pub(super) const LIBC: &str = r#"
    (core module $libc-module
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (block $enough
          (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
          (br_if $enough (i32.ne (i32.const -1)
            (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get 3) (i32.const 16))))))
          (unreachable))
        (local.get $at))
      (func (export "answer") (param i64) (result i32)
        (i32.store (i32.const 0) (i32.const 0))
        (i32.store (i32.const 4) (i32.const 200))
        (i64.store (i32.const 8) (i64.const 0))
        (i32.store (i32.const 16) (i32.const 32))
        (i32.store (i32.const 20) (i32.const 8))
        (i64.store (i32.const 32) (local.get 0))
        (i32.const 0)))
    (core instance $libc (instantiate $libc-module))
    (alias core export $libc "memory" (core memory $memory))
    (alias core export $libc "realloc" (core func $realloc))"#;

/// The clock and what waits for it, to be linked as [`WAIT`] has it.
pub(crate) const WASI_WAIT: &str = r#"
    (import "wasi:io/poll@0.2.12" (instance $poll
      (export "pollable" (type $pollable (sub resource)))
      (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
      (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
      (alias outer 1 $pollable (type $pollable0))
      (export "pollable" (type $pollable (eq $pollable0)))
      (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $poll-all (canon lower (func $poll "poll") (memory $memory) (realloc $realloc)))"#;

/// Links to [`WASI_WAIT`].
pub(crate) const WAIT: &str =
    r#"(export "subscribe" (func $subscribe)) (export "block" (func $block)) (export "poll" (func $poll-all))"#;

/// The core module's imports of [`WAIT`].
pub(crate) const WAIT_IMPORTS: &str = r#"
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "block" (func $block (param i32)))
    (import "host" "poll" (func $poll (param i32 i32 i32)))"#;

/// A function whose core module has these `fields`. It exports `handle`, which takes where the event is and returns
/// where the answer is, as `$answer` makes it.
pub(crate) fn guest(fields: &str) -> Vec<u8> {
    guest_with("", "", fields)
}

/// The same, with `parts` of the component before it: imports, other modules, and functions that `links` names for the
/// core module, as `(export "name" (func $name))`; it imports them from `host`. What the core module exports as
/// `post-return` is called when the answer has been taken.
pub(crate) fn guest_with(parts: &str, links: &str, fields: &str) -> Vec<u8> {
    guest_of(LIBC, parts, links, fields)
}

/// The same, whose memory begins with `pages` and what is written into it by `data` segments.
pub(crate) fn guest_with_data(pages: usize, data: &str, parts: &str, links: &str, fields: &str) -> Vec<u8> {
    const MEMORY: &str = r#"(memory (export "memory") 1)"#;
    assert!(LIBC.contains(MEMORY));
    let libc = LIBC.replace(MEMORY, &format!(r#"(memory (export "memory") {pages}) {data}"#));
    guest_of(&libc, parts, links, fields)
}

fn guest_of(libc: &str, parts: &str, links: &str, fields: &str) -> Vec<u8> {
    let named = |prefix: &str, import: &str| -> String {
        let name = |(name, ty): &(&str, &str)| {
            format!("(type ${name}0 {ty}) ({import} \"{prefix}{name}\" (type ${name} (eq ${name}0)))\n")
        };
        TYPES.iter().map(name).collect()
    };
    let aliases: String =
        TYPES.iter().map(|(name, _)| format!("(alias export $types \"{name}\" (type ${name}))\n")).collect();
    let exported: String =
        TYPES.iter().map(|(name, _)| format!("(export ${name}-out \"{name}\" (type ${name}))\n")).collect();
    let given: String = TYPES.iter().map(|(name, _)| format!("(with \"type-{name}\" (type ${name}))\n")).collect();
    let signature = |suffix: &str| {
        format!(
            r#"(param "event" $event{suffix}) (param "context" $context{suffix})
               (result (result $response{suffix} (error string)))"#
        )
    };
    let post =
        if fields.contains("(export \"post-return\")") { "(post-return (func $guest \"post-return\"))" } else { "" };
    let text = format!(
        r#"(component
            (import "vestibule:function/types@0.1.0" (instance $types {interface}))
            {libc}
            {parts}
            (core instance $host {links})
            (core module $guest-module
              (import "libc" "memory" (memory 1))
              (import "libc" "answer" (func $answer (param i64) (result i32)))
              {fields})
            (core instance $guest (instantiate $guest-module (with "libc" (instance $libc)) (with "host" (instance $host))))
            {aliases}
            (func $handle {inner}
              (canon lift (core func $guest "handle") (memory $memory) (realloc $realloc) {post}))
            (component $shim
              {imported}
              (import "handle" (func $handle {inner}))
              {exported}
              (export "handle" (func $handle) (func {outer})))
            (instance $handler (instantiate $shim (with "handle" (func $handle)) {given}))
            (export "vestibule:function/handler@0.1.0" (instance $handler)))"#,
        interface = named("", "export"),
        imported = named("type-", "import"),
        inner = signature(""),
        outer = signature("-out"),
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
}
