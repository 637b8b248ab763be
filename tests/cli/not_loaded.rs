//! Functions that cannot be served: each is refused by itself, named with what to do, and keeps nobody else from being
//! served.

use crate::guest::guest;
use crate::support::{Host, Site};

/// A core module, empty: the format that came before components.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A component that exports an empty instance called `name`, and nothing else.
fn component_exporting(name: &str) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // Section 5, instances: one, made of no exports.
    bytes.extend([5, 3, 1, 1, 0]);
    // Section 11, exports: one, by name; of kind instance, number 0, without a type.
    let length = u8::try_from(name.len()).unwrap();
    bytes.extend([11, length + 6, 1, 0, length]);
    bytes.extend(name.bytes());
    bytes.extend([5, 0, 0]);
    bytes
}

/// What the log says about a file: the line that names it with the problem, and the next one, which is the fix.
fn problem(host: &Host, file: &str) -> (String, String) {
    host.wait_for_line(|line| line.starts_with("ignored: ") && line.contains("last.txt"));
    let log = host.log();
    let mut lines = log.lines().skip_while(|line| !line.contains(&format!("/functions/{file}:")));
    let line = lines.next().unwrap_or_else(|| panic!("nothing about {file}:\n{log}"));
    (line.to_owned(), lines.next().unwrap().trim().to_owned())
}

#[test]
fn each_is_named_with_its_fix_and_the_others_are_served() {
    let signed = |name: &str| format!("[verify]\nscheme = \"github\"\nsecrets = [\"{name}\"]\n");
    let host = Site::new()
        .example("hello")
        .example("divide")
        .file("broken.wasm", "<html>")
        .file("core.wasm", CORE_MODULE)
        .file("empty.wasm", "")
        .file("cut.wasm", &std::fs::read(crate::support::built("hello", "wasm")).unwrap()[..20_000])
        .file("proxy.wasm", component_exporting("wasi:http/incoming-handler@0.2.0"))
        .file("newer.wasm", component_exporting("vestibule:function/handler@0.9.0"))
        .component("hello", "misspelt")
        .file("misspelt.toml", "acess = \"public\"\n")
        .component("hello", "unsigned")
        .file("unsigned.toml", signed("NOBODY_HAS_IT"))
        .component("hello", "emptied")
        .file("emptied.toml", signed("EMPTIED"))
        .secret("EMPTIED", "")
        .component("hello", "unknown")
        .file("unknown.toml", signed("KNOWN").replace("github", "guthub"))
        .secret("KNOWN", "a secret of the test")
        // A page more than 1 MiB.
        .file(
            "small.wasm",
            guest("(memory 17) (func (export \"handle\") (param i32) (result i32) (call $answer (i64.const 0)))"),
        )
        .file("small.toml", "access = \"public\"\nmemory = \"1MiB\"\n")
        // The last line of the report: once it is there, all is.
        .file("zz-last.txt", "")
        .start();

    let expected = [
        ("broken", "broken.wasm", "it is a page of HTML", "what a server answered"),
        ("core", "core.wasm", "core WebAssembly module", "wasm-tools component new"),
        ("empty", "empty.wasm", "not a WebAssembly file", "wasm32-wasip2"),
        ("cut", "cut.wasm", "it is cut off", "build it again"),
        ("proxy", "proxy.wasm", "`wasi:http/incoming-handler@0.2`", "for the world wasi:http/proxy"),
        ("newer", "newer.wasm", "another version of the contract", "this host's version"),
        ("misspelt", "misspelt.toml:1", "acess", "access"),
        ("unsigned", "unsigned.toml:3", "no secret NOBODY_HAS_IT in", "put it there"),
        ("emptied", "emptied.toml:3", "secret EMPTIED is empty in the environment", "give it a value there"),
        ("unknown", "unknown.toml:2", "did you mean \"github\"?", "docs/webhooks.md"),
        ("small", "small.wasm", "its policy gives it 1MiB", "write memory = \"2MiB\" or more"),
    ];
    for (route, file, said, fix) in expected {
        let (line, next) = problem(&host, file);
        assert!(line.contains(said), "{said} is not in: {line}");
        assert!(next.contains(fix), "{fix} is not in: {next}");
        let reply = host.get(&format!("/{route}"));
        assert_eq!(reply.status, 503, "{route}");
        assert_eq!(reply.json()["error"], "function not available");
        assert!(!reply.text().contains("toml") && !reply.text().contains("wasm"), "{}", reply.text());
    }
    assert_eq!(host.instances(), 0);
    assert_eq!(host.get("/hello").status, 200);
    assert_eq!(host.get("/divide?dividend=6&divisor=2").status, 200);
    assert_eq!(host.ask_admin("/health/ready").status, 200);
    assert_eq!(host.metric("vestibule_functions{state=\"served\"}"), Some(2));
    assert_eq!(host.metric("vestibule_functions{state=\"not_loaded\"}"), Some(expected.len() as u64));
}

#[test]
fn of_two_files_for_one_route_neither_is_served() {
    let host = Site::new().example("hello").component("hello", "hello/index").file("zz-last.txt", "").start();
    let (line, fix) = problem(&host, "hello/index.wasm");
    assert!(line.contains("\"hello.wasm\"") && line.contains("\"hello/index.wasm\""), "{line}");
    assert!(fix.contains("keep one of them"), "{fix}");
    assert_eq!(host.get("/hello").status, 503);
    assert_eq!(host.instances(), 0);
}

#[test]
fn a_broken_function_is_not_replaced_by_the_next_best_route() {
    let host = Site::new()
        .component("hostile/echo", "[...rest]")
        .file("[...rest].toml", "access = \"public\"\n")
        .file("private.wasm", "broken")
        .start();
    assert_eq!(host.get("/anything").status, 200);
    assert_eq!(host.get("/private").status, 503);
    assert_eq!(host.get("/private/below").status, 503);
    assert_eq!(host.instances(), 1);
}
