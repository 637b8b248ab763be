//! What `docs/security.md` promises has to be held by the tests that it names: each of them has to exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// The names of the test functions in a file, and of the file's own test module.
fn tests(text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
    let named = |line: &&str| {
        let name = line.trim_start_matches("async ").strip_prefix("fn ")?;
        Some(name.split_once('(')?.0.to_owned())
    };
    let after = |n: usize| lines[n..].iter().find_map(named);
    lines.iter().enumerate().filter(|(_, line)| is_test(line)).filter_map(|(n, _)| after(n)).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && line.contains("::")).collect();
    assert!(rows.len() > 20, "the table of promises is not where this test looks");
    for row in rows {
        let mut named = 0;
        for (suite, path) in
            row.split('`').filter_map(|code| code.split_once(' ')).filter(|(_, path)| path.contains("::"))
        {
            let folder = match suite {
                "host" => "tests/host",
                "cli" => "tests/cli",
                "unit" => "host/src",
                "signatures" => "signatures",
                other => panic!("no tests are called {other}: {row}"),
            };
            let (module, name) = path.rsplit_once("::").unwrap();
            // Test modules stand in the file or beside it.
            let module = module.trim_end_matches("::tests").replace("::", "/");
            let files = sources(&root.join(folder));
            let mut files = files.iter().filter(|file| file.with_extension("").to_string_lossy().contains(&module));
            let found = files.any(|file| {
                let is_module = file.file_stem().is_some_and(|stem| stem == name);
                is_module || tests(&fs::read_to_string(file).unwrap()).contains(name)
            });
            assert!(found, "there is no test `{suite} {path}`");
            named += 1;
        }
        assert!(named > 0, "no test holds this: {row}");
    }
}
