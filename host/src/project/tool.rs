//! Languages whose SDK brings a build tool of its own: it is run in a function's folder, for one function at a time, writes
//! the component into a file that it is given and says on standard error what is wrong. Which tool that is, the language
//! knows.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::language::{Built, Language, Tools, Unbuilt};
use super::source::{Kind, Source};
use super::walk::shown;
use crate::config::Problem;

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
    Some(Source {
        name: route.unwrap_or(&package).to_owned(),
        id: package.clone(),
        package,
        kind: Kind::Function,
        language,
        folder: folder.to_owned(),
        manifest: manifest.to_owned(),
        workspace: folder.to_owned(),
        made_of: vec![folder.to_owned()],
        others: Vec::new(),
        files: shared.to_vec(),
        outputs: Vec::new(),
    })
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
