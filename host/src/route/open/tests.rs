//! What opening a file inside of a folder promises, also while the folder changes.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::{FileType, mknodat};
use tempfile::TempDir;

use super::*;

/// A root with a file, a folder and a secret outside of it.
fn fixture() -> (TempDir, PathBuf) {
    let outer = TempDir::new().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(root.join("a.wasm"), "inside").unwrap();
    fs::write(outer.path().join("secret"), "outside").unwrap();
    (outer, root)
}

fn text(root: &Path, relative: &str) -> Result<String, OpenError> {
    read_inside(root, Path::new(relative), 100).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn reads_files_and_links_inside() {
    let (_outer, root) = fixture();
    symlink("../a.wasm", root.join("sub/relative")).unwrap();
    symlink(root.join("a.wasm"), root.join("absolute")).unwrap();
    symlink(".", root.join("again")).unwrap();
    for path in ["a.wasm", "sub/relative", "absolute", "again/again/a.wasm"] {
        assert_eq!(text(&root, path).unwrap(), "inside", "{path}");
    }
}

#[test]
fn the_root_itself_may_be_a_link() {
    let (outer, root) = fixture();
    let link = outer.path().join("current");
    symlink(&root, &link).unwrap();
    assert_eq!(text(&link, "a.wasm").unwrap(), "inside");
}

#[test]
fn links_that_lead_out_are_refused() {
    let (outer, root) = fixture();
    symlink("../secret", root.join("file")).unwrap();
    symlink(outer.path(), root.join("folder")).unwrap();
    symlink("file", root.join("twice")).unwrap();
    for path in ["file", "folder/secret", "twice"] {
        assert!(matches!(text(&root, path), Err(OpenError::Outside(_))), "{path}");
    }
    // A neighbour whose name starts with the root's is outside, too.
    fs::create_dir(outer.path().join("root2")).unwrap();
    fs::write(outer.path().join("root2/x"), "outside").unwrap();
    symlink("../root2/x", root.join("x")).unwrap();
    assert!(matches!(text(&root, "x"), Err(OpenError::Outside(_))));
}

#[test]
fn the_walk_follows_no_link_even_where_one_has_just_appeared() {
    let (outer, root) = fixture();
    symlink(outer.path(), root.join("folder")).unwrap();
    symlink("../secret", root.join("file")).unwrap();
    for path in ["folder/secret", "file"] {
        let error = walk(&root, Path::new(path)).unwrap_err();
        assert!(matches!(error, Errno::LOOP | Errno::NOTDIR), "{path}: {error}");
    }
}

#[test]
fn paths_that_are_not_below_are_refused() {
    let (_outer, root) = fixture();
    for path in ["", "../secret", "sub/../../secret", "/etc/passwd", ".."] {
        assert!(matches!(text(&root, path), Err(OpenError::NotBelow(_))), "{path}");
    }
}

#[test]
fn only_regular_files_and_never_waiting() {
    let (_outer, root) = fixture();
    mknodat(CWD, root.join("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    for path in ["sub", "pipe", "socket"] {
        assert!(matches!(text(&root, path), Err(OpenError::NotRegular(_))), "{path}");
    }
}

#[test]
fn the_bound_names_file_and_limit() {
    let (_outer, root) = fixture();
    let read = |limit| read_inside(&root, Path::new("a.wasm"), limit);
    assert_eq!(read(6).unwrap(), b"inside");
    let error = read(5).unwrap_err().to_string();
    assert!(error.contains("\"a.wasm\"") && error.contains("5 bytes"), "{error}");
}

#[test]
fn what_is_missing_says_so() {
    let (_outer, root) = fixture();
    symlink("nowhere", root.join("dangling")).unwrap();
    for path in ["none", "dangling", "sub/none"] {
        let OpenError::Io { cause, .. } = text(&root, path).unwrap_err() else { panic!("{path}") };
        assert_eq!(cause.kind(), io::ErrorKind::NotFound);
    }
}

/// Points the link `at` somewhere else, in one step.
fn repoint(at: &Path, target: &str) {
    let fresh = at.with_extension("fresh");
    symlink(target, &fresh).unwrap();
    fs::rename(&fresh, at).unwrap();
}

#[test]
fn a_file_that_becomes_a_link_out_after_the_check_is_not_opened() {
    let (_outer, root) = fixture();
    for (file, target) in [("a.wasm", "../secret"), ("sub/b.wasm", "../../secret")] {
        fs::write(root.join(file), "inside").unwrap();
        let swap = || repoint(&root.join(file), target);
        let result = open_resolved(&root, Path::new(file), swap);
        assert!(matches!(result, Err(OpenError::Outside(_))), "{result:?}");
    }
}

#[test]
fn a_folder_that_becomes_a_link_out_after_the_check_is_not_entered() {
    let (outer, root) = fixture();
    fs::write(root.join("sub/secret"), "inside").unwrap();
    let mut swapped = false;
    let swap = || {
        if !std::mem::replace(&mut swapped, true) {
            fs::rename(root.join("sub"), outer.path().join("moved")).unwrap();
            symlink("..", root.join("sub")).unwrap();
        }
    };
    let result = open_resolved(&root, Path::new("sub/secret"), swap);
    assert!(matches!(result, Err(OpenError::Outside(_))), "{result:?}");
}

#[test]
fn a_deployment_between_check_and_opening_gives_the_new_file() {
    let (_outer, root) = fixture();
    for release in ["1", "2"] {
        fs::create_dir(root.join(release)).unwrap();
        fs::write(root.join(release).join("x"), release).unwrap();
    }
    symlink("1", root.join("data")).unwrap();
    let deploy = || {
        repoint(&root.join("data"), "2");
        let _ = fs::remove_dir_all(root.join("1"));
    };
    let file = open_resolved(&root, Path::new("data/x"), deploy).unwrap();
    assert_eq!(io::read_to_string(file).unwrap(), "2");
}

#[test]
fn a_folder_that_never_rests_ends_in_an_error() {
    let (_outer, root) = fixture();
    for name in ["1", "2"] {
        fs::write(root.join(name), name).unwrap();
    }
    symlink("1", root.join("data")).unwrap();
    let mut attempts = 0;
    let result = open_resolved(&root, Path::new("data"), || {
        attempts += 1;
        let (gone, there) = if attempts % 2 == 1 { ("1", "2") } else { ("2", "1") };
        fs::write(root.join(there), there).unwrap();
        repoint(&root.join("data"), there);
        fs::remove_file(root.join(gone)).unwrap();
    });
    assert!(matches!(result, Err(OpenError::Io { .. })), "{result:?}");
    assert_eq!(attempts, ATTEMPTS);
}
