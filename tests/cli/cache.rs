//! Compiled components on disk: made once, used by the next start, and never trusted where somebody else could have
//! written them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::support::{Host, Site};

fn site() -> Site {
    Site::new().example("hello").example("divide").settings("[cache]\ndir = \"compiled\"\n")
}

/// The compiled components of a folder, in the order of their names.
fn compiled(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "cwasm")).collect();
    files.sort();
    files
}

/// What tells whether a file was written again.
fn identity(path: &Path) -> (PathBuf, u64, i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (path.to_owned(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

/// Asks for both functions, and stops the host.
fn works(host: Host) -> (Site, String) {
    assert_eq!(host.get("/hello").text(), "Hello, world!\n");
    assert_eq!(host.get("/divide?dividend=6&divisor=2").status, 200);
    host.stop()
}

#[test]
fn a_second_start_compiles_nothing() {
    let (site, _) = works(site().start());
    let folder = site.folder().join("compiled");
    let first: Vec<_> = compiled(&folder).iter().map(|path| identity(path)).collect();
    assert_eq!(first.len(), 2);
    let (_site, log) = works(site.start());
    let second: Vec<_> = compiled(&folder).iter().map(|path| identity(path)).collect();
    // But for the time of its last use.
    let files = |identities: &[(PathBuf, u64, i64, i64)]| {
        identities.iter().map(|(path, inode, ..)| (path.clone(), *inode)).collect::<Vec<_>>()
    };
    assert_eq!(files(&first), files(&second));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "something was left behind");
    assert!(!log.contains("cached component"), "{log}");
}

#[test]
fn files_that_are_not_what_was_written_are_replaced() {
    let (mut site, _) = works(site().start());
    let folder = site.folder().join("compiled");
    let whole = fs::read(&compiled(&folder)[0]).unwrap();
    let flipped = |at: usize| [&whole[..at], &[whole[at] ^ 1], &whole[at + 1..]].concat();
    for damaged in [
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        [&whole[..], b"more"].concat(),
        flipped(whole.len() / 2),
        flipped(whole.len() - 1),
        b"garbage".to_vec(),
        Vec::new(),
    ] {
        let file = compiled(&folder)[0].clone();
        fs::write(&file, &damaged).unwrap();
        let log;
        (site, log) = works(site.start());
        assert!(log.contains("cached component not used; compiling anew"), "{} bytes: {log}", damaged.len());
        assert_eq!(fs::read(&file).unwrap().len(), whole.len());
    }
}

#[test]
fn a_file_under_the_name_of_another_is_not_used() {
    let (site, _) = works(site().start());
    let files = compiled(&site.folder().join("compiled"));
    let aside = site.folder().join("aside");
    fs::rename(&files[0], &aside).unwrap();
    fs::rename(&files[1], &files[0]).unwrap();
    fs::rename(&aside, &files[1]).unwrap();
    let (_site, log) = works(site.start());
    assert_eq!(log.matches("cached component not used; compiling anew").count(), 2, "{log}");
}

#[test]
fn a_folder_that_others_may_write_to_is_not_used() {
    let site = site();
    let folder = site.folder().join("compiled");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let (_site, log) = works(site.start());
    let line = log.lines().find(|line| line.contains("compiled components are not cached"));
    assert!(line.unwrap().contains("mode 777 lets others write"), "{log}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_file_that_others_may_write_to_is_not_used() {
    let (site, _) = works(site().start());
    let folder = site.folder().join("compiled");
    let file = compiled(&folder)[0].clone();
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let (_site, log) = works(site.start());
    assert!(log.lines().any(|line| line.contains("cached component not used") && line.contains("mode 666")), "{log}");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o022, 0, "it was not replaced");
}

#[test]
fn a_link_in_the_folder_is_not_followed() {
    let (site, _) = works(site().start());
    let folder = site.folder().join("compiled");
    let file = compiled(&folder)[0].clone();
    let elsewhere = site.folder().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    let (_site, log) = works(site.start());
    assert!(log.contains("cached component not used; compiling anew"), "{log}");
    assert!(fs::symlink_metadata(&file).unwrap().is_file(), "it was not replaced");
}

#[test]
fn a_folder_that_is_a_link_is_not_used() {
    let site = site();
    let folder = site.folder().join("compiled");
    fs::create_dir(site.folder().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", &folder).unwrap();
    let (site, log) = works(site.start());
    assert!(log.lines().any(|line| line.contains("are not cached") && line.contains("it is a link")), "{log}");
    assert_eq!(fs::read_dir(site.folder().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_file_of_another_engine_is_not_looked_at() {
    let (site, _) = works(site().start());
    let folder = site.folder().join("compiled");
    let file = compiled(&folder)[0].clone();
    // The name has the component, and then what the compiled form depends on.
    let (component, _) = file.file_stem().unwrap().to_str().unwrap().split_once('-').unwrap();
    let other = folder.join(format!("{component}-{}.cwasm", "0".repeat(32)));
    fs::rename(&file, &other).unwrap();
    let (_site, log) = works(site.start());
    assert!(file.exists() && other.exists());
    assert!(!log.contains("cached component"), "{log}");
}

#[test]
fn two_hosts_share_a_folder() {
    let one = site();
    let settings = format!("[cache]\ndir = \"{}\"\n", one.folder().join("compiled").display());
    let other = Site::new().example("hello").example("divide").settings(&settings);
    let started = std::thread::spawn(move || other.start());
    let one = one.start();
    let (_, log) = works(started.join().unwrap());
    assert!(!log.contains("cached"), "{log}");
    let (site, log) = works(one);
    assert!(!log.contains("cached"), "{log}");
    assert_eq!(fs::read_dir(site.folder().join("compiled")).unwrap().count(), 2, "something was left behind");
}

#[test]
fn the_cache_stays_within_its_size_and_gives_up_what_was_not_used_for_the_longest() {
    let site = site().settings("[cache]\ndir = \"compiled\"\nsize = \"1MiB\"\n");
    let folder = site.folder().join("compiled");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    for name in ["left.cwasm", ".compiling-left", "of-somebody-else"] {
        let file = fs::File::create(folder.join(name)).unwrap();
        file.set_len(1 << 20).unwrap();
        file.set_modified(old).unwrap();
    }
    let (_site, _) = works(site.start());
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[2], "of-somebody-else", "what is not the cache's own is left alone");
}

#[test]
fn without_a_cache_nothing_is_written() {
    let site = site().settings("[cache]\nenabled = false\ndir = \"compiled\"\n");
    let (site, _) = works(site.start());
    let mut left: Vec<_> = fs::read_dir(site.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["functions", "host.toml"]);
}
