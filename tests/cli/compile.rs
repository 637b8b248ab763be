//! Compiling, in a process of its own: a component that makes the compiler work without end, or eat all memory, is not
//! served and says which bound it met; the others are.

use crate::support::Site;

/// A number as WebAssembly writes it (LEB128).
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], number(content.len()).as_slice(), content].concat()
}

/// A component of so many functions, each of which multiplies and adds `steps` times.
fn much_work(functions: usize, steps: usize) -> Vec<u8> {
    let counted = |item: &[u8]| [number(functions), item.repeat(functions)].concat();
    // (param i32) (result i32): local.get 0, then (i32.const 3, i32.mul, local.get 0, i32.add) again and again.
    let body = [&[0, 0x20, 0][..], &[0x41, 3, 0x6c, 0x20, 0, 0x6a].repeat(steps), &[0x0b]].concat();
    let body = [number(body.len()), body].concat();
    let module = [
        vec![0, b'a', b's', b'm', 1, 0, 0, 0],
        section(1, &[1, 0x60, 1, 0x7f, 1, 0x7f]),
        section(3, &counted(&[0])),
        section(10, &counted(&body)),
    ]
    .concat();
    [vec![0, b'a', b's', b'm', 0x0d, 0, 1, 0], section(1, &module)].concat()
}

fn site(settings: &str) -> Site {
    let settings = format!("[cache]\nenabled = false\n{settings}");
    Site::new().example("hello").file("work.toml", "access = \"public\"\n").settings(&settings)
}

#[test]
fn a_component_that_takes_too_long_to_compile_is_not_served_and_says_so() {
    let host = site("[compile]\ntime = \"1s\"\n").file("work.wasm", much_work(4000, 2000)).start();
    assert_eq!((host.get("/work").status, host.get("/hello").status), (503, 200));
    let (_, log) = host.stop();
    assert!(log.contains("compiling it takes longer than 1s"), "{log}");
    assert!(log.contains("write more `time` under [compile] in host.toml"), "{log}");
}

#[test]
fn a_component_that_takes_too_much_memory_to_compile_is_not_served_and_says_so() {
    let host = site("[compile]\nmemory = \"256MiB\"\n").file("work.wasm", much_work(20, 400_000)).start();
    assert_eq!((host.get("/work").status, host.get("/hello").status), (503, 200));
    let (_, log) = host.stop();
    assert!(log.contains("compiling it takes more memory than 256MiB"), "{log}");
    assert!(log.contains("write more `memory` under [compile] in host.toml"), "{log}");
}
