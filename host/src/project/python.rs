//! Functions in Python: folders with a `pyproject.toml` that names the SDK, built by the SDK itself, which is a module that
//! can be run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use toml::{Table, Value};

use super::language::{Built, Language, Tools, Unbuilt};
use super::source::Source;
use super::tool;
use super::walk::shown;
use crate::config::Problem;

/// The package by whose use a function is known.
const SDK: &str = "vestibule";

/// The package whose module runs tests.
const RUNNER: &str = "pytest";

/// What a project says of the packages that its functions are built with.
const REQUIREMENTS: &str = "requirements.txt";

/// Exits with 1 where the interpreter has no module of this name.
const HAS_MODULE: &str = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";

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
        // What is missing is asked for once something has failed: a build that goes well need not wait for it.
        let explained: Built<'_> = &mut |source, component| match component {
            Err(Unbuilt::Said) if !tools.children.is_over() => {
                let missing =
                    interpreter(source, tools.root).and_then(|python| check_has(&python, SDK, source, tools.root));
                built(source, Err(missing.map_or_else(Unbuilt::For, |()| Unbuilt::Said)));
            }
            other => built(source, other),
        };
        tool::build(sources, tools, explained, |source, component| {
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
            let python = interpreter(source, root)?;
            check_has(&python, RUNNER, source, root)?;
            let mut command = Command::new(python);
            command.args(["-m", RUNNER]).args(arguments).current_dir(&source.folder);
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

/// Checks that an interpreter has a module, and says what to run where it has not.
fn check_has(python: &Path, module: &str, source: &Source, root: &Path) -> Result<(), Problem> {
    let mut asked = Command::new(python);
    asked.args(["-c", HAS_MODULE, module]).current_dir(&source.folder);
    let asked = asked.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    // One that cannot be run says so itself, when it is.
    if !asked.is_ok_and(|status| status.code() == Some(1)) {
        return Ok(());
    }
    let what = format!("{} has no package `{module}`", shown(python).display());
    let fix = if root.join(REQUIREMENTS).is_file() {
        format!("run `python3 -m venv .venv && .venv/bin/pip install -r {REQUIREMENTS}` in the project's folder")
    } else {
        "install it for that Python, as docs/languages-python.md says".to_owned()
    };
    Err(Problem::of_file(&shown(&source.manifest), what, fix))
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
