//! The walk through a functions folder that gives each entry its meaning. It owns the order in which
//! the rules of the layout apply; it must not follow links on its own account.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::super::pattern::{MAX_SEGMENTS, Pattern};
use super::super::segment::Segment;
use super::entry::{self, Entry, FolderId, Kind};
use super::nearest;
use super::{Conflict, Found, Ignored, MAX_ENTRIES, Scan, ScanError};

pub(super) const COMPONENT: &str = ".wasm";
/// How a verifier's component ends. It has no route.
pub const VERIFIER: &str = ".verifier.wasm";
const POLICY: &str = ".toml";
pub(super) const INDEX: &str = "index";

/// A folder on the way: where it is, and the route of its `index.wasm`.
struct Folder {
    path: PathBuf,
    route: String,
    /// The last name of `path`; empty at the top.
    name: String,
}

impl Folder {
    fn top() -> Self {
        Self { path: PathBuf::new(), route: String::new(), name: String::new() }
    }

    fn below(&self, name: &str) -> Self {
        Self { path: self.path.join(name), route: self.route_of(name), name: name.to_owned() }
    }

    fn route_of(&self, name: &str) -> String {
        if self.route.is_empty() { name.to_owned() } else { format!("{}/{name}", self.route) }
    }

    /// The route that a component of this name has here.
    fn route_of_component(&self, stem: &str, is_own: bool) -> String {
        if stem == INDEX || (is_own && stem == self.name) { self.route.clone() } else { self.route_of(stem) }
    }
}

/// A scan in progress.
pub(super) struct Walk<'r> {
    root: &'r Path,
    /// How many entries may still be seen.
    budget: usize,
    /// The folders from the top to the current one, by which a link that leads back is known.
    ancestors: Vec<FolderId>,
    components: Vec<Found>,
    verifiers: Vec<PathBuf>,
    strays: Vec<nearest::Stray>,
    ignored: Vec<Ignored>,
    folders: Vec<PathBuf>,
}

impl<'r> Walk<'r> {
    /// A walk of `root`, which is resolved and known as `top`.
    pub(super) fn new(root: &'r Path, top: FolderId) -> Self {
        Self {
            root,
            budget: MAX_ENTRIES,
            ancestors: vec![top],
            components: Vec::new(),
            verifiers: Vec::new(),
            strays: Vec::new(),
            ignored: Vec::new(),
            folders: Vec::new(),
        }
    }

    /// Walks the whole folder.
    pub(super) fn run(&mut self) -> Result<(), ScanError> {
        self.folder(&Folder::top())
    }

    fn folder(&mut self, folder: &Folder) -> Result<(), ScanError> {
        let entries = match entry::read(self.root, &folder.path, &mut self.budget) {
            // The top has to be readable, or a host would start with nothing to serve.
            Err(ScanError::Io { cause, .. })
                if !folder.name.is_empty() && cause.kind() == io::ErrorKind::PermissionDenied =>
            {
                self.ignore(folder.path.clone(), format!("it may not be read ({cause})"));
                return Ok(());
            }
            other => other?,
        };
        self.folders.push(folder.path.clone());
        let component_of_folder = format!("{}{COMPONENT}", folder.name);
        let is_own = !component_of_folder.ends_with(VERIFIER)
            && entries.iter().any(|entry| entry.name == *component_of_folder && !matches!(entry.kind, Kind::Folder(_)));
        for entry in &entries {
            self.entry(folder, is_own, entry, &entries)?;
        }
        Ok(())
    }

    fn entry(&mut self, folder: &Folder, is_own: bool, entry: &Entry, beside: &[Entry]) -> Result<(), ScanError> {
        let path = folder.path.join(&entry.name);
        let Some(name) = entry.name.to_str() else {
            self.ignore(path, "its name is not UTF-8".to_owned());
            return Ok(());
        };
        let there = |name: &str| beside.binary_search_by(|other| (*other.name).cmp(OsStr::new(name))).is_ok();

        if let Some(stem) = name.strip_suffix(POLICY) {
            let component = format!("{stem}{COMPONENT}");
            if component.ends_with(VERIFIER) || !there(&component) {
                // `hello.wasm.toml` is a common slip for `hello.toml`.
                let stem = stem.strip_suffix(COMPONENT).unwrap_or(stem);
                let route = folder.route_of_component(stem, stem == folder.name);
                self.strays.push(nearest::Stray { path, route });
            }
            return Ok(());
        }
        if name.ends_with(VERIFIER) && !matches!(entry.kind, Kind::Folder(_)) {
            self.verifiers.push(path);
            return Ok(());
        }
        let stem = name.strip_suffix(COMPONENT);
        if is_own && stem.is_none_or(|stem| stem != folder.name && stem != INDEX) {
            self.ignore(path, private_reason(folder));
            return Ok(());
        }
        match (&entry.kind, stem) {
            (Kind::Refused(reason), None) => self.ignore(path, reason.clone()),
            (Kind::Folder(_), Some(_)) => {
                self.ignore(path, "it is a folder, and a component is a file".to_owned());
            }
            (Kind::Folder(id), None) => self.sub_folder(folder.below(name), *id)?,
            (Kind::File, None) => self.ignore(path, other_reason(name)),
            // A component that cannot be read keeps its route, as one that cannot be loaded: were it gone, another function
            // would get what was meant for it.
            (Kind::File | Kind::Refused(_), Some(stem)) => {
                let policy = format!("{stem}{POLICY}");
                let policy = there(&policy).then(|| folder.path.join(policy));
                match Pattern::parse(&folder.route_of_component(stem, is_own)) {
                    Ok(pattern) => self.components.push(Found { pattern, file: path, policy }),
                    Err(error) => self.ignore(path, error.to_string()),
                }
            }
        }
        Ok(())
    }

    fn sub_folder(&mut self, folder: Folder, id: FolderId) -> Result<(), ScanError> {
        if let Err(error) = Segment::parse(&folder.name) {
            self.ignore(folder.path, error.to_string());
            return Ok(());
        }
        if self.ancestors.contains(&id) {
            self.ignore(folder.path, "it is a link back to a folder that it lies in".to_owned());
            return Ok(());
        }
        if self.ancestors.len() > MAX_SEGMENTS {
            return Err(ScanError::TooDeep(folder.path));
        }
        self.ancestors.push(id);
        let result = self.folder(&folder);
        self.ancestors.pop();
        result
    }

    fn ignore(&mut self, path: PathBuf, reason: String) {
        self.ignored.push(Ignored { path, reason });
    }

    /// Parts the components into those that have their route for themselves and those that do not.
    pub(super) fn finish(self) -> Scan {
        let orphans = nearest::name_owners(self.strays, &self.components);
        let mut claims: BTreeMap<String, Vec<Found>> = BTreeMap::new();
        for found in self.components {
            claims.entry(found.pattern.shape()).or_default().push(found);
        }
        let Self { verifiers, ignored, folders, .. } = self;
        let mut scan = Scan { verifiers, ignored, orphans, folders, ..Scan::default() };
        for claim in claims.into_values() {
            match <[Found; 1]>::try_from(claim) {
                Ok([alone]) => scan.functions.push(alone),
                Err(several) => scan.conflicts.extend(conflict(several)),
            }
        }
        scan.functions.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        scan.conflicts.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        scan
    }
}

/// What a functions folder holds in which there is nothing but the component `file`, and perhaps its policy.
pub(super) fn one(root: &Path, file: &Path) -> Scan {
    let mut scan = Scan { folders: vec![PathBuf::new()], ..Scan::default() };
    let names: Option<Vec<&str>> = file.iter().map(OsStr::to_str).collect();
    let Some((name, folders)) = names.as_deref().and_then(<[&str]>::split_last) else {
        scan.ignored.push(Ignored { path: file.to_owned(), reason: "its name is not UTF-8".to_owned() });
        return scan;
    };
    if name.ends_with(VERIFIER) {
        scan.verifiers.push(file.to_owned());
        return scan;
    }
    let folder = folders.iter().fold(Folder::top(), |folder, name| folder.below(name));
    let owner = folder.path.join(format!("{}{COMPONENT}", folder.name));
    let is_own = !folder.name.is_empty() && root.join(owner).symlink_metadata().is_ok();
    let found = match name.strip_suffix(COMPONENT) {
        None => Err(other_reason(name)),
        Some(stem) if is_own && stem != folder.name && stem != INDEX => Err(private_reason(&folder)),
        Some(stem) => Pattern::parse(&folder.route_of_component(stem, is_own)).map_err(|error| error.to_string()),
    };
    match found {
        Ok(pattern) => {
            let policy = file.with_extension(POLICY.trim_start_matches('.'));
            // As in a walk, the name alone decides: what cannot be read is not taken for absent.
            let policy = root.join(&policy).symlink_metadata().is_ok().then_some(policy);
            scan.functions.push(Found { pattern, file: file.to_owned(), policy });
        }
        Err(reason) => scan.ignored.push(Ignored { path: file.to_owned(), reason }),
    }
    scan
}

fn conflict(claims: Vec<Found>) -> Option<Conflict> {
    let pattern = claims.first()?.pattern.clone();
    Some(Conflict { pattern, files: claims.into_iter().map(|found| found.file).collect() })
}

fn private_reason(folder: &Folder) -> String {
    let component = folder.path.join(format!("{}{COMPONENT}", folder.name));
    format!(
        "it is private to the function {component:?}, whose own folder this is; to serve what is in the folder, \
         move that component one folder up"
    )
}

fn other_reason(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    for extension in [COMPONENT, POLICY] {
        if lower.ends_with(extension) {
            return format!("extensions are in lower case: write {extension:?}");
        }
    }
    "it is neither a component (.wasm) nor a policy (.toml)".to_owned()
}
