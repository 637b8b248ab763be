//! The project: the folder in which an author works, with a folder for each function, and what `host build`, `host test` and
//! `host dev` do with it. What a function is served as is decided here; how it is compiled is its language's business, and
//! whether it is served at all that of the code that serves.
//!
//! | file | owns |
//! |---|---|
//! | `source` | one function of the project: where it is, what is made of it |
//! | `language` | what the commands ask of a language; `rust`, `javascript`, `python`, `go`, `c` answer (some with `tool`) |
//! | `c_tests` | the tests of functions in C |
//! | `module` | of a core module, which is what some compilers make, a component |
//! | `toolchain`, `cargo`, `cargo_says` | a compiler for WebAssembly, how it is called and what it answers |
//! | `children` | the programs that are run, and their end |
//! | `ready` | a built component, held against what `serve` asks of it |
//! | `place` | files that appear whole |
//! | `workshop` | from sources to functions that can be served |
//! | `voice` | what the person at the terminal hears of it |
//! | `dev` | the sources, followed while the host serves |

mod c;
mod c_tests;
mod cargo;
mod cargo_says;
mod children;
pub(crate) mod dev;
mod go;
mod javascript;
mod language;
mod module;
mod place;
mod python;
mod ready;
mod rust;
mod source;
mod tool;
mod toolchain;
mod voice;
mod walk;
mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::children::Children;
pub(crate) use self::language::{LANGUAGES, Profile};
pub(crate) use self::module::{component, is_module};
pub(crate) use self::place::put;
pub(crate) use self::source::Source;
pub(crate) use self::voice::Voice;
pub(crate) use self::walk::shown;
pub(crate) use self::workshop::{PolicyRule, Workshop, say_problems};
use crate::config::{Problem, Problems, nearest};

/// The functions of a project.
#[derive(Default)]
pub(crate) struct Project {
    /// Its folder, absolute and with links resolved.
    pub(crate) root: PathBuf,
    /// What can be built, by the order of names.
    pub(crate) sources: Vec<Source>,
    /// What looks like a function and cannot be one.
    pub(crate) problems: Problems,
    /// The components that several sources claim: none of these is built, and what is there of them stays.
    claimed: BTreeSet<PathBuf>,
    /// The descriptions of functions whose names are no routes.
    nameless: BTreeSet<PathBuf>,
}

impl Project {
    /// Finds the functions in the folder `root`. `functions`, where what is built is put, is not looked into.
    ///
    /// # Errors
    ///
    /// If it is no folder, or a language's own description of the project is wrong.
    pub(crate) fn find(root: &Path, functions: &Path) -> Result<Self, Problem> {
        let no_folder = |error: std::io::Error| {
            Problem::of_file(root, format!("the project's folder cannot be read: {error}"), "name it: --project DIR")
        };
        let root = fs::canonicalize(root).map_err(no_folder)?;
        let functions = fs::canonicalize(functions).unwrap_or_else(|_| functions.to_owned());
        let folders = walk::folders(&root, &functions).map_err(no_folder)?;
        let mut found = Vec::new();
        for language in LANGUAGES {
            let manifests = folders.iter().map(|folder| folder.join(language.manifest()));
            let manifests: Vec<PathBuf> = manifests.filter(|manifest| manifest.is_file()).collect();
            if !manifests.is_empty() {
                found.extend(language.find(&root, &manifests)?);
            }
        }
        let mut project = Self { root, ..Self::default() };
        project.take(found);
        Ok(project)
    }

    /// Parts what was found into what can be served under its name and what cannot.
    fn take(&mut self, found: Vec<Source>) {
        let mut claims: BTreeMap<PathBuf, Vec<Source>> = BTreeMap::new();
        for source in found {
            match source.check_name() {
                Ok(()) => claims.entry(source.component()).or_default().push(source),
                Err(problem) => {
                    self.nameless.insert(source.manifest.clone());
                    self.problems.push(problem);
                }
            }
        }
        for (component, mut claim) in claims {
            if let Some(source) = claim.pop()
                && claim.is_empty()
            {
                self.sources.push(source);
            } else {
                self.claimed.insert(component.clone());
                for other in claim {
                    let message =
                        format!("another function of the project is built as {} as well", component.display());
                    let fix = "rename one of them, or give one a `route` (docs/project.md)";
                    self.problems.push(Problem::of_file(&shown(&other.manifest), message, fix));
                }
            }
        }
    }

    /// Whether a component is that of a function of the project, be it one that cannot be built as it is.
    pub(crate) fn has(&self, component: &Path) -> bool {
        self.claimed.contains(component) || self.sources.iter().any(|source| source.component() == component)
    }

    /// Whether a source that was found earlier is still one of the project, be it one that cannot be built as it is: its
    /// component is claimed by several, or its description gives no name any more.
    pub(crate) fn may_be(&self, earlier: &Source) -> bool {
        self.has(&earlier.component()) || self.nameless.contains(&earlier.manifest)
    }

    /// The sources that are meant by `names`: of a function, its verifier too. All of them, if there are no names.
    ///
    /// # Errors
    ///
    /// What is wrong: a name of nothing, or nothing to build at all.
    pub(crate) fn chosen(&self, names: &[String]) -> Result<Vec<&Source>, String> {
        if self.sources.is_empty() && self.problems.is_empty() {
            return Err(self.nothing());
        }
        for name in names {
            if !self.sources.iter().any(|source| source.is_called(name)) {
                let known: Vec<&str> = self.sources.iter().map(|source| source.name.as_str()).collect();
                let near = nearest(name, known.iter().copied());
                let near = near.map(|near| format!(": did you mean {near:?}?")).unwrap_or_default();
                return Err(format!("no function {name:?} in this project{near}\n    it has: {}", known.join(", ")));
            }
        }
        let is_meant = |source: &&Source| names.is_empty() || names.iter().any(|name| source.is_called(name));
        Ok(self.sources.iter().filter(is_meant).collect())
    }

    /// What to do where there is no function.
    fn nothing(&self) -> String {
        format!(
            "no functions in {}\n    a function is a folder with a Cargo.toml whose library is a `cdylib` and which depends on \
             `vestibule`,\n    or with a package.json or a pyproject.toml that depends on the SDK; `host new NAME` makes one",
            self.root.display()
        )
    }
}
