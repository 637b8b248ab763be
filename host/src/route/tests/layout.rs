//! What the names in a functions folder mean.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::route::{MAX_SEGMENTS, Scan, ScanError, scan};

/// A folder with these files; a name with a slash at the end is a folder.
pub(super) fn folder(names: &[&str]) -> TempDir {
    let root = TempDir::new().unwrap();
    for name in names {
        let path = root.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }
    root
}

pub(super) fn scanned(names: &[&str]) -> Scan {
    scan(folder(names).path()).unwrap()
}

/// `route <- file + policy` of each function.
pub(super) fn served(scan: &Scan) -> Vec<String> {
    let line = |found: &crate::route::Found| {
        let policy = found.policy.as_ref().map_or(String::new(), |policy| format!(" + {}", policy.display()));
        format!("{} <- {}{policy}", found.pattern, found.file.display())
    };
    scan.functions.iter().map(line).collect()
}

/// The paths of what is ignored.
pub(super) fn ignored(scan: &Scan) -> Vec<&Path> {
    scan.ignored.iter().map(|ignored| ignored.path.as_path()).collect()
}

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn three_spellings_serve_one_route() {
    for file in ["hello.wasm", "hello/hello.wasm", "hello/index.wasm"] {
        assert_eq!(served(&scanned(&[file])), [format!("/hello <- {file}")]);
    }
}

#[test]
fn nesting_parameters_and_the_root() {
    let scan = scanned(&[
        "index.wasm",
        "admin/users.wasm",
        "admin/index.wasm",
        "users/[id].wasm",
        "users/[id]/posts.wasm",
        "files/[...rest].wasm",
        "docs/[...rest]/index.wasm",
        "Hello.wasm",
        "hello.wasm",
        "a b.v2.wasm",
    ]);
    assert_eq!(
        served(&scan),
        [
            "/ <- index.wasm",
            "/Hello <- Hello.wasm",
            "/a b.v2 <- a b.v2.wasm",
            "/admin <- admin/index.wasm",
            "/admin/users <- admin/users.wasm",
            "/docs/[...rest] <- docs/[...rest]/index.wasm",
            "/files/[...rest] <- files/[...rest].wasm",
            "/hello <- hello.wasm",
            "/users/[id] <- users/[id].wasm",
            "/users/[id]/posts <- users/[id]/posts.wasm",
        ]
    );
    assert_eq!((scan.ignored, scan.conflicts, scan.orphans), (vec![], vec![], vec![]));
}

#[test]
fn an_own_folder_keeps_its_other_files_private() {
    let scan = scanned(&[
        "hello/hello.wasm",
        "hello/hello.toml",
        "hello/helper.wasm",
        "hello/helper.toml",
        "hello/notes.txt",
        "hello/lib/deep.wasm",
    ]);
    assert_eq!(served(&scan), ["/hello <- hello/hello.wasm + hello/hello.toml"]);
    assert_eq!(ignored(&scan), paths(&["hello/helper.wasm", "hello/lib", "hello/notes.txt"]));
    for ignored in &scan.ignored {
        assert!(ignored.reason.contains("\"hello/hello.wasm\""), "{ignored}");
    }
}

#[test]
fn only_a_component_of_the_folders_name_makes_it_private() {
    let scan = scanned(&["hello/index.wasm", "hello/world.wasm", "hello.wasm/", "x/hello/hello.toml"]);
    assert_eq!(served(&scan), ["/hello <- hello/index.wasm", "/hello/world <- hello/world.wasm"]);

    let scan = scanned(&["hello/hello.wasm/x.txt", "hello/world.wasm"]);
    assert_eq!(served(&scan), ["/hello/world <- hello/world.wasm"]);
}

#[test]
fn a_parameter_may_have_an_own_folder() {
    let scan = scanned(&["users/[id]/[id].wasm", "users/[id]/posts.wasm", "[...r]/[...r].wasm"]);
    assert_eq!(served(&scan), ["/users/[id] <- users/[id]/[id].wasm", "/[...r] <- [...r]/[...r].wasm"]);
    assert_eq!(ignored(&scan), paths(&["users/[id]/posts.wasm"]));
}

#[test]
fn two_files_for_one_route_serve_nothing() {
    for files in [
        ["hello.wasm", "hello/index.wasm"],
        ["hello.wasm", "hello/hello.wasm"],
        ["hello/hello.wasm", "hello/index.wasm"],
        ["a/[x].wasm", "a/[y].wasm"],
        ["a/[x].wasm", "a/[y]/index.wasm"],
        ["a/[x]/b.wasm", "a/[y]/b.wasm"],
        ["a/[...x].wasm", "a/[...y].wasm"],
    ] {
        let scan = scanned(&[files[0], files[1], "other.wasm"]);
        assert_eq!(served(&scan), ["/other <- other.wasm"]);
        let [conflict] = &scan.conflicts[..] else { panic!("{files:?}: {:?}", scan.conflicts) };
        let named: HashSet<_> = conflict.files.iter().cloned().collect();
        assert_eq!(named, paths(&files).into_iter().collect());
        assert_eq!(conflict.files.len(), 2);
        assert!(files.iter().all(|file| conflict.to_string().contains(&format!("{file:?}"))), "{conflict}");
    }
}

#[test]
fn different_kinds_of_segments_are_no_conflict() {
    let scan = scanned(&["a/[x].wasm", "a/[...x].wasm", "a/x.wasm", "a/[x]/b.wasm", "a/[y]/c.wasm"]);
    assert_eq!(scan.functions.len(), 5);
    assert_eq!(scan.conflicts, []);
}

#[test]
fn what_serves_nothing_is_listed_with_its_reason() {
    let scan = scanned(&[
        "README.md",
        "Loud.WASM",
        "[user-id].wasm",
        "a%20b/x.wasm",
        "[...rest]/below.wasm",
        "[id]/[x]/[id].wasm",
        "index/index.wasm",
        "folder.wasm/",
    ]);
    assert_eq!(served(&scan), Vec::<String>::new());
    let reasons: Vec<_> = scan.ignored.iter().map(ToString::to_string).collect();
    for (line, says) in reasons.iter().zip([
        ("\"Loud.WASM\"", "write \".wasm\""),
        ("\"README.md\"", "neither a component"),
        ("\"[...rest]/below.wasm\"", "the last segment"),
        ("\"[id]/[x]/[id].wasm\"", "called \"id\""),
        ("\"[user-id].wasm\"", "[user_id]"),
        ("\"a%20b\"", "write the character itself"),
        ("\"folder.wasm\"", "is a folder"),
        ("\"index/index.wasm\"", "stands for its folder"),
    ]) {
        assert!(line.starts_with(says.0) && line.contains(says.1), "{line}");
    }
    assert_eq!(reasons.len(), 8);
}

#[test]
fn dotfiles_are_passed_over_in_silence() {
    let scan = scanned(&[".env", ".git/config.wasm", ".hello.wasm", ".hello.toml", "a/.x/y.wasm"]);
    let folders = vec!["".into(), "a".into()];
    assert_eq!(scan, Scan { folders, ..Scan::default() });
}

#[test]
fn names_that_are_no_text_are_listed() {
    use std::os::unix::ffi::OsStrExt;
    let root = folder(&["a.wasm"]);
    let name = std::ffi::OsStr::from_bytes(b"b\xff.wasm");
    fs::write(root.path().join(name), "").unwrap();
    let scan = scan(root.path()).unwrap();
    assert_eq!(ignored(&scan), [Path::new(name)]);
    assert_eq!(served(&scan), ["/a <- a.wasm"]);
}

#[test]
fn bounds_are_errors_that_say_so() {
    let deep = "d/".repeat(MAX_SEGMENTS);
    assert!(scan(folder(&[&deep]).path()).is_ok());
    let error = scan(folder(&[&format!("{deep}d/")]).path()).unwrap_err();
    assert!(matches!(error, ScanError::TooDeep(_)), "{error}");
    assert!(error.to_string().contains("more than 32 folders deep"), "{error}");

    let error = scan(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(error.to_string().contains("\"/nowhere/at/all\""), "{error}");
}
