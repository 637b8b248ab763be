//! Where things are: the component that a test names, the command `host`. Owns the order in which places are looked at and
//! what is said where nothing is found; opens nothing.

use std::env;
use std::path::{Path, PathBuf};

use crate::Error;

/// The variable that names the command.
const HOST: &str = "VESTIBULE_HOST";

/// The variable that names a functions folder.
const FUNCTIONS: &str = "VESTIBULE_FUNCTIONS";

/// What the folder is called that functions are in, by default.
const FOLDER: &str = "functions";

/// Folders above the crate's own that are looked at, at the most.
const HEIGHT: usize = 8;

/// A file that a test names: below the functions folder that `VESTIBULE_FUNCTIONS` names, if it is one of `functions/`; else a
/// path from the crate's folder or from a folder above it up to the project's.
pub(crate) fn file(named: &Path) -> Result<PathBuf, Error> {
    let mut places: Vec<PathBuf> = roots().into_iter().map(|root| root.join(named)).collect();
    if let Some(functions) = env::var_os(FUNCTIONS) {
        // What was just built counts before what lies in a folder of the usual name.
        let (at, below) = match named.strip_prefix(FOLDER) {
            Ok(below) => (0, below),
            Err(_) => (places.len(), named),
        };
        places.insert(at, base().join(functions).join(below));
    }
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let looked: String = places.iter().map(|place| format!("\n  {}", place.display())).collect();
    let named = named.display();
    Err(Error::new(format!(
        "there is no {named}: run `host build` first, or set {FUNCTIONS} to the folder that the built functions are in; looked \
         for it at{looked}"
    )))
}

/// The name under which a component is served: what follows the functions folder in its path, without `.wasm`.
pub(crate) fn route(named: &Path) -> Result<String, Error> {
    let parts: Vec<_> = named.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let start = parts.iter().rposition(|part| part == FOLDER).map_or(parts.len().saturating_sub(1), |at| at + 1);
    let path = parts.get(start..).unwrap_or_default().join("/");
    match path.strip_suffix(".wasm") {
        Some(route) if !route.is_empty() => Ok(route.to_owned()),
        _ => Err(Error::new(format!("{} is no component: its name ends with .wasm", named.display()))),
    }
}

/// The command `host`: what `VESTIBULE_HOST` names, else the first on `PATH`.
pub(crate) fn host() -> Result<PathBuf, Error> {
    let is_there = |file: &PathBuf| file.is_file();
    if let Some(named) = env::var_os(HOST) {
        let file = base().join(&named);
        return Some(file).filter(is_there).ok_or_else(|| {
            Error::new(format!("{HOST} names {}, and there is no such file", Path::new(&named).display()))
        });
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join("host")).find(is_there).ok_or_else(|| {
        Error::new(format!(
            "there is no command `host` on PATH: install Vestibule's, or set {HOST} to where it is, as \
             {HOST}=/path/to/target/debug/host"
        ))
    })
}

/// The folder of the crate that is tested: cargo says which that is.
fn base() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| env::current_dir().ok()).unwrap_or_default()
}

/// The crate's folder and those above it, up to the one that the project or the repository ends at.
fn roots() -> Vec<PathBuf> {
    let base = base();
    let mut roots = Vec::new();
    for folder in base.ancestors().take(HEIGHT) {
        roots.push(folder.to_owned());
        if ["Cargo.lock", ".vestibule", ".git"].iter().any(|end| folder.join(end).exists()) {
            break;
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_what_follows_the_functions_folder() {
        for (named, expected) in [
            ("functions/divide.wasm", "divide"),
            ("functions/users/[id].wasm", "users/[id]"),
            ("../target/functions/admin/users.wasm", "admin/users"),
            ("target/wasm32-wasip2/release/divide.wasm", "divide"),
            ("divide.wasm", "divide"),
        ] {
            assert_eq!(route(Path::new(named)).unwrap(), expected);
        }
        for named in ["divide", "functions/.wasm", "functions"] {
            assert!(route(Path::new(named)).is_err(), "{named}");
        }
    }

    #[test]
    fn a_component_that_is_not_there_says_what_to_run_and_where_it_was_looked_for() {
        let error = file(Path::new("functions/nobody-made-this.wasm")).unwrap_err().to_string();
        assert!(error.contains("run `host build` first"), "{error}");
        assert!(error.contains("guest-sdk/test/functions/nobody-made-this.wasm"), "{error}");
    }
}
