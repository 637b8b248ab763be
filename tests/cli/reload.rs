//! Files that change under a running host, in all the ways in which people and programs change files: the host has to
//! hear of each by itself. What it then takes, and when, is asked of the library, in `tests/host/reload.rs`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sha2::{Digest, Sha256};

use crate::support::{Host, PATIENCE, Site, built};

const PUBLIC: &str = "access = \"public\"\n";
const SIGNED: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"GITHUB\"]\n";

/// What a change may take until it is in force, with room for a busy machine; what the host promises is 300 ms.
const SOON: Duration = Duration::from_secs(10);

/// Asks until `/path` answers with `status`.
fn wait_for(host: &Host, path: &str, status: u16) {
    let latest = Instant::now() + SOON;
    loop {
        let found = host.get(path).status;
        if found == status {
            return;
        }
        assert!(Instant::now() < latest, "{path} still answers {found}, not {status}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn wasm(name: &str) -> Vec<u8> {
    fs::read(built(name, "wasm")).unwrap()
}

/// A folder in which `/f` is public.
fn site() -> Site {
    Site::new().secret("GITHUB", "a secret of these tests").file("f.wasm", wasm("hello")).file("f.toml", PUBLIC)
}

fn shell(folder: &Path, script: &str) {
    let status = Command::new("/bin/sh").args(["-euc", script]).current_dir(folder).status().unwrap();
    assert!(status.success(), "{script}");
}

#[test]
fn policies_follow_however_they_are_written() {
    let host = site().start();
    let folder = host.functions();
    fs::write(folder.join("../signed"), SIGNED).unwrap();
    fs::write(folder.join("../public"), PUBLIC).unwrap();
    for how in [
        // In place; through another file and a rename, as editors do; with the old one put aside first; by `cp` over it; by
        // `mv` from elsewhere; step by step; with the times of the source; with nothing left of the old one.
        "cat ../signed > f.toml",
        "cat ../public > .f.toml.swp && mv .f.toml.swp f.toml",
        "mv f.toml f.toml~ && cat ../signed > f.toml && rm f.toml~",
        "cp ../public f.toml",
        "cp ../signed ../moved && mv ../moved f.toml",
        "head -c 10 ../public > f.toml && tail -c +11 ../public >> f.toml",
        "touch -d 2001-01-01 ../signed && cp -p ../signed f.toml",
        "rm f.toml && cp ../public f.toml",
        "rm f.toml && ln ../signed f.toml",
    ] {
        shell(&folder, how);
        let status = if how.contains("signed") { 401 } else { 200 };
        wait_for(&host, "/f", status);
    }
    fs::remove_file(folder.join("f.toml")).unwrap();
    wait_for(&host, "/f", 503);
}

#[test]
fn components_follow_and_the_log_says_from_what_to_what() {
    let host = site().start();
    let folder = host.functions();
    fs::write(folder.join("../new"), wasm("divide")).unwrap();
    assert_eq!(host.get("/f").text(), "Hello, world!\n");
    shell(&folder, "cp ../new f.wasm");
    let line = host.wait_for_line(|line| line.contains("f: ") && line.contains(" -> "));
    let versions = line.split_once("f: ").unwrap().1;
    let (old, new) = versions.split_once(" -> ").unwrap();
    assert!(old.len() == 8 && old.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
    assert!(new[..8].bytes().all(|b| b.is_ascii_hexdigit()) && old != &new[..8], "{line}");
    assert_ne!(host.get("/f").text(), "Hello, world!\n");

    // Cut off, and then whole again: the old one goes on.
    let served = host.get("/f").text().to_owned();
    shell(&folder, "head -c 20000 ../new > f.wasm");
    host.wait_for_line(|line| line.contains("the new component is not good, and the old one stays"));
    assert_eq!(host.get("/f").text(), served);
    host.wait_for_metric("vestibule_functions{state=\"outdated\"}", 1);
    shell(&folder, "cp ../new f.wasm");
    host.wait_for_metric("vestibule_functions{state=\"outdated\"}", 0);
}

#[test]
fn functions_and_folders_come_and_go() {
    let host = site().start();
    let folder = host.functions();
    shell(&folder, "mkdir -p shop/orders && cp f.toml shop/orders/new.toml && cp f.wasm shop/orders/new.wasm");
    wait_for(&host, "/shop/orders/new", 200);
    // The new folders are watched, too.
    fs::write(folder.join("shop/orders/new.toml"), SIGNED).unwrap();
    wait_for(&host, "/shop/orders/new", 401);
    shell(&folder, "mv shop store");
    wait_for(&host, "/store/orders/new", 401);
    wait_for(&host, "/shop/orders/new", 404);
    shell(&folder, "rm -r store");
    wait_for(&host, "/store/orders/new", 404);
    host.wait_for_line(|line| line.contains("store/orders/new: removed"));
}

#[test]
fn a_folder_mounted_as_kubernetes_does_is_followed() {
    let site = Site::new().secret("GITHUB", "a secret of these tests");
    let folder = site.functions();
    for (version, policy) in [("1", PUBLIC), ("2", SIGNED)] {
        fs::create_dir(folder.join(format!("..{version}"))).unwrap();
        fs::write(folder.join(format!("..{version}/f.wasm")), wasm("hello")).unwrap();
        fs::write(folder.join(format!("..{version}/f.toml")), policy).unwrap();
    }
    symlink("..1", folder.join("..data")).unwrap();
    symlink("..data/f.wasm", folder.join("f.wasm")).unwrap();
    symlink("..data/f.toml", folder.join("f.toml")).unwrap();
    let host = site.start();
    assert_eq!(host.get("/f").status, 200);
    for (version, status) in [("2", 401), ("1", 200), ("2", 401)] {
        shell(&folder, &format!("ln -s ..{version} ..data_tmp && mv -T ..data_tmp ..data"));
        wait_for(&host, "/f", status);
    }
    // Nor does it need a link to be swapped.
    fs::write(folder.join("..2/f.toml"), PUBLIC).unwrap();
    wait_for(&host, "/f", 200);
}

#[test]
fn a_folder_that_is_replaced_whole_is_followed() {
    let site = site();
    let (beside, folder) = (site.folder().to_owned(), site.functions());
    let host = site.start();
    shell(&beside, "cp -r functions next");
    fs::write(beside.join("next/f.toml"), SIGNED).unwrap();
    fs::write(beside.join("next/g.toml"), PUBLIC).unwrap();
    fs::write(beside.join("next/g.wasm"), wasm("hello")).unwrap();
    shell(&beside, "mv functions last && mv next functions");
    wait_for(&host, "/f", 401);
    wait_for(&host, "/g", 200);
    // The new one is watched, and so is what follows it.
    fs::write(folder.join("g.toml"), SIGNED).unwrap();
    wait_for(&host, "/g", 401);
    shell(&beside, "mv functions next && mv last functions");
    wait_for(&host, "/g", 404);
    wait_for(&host, "/f", 200);
}

#[test]
fn a_folder_behind_a_link_is_followed() {
    let site = site();
    let beside = site.folder().to_owned();
    shell(&beside, "mv functions first && cp -r first second && ln -s first functions");
    fs::write(beside.join("second/f.toml"), SIGNED).unwrap();
    let host = site.start();
    assert_eq!(host.get("/f").status, 200);
    shell(&beside, "ln -s second tmp && mv -T tmp functions");
    wait_for(&host, "/f", 401);
    fs::write(beside.join("second/f.toml"), PUBLIC).unwrap();
    wait_for(&host, "/f", 200);
}

#[test]
fn a_folder_that_is_away_leaves_what_is_served() {
    let site = site();
    let beside = site.folder().to_owned();
    let host = site.start();
    shell(&beside, "mv functions away");
    host.wait_for_line(|line| line.contains("going on with the functions that are loaded"));
    assert_eq!(host.get("/f").status, 200);
    shell(&beside, "mv away functions");
    fs::write(beside.join("functions/f.toml"), SIGNED).unwrap();
    wait_for(&host, "/f", 401);
}

#[test]
fn sighup_looks_again_and_ends_nothing() {
    let host = site().start();
    host.signal(Signal::HUP);
    host.wait_for_line(|line| line.contains("looked at everything again"));
    assert_eq!(host.get("/f").status, 200);
}

#[test]
fn settings_follow_and_what_waits_for_a_start_is_said() {
    let site = site().settings("[server]\ntarget_bytes = \"1KiB\"\n");
    let file = site.folder().join("host.toml");
    let host = site.start();
    let long = format!("/f?{}", "x".repeat(2000));
    assert_eq!(host.get(&long).status, 414);
    fs::write(&file, "[server]\ntarget_bytes = \"4KiB\"\nconnections = 7\n").unwrap();
    host.wait_for_line(|line| line.contains("count from the next start on") && line.contains("server.connections"));
    wait_for(&host, &long, 200);
    fs::write(&file, "[server]\ntarget_bytes = 4\n").unwrap();
    host.wait_for_line(|line| line.contains("the settings are wrong; going on with the old"));
    assert_eq!(host.get(&long).status, 200);
}

#[test]
fn what_else_is_in_the_folder_is_said_when_it_appears() {
    let host = site().start();
    fs::write(host.functions().join("ff.toml"), SIGNED).unwrap();
    host.wait_for_line(|line| line.contains("policy without a component") && line.contains("ff.toml"));
    fs::write(host.functions().join("notes.txt"), "").unwrap();
    host.wait_for_line(|line| line.contains("ignored") && line.contains("notes.txt"));
}

/// What the process has used of the processor, in ticks of 10 ms.
fn cpu_ticks(host: &Host) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", host.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn an_idle_host_does_not_keep_the_processor_busy() {
    let host = site().start();
    assert_eq!(host.get("/f").status, 200);
    // It reads its own files at every look: were that a change for it, it would look without end.
    let (started, before) = (Instant::now(), cpu_ticks(&host));
    thread::sleep(Duration::from_secs(3));
    let share = (cpu_ticks(&host) - before) as f64 / 100.0 / started.elapsed().as_secs_f64();
    assert!(share < 0.2, "{share} of a processor");
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn a_verifier_that_changes_is_followed_and_named_with_both_versions() {
    let policy = "[verify]\nscheme = \"component\"\ncomponent = \"f.verifier.wasm\"\n";
    let verifier = wasm("bank.verifier");
    // With a section of its own at the end, it is another version of the same.
    let other = [&verifier[..], b"\0\x05\x04note"].concat();
    let host = site().file("f.toml", policy).file("f.verifier.wasm", &verifier).start();
    assert_eq!(host.get("/f").status, 401);
    let version = |bytes: &[u8]| hex::encode(Sha256::digest(bytes))[..8].to_owned();
    fs::write(host.functions().join("f.verifier.wasm"), &other).unwrap();
    let change = format!("f: verify component {} -> verify component {}", version(&verifier), version(&other));
    host.wait_for_line(|line| line.contains(&change));
    assert_eq!(host.get("/f").status, 401);
    fs::remove_file(host.functions().join("f.verifier.wasm")).unwrap();
    wait_for(&host, "/f", 503);
    host.wait_for_line(|line| line.contains("f: not served (503)") && line.contains("there is no such file"));
}
