//! What the sources look like: every file of some folders, told apart by content. Saved once more with the same text, a file
//! has not changed; so neither does what a build tool writes beside the sources build for ever. It does not know what is
//! made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::walk::is_left_out;

/// Files that are looked at, at the most, and folders that are walked down. Sources are hundreds.
const MOST: usize = 20_000;
const DEEPEST: usize = 32;

/// The largest file that is read, in bytes; of a larger one, its size and times say whether it has changed.
const LARGEST: u64 = 4 << 20;

/// How old a file's last change has to be before its stamp vouches for its content: file systems keep times in steps, and of
/// two writes in one step the second does not show.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// What tells one state of a file from another without reading it.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Self { inode: metadata.ino(), size: metadata.size(), changed }
    }

    /// Whether a later write would show in it.
    fn is_settled(&self) -> bool {
        let changed = u64::try_from(self.changed.0).map(|changed| UNIX_EPOCH + Duration::from_secs(changed));
        changed.is_ok_and(|changed| SystemTime::now().duration_since(changed).is_ok_and(|age| age > COARSEST_CLOCK))
    }
}

struct Known {
    stamp: Stamp,
    content: u64,
}

/// The files, as they were the last time.
#[derive(Default)]
pub(super) struct Files {
    known: BTreeMap<PathBuf, Known>,
}

/// What has become of them since.
#[derive(Default)]
pub(super) struct Seen {
    /// Files that are new, have another content, or are gone.
    pub(super) changed: BTreeSet<PathBuf>,
    /// When the last of them was written; none if they are all gone.
    pub(super) written: Option<SystemTime>,
    /// The folders that they lie in.
    pub(super) folders: BTreeSet<PathBuf>,
}

impl Files {
    /// Looks at everything in `folders`, without what lies in `outputs`, and at `files`, which need not be there.
    pub(super) fn look(
        &mut self,
        folders: &BTreeSet<PathBuf>,
        files: &BTreeSet<PathBuf>,
        outputs: &BTreeSet<PathBuf>,
    ) -> Seen {
        let mut seen = Seen::default();
        let mut now = BTreeMap::new();
        for file in files {
            self.file(file, &mut now, &mut seen);
        }
        for folder in folders {
            self.folder(folder, outputs, DEEPEST, &mut now, &mut seen);
        }
        seen.changed.extend(self.known.keys().filter(|file| !now.contains_key(*file)).cloned());
        self.known = now;
        seen
    }

    fn folder(
        &self,
        folder: &Path,
        outputs: &BTreeSet<PathBuf>,
        deep: usize,
        now: &mut BTreeMap<PathBuf, Known>,
        seen: &mut Seen,
    ) {
        if deep == 0 || outputs.contains(folder) || !seen.folders.insert(folder.to_owned()) {
            return;
        }
        // What is gone meanwhile is not there.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !is_left_out(&path) => self.folder(&path, outputs, deep - 1, now, seen),
                Ok(kind) if !kind.is_dir() && !is_passing(&path) => self.file(&path, now, seen),
                _ => {}
            }
        }
    }

    fn file(&self, file: &Path, now: &mut BTreeMap<PathBuf, Known>, seen: &mut Seen) {
        let Ok(metadata) = fs::metadata(file) else { return };
        if !metadata.is_file() || now.len() >= MOST || now.contains_key(file) {
            return;
        }
        let (stamp, before) = (Stamp::of(&metadata), self.known.get(file));
        let content = match before {
            Some(known) if known.stamp == stamp && stamp.is_settled() => known.content,
            _ => content(file, &metadata),
        };
        if before.is_none_or(|known| known.content != content) {
            seen.changed.insert(file.to_owned());
            seen.written = seen.written.max(metadata.modified().ok());
        }
        now.insert(file.to_owned(), Known { stamp, content });
    }
}

/// Whether a file is on its way to be another, as editors have them.
fn is_passing(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with('.') || name.starts_with('#') || name.ends_with('~') || name == "4913"
}

fn content(file: &Path, metadata: &Metadata) -> u64 {
    let mut hasher = DefaultHasher::new();
    match if metadata.len() <= LARGEST { fs::read(file).ok() } else { None } {
        Some(bytes) => bytes.hash(&mut hasher),
        None => (metadata.len(), metadata.mtime(), metadata.mtime_nsec()).hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(seen: &Seen) -> Vec<&str> {
        seen.changed.iter().filter_map(|file| file.file_name()?.to_str()).collect()
    }

    #[test]
    fn a_file_has_changed_when_its_content_has() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("src/deep")).unwrap();
        fs::write(at("src/lib.rs"), "one").unwrap();
        fs::write(at("src/deep/mod.rs"), "one").unwrap();
        let folders = BTreeSet::from([folder.path().to_owned()]);
        let mut files = Files::default();
        let mut look = || files.look(&folders, &BTreeSet::new(), &BTreeSet::from([at("out")]));
        let seen = look();
        assert_eq!(names(&seen), ["mod.rs", "lib.rs"]);
        assert_eq!(seen.folders.len(), 3);
        assert!(look().changed.is_empty());
        fs::write(at("src/lib.rs"), "one").unwrap();
        assert!(look().changed.is_empty(), "saved once more");
        fs::write(at("src/lib.rs"), "two").unwrap();
        fs::write(at("src/.lib.rs.swp"), "two").unwrap();
        fs::write(at("src/lib.rs~"), "one").unwrap();
        let seen = look();
        assert_eq!(names(&seen), ["lib.rs"]);
        assert!(seen.written.is_some());
        for built in ["out", "node_modules", ".git"] {
            fs::create_dir(at(built)).unwrap();
            fs::write(at(built).join("x.rs"), "built").unwrap();
        }
        assert!(look().changed.is_empty(), "what is built is no source");
        fs::remove_dir_all(at("src/deep")).unwrap();
        assert_eq!(names(&look()), ["mod.rs"]);
    }
}
