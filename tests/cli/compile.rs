//! Compiling, in a process of its own: a component that makes the compiler work without end, or eat all memory, is not
//! served and says which bound it met; the others are.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Host, PATIENCE, Site, run};

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

/// The processes that `host` has started and that are there.
fn children(host: &Host) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{}/task", host.pid())).unwrap();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn site(settings: &str) -> Site {
    // The good one is compiled already: how long that takes is not what is asked here.
    let cache = "[cache]\ndir = \"compiled\"\n";
    let (site, _) = Site::new().example("hello").settings(cache).start().stop();
    site.file("work.toml", "access = \"public\"\n").settings(&format!("{cache}{settings}"))
}

#[test]
fn a_component_that_takes_too_long_to_compile_is_not_served_and_says_so() {
    let host = site("[compile]\ntime = \"1s\"\n").file("work.wasm", much_work(4000, 2000)).start();
    assert_eq!((host.get("/work").status, host.get("/hello").status), (503, 200));
    assert_eq!(children(&host), [0; 0], "nothing is left of what compiled");
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

#[test]
fn a_small_component_compiles_within_the_least_memory_that_can_be_set() {
    let host =
        Site::new().example("hello").settings("[cache]\ndir = \"compiled\"\n[compile]\nmemory = \"256MiB\"\n").start();
    assert_eq!(host.get("/hello").status, 200);
}

#[test]
fn what_compiles_gives_way_and_goes_when_the_host_goes() {
    let mut host = site("").start();
    fs::write(host.functions().join("work.wasm"), much_work(8000, 2000)).unwrap();
    wait_until("nothing is compiled", || !children(&host).is_empty());
    let compiler = children(&host)[0];
    assert_eq!(host.get("/hello").status, 200, "meanwhile");
    let read = |file: &str| fs::read_to_string(Path::new("/proc").join(compiler.to_string()).join(file));
    wait_until("it has no limits", || {
        let nice =
            read("stat").unwrap().rsplit(") ").next().and_then(|fields| fields.split(' ').nth(16)).map(str::to_owned);
        let limits = read("limits").unwrap();
        limits.lines().any(|line| line.starts_with("Max core file size        0 ")) && nice.as_deref() == Some("10")
    });
    let environment = read("environ").unwrap();
    let half = thread::available_parallelism().map_or(1, |all| (all.get() / 2).max(1));
    let own = format!("MIMALLOC_ARENA_RESERVE=32MiB\0RAYON_NUM_THREADS={half}\0");
    assert_eq!(environment, own, "nothing of the host's environment, and processors are left to requests");
    host.signal(Signal::KILL);
    assert!(host.wait(PATIENCE).is_some());
    wait_until("it goes on alone", || read("stat").map_or(true, |stat| stat.contains(") Z")));
}

#[test]
fn what_compiles_is_for_the_host_alone() {
    assert_eq!(run(&["compile-component"]).code, Some(64));
    assert!(!run(&["--help"]).stdout.contains("compile-component"));
}
