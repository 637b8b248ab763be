//! Functions in Rust: packages whose library is a `cdylib`. Which of them are functions and which verifiers, and what each is
//! made of, is decided here from what cargo says of them; how cargo builds is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cargo;
use super::cargo_says::{Package, Target};
use super::language::{Built, Language, Tools};
use super::source::{Kind, Source, policy_beside, verifier};
use super::toolchain;
use crate::config::Problem;

/// The package by whose use a function is known.
const SDK: &str = "vestibule";

/// The folder of a function's own verifier, in the function's.
const VERIFIER_FOLDER: &str = "verifier";

/// Packages that are asked about at the most, to know what functions are made of.
const MOST: usize = 500;

/// Functions in Rust.
pub(super) struct Rust;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "Rust"
    }

    fn manifest(&self) -> &'static str {
        "Cargo.toml"
    }

    fn has_profiles(&self) -> bool {
        true
    }

    fn find(&self, root: &Path, manifests: &[PathBuf]) -> Result<Vec<Source>, Problem> {
        // A workspace says itself what belongs to it.
        let top = root.join(self.manifest());
        let manifests = if manifests.contains(&top) { std::slice::from_ref(&top) } else { manifests };
        let mut packages = Packages::default();
        for manifest in manifests {
            if manifest.parent().is_some_and(|folder| !packages.own.contains_key(folder)) {
                packages.add(manifest, true)?;
            }
        }
        let functions = packages.own.iter().filter(|(folder, known)| {
            folder.starts_with(root) && is_component(&known.package) && is_function(folder, &known.package)
        });
        let functions: BTreeMap<&PathBuf, &Known> = functions.collect();
        Ok(functions.iter().map(|(folder, known)| source(folder, known, &functions, &packages)).collect())
    }

    fn build(&self, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>) {
        for (workspace, sources) in by_workspace(sources) {
            cargo::build(workspace, &sources, tools, built);
        }
    }

    fn built_with(&self, _: &Source, _: &Path) -> Vec<PathBuf> {
        toolchain::targets()
    }

    fn tests(&self, _: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem> {
        let workspaces = by_workspace(sources).into_iter();
        Ok(workspaces.map(|(workspace, sources)| cargo::tests(workspace, &sources, arguments)).collect())
    }
}

fn by_workspace<'a>(sources: &[&'a Source]) -> BTreeMap<&'a Path, Vec<&'a Source>> {
    let mut workspaces: BTreeMap<&Path, Vec<&Source>> = BTreeMap::new();
    for source in sources {
        workspaces.entry(&source.workspace).or_default().push(source);
    }
    workspaces
}

/// A package, and where the workspace is that it belongs to.
struct Known {
    package: Package,
    workspace: PathBuf,
    target: PathBuf,
}

/// The packages that cargo has told of, by their folders.
#[derive(Default)]
struct Packages {
    /// Those of the project.
    own: BTreeMap<PathBuf, Known>,
    /// Those that these depend on by path, with the folders of all that they themselves depend on so.
    paths: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

impl Packages {
    /// Asks cargo about a package and the workspace that it is of, and about what they depend on by path.
    fn add(&mut self, manifest: &Path, is_own: bool) -> Result<(), Problem> {
        let metadata = cargo::metadata(manifest)?;
        let (workspace, target) = (metadata.workspace_root, metadata.target_directory);
        let mut needed = BTreeSet::new();
        for package in metadata.packages {
            let Some(folder) = package.manifest_path.parent().map(Path::to_owned) else { continue };
            let paths = package.dependencies.iter().filter(|dependency| !dependency.is_for_tests());
            let paths: BTreeSet<PathBuf> = paths.filter_map(|dependency| dependency.path.clone()).collect();
            needed.extend(paths.iter().cloned());
            self.paths.insert(folder.clone(), paths);
            if is_own {
                let (workspace, target) = (workspace.clone(), target.clone());
                self.own.insert(folder, Known { package, workspace, target });
            }
        }
        for folder in needed {
            if !self.paths.contains_key(&folder) && self.paths.len() < MOST {
                // What is not there is cargo's to complain of, when it builds.
                self.paths.insert(folder.clone(), BTreeSet::new());
                let _ = self.add(&folder.join("Cargo.toml"), false);
            }
        }
        Ok(())
    }

    /// The folder itself, and those of all packages that it depends on by path.
    fn made_of(&self, folder: &Path) -> Vec<PathBuf> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![folder.to_owned()]);
        while let Some(folder) = next.pop() {
            next.extend(self.paths.get(&folder).into_iter().flatten().cloned());
            if !seen.insert(folder) {
                continue;
            }
            next.retain(|folder| !seen.contains(folder));
        }
        seen.into_iter().collect()
    }
}

/// Whether a component can come of a package.
fn is_component(package: &Package) -> bool {
    package.targets.iter().any(Target::is_cdylib)
}

/// Whether a component is for this host: it is made with the SDK, or somebody has written a policy for it.
fn is_function(folder: &Path, package: &Package) -> bool {
    package.dependencies.iter().any(|dependency| dependency.name == SDK && dependency.is_of_the_code())
        || policy_beside(folder, &package.name).exists()
}

/// The route that a package asks for.
fn route(package: &Package) -> Option<&str> {
    package.metadata.get(SDK)?.get("route")?.as_str()
}

fn source(folder: &Path, known: &Known, functions: &BTreeMap<&PathBuf, &Known>, packages: &Packages) -> Source {
    let (package, name) = (&known.package, known.package.name.as_str());
    let served_as = |package: &Package| route(package).unwrap_or(&package.name).to_owned();
    // By the folder that it lies in, or by its name.
    let by_folder = || {
        let of = folder.parent().filter(|_| folder.ends_with(VERIFIER_FOLDER))?;
        let function = functions.get(&of.to_owned()).map(|function| served_as(&function.package));
        function.or_else(|| of.file_name()?.to_str().map(str::to_owned))
    };
    let by_name = || {
        let of = name.strip_suffix("-verifier")?;
        let function = functions.values().find(|function| function.package.name == of)?;
        Some(served_as(&function.package))
    };
    let (name_there, kind) = match by_folder().or_else(by_name) {
        Some(of) => (format!("{of}{}", verifier()), Kind::Verifier),
        None => (served_as(package), Kind::Function),
    };
    let workspace = &known.workspace;
    let made_of = packages.made_of(folder);
    let is_other =
        |other: &&PathBuf| !made_of.contains(*other) && made_of.iter().any(|folder| other.starts_with(folder));
    let others = packages.paths.keys().filter(is_other).cloned().collect();
    let beside = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain", ".cargo/config.toml"];
    Source {
        name: name_there,
        package: name.to_owned(),
        id: package.id.clone(),
        kind,
        language: &Rust,
        folder: folder.to_owned(),
        manifest: package.manifest_path.clone(),
        workspace: workspace.clone(),
        made_of,
        others,
        files: beside.map(|file| workspace.join(file)).to_vec(),
        outputs: vec![known.target.clone()],
    }
}
