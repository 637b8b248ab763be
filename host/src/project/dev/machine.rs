//! What functions are built with, where one could not be built: tools on PATH, packages, targets. As soon as something of
//! that is installed, the function is worth another try. Only the times of a few files and folders are looked at; which these
//! are, the languages say. It does not know why a build has failed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use super::super::{Project, Source};

/// How the machine looks to a function: what is there, and when it was changed.
type Look = BTreeMap<PathBuf, (u64, i64, i64)>;

/// A function that is not built, or is being built.
struct Tried {
    /// What it was tried with.
    with: Look,
    /// What is there now, if that is something else: an installation takes a while, and is waited for.
    next: Option<Look>,
    /// Whether it was tried because of a change. One that comes of that try itself is no reason for the next.
    is_again: bool,
}

/// Functions that are not built, by their components.
#[derive(Default)]
pub(super) struct Machine(BTreeMap<PathBuf, Tried>);

impl Machine {
    /// Notes what there is for `sources`, which are about to be built.
    pub(super) fn tries<'a>(&mut self, sources: impl IntoIterator<Item = &'a Source>, project: &Project) {
        for source in sources {
            let (component, with) = (source.component(), look(source, project));
            let is_again = self.0.get(&component).is_some_and(|before| before.next.as_ref() == Some(&with));
            self.0.insert(component, Tried { with, next: None, is_again });
        }
    }

    /// Notes that a component is built.
    pub(super) fn has_built(&mut self, component: &PathBuf) {
        self.0.remove(component);
    }

    /// While nothing is built: the components that are worth another try. What they are built with has
    /// changed since the last one, and not since this was last asked.
    pub(super) fn again(&mut self, project: &Project) -> Vec<PathBuf> {
        let mut again = Vec::new();
        self.0.retain(|component, _| project.sources.iter().any(|source| source.component() == *component));
        for source in &project.sources {
            let component = source.component();
            let Some(tried) = self.0.get_mut(&component) else { continue };
            let now = look(source, project);
            if std::mem::take(&mut tried.is_again) {
                tried.with = now;
                continue;
            }
            let now = Some(now).filter(|now| *now != tried.with);
            if now.is_some() && now == tried.next {
                again.push(component);
            }
            tried.next = now;
        }
        again
    }
}

fn look(source: &Source, project: &Project) -> Look {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let files = std::env::split_paths(&path).chain(source.language.built_with(source, &project.root));
    let times = files.filter_map(|file| {
        let metadata = fs::metadata(&file).ok()?;
        Some((file, (metadata.ino(), metadata.mtime(), metadata.mtime_nsec())))
    });
    times.collect()
}
