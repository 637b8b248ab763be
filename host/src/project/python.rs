//! Functions in Python: folders with a `pyproject.toml` that names the SDK, built by the SDK itself, which is a module that
//! can be run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use super::language::{Built, Language, Tools};
use super::source::Source;
use super::tool;
use super::walk::shown;
use crate::config::Problem;

/// The package by whose use a function is known.
const SDK: &str = "vestibule";

/// Where an interpreter with a function's own packages is.
const VENV: &str = ".venv/bin/python";

/// Where that environment has the packages.
const LIBRARY: &str = ".venv/lib";

/// Functions in Python.
pub(super) struct Python;

impl Language for Python {
    fn name(&self) -> &'static str {
        "Python"
    }

    fn manifest(&self) -> &'static str {
        "pyproject.toml"
    }

    fn find(&self, root: &Path, manifests: &[PathBuf]) -> Result<Vec<Source>, Problem> {
        let mut found = Vec::new();
        for manifest in manifests {
            let wrong = |error: &dyn std::fmt::Display| {
                let error = error.to_string().trim_end().replace('\n', "\n    ");
                Problem::of_file(&shown(manifest), format!("it cannot be read: {error}"), "write it as pip wants it")
            };
            let text = fs::read_to_string(manifest).map_err(|error| wrong(&error))?;
            let package: Table = text.parse().map_err(|error: toml::de::Error| wrong(&error))?;
            if uses_sdk(&package) {
                let own = package.get("tool").and_then(|tool| tool.get(SDK));
                let route = own.and_then(|own| own.get("route")).and_then(Value::as_str);
                found.extend(tool::source(root, manifest, route, &Python));
            }
        }
        Ok(found)
    }

    fn build(&self, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>) {
        tool::build(sources, tools, built, |source, component| {
            let mut command = Command::new(interpreter(source, tools.root)?);
            command.args(["-m", SDK, "build", "--out"]).arg(component);
            Ok(command)
        });
    }

    fn built_with(&self, source: &Source, root: &Path) -> Vec<PathBuf> {
        let above = source.folder.ancestors().take_while(|above| above.starts_with(root));
        let packages = |above: &Path| {
            let library = above.join(LIBRARY);
            // One for each version of Python.
            let versions = fs::read_dir(&library).into_iter().flatten().flatten();
            let packages = versions.map(|version| version.path().join("site-packages"));
            packages.chain([above.join(VENV), library.clone()]).collect::<Vec<_>>()
        };
        above.flat_map(packages).collect()
    }

    fn tests(&self, root: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem> {
        let test = |source: &&Source| {
            let mut command = Command::new(interpreter(source, root)?);
            command.args(["-m", "pytest"]).args(arguments).current_dir(&source.folder);
            Ok(command)
        };
        sources.iter().map(test).collect()
    }
}

/// Whether one of the requirements is the SDK: its name, and then perhaps what version or extra.
fn uses_sdk(package: &Table) -> bool {
    let project = package.get("project");
    let list = |key: &str| project.and_then(|project| project.get(key)).and_then(Value::as_array);
    let optional = project.and_then(|project| project.get("optional-dependencies")).and_then(Value::as_table);
    let groups = package.get("dependency-groups").and_then(Value::as_table);
    let tables = optional.into_iter().chain(groups).flat_map(|table| table.values().filter_map(Value::as_array));
    let requirements = list("dependencies").into_iter().chain(tables).flatten().filter_map(Value::as_str);
    requirements.into_iter().any(|requirement| {
        let end = |letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        let name = requirement.trim().split(end).next().unwrap_or_default().to_lowercase();
        name == SDK || name.replace(['_', '.'], "-").starts_with("vestibule-")
    })
}

/// The interpreter that has a function's packages: that of its own environment, or of the project's.
fn interpreter(source: &Source, root: &Path) -> Result<PathBuf, Problem> {
    if let Some(own) = tool::upwards(&source.folder, root, VENV) {
        return Ok(own);
    }
    if tool::is_on_path("python3") {
        return Ok("python3".into());
    }
    let message = "functions in Python are built with Python, and `python3` is not on PATH";
    let fix = "install it: https://python.org (on Debian: apt-get install python3 python3-venv)";
    Err(Problem::of_file(&shown(&source.folder), message, fix))
}
