//! The tests of functions in C and C++: the sources in a function's folder `tests`, compiled for this machine with the function's
//! own and with the SDK's test kit, which the host carries; the program that comes of it runs them. What a component is made
//! of, `c` knows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::c::{COMPILERS, files, flags, is_cpp, no_room, unpack};
use super::source::Source;
use super::tool;
use super::walk::shown;
use crate::config::Problem;

/// The folder of a function that its tests are in.
const TESTS: &str = "tests";

/// Where the programs go, from the project's folder: it is kept out of version control and is looked into by nobody.
const PROGRAMS: &str = "target/c-tests";

/// What of the SDK is compiled for a test: not the bindings, as there is no component.
const KIT: [&str; 3] = ["vestibule.c", "vestibule_test.c", "vestibule_test_host.c"];

/// Compiles the tests of those of `sources` that have any, and returns the commands that run them with `arguments`.
pub(super) fn commands(root: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem> {
    let mut commands = Vec::new();
    for source in sources {
        let tests = files(&source.folder.join(TESTS));
        if tests.is_empty() {
            continue;
        }
        let mut command = Command::new(compile(root, source, &tests)?);
        command.args(arguments).current_dir(&source.folder);
        commands.push(command);
    }
    Ok(commands)
}

/// Makes the program, in its place.
fn compile(root: &Path, source: &Source, tests: &[PathBuf]) -> Result<PathBuf, Problem> {
    let program = root.join(PROGRAMS).join(&source.package);
    // Where it is put in the end, so that it appears whole.
    let folder = fs::create_dir_all(root.join(PROGRAMS)).and_then(|()| {
        let folder = tempfile::Builder::new().prefix(".").tempdir_in(root.join(PROGRAMS))?;
        unpack(folder.path())?;
        Ok(folder)
    });
    let folder = folder.map_err(|error| no_room(source, &error))?;
    let flags = flags(source)?;
    let own = files(&source.folder);

    let mut objects = Vec::new();
    for (number, file) in own.iter().chain(tests).enumerate() {
        let object = folder.path().join(format!("own-{number}.o"));
        let mut command = compiler(source, is_cpp(file))?;
        command.arg("-g").arg("-I").arg(folder.path()).args(&flags).arg("-c").arg(file).arg("-o").arg(&object);
        run(command, source)?;
        objects.push(object);
    }
    for name in KIT {
        let object = folder.path().join(format!("{name}.o"));
        let mut command = compiler(source, false)?;
        command.arg("-g").arg("-I").arg(folder.path()).arg("-c").arg(folder.path().join(name)).arg("-o").arg(&object);
        run(command, source)?;
        objects.push(object);
    }
    let linked = folder.path().join("tests");
    // With C++'s library, if any of it is C++.
    let mut command = compiler(source, own.iter().chain(tests).any(|file| is_cpp(file)))?;
    command.args(&objects).arg("-o").arg(&linked);
    run(command, source)?;
    fs::rename(&linked, &program).map_err(|error| no_room(source, &error))?;
    Ok(program)
}

/// A compiler for this machine: the system's own, or clang. That of the WASI SDK makes nothing that could run here.
fn compiler(source: &Source, is_cpp: bool) -> Result<Command, Problem> {
    let system = if is_cpp { "c++" } else { "cc" };
    if tool::is_on_path(system) {
        return Ok(Command::new(system));
    }
    let Some(clang) = COMPILERS.iter().find(|name| tool::is_on_path(name)) else {
        let message = format!("its tests are compiled for this machine, and neither `{system}` nor clang is on PATH");
        let fix = "on Debian: apt-get install clang-19 libc6-dev (for C++, libstdc++-12-dev too)";
        return Err(Problem::of_file(&shown(&source.folder), message, fix));
    };
    let mut command = Command::new(clang);
    if is_cpp {
        command.arg("--driver-mode=g++");
    }
    Ok(command)
}

/// Runs a compiler, whose errors go to standard error as they are.
fn run(mut command: Command, source: &Source) -> Result<(), Problem> {
    let place = shown(&source.folder.join(TESTS));
    let ended = command.current_dir(&source.folder).stdin(std::process::Stdio::null()).status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => {
            let fix = "the compiler's errors are above; the flags are those of compile_flags.txt";
            Err(Problem::of_file(&place, "the tests do not compile", fix))
        }
        Err(error) => Err(cannot_run(&command, &place, &error)),
    }
}

fn cannot_run(command: &Command, place: &Path, error: &io::Error) -> Problem {
    let program = command.get_program().to_string_lossy();
    Problem::of_file(place, format!("{program} cannot be run: {error}"), "run it by hand to see why")
}
