//! Links and other things in a functions folder that are no files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::layout::{folder, ignored, served};
use crate::route::{OpenError, ScanError, read_inside, scan};

#[test]
fn links_inside_are_followed() {
    let root = folder(&["sets/tool.wasm", "sub/"]);
    symlink("sets/tool.wasm", root.path().join("relative.wasm")).unwrap();
    symlink(root.path().join("sets/tool.wasm"), root.path().join("absolute.wasm")).unwrap();
    symlink("../sets", root.path().join("sub/again")).unwrap();
    assert_eq!(
        served(&scan(root.path()).unwrap()),
        [
            "/absolute <- absolute.wasm",
            "/relative <- relative.wasm",
            "/sets/tool <- sets/tool.wasm",
            "/sub/again/tool <- sub/again/tool.wasm",
        ]
    );
}

#[test]
fn a_kubernetes_mount_is_served_and_read() {
    let root = folder(&["..2026_01_01/hello.wasm", "..2026_01_01/hello.toml"]);
    symlink("..2026_01_01", root.path().join("..data")).unwrap();
    for name in ["hello.wasm", "hello.toml"] {
        symlink(Path::new("..data").join(name), root.path().join(name)).unwrap();
    }
    let scan = scan(root.path()).unwrap();
    assert_eq!(served(&scan), ["/hello <- hello.wasm + hello.toml"]);
    assert_eq!(scan.ignored, []);
    assert!(read_inside(root.path(), Path::new("hello.wasm"), 0).is_ok());
}

#[test]
fn links_out_are_not_followed() {
    let outside = folder(&["secret.wasm", "deep/secret.wasm"]);
    let root = folder(&["a.wasm"]);
    symlink(outside.path().join("secret.wasm"), root.path().join("file.wasm")).unwrap();
    symlink(outside.path(), root.path().join("folder")).unwrap();
    symlink("file.wasm", root.path().join("twice.wasm")).unwrap();
    let scan = scan(root.path()).unwrap();
    // The components keep their routes, which no other function is then asked for, and cannot be read.
    assert_eq!(served(&scan), ["/a <- a.wasm", "/file <- file.wasm", "/twice <- twice.wasm"]);
    for link in ["file.wasm", "twice.wasm"] {
        assert!(matches!(read_inside(root.path(), Path::new(link), 100), Err(OpenError::Outside(_))), "{link}");
    }
    assert_eq!(ignored(&scan), ["folder"].map(Path::new));
    assert!(scan.ignored.iter().all(|ignored| ignored.reason == "it links out of the folder"));
}

#[test]
fn a_neighbour_whose_name_starts_with_the_folders_is_outside() {
    let outer = folder(&["root/a.wasm", "root2/b.wasm"]);
    let root = outer.path().join("root");
    symlink("../root2/b.wasm", root.join("b.wasm")).unwrap();
    assert_eq!(served(&scan(&root).unwrap()), ["/a <- a.wasm", "/b <- b.wasm"]);
    assert!(matches!(read_inside(&root, Path::new("b.wasm"), 100), Err(OpenError::Outside(_))));
}

#[test]
fn a_policy_that_links_out_or_nowhere_is_still_the_functions_policy() {
    let outside = folder(&["pay.toml"]);
    for target in [outside.path().join("pay.toml"), "nowhere".into()] {
        let root = folder(&["pay.wasm"]);
        symlink(target, root.path().join("pay.toml")).unwrap();
        assert_eq!(served(&scan(root.path()).unwrap()), ["/pay <- pay.wasm + pay.toml"]);
        assert!(read_inside(root.path(), Path::new("pay.toml"), 100).is_err());
    }
}

#[test]
fn a_broken_component_keeps_its_folder_private() {
    let root = folder(&["hello/helper.wasm"]);
    symlink("nowhere", root.path().join("hello/hello.wasm")).unwrap();
    let scan = scan(root.path()).unwrap();
    assert_eq!(served(&scan), ["/hello <- hello/hello.wasm"]);
    assert!(read_inside(root.path(), Path::new("hello/hello.wasm"), 100).is_err());
    assert!(scan.ignored[0].reason.contains("private"), "{}", scan.ignored[0]);
}

#[test]
fn cycles_end() {
    let root = folder(&["a/b/x.wasm"]);
    symlink("..", root.path().join("a/b/up")).unwrap();
    symlink(".", root.path().join("self")).unwrap();
    symlink("loop2", root.path().join("loop1")).unwrap();
    symlink("loop1", root.path().join("loop2")).unwrap();
    let scan = scan(root.path()).unwrap();
    assert_eq!(served(&scan), ["/a/b/x <- a/b/x.wasm"]);
    assert_eq!(ignored(&scan), ["a/b/up", "loop1", "loop2", "self"].map(Path::new));
}

#[test]
fn links_that_multiply_end_in_an_error() {
    // Twelve folders, each with links to all others: no cycle on any one way, and 12! ways.
    let names: Vec<_> = (0..12).map(|number| format!("d{number}")).collect();
    let root = TempDir::new().unwrap();
    for from in &names {
        fs::create_dir(root.path().join(from)).unwrap();
        for to in &names {
            symlink(Path::new("..").join(to), root.path().join(from).join(to)).unwrap();
        }
    }
    let error = scan(root.path()).unwrap_err();
    assert!(matches!(error, ScanError::TooMany), "{error}");
    assert!(error.to_string().contains("more than 20000"), "{error}");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let root = folder(&[]);
    mknodat(CWD, root.path().join("pipe.wasm"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let scan = scan(root.path()).unwrap();
    assert_eq!(served(&scan), ["/pipe <- pipe.wasm"]);
    assert!(matches!(read_inside(root.path(), Path::new("pipe.wasm"), 100), Err(OpenError::NotRegular(_))));
}

#[test]
fn the_folder_itself_may_be_a_link() {
    let root = folder(&["releases/1/a.wasm"]);
    symlink("releases/1", root.path().join("current")).unwrap();
    assert_eq!(served(&scan(&root.path().join("current")).unwrap()), ["/a <- a.wasm"]);
}
