//! What becomes of the manifests that are packed: crates keep what their users build, and a workspace of their own gives
//! them what they inherit, so that versions are the repository's. Knows nothing of files and archives.

use std::collections::BTreeSet;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use crate::{Failure, Pack};

/// What has been made of the manifests.
pub(crate) struct Manifests {
    /// The workspace's.
    pub(crate) workspace: String,
    /// The packages that the crates depend on, by name.
    pub(crate) dependencies: BTreeSet<String>,
}

/// What stands above the workspace's manifest.
const HEAD: &str = "\
# The sources of Vestibule's SDK, as `host new` writes them: a workspace of its own, so that it takes nothing from yours.

";

/// What only the crates' own tests and benches are built with.
const OWN: [&str; 4] = ["dev-dependencies", "bench", "test", "example"];

/// Trims the manifests in the pack, and makes the workspace's of the repository's.
pub(crate) fn trim(repository: &str, pack: &mut Pack) -> Result<Manifests, Failure> {
    let repository: DocumentMut = repository.parse()?;
    let workspace = table(repository.as_table(), "workspace")?;
    let shared = table(workspace, "dependencies")?;
    let members: Vec<String> =
        pack.keys().filter_map(|name| name.strip_suffix("/Cargo.toml")).map(str::to_owned).collect();

    let mut trimmed = Trimmed { shared, members: &members, inherited: BTreeSet::new(), dependencies: BTreeSet::new() };
    for member in &members {
        let name = format!("{member}/Cargo.toml");
        let text = pack.get(&name).map(|bytes| std::str::from_utf8(bytes)).ok_or("a manifest is gone")??;
        let text = trimmed.member(member, text)?;
        pack.insert(name, text.into_bytes());
    }
    let Trimmed { inherited, dependencies, .. } = trimmed;

    let mut own = Table::new();
    own.insert("resolver", workspace.get("resolver").cloned().unwrap_or_else(|| value("3")));
    own.insert("members", value(members.iter().map(String::as_str).collect::<Array>()));
    own.insert("package", Item::Table(table(workspace, "package")?.clone()));
    let mut dependencies_of_all = shared.clone();
    dependencies_of_all.retain(|name, _| inherited.contains(name));
    own.insert("dependencies", Item::Table(dependencies_of_all));
    // What a newer compiler has to say of the SDK, nobody who writes functions can mend.
    let mut lints = Table::new();
    lints.set_implicit(true);
    for (tool, lint) in [("rust", "warnings"), ("clippy", "all")] {
        let mut allowed = Table::new();
        allowed.insert(lint, value("allow"));
        lints.insert(tool, Item::Table(allowed));
    }
    own.insert("lints", Item::Table(lints));
    let mut document = DocumentMut::new();
    document.insert("workspace", Item::Table(own));
    Ok(Manifests { workspace: format!("{HEAD}{document}"), dependencies })
}

fn table<'t>(parent: &'t dyn TableLike, name: &str) -> Result<&'t Table, Failure> {
    parent.get(name).and_then(Item::as_table).ok_or_else(|| format!("Cargo.toml has no table {name}").into())
}

/// What is gathered from the crates on the way.
struct Trimmed<'r> {
    /// The dependencies that the repository's workspace shares.
    shared: &'r Table,
    /// The crates that are packed.
    members: &'r [String],
    /// The names under which the crates inherit dependencies.
    inherited: BTreeSet<String>,
    /// The packages that they depend on.
    dependencies: BTreeSet<String>,
}

impl Trimmed<'_> {
    fn member(&mut self, member: &str, text: &str) -> Result<String, Failure> {
        let mut document: DocumentMut = text.parse()?;
        for own in OWN {
            document.remove(own);
        }
        let mut gone = BTreeSet::new();
        self.dependencies(member, document.as_table_mut(), &mut gone);
        if let Some(targets) = document.get_mut("target").and_then(Item::as_table_mut) {
            for (_, target) in targets.iter_mut() {
                if let Some(target) = target.as_table_mut() {
                    self.dependencies(member, target, &mut gone);
                }
            }
        }
        // A feature that turns on what is not there cannot be turned on.
        if let Some(features) = document.get_mut("features").and_then(Item::as_table_mut) {
            features.retain(|_, turned_on| {
                let names = turned_on.as_array().into_iter().flatten().filter_map(|name| name.as_str());
                !names.map(package_of).any(|name| gone.contains(name))
            });
        }
        Ok(document.to_string())
    }

    /// Notes what a crate depends on, and drops what is not packed: the host itself, which some of its tests may use.
    fn dependencies(&mut self, member: &str, of: &mut Table, gone: &mut BTreeSet<String>) {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(list) = of.get_mut(kind).and_then(Item::as_table_mut) else { continue };
            list.retain(|name, dependency| {
                let inherits = dependency.get("workspace").and_then(Item::as_bool) == Some(true);
                let (meant, folder) = if inherits { (self.shared.get(name), "") } else { (Some(&*dependency), member) };
                let text = |key: &str| meant.and_then(|meant| meant.get(key)).and_then(Item::as_str);
                if let Some(path) = text("path")
                    && !self.members.contains(&joined(folder, path))
                {
                    gone.insert(name.to_owned());
                    return false;
                }
                self.dependencies.insert(text("package").unwrap_or(name).to_owned());
                if inherits {
                    self.inherited.insert(name.to_owned());
                }
                true
            });
        }
    }
}

/// The dependency that an entry of a feature is about: `dep:NAME`, `NAME/feature`, `NAME?/feature` or `NAME`.
fn package_of(entry: &str) -> &str {
    let name = entry.strip_prefix("dep:").unwrap_or(entry);
    name.split(['/', '?']).next().unwrap_or(name)
}

/// A path from a folder, both from the repository's root.
fn joined(folder: &str, path: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}
