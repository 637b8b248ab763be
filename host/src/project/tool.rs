//! Languages whose SDK brings a build tool of its own: it is run in a function's folder, for one function at a time, writes
//! the component into a file that it is given and says on standard error what is wrong. Which tool that is, the language
//! knows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::language::{Built, LANGUAGES, Language, Tools, Unbuilt};
use super::source::{Kind, Source};
use super::walk::{is_left_out, shown};
use crate::begin::SETTINGS_FILE;
use crate::config::Problem;

/// What code that is shared by functions ends with.
const CODE: [&str; 7] = ["js", "mjs", "cjs", "ts", "mts", "json", "py"];

/// Entries of the project's folder that are looked at, at the most.
const MOST: usize = 2_000;

/// Builds each of `sources` with the command that `tool` makes for it, which is given the file to write.
pub(super) fn build(
    sources: &[&Source],
    tools: &Tools<'_>,
    built: Built<'_>,
    tool: impl Fn(&Source, &Path) -> Result<Command, Problem>,
) {
    for source in sources {
        tools.voice.doing(&format!("building {}", source.name));
        match run(source, tools, &tool) {
            Ok((_folder, component)) => built(source, Ok(&component)),
            Err(unbuilt) => built(source, Err(unbuilt)),
        }
    }
}

fn run(
    source: &Source,
    tools: &Tools<'_>,
    tool: impl Fn(&Source, &Path) -> Result<Command, Problem>,
) -> Result<(tempfile::TempDir, PathBuf), Unbuilt> {
    let place = shown(&source.folder);
    let no_folder = |error: io::Error| {
        Problem::of_file(
            &place,
            format!("no folder to build in: {error}"),
            "make room in the folder for temporary files",
        )
    };
    let folder = tempfile::tempdir().map_err(no_folder)?;
    let component = folder.path().join("function.wasm");
    let mut command = tool(source, &component)?;
    command.current_dir(&source.folder);
    let say = |line: &str| tools.voice.say(line);
    let ended = match tools.children.run(&mut command, say, say) {
        Ok(ended) => ended,
        Err(_) if tools.children.is_over() => return Err(Unbuilt::Said),
        Err(error) => {
            let program = command.get_program().to_string_lossy().into_owned();
            let fix = "run it by hand in that folder to see why";
            return Err(Problem::of_file(&place, format!("{program} cannot be run: {error}"), fix).into());
        }
    };
    if !ended.success() {
        return Err(Unbuilt::Said);
    }
    if !component.is_file() {
        let message = "its build tool said nothing was wrong, and wrote no component";
        return Err(Problem::of_file(&place, message, "update the SDK of the function").into());
    }
    Ok((folder, component))
}

/// The route that a function asks for where its manifest has no field for it: a line that is this comment and no more.
pub(super) fn route_in_comment(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let said = line.trim().strip_prefix("//")?.trim_start().strip_prefix("vestibule:")?;
        let value = said.trim_start().strip_prefix("route")?.trim_start().strip_prefix('=')?;
        value.trim().strip_prefix('"')?.strip_suffix('"')
    })
}

/// The function in the folder of `manifest`, which it is named after unless it asks for a `route`.
pub(super) fn source(
    root: &Path,
    manifest: &Path,
    route: Option<&str>,
    language: &'static dyn Language,
) -> Option<Source> {
    let folder = manifest.parent()?;
    let package = folder.file_name()?.to_str()?.to_owned();
    // What a workspace of npm or of Python's tools says for all of its members.
    let shared = ["package.json", "package-lock.json", "pyproject.toml"].map(|name| root.join(name));
    let (shared_folders, shared_code) = beside_functions(root);
    Some(Source {
        name: route.unwrap_or(&package).to_owned(),
        id: package.clone(),
        package,
        kind: Kind::Function,
        language,
        folder: folder.to_owned(),
        manifest: manifest.to_owned(),
        workspace: folder.to_owned(),
        made_of: [folder.to_owned()].into_iter().chain(shared_folders).collect(),
        others: Vec::new(),
        files: shared.into_iter().chain(shared_code).collect(),
        outputs: Vec::new(),
    })
}

/// What any function of a project may import without a package's name: folders beside the functions' own, and files of code.
/// One that does not is built once too often.
fn beside_functions(root: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(root).into_iter().flatten().flatten().take(MOST) {
        let path = entry.path();
        let has_extension = |one: &str| path.extension().is_some_and(|extension| extension == one);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !is_left_out(&path) && !is_described(&path) => folders.push(path),
            Ok(kind) if kind.is_file() && CODE.into_iter().any(has_extension) => files.push(path),
            _ => {}
        }
    }
    (folders, files)
}

/// Whether a folder is a package, or a project of its own.
fn is_described(folder: &Path) -> bool {
    let descriptions = LANGUAGES.iter().map(|language| language.manifest()).chain([SETTINGS_FILE]);
    descriptions.into_iter().any(|file| folder.join(file).exists())
}

/// The first of the folders from `folder` up to `root` that has the file `name`, and with it its path.
pub(super) fn upwards(folder: &Path, root: &Path, name: &str) -> Option<PathBuf> {
    let within = folder.ancestors().take_while(|above| above.starts_with(root));
    within.map(|above| above.join(name)).find(|file| file.exists())
}

/// Whether a program of this name is on PATH.
pub(super) fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
