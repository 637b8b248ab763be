//! What the code's shape promises, read from the code itself: who may make the types of the stages, which part may know
//! of which, where `unsafe` may stand. Privacy keeps other modules out; this keeps privacy in.

use std::fs;
use std::path::{Path, PathBuf};

/// The types of the stages, each with the one file that may make it.
const STAGES: [(&str, &str); 7] = [
    ("Found", "reach.rs"),
    ("Routed", "reach.rs"),
    ("Verified", "verify/mod.rs"),
    ("Authorized", "auth/mod.rs"),
    ("Counted", "quota/mod.rs"),
    ("Claimed", "replay/mod.rs"),
    ("Admitted", "limit.rs"),
];

/// Every source file of the host: its path below `src`, with `/`, and its text.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 20, "the host's sources are not where this test looks");
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The code of a file: without comments and documentation.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_stage_is_made_in_its_own_file_alone() {
    for (name, text) in sources() {
        let code = code(&text);
        for (stage, own) in STAGES {
            let makes = [format!("Ok({stage} {{"), format!(" {stage} {{ "), format!("({stage} {{")];
            let found = makes.iter().any(|form| code.contains(form.as_str()));
            // The scan of the functions folder has a type of its own of this name.
            let namesake = stage == "Found" && name.starts_with("route/scan/");
            assert!(!found || name == own || namesake, "{name} makes a {stage}; only {own} may");
        }
    }
}

#[test]
fn the_fields_of_a_stage_are_private() {
    let sources = sources();
    for (stage, own) in STAGES {
        let (_, text) = sources.iter().find(|(name, _)| name == own).unwrap();
        let start = text.find(&format!("pub struct {stage} {{")).unwrap_or_else(|| panic!("{own} has no {stage}"));
        let body = &text[start..];
        let body = &body[body.find('{').unwrap()..body.find('}').unwrap()];
        assert!(!body.contains("pub"), "a field of {stage} can be reached from outside {own}:\n{body}");
    }
}

#[test]
fn the_gates_know_nothing_of_the_engine_and_the_engine_nothing_of_http_servers() {
    for (name, text) in sources() {
        let code = code(&text);
        let gate = [
            "verify/",
            "handshake/",
            "auth/",
            "quota/",
            "replay/",
            "route/",
            "config/",
            "browser/",
            "outbound/",
            "grant/",
        ]
        .iter()
        .any(|start| name.starts_with(start))
            || ["limit.rs", "reach.rs", "forwarded.rs", "head.rs", "body.rs"].contains(&name.as_str());
        assert!(!(gate && code.contains("wasmtime")), "{name} is a gate and names wasmtime");
        assert!(!(gate && code.contains("crate::runtime")), "{name} is a gate and names the engine");
        assert!(!(name.starts_with("observe/") && code.contains("crate::runtime")), "{name} is a leaf");
        assert!(!(name.starts_with("runtime/") && code.contains("hyper")), "{name} is the engine and names hyper");
        assert!(!(name.starts_with("route/") && code.contains("crate::config")), "{name} is about routes alone");
    }
}

#[test]
fn unsafe_stands_only_where_compiled_components_are_loaded() {
    for (name, text) in sources() {
        if name != "runtime/cache.rs" {
            assert!(!code(&text).contains("unsafe {"), "{name} has unsafe code");
        }
    }
}

#[test]
fn only_one_function_makes_stores() {
    let makers: Vec<String> =
        sources().into_iter().filter(|(_, text)| code(text).contains("Store::new(")).map(|(name, _)| name).collect();
    assert_eq!(makers, ["runtime/state.rs"]);
}

#[test]
fn a_file_says_what_it_owns_and_fits_in_the_head() {
    for (name, text) in sources() {
        assert!(text.starts_with("//!"), "{name} does not say what it owns");
        let lines = text.lines().count();
        assert!(lines <= 400, "{name} has {lines} lines; where is the missing wall?");
    }
}

#[test]
fn a_caller_is_supposed_only_where_one_call_is_made_without_a_server() {
    let may = ["auth/supposed.rs", "auth/setup.rs", "auth/mod.rs", "reload/alone.rs", "commands/invoke.rs"];
    for (name, text) in sources() {
        let code = code(&text);
        let supposes = code.contains("suppose(") || code.contains("Supposed::") || code.contains("Reloader::alone");
        assert!(!supposes || may.contains(&name.as_str()) || name.starts_with("invoke/"), "{name} supposes a caller");
    }
    let (_, serve) = sources().into_iter().find(|(name, _)| name == "serve.rs").unwrap();
    assert!(!serve.contains("invoke"), "what serves makes no calls of its own");
}
