//! Verifiers written in WebAssembly's text form: a body of instructions, put into a component that fits the contract's world
//! of verifiers.

use super::wat::{LIBC, WAIT, WAIT_IMPORTS, WASI_WAIT};

/// The contract's types.
const TYPES: [(&str, &str); 3] = [
    ("secret", r#"(record (field "name" string) (field "value" (list u8)))"#),
    (
        "request",
        r#"(record (field "method" string) (field "url" string) (field "path" string) (field "query" string)
            (field "headers" (list (tuple string string))) (field "body" (list u8)) (field "secrets" (list $secret))
            (field "now" u64))"#,
    ),
    (
        "accepted",
        r#"(record (field "id" (option string)) (field "event-type" (option string)) (field "timestamp" (option u64))
            (field "secret" (option string)))"#,
    ),
];

/// Where the parts of a request are among the parameters of the core function; a length follows its place.
pub(crate) const URL: u32 = 2;
pub(crate) const HEADERS: u32 = 8;
pub(crate) const BODY: u32 = 10;
pub(crate) const SECRETS: u32 = 12;

/// A verifier that does what these `instructions` say. They return where the result is; a result of zeroes, as there is at
/// the place 0, accepts without saying more. `$said` takes a text: refuses with it if its first parameter is 0, else accepts
/// with it as the id.
pub(crate) fn verifier(instructions: &str) -> Vec<u8> {
    verifier_with("", "", "", instructions)
}

/// The same, with `parts` of the component before it, functions that `links` names for the core module, and `fields` of that.
pub(crate) fn verifier_with(parts: &str, links: &str, fields: &str, instructions: &str) -> Vec<u8> {
    let each = |line: &dyn Fn(&str, &str) -> String| TYPES.iter().map(|(name, ty)| line(name, ty)).collect::<String>();
    let types = each(&|name, ty| format!("(type ${name} {ty})\n"));
    let imported =
        each(&|name, ty| format!("(type ${name}0 {ty}) (import \"type-{name}\" (type ${name} (eq ${name}0)))\n"));
    // What is exported may only be made of what is exported.
    let exported = each(&|name, ty| {
        let ty = ty.replace("$secret", "$secret-out");
        format!("(type ${name}1 {ty}) (export ${name}-out \"{name}\" (type ${name}1))\n")
    });
    let given = each(&|name, _| format!("(with \"type-{name}\" (type ${name}))\n"));
    let signature = |suffix: &str| {
        format!("(param \"request\" $request{suffix}) (result (result $accepted{suffix} (error string)))")
    };
    let text = format!(
        r#"(component
            {LIBC}
            {parts}
            (core instance $host {links})
            (core module $guest-module
              (import "libc" "memory" (memory 1))
              {fields}
              (func $said (param i32 i32 i32) (result i32)
                (if (local.get 0)
                  (then
                    (i32.store (i32.const 8) (i32.const 1))
                    (i32.store (i32.const 12) (local.get 1))
                    (i32.store (i32.const 16) (local.get 2)))
                  (else
                    (i32.store (i32.const 0) (i32.const 1))
                    (i32.store (i32.const 8) (local.get 1))
                    (i32.store (i32.const 12) (local.get 2))))
                (i32.const 0))
              (func (export "verify")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i32)
                {instructions}))
            (core instance $guest (instantiate $guest-module (with "libc" (instance $libc)) (with "host" (instance $host))))
            {types}
            (func $verify {inner}
              (canon lift (core func $guest "verify") (memory $memory) (realloc $realloc)))
            (component $shim
              {imported}
              (import "verify" (func $verify {inner}))
              {exported}
              (export "verify" (func $verify) (func {outer})))
            (instance $verifier (instantiate $shim (with "verify" (func $verify)) {given}))
            (export "vestibule:verifier/verify@0.1.0" (instance $verifier)))"#,
        inner = signature(""),
        outer = signature("-out"),
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// A verifier that accepts a body that begins with `y` and refuses others, with a text that would forge a line; but it
/// loops at `l`, traps at `t`, and takes all memory it can get at `m`.
pub(crate) fn moody() -> Vec<u8> {
    let fields = r#"(data (i32.const 128) "no\nINFO \1b[31mforged")"#;
    let is = |letter: char| format!("(i32.eq (i32.load8_u (local.get {BODY})) (i32.const {}))", letter as u32);
    let instructions = format!(
        "(if {} (then (return (i32.const 0))))
         (if {} (then (loop $again (br $again))))
         (if {} (then (unreachable)))
         (if {} (then
           (loop $more (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 16)))))
           (unreachable)))
         (call $said (i32.const 0) (i32.const 128) (i32.const 19))",
        is('y'),
        is('l'),
        is('t'),
        is('m'),
    );
    verifier_with("", "", fields, &instructions)
}

/// A verifier that accepts and gives back as the id what stands at one of the places.
pub(crate) fn gives_back(place: u32) -> Vec<u8> {
    verifier(&format!("(call $said (i32.const 1) (local.get {place}) (local.get {}))", place + 1))
}

/// A verifier that waits for a fifth of a second and accepts.
pub(crate) fn waits() -> Vec<u8> {
    let instructions = "(call $block (call $subscribe (i64.const 200000000))) (i32.const 0)";
    verifier_with(WASI_WAIT, WAIT, WAIT_IMPORTS, instructions)
}
