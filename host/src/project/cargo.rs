//! How cargo is called: one build for all functions of a workspace, whose artifacts are read from what cargo says of them.
//! What the compiler has to say reaches the person as cargo shows it. Which packages are functions is not decided here.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::cargo_says::{Message, Metadata};
use super::language::{Built, Profile, Tools, Unbuilt};
use super::source::Source;
use super::toolchain::Toolchain;
use super::walk::shown;
use crate::config::Problem;

/// What functions are built for.
const TARGET: &str = "wasm32-wasip2";

/// The profile of [`Profile::Dev`], which is given to cargo on the command line: no project has to have it.
const DEV: &str = "vestibule-dev";

/// As for release: what is optimised away there is here, too, and what traps there traps here. But soon: a change compiles
/// what it touches, and nothing is optimised once more over all crates at the end.
const DEV_SETTINGS: [&str; 4] = ["inherits='release'", "incremental=true", "lto='off'", "codegen-units=16"];

/// How cargo's own lines begin, that say what it is doing.
const STATUS: [&str; 11] = [
    "Adding",
    "Blocking",
    "Building",
    "Checking",
    "Compiling",
    "Downloaded",
    "Downloading",
    "Finished",
    "Fresh",
    "Locking",
    "Updating",
];

/// What cargo says of a package, and of the workspace that it is of, without looking at what others wrote.
///
/// # Errors
///
/// If there is no cargo, or it refuses what is written there.
pub(super) fn metadata(manifest: &Path) -> Result<Metadata, Problem> {
    let (folder, place) = (manifest.parent().unwrap_or(manifest), shown(manifest));
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(manifest);
    let asked = command.current_dir(folder).stdin(Stdio::null()).output();
    let asked = asked.map_err(|error| not_run(&place, &error))?;
    if !asked.status.success() {
        let said = String::from_utf8_lossy(&asked.stderr);
        let said = said.trim().trim_start_matches("error: ").replace('\n', "\n    ");
        return Err(Problem::of_file(&place, format!("cargo refuses it: {said}"), "mend what cargo names"));
    }
    serde_json::from_slice(&asked.stdout).map_err(|error| {
        Problem::of_file(&place, format!("what cargo says of it is not understood: {error}"), "install a newer cargo")
    })
}

/// Builds the functions `sources` of one workspace.
pub(super) fn build(workspace: &Path, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>) {
    tools.voice.doing("looking for a compiler");
    let toolchain = match Toolchain::find(workspace) {
        Ok(toolchain) => toolchain,
        Err(problem) => {
            for (at, source) in sources.iter().enumerate() {
                // What is wrong with the machine is said once.
                built(source, Err(if at == 0 { Unbuilt::For(problem.clone()) } else { Unbuilt::Said }));
            }
            return;
        }
    };
    tools.voice.doing("compiling");
    let mut command = toolchain.cargo();
    command.current_dir(workspace).args(arguments(sources, tools));
    let mut left: BTreeMap<&str, &Source> = sources.iter().map(|source| (source.id.as_str(), *source)).collect();
    let out = |line: &str| {
        let Ok(Message::CompilerArtifact { package_id, target, filenames }) = serde_json::from_str(line) else {
            return;
        };
        tools.voice.doing(&format!("compiled {}", target.name));
        let component = filenames.iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        if let Some(component) = component.filter(|_| target.is_cdylib())
            && let Some(source) = left.remove(package_id.as_str())
        {
            built(source, Ok(component));
        }
    };
    let err = |line: &str| match status(line) {
        Some(status) => tools.voice.doing(&status),
        None => tools.voice.say(line),
    };
    let ended = tools.children.run(&mut command, out, err);
    for (at, source) in left.into_values().enumerate() {
        let why = match &ended {
            Err(error) if at == 0 && !tools.children.is_over() => not_run(&shown(workspace), error).into(),
            _ => Unbuilt::Said,
        };
        built(source, Err(why));
    }
}

fn arguments(sources: &[&Source], tools: &Tools<'_>) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["build", "--lib", "--keep-going", "--target", TARGET, "--message-format", "json-render-diagnostics"]
            .map(str::to_owned)
            .to_vec();
    match tools.profile {
        Profile::Named(name) => arguments.extend(["--profile".to_owned(), name.clone()]),
        Profile::Dev => {
            let settings = DEV_SETTINGS.map(|setting| format!("profile.{DEV}.{setting}"));
            arguments.extend(settings.into_iter().flat_map(|setting| ["--config".to_owned(), setting]));
            arguments.extend(["--profile".to_owned(), DEV.to_owned()]);
        }
    }
    if tools.voice.is_coloured() {
        arguments.extend(["--color", "always"].map(str::to_owned));
    }
    if !tools.voice.shows_progress() {
        arguments.push("--quiet".to_owned());
    }
    // By their ids: a dependency may have a function's name.
    arguments.extend(sources.iter().flat_map(|source| ["--package".to_owned(), source.id.clone()]));
    arguments
}

/// The tests of `sources`, which are run on this machine and not in a sandbox.
pub(super) fn tests(workspace: &Path, sources: &[&Source], arguments: &[String]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(workspace).arg("test");
    command.args(sources.iter().flat_map(|source| ["--package", source.id.as_str()]));
    if !arguments.is_empty() {
        command.arg("--").args(arguments);
    }
    command
}

/// What cargo is doing, if a line of its standard error says that and nothing else: a word that ends in the twelfth column,
/// and what it is about.
fn status(line: &str) -> Option<String> {
    let plain = plain(line);
    let (word, about) = plain.split_at_checked(12)?;
    let word = word.trim_start();
    (STATUS.contains(&word) && about.starts_with(' ')).then(|| format!("{}{about}", word.to_lowercase()))
}

/// A line without the sequences that colour it.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Cargo cannot be run.
pub(super) fn not_run(place: &Path, error: &io::Error) -> Problem {
    let (message, fix) = if error.kind() == io::ErrorKind::NotFound {
        (
            "functions in Rust need cargo, and it is not on PATH".to_owned(),
            "install Rust: https://rustup.rs, then: rustup target add wasm32-wasip2",
        )
    } else {
        (format!("cargo cannot be run: {error}"), "run `cargo --version` to see why")
    };
    Problem::of_file(place, message, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_is_doing_is_told_from_what_the_compiler_says() {
        for line in ["   Compiling serde v1.0.229", "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m serde v1.0.229"] {
            assert_eq!(status(line).as_deref(), Some("compiling serde v1.0.229"), "{line}");
        }
        assert_eq!(status("    Blocking waiting for file lock").as_deref(), Some("blocking waiting for file lock"));
        for line in [
            "error[E0308]: mismatched types",
            "12 |     Compiling(thing)",
            "   = note: Compiling is a word",
            "             Compiling",
            "   |",
            "",
            "warning: `hello` (lib) generated 1 warning",
            "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: could not compile `hello` (lib) due to 1 previous error",
        ] {
            assert_eq!(status(line), None, "{line}");
        }
    }
}
