//! Functions in C and C++: folders with a `compile_flags.txt`, the file in which editors look for a compiler's flags, one a
//! line. The sources beside it are compiled with those flags and linked with the SDK, which the host carries; of the core
//! module, [`module`](super::module) makes a component. What becomes of the folder `tests` is in `c_tests`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::language::{Built, Language, Tools, Unbuilt};
use super::source::Source;
use super::walk::shown;
use super::{c_tests, module, tool};
use crate::config::Problem;

/// The SDK: what is included, what is compiled, and the object file that names the world; and what tests have besides.
const SDK: [(&str, &[u8]); 9] = [
    ("vestibule.h", include_bytes!("../../../guest-sdk/c/vestibule.h")),
    ("function.h", include_bytes!("../../../guest-sdk/c/function.h")),
    ("vestibule.c", include_bytes!("../../../guest-sdk/c/vestibule.c")),
    ("function.c", include_bytes!("../../../guest-sdk/c/function.c")),
    (WORLD, include_bytes!("../../../guest-sdk/c/function_component_type.o")),
    ("vestibule_test.h", include_bytes!("../../../guest-sdk/c/vestibule_test.h")),
    ("vestibule_test_host.h", include_bytes!("../../../guest-sdk/c/vestibule_test_host.h")),
    ("vestibule_test.c", include_bytes!("../../../guest-sdk/c/vestibule_test.c")),
    ("vestibule_test_host.c", include_bytes!("../../../guest-sdk/c/vestibule_test_host.c")),
];
const WORLD: &str = "function_component_type.o";

/// For all that is compiled. Debian's packages have a C library for this target, and the WASI SDK has.
const TARGET: [&str; 3] = ["--target=wasm32-wasi", "-Os", "-flto"];

/// For the module as a whole: a reactor, whose exports the host calls; a stack that leaves an instance small.
const LINK: [&str; 4] = ["-mexec-model=reactor", "-s", "-Wl,--gc-sections", "-Wl,-z,stack-size=65536"];

/// Compilers by name, newest first.
pub(super) const COMPILERS: [&str; 8] =
    ["clang-22", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang"];

/// Functions in C and C++.
pub(super) struct C;

impl Language for C {
    fn name(&self) -> &'static str {
        "C"
    }

    fn manifest(&self) -> &'static str {
        "compile_flags.txt"
    }

    fn find(&self, root: &Path, manifests: &[PathBuf]) -> Result<Vec<Source>, Problem> {
        let mut found = Vec::new();
        for manifest in manifests {
            let own = files(manifest.parent().unwrap_or(root));
            if !own.is_empty() {
                // The manifest has no comments: clang takes each of its lines for a flag.
                let texts: Vec<String> = own.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
                let route = texts.iter().find_map(|text| tool::route_in_comment(text));
                found.extend(tool::source(root, manifest, route, &C));
            }
        }
        Ok(found)
    }

    fn build(&self, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>) {
        for source in sources {
            tools.voice.doing(&format!("building {}", source.name));
            match Job::of(source).and_then(|job| job.run(tools).map(|component| (job, component))) {
                Ok((_job, component)) => built(source, Ok(&component)),
                Err(unbuilt) => built(source, Err(unbuilt)),
            }
        }
    }

    /// It has no runner of its own: the tests of each function are a program.
    fn tests(&self, root: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem> {
        c_tests::commands(root, sources, arguments)
    }
}

/// One function that is being built, in a folder of its own.
struct Job<'a> {
    source: &'a Source,
    compiler: PathBuf,
    flags: Vec<String>,
    folder: tempfile::TempDir,
}

impl<'a> Job<'a> {
    fn of(source: &'a Source) -> Result<Self, Unbuilt> {
        let folder = tempfile::tempdir().and_then(|folder| {
            unpack(folder.path())?;
            Ok(folder)
        });
        let folder = folder.map_err(|error| no_room(source, &error))?;
        Ok(Self { source, compiler: compiler(source)?, flags: flags(source)?, folder })
    }

    /// Compiles, links, and makes a component of it. Returns its file.
    fn run(&self, tools: &Tools<'_>) -> Result<PathBuf, Unbuilt> {
        let own = files(&self.source.folder);
        let mut objects = vec![self.file(WORLD)];
        for (number, file) in own.iter().enumerate() {
            let object = self.file(&format!("own-{number}.o"));
            let mut command = self.command(file);
            // Before the flags: what is included belongs to what is linked, whatever editors are told.
            command.arg("-I").arg(self.folder.path()).args(&self.flags).arg("-c").arg(file).arg("-o").arg(&object);
            self.end(command, tools)?;
            objects.push(object);
        }
        for name in ["vestibule.c", "function.c"] {
            let object = self.file(&format!("sdk-{name}.o"));
            let mut command = self.command(Path::new(name));
            command.arg("-c").arg(self.file(name)).arg("-o").arg(&object);
            self.end(command, tools)?;
            objects.push(object);
        }
        let linked = self.file("function.wasm");
        // With C++'s library, if any of it is C++.
        let mut command = self.command(own.iter().find(|file| is_cpp(file)).map_or(Path::new("c"), PathBuf::as_path));
        command.args(LINK).args(&objects).arg("-o").arg(&linked);
        self.end(command, tools)?;
        module::finish(&linked, &shown(&self.source.folder))?;
        Ok(linked)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.compiler);
        if is_cpp(file) {
            command.arg("--driver-mode=g++");
        }
        command.args(TARGET).current_dir(&self.source.folder);
        command
    }

    fn end(&self, mut command: Command, tools: &Tools<'_>) -> Result<(), Unbuilt> {
        let say = |line: &str| tools.voice.say(line);
        match tools.children.run(&mut command, say, say) {
            Ok(ended) if ended.success() => Ok(()),
            Ok(_) => Err(Unbuilt::Said),
            Err(_) if tools.children.is_over() => Err(Unbuilt::Said),
            Err(error) => {
                let program = self.compiler.display();
                let fix = "run it by hand to see why";
                let message = format!("{program} cannot be run: {error}");
                Err(Problem::of_file(&shown(&self.source.folder), message, fix).into())
            }
        }
    }
}

/// Writes the SDK into a folder.
pub(super) fn unpack(folder: &Path) -> io::Result<()> {
    SDK.iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}

/// The flags with which a function's own sources are compiled.
pub(super) fn flags(source: &Source) -> Result<Vec<String>, Problem> {
    let text = fs::read_to_string(&source.manifest).map_err(|error| {
        let message = format!("it cannot be read: {error}");
        Problem::of_file(&shown(&source.manifest), message, "write flags in it, one a line")
    })?;
    Ok(text.lines().map(str::trim).filter(|flag| !flag.is_empty()).map(str::to_owned).collect())
}

/// The sources of a folder, in the order of their names.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|file| is_cpp(file) || extension(file) == "c").collect();
    files.sort();
    files
}

pub(super) fn is_cpp(file: &Path) -> bool {
    ["cc", "cpp", "cxx"].contains(&extension(file))
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// A compiler that makes WebAssembly: the WASI SDK's, where it is named, else the newest on PATH.
fn compiler(source: &Source) -> Result<PathBuf, Problem> {
    if let Some(sdk) = std::env::var_os("WASI_SDK_PATH") {
        return Ok(Path::new(&sdk).join("bin/clang"));
    }
    COMPILERS.iter().find(|name| tool::is_on_path(name)).map(PathBuf::from).ok_or_else(|| {
        let message = "functions in C are built with clang, and it is not on PATH";
        let fix = "on Debian: apt-get install clang-19 lld-19 libclang-rt-19-dev-wasm32 wasi-libc (for C++, \
                   libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 too); elsewhere: unpack the WASI SDK and set WASI_SDK_PATH";
        Problem::of_file(&shown(&source.folder), message, fix)
    })
}

pub(super) fn no_room(source: &Source, error: &io::Error) -> Problem {
    let message = format!("no folder to build in: {error}");
    Problem::of_file(&shown(&source.folder), message, "make room in the folder for temporary files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_in_a_source_says_the_route() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("user");
        fs::create_dir(&folder).unwrap();
        let manifest = folder.join("compile_flags.txt");
        fs::write(&manifest, "-Wall\n").unwrap();
        fs::write(folder.join("helper.c"), "int one(void) { return 1; }\n").unwrap();
        let named = |text: &str| {
            fs::write(folder.join("user.c"), text).unwrap();
            let found = C.find(root.path(), std::slice::from_ref(&manifest)).ok().unwrap();
            found.first().map(|source| source.name.clone()).unwrap()
        };
        assert_eq!(named("// Users.\n// vestibule: route = \"users/[id]\"\n"), "users/[id]");
        assert_eq!(named("const char *x = \"// vestibule: route = no\";\n"), "user");
    }
}
