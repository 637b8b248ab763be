//! Functions in JavaScript and TypeScript: folders with a `package.json` that depends on the SDK, built by the SDK's own
//! tool, which npm puts beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::language::{Built, Language, Tools};
use super::source::Source;
use super::tool;
use super::walk::shown;
use crate::config::Problem;

/// The package by whose use a function is known; others of its scope come with it.
const SDK: &str = "vestibule";
const SCOPE: &str = "@vestibule/";

/// The SDK's tool, from the folder in which npm was run.
const TOOL: &str = "node_modules/.bin/vestibule-build";

/// What prepares node for tests, where node itself looks for it: in the folder or above.
const REGISTER: &str = "node_modules/@vestibule/function/src/testing/register.js";

/// Functions in JavaScript and TypeScript.
pub(super) struct JavaScript;

impl Language for JavaScript {
    fn name(&self) -> &'static str {
        "JavaScript"
    }

    fn manifest(&self) -> &'static str {
        "package.json"
    }

    fn find(&self, root: &Path, manifests: &[PathBuf]) -> Result<Vec<Source>, Problem> {
        let mut found = Vec::new();
        for manifest in manifests {
            let wrong = |error: &dyn std::fmt::Display| {
                Problem::of_file(&shown(manifest), format!("it cannot be read: {error}"), "write it as npm wants it")
            };
            let text = fs::read_to_string(manifest).map_err(|error| wrong(&error))?;
            let package: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
            if uses_sdk(&package) {
                let route = package.get(SDK).and_then(|own| own.get("route")).and_then(Value::as_str);
                found.extend(tool::source(root, manifest, route, &JavaScript));
            }
        }
        Ok(found)
    }

    fn build(&self, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>) {
        tool::build(sources, tools, built, |source, component| {
            node(source)?;
            // npm puts the packages of a workspace's members beside the workspace.
            let program = tool::upwards(&source.folder, tools.root, TOOL).ok_or_else(|| {
                let fix = format!("run `npm install` in {}", shown(&source.folder).display());
                Problem::of_file(&shown(&source.manifest), "its packages are not installed", fix)
            })?;
            offer(&tools.functions.join(source.component()), component);
            let mut command = Command::new(program);
            command.arg("--out").arg(component);
            Ok(command)
        });
    }

    fn built_with(&self, source: &Source, root: &Path) -> Vec<PathBuf> {
        // npm writes the last of them when all packages are there.
        let files = ["node_modules", "node_modules/.bin", "node_modules/.package-lock.json"];
        let above = source.folder.ancestors().take_while(|above| above.starts_with(root));
        above.flat_map(|above| files.map(|file| above.join(file))).collect()
    }

    fn tests(&self, _: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem> {
        let test = |source: &&Source| {
            node(source)?;
            let mut command = Command::new("node");
            // With it, tests import files in TypeScript as they are.
            if source.folder.ancestors().any(|above| above.join(REGISTER).exists()) {
                command.args(["--import", "@vestibule/function/register"]);
            }
            command.arg("--test").args(arguments).current_dir(&source.folder);
            Ok(command)
        };
        sources.iter().map(test).collect()
    }
}

/// Lays the component that was built before where the tool is to write. The engine makes other bytes of the same source each
/// time; the tool leaves what it would make again as it is, and so its version stays. Where nothing can be laid there, or half
/// of it, the tool builds as if there had been none.
fn offer(before: &Path, component: &Path) {
    if fs::symlink_metadata(before).is_ok_and(|file| file.is_file()) {
        let _ = fs::copy(before, component);
    }
}

fn uses_sdk(package: &Value) -> bool {
    let tables = ["dependencies", "devDependencies"].iter().filter_map(|table| package.get(table)?.as_object());
    tables.flat_map(|table| table.keys()).any(|name| name == SDK || name.starts_with(SCOPE))
}

fn node(source: &Source) -> Result<(), Problem> {
    if tool::is_on_path("node") {
        return Ok(());
    }
    let message = "functions in JavaScript are built with Node.js, and `node` is not on PATH";
    let fix = "install it: https://nodejs.org (on Debian: apt-get install nodejs npm)";
    Err(Problem::of_file(&shown(&source.folder), message, fix))
}
