//! Functions with the same component: one is held for all of them, and what one does is not held against another. And
//! what loading leaves in memory.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Host, Site};

fn site() -> Site {
    Site::new().settings("[cache]\ndir = \"compiled\"\n")
}

/// The compiled components that a host has mapped, each as often as its code is.
fn code(host: &Host) -> Vec<String> {
    let maps = fs::read_to_string(format!("/proc/{}/maps", host.pid())).unwrap();
    let code = maps.lines().filter(|line| line.contains(" r-xp ") && line.ends_with(".cwasm"));
    code.map(|line| line.split_whitespace().last().unwrap().to_owned()).collect()
}

/// Bytes of compiled components that are in the host's memory.
fn resident(host: &Host) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{}/smaps", host.pid())).unwrap();
    let (mut bytes, mut is_compiled) = (0, false);
    for line in maps.lines() {
        match line.split_once(':') {
            Some(("Rss", size)) if is_compiled => {
                bytes += size.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10;
            }
            // A mapping begins with its addresses.
            _ if line.split(['-', ' ']).next().is_some_and(|start| u64::from_str_radix(start, 16).is_ok()) => {
                is_compiled = line.ends_with(".cwasm");
            }
            _ => {}
        }
    }
    bytes
}

#[test]
fn one_component_is_held_for_all_functions_that_have_it() {
    let site = (0..20).fold(site().example("divide").example("hello"), |site, number| {
        site.component("hello", &format!("same{number}")).file(&format!("same{number}.toml"), "access = \"public\"\n")
    });
    let host = site.start();
    for number in 0..20 {
        assert_eq!(host.get(&format!("/same{number}")).text(), "Hello, world!\n");
    }
    assert_eq!(host.get("/hello").text(), "Hello, world!\n");
    assert_eq!(code(&host).len(), 2, "{:?}", code(&host));
    assert_eq!(fs::read_dir(host.functions().with_file_name("compiled")).unwrap().count(), 2);

    // One more while it runs, and then one less: that does not take it from the others.
    let functions = host.functions();
    fs::copy(functions.join("hello.wasm"), functions.join("later.wasm")).unwrap();
    host.wait_for_metric("vestibule_functions{state=\"served\"}", 23);
    fs::remove_file(functions.join("hello.wasm")).unwrap();
    host.wait_for_metric("vestibule_functions{state=\"served\"}", 22);
    assert_eq!((host.get("/later").text(), host.get("/hello").status), ("Hello, world!\n", 404));
    assert_eq!(code(&host).len(), 2, "{:?}", code(&host));
}

#[test]
fn a_component_that_is_not_called_takes_up_no_memory_of_its_code() {
    let host = site().example("hello").example("divide").start();
    assert_eq!(host.get("/hello").status, 200);
    assert_eq!(host.get("/divide?dividend=6&divisor=2").status, 200);
    assert!(resident(&host) > 0, "what is called is there");
    let (site, _) = host.stop();
    let host = site.start();
    let loaded: BTreeSet<_> = code(&host).into_iter().collect();
    assert_eq!((loaded.len(), resident(&host)), (2, 0));
    assert_eq!(host.get("/hello").text(), "Hello, world!\n");
    assert!(resident(&host) > 0);
}
