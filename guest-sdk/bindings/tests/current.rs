//! The bindings in the repository are what the generators make of `wit/`. `BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

use vestibule_bindings::Generated;

fn sdk(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn are_current(generated: Generated, folder: &Path) {
    assert!(generated.len() > 2, "nothing was generated");
    for (path, bytes) in generated {
        let file = folder.join(path);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &bytes).unwrap();
        }
        let there = fs::read(&file).unwrap_or_default();
        assert!(there == bytes, "{} is not what wit/ says: run this test with BLESS=1", file.display());
    }
}

#[test]
fn of_c() {
    are_current(vestibule_bindings::c(&sdk("../wit")).unwrap(), &sdk("c"));
}

#[test]
fn of_go() {
    are_current(vestibule_bindings::go(&sdk("../wit")).unwrap(), &sdk("go/wit"));
}
