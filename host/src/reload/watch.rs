//! Watches folders and wakes a thread, that of the reload for one, when something in them changes. What is watched is chosen anew after each look,
//! since links and whole folders are swapped while the host runs. A change that is not seen here (another machine's, on a
//! network file system) is found by the look that comes without being woken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::wake::Wake;

/// Links that one path is followed through, as Linux does.
const MAX_LINKS: usize = 40;

/// What is watched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Folders of which every change matters.
    folders: BTreeSet<PathBuf>,
    /// Names of which every change matters, in folders that hold others' files too.
    names: BTreeSet<PathBuf>,
}

impl Wanted {
    /// Everything in `folder`, and the way to it.
    pub(crate) fn folder(&mut self, folder: &Path) {
        if let Some(resolved) = self.way(folder) {
            self.folders.insert(resolved);
        }
    }

    /// One file, which need not be there, and the way to it.
    pub(crate) fn file(&mut self, file: &Path) {
        self.way(file);
    }

    /// Wants the last name of `path`, and each link on the way to it, as Kubernetes swaps `..data`. Returns what the path
    /// comes to.
    fn way(&mut self, path: &Path) -> Option<PathBuf> {
        let backwards =
            |path: &Path| path.components().rev().map(|step| step.as_os_str().to_owned()).collect::<Vec<_>>();
        let mut steps = backwards(&std::path::absolute(path).ok()?);
        let mut at = PathBuf::new();
        let mut links = 0;
        while let Some(step) = steps.pop() {
            match step.to_str() {
                Some("..") => drop(at.pop()),
                Some(".") => {}
                _ => {
                    let next = at.join(&step);
                    if let Ok(target) = fs::read_link(&next)
                        && links < MAX_LINKS
                    {
                        links += 1;
                        self.names.insert(next);
                        steps.extend(backwards(&target));
                    } else {
                        at = next;
                    }
                }
            }
        }
        self.names.insert(at.clone());
        Some(at)
    }

    /// The folders that have to be watched for it.
    fn watches(&self) -> BTreeSet<PathBuf> {
        let parents = self.names.iter().filter_map(|name| name.parent()).map(Path::to_owned);
        self.folders.iter().cloned().chain(parents).collect()
    }

    fn concerns(&self, event: &Event) -> bool {
        let matters = |path: &PathBuf| {
            self.folders.contains(path)
                || self.names.contains(path)
                || path.parent().is_some_and(|folder| self.folders.contains(folder))
        };
        event.need_rescan() || event.paths.is_empty() || event.paths.iter().any(matters)
    }
}

/// A folder, whatever its name leads to by now.
type Identity = (u64, u64);

/// The watches that there are.
pub(crate) struct Watch {
    watcher: Option<RecommendedWatcher>,
    wanted: Arc<Mutex<Arc<Wanted>>>,
    watched: BTreeMap<PathBuf, Identity>,
    failed: bool,
}

impl Watch {
    /// Watches nothing yet.
    pub(crate) fn new(wake: Wake) -> Self {
        let wanted = Arc::new(Mutex::new(Arc::new(Wanted::default())));
        let heard = Arc::clone(&wanted);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading is no change; the host itself reads at every look.
            let is_reading = |event: &Event| matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
            let wanted = Arc::clone(&heard.lock().unwrap_or_else(PoisonError::into_inner));
            match event {
                Ok(event) if is_reading(&event) || !wanted.concerns(&event) => {}
                Ok(_) | Err(_) => wake.wake(),
            }
        });
        let mut watch = Self { watcher: None, wanted, watched: BTreeMap::new(), failed: false };
        match watcher {
            Ok(watcher) => watch.watcher = Some(watcher),
            Err(error) => watch.say_failed(&error),
        }
        watch
    }

    /// Whether changes may go unseen.
    pub(crate) fn is_blind(&self) -> bool {
        self.failed
    }

    /// Watches what is `wanted` and nothing else. Returns whether there is a folder that was not watched before: what
    /// changed in it until now was not seen.
    pub(crate) fn set(&mut self, wanted: Wanted) -> bool {
        let folders = wanted.watches();
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(wanted);
        let Some(mut watcher) = self.watcher.take() else { return false };
        let identity = |folder: &Path| fs::metadata(folder).map(|found| (found.dev(), found.ino())).ok();
        // A watch holds to the folder itself: where another stands under its name by now, it has to be set anew.
        let gone: Vec<PathBuf> = self
            .watched
            .iter()
            .filter(|(folder, watched)| !folders.contains(*folder) || identity(folder) != Some(**watched))
            .map(|(folder, _)| folder.clone())
            .collect();
        for folder in gone {
            self.watched.remove(&folder);
            // It is gone by itself where its folder is.
            let _ = watcher.unwatch(&folder);
        }
        let mut added = false;
        for folder in folders {
            let Some(identity) = identity(&folder).filter(|_| !self.watched.contains_key(&folder)) else { continue };
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder, identity);
                    added = true;
                }
                Err(error) => self.say_failed(&error),
            }
        }
        self.watcher = Some(watcher);
        added
    }

    fn say_failed(&mut self, error: &notify::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            tracing::warn!(
                %error,
                "changes cannot be watched for; looking every second instead (on Linux, fs.inotify.max_user_watches and \
                 fs.inotify.max_user_instances bound how much can be watched)"
            );
        }
    }
}
