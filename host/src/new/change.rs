//! The changes to a project: all of them are made, or none. What is new is staged in a folder beside and put in its place
//! by renaming; where one of them fails, those before it are taken back. Nothing is overwritten but a file that was read
//! before and is still the same. Knows nothing of what the files say.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::error::Error;

/// For everybody to read.
pub(super) const READABLE: u32 = 0o644;

/// For the owner alone: what has secrets in it.
pub(super) const PRIVATE: u32 = 0o600;

/// The longest file of a project that is read to be changed, in bytes.
const LONGEST: u64 = 1 << 20;

/// Files by their paths in a folder.
pub(super) type Files = Vec<(PathBuf, Vec<u8>)>;

/// A file of the project as it is.
pub(super) struct Existing {
    pub(super) text: String,
    mode: u32,
}

/// Changes to a project: folders are made first, then files, each in the order in which they are asked for.
pub(super) struct Changes {
    project: PathBuf,
    list: Vec<Change>,
}

struct Change {
    path: PathBuf,
    what: What,
}

enum What {
    /// A folder, in the place of the one that is there if `replaces`.
    Folder { files: Files, replaces: bool },
    /// A file, in the place of the one that is there.
    File { bytes: Vec<u8>, mode: u32, before: Option<Existing> },
}

/// What has been done, and how it is taken back.
enum Done {
    Made(PathBuf),
    Moved { from: PathBuf, to: PathBuf },
    Changed { path: PathBuf, before: Existing },
}

impl Changes {
    pub(super) fn new(project: &Path) -> Self {
        Self { project: project.to_owned(), list: Vec::new() }
    }

    /// Reads a file of the project, if it is there.
    ///
    /// # Errors
    /// If it is a link or no file, too long or no text: what it leads to may be no part of the project.
    pub(super) fn read(&self, name: &str) -> Result<Option<Existing>, Error> {
        let path = self.project.join(name);
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| Error::io("read", &path, &error))?,
        };
        if !metadata.is_file() || metadata.len() > LONGEST {
            let shown = path.display();
            return Err(Error::usage(format!(
                "{shown} is not a file of up to 1 MiB, and is not changed; put one there"
            )));
        }
        let text = fs::read_to_string(&path).map_err(|error| Error::io("read", &path, &error))?;
        Ok(Some(Existing { text, mode: metadata.permissions().mode() & 0o7777 }))
    }

    /// Makes a folder with these files, where there is nothing.
    pub(super) fn make(&mut self, folder: &str, files: Files) {
        self.list.push(Change { path: folder.into(), what: What::Folder { files, replaces: false } });
    }

    /// Puts a folder with these files in the place of another.
    pub(super) fn replace(&mut self, folder: &str, files: Files) {
        self.list.push(Change { path: folder.into(), what: What::Folder { files, replaces: true } });
    }

    /// Writes a file in the place of the one that was read, or of none. A file that is there keeps its mode, but for what a
    /// private one has of others' rights.
    pub(super) fn write(&mut self, file: &str, text: String, mode: u32, before: Option<Existing>) {
        let kept = |before: &Existing| if mode == PRIVATE { before.mode & PRIVATE } else { before.mode };
        let mode = before.as_ref().map_or(mode, kept);
        self.list.push(Change { path: file.into(), what: What::File { bytes: text.into_bytes(), mode, before } });
    }

    /// Makes all changes. Returns what was written, in words.
    ///
    /// # Errors
    /// If one cannot be made; then none is.
    pub(super) fn apply(self) -> Result<Vec<String>, Error> {
        let Self { project, mut list } = self;
        // What files name is there before they are.
        list.sort_by_key(|change| matches!(change.what, What::File { .. }));
        let stage = tempfile::Builder::new().prefix(".host-new-").tempdir_in(&project);
        let stage = stage.map_err(|error| Error::io("written to", &project, &error))?;
        let mut done = Vec::new();
        let mut written = Vec::new();
        for (place, Change { path, what }) in list.into_iter().enumerate() {
            let slash = if matches!(what, What::Folder { .. }) { "/" } else { "" };
            let how = match &what {
                What::Folder { replaces: true, .. } | What::File { before: Some(_), .. } => " (changed)",
                _ => "",
            };
            written.push(format!("{}{slash}{how}", path.display()));
            if let Err(error) = one(&project.join(path), what, &stage, place, &mut done) {
                return Err(take_back(done, error));
            }
        }
        Ok(written)
    }
}

fn one(path: &Path, what: What, stage: &TempDir, place: usize, done: &mut Vec<Done>) -> Result<(), Error> {
    let wrong = |error: std::io::Error| Error::io("written", path, &error);
    match what {
        What::Folder { files, replaces } => {
            let staged = stage.path().join(place.to_string());
            fill(&staged, &files).map_err(wrong)?;
            if replaces {
                let aside = stage.path().join(format!("{place}-before"));
                fs::rename(path, &aside).map_err(wrong)?;
                done.push(Done::Moved { from: path.to_owned(), to: aside });
            } else if fs::symlink_metadata(path).is_ok() {
                return Err(Error::usage(format!(
                    "{} has come meanwhile, and is left as it is; run this again",
                    path.display()
                )));
            }
            // Over a folder with something in it, or a file, it fails.
            fs::rename(&staged, path).map_err(wrong)?;
            done.push(Done::Made(path.to_owned()));
        }
        What::File { bytes, mode, before } => {
            let file = staged_file(stage.path(), &bytes, mode).map_err(wrong)?;
            let Some(before) = before else {
                file.persist_noclobber(path).map_err(|error| wrong(error.error))?;
                done.push(Done::Made(path.to_owned()));
                return Ok(());
            };
            if fs::read(path).map_err(wrong)? != before.text.as_bytes() {
                return Err(Error::usage(format!("{} has changed meanwhile; run this again", path.display())));
            }
            file.persist(path).map_err(|error| wrong(error.error))?;
            done.push(Done::Changed { path: path.to_owned(), before });
        }
    }
    Ok(())
}

fn fill(folder: &Path, files: &Files) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(())
}

fn staged_file(stage: &Path, bytes: &[u8], mode: u32) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(stage)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// Takes back what has been done, the last first. What cannot be is named beside the reason.
fn take_back(done: Vec<Done>, reason: Error) -> Error {
    let mut left = Vec::new();
    for step in done.into_iter().rev() {
        let (path, result) = match step {
            Done::Made(path) if path.is_dir() => (path.clone(), fs::remove_dir_all(path)),
            Done::Made(path) => (path.clone(), fs::remove_file(path)),
            Done::Moved { from, to } => (from.clone(), fs::rename(to, from)),
            Done::Changed { path, before } => {
                let folder = path.parent().unwrap_or(Path::new("."));
                let file = staged_file(folder, before.text.as_bytes(), before.mode);
                let result = file.and_then(|file| file.persist(&path).map(drop).map_err(|error| error.error));
                (path, result)
            }
        };
        if result.is_err() {
            left.push(path.display().to_string());
        }
    }
    if left.is_empty() {
        return reason;
    }
    Error::Failed(format!("{reason}; and {} could not be put back as it was", left.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_asked_for_is_there_afterwards_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("old"), "1").unwrap();
        fs::create_dir(at.join("sdk")).unwrap();
        fs::write(at.join("sdk/gone"), "").unwrap();
        let mut changes = Changes::new(at);
        let before = changes.read("old").unwrap();
        assert!(changes.read("secrets").unwrap().is_none());
        changes.make("made", vec![("src/lib.rs".into(), b"x".to_vec())]);
        changes.replace("sdk", vec![("new".into(), Vec::new())]);
        changes.write("old", "2".into(), READABLE, before);
        changes.write("secrets", "s".into(), PRIVATE, None);
        assert_eq!(changes.apply().unwrap(), ["made/", "sdk/ (changed)", "old (changed)", "secrets"]);
        assert_eq!(names(at), ["made", "old", "sdk", "secrets"]);
        assert_eq!(names(&at.join("sdk")), ["new"]);
        assert_eq!(fs::read_to_string(at.join("made/src/lib.rs")).unwrap(), "x");
        assert_eq!(fs::read_to_string(at.join("old")).unwrap(), "2");
        assert_eq!(fs::metadata(at.join("secrets")).unwrap().permissions().mode() & 0o777, PRIVATE);
    }

    #[test]
    fn where_one_change_fails_all_are_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("old"), "1").unwrap();
        fs::create_dir(at.join("sdk")).unwrap();
        fs::write(at.join("sdk/kept"), "").unwrap();
        let mut changes = Changes::new(at);
        let before = changes.read("old").unwrap();
        let other = changes.read("old").unwrap();
        changes.make("made", vec![("a".into(), Vec::new())]);
        changes.replace("sdk", vec![("new".into(), Vec::new())]);
        changes.write("old", "2".into(), READABLE, before);
        changes.write("new", "n".into(), READABLE, None);
        // It is no longer what it was when it was read.
        changes.write("old", "3".into(), READABLE, other);
        let error = changes.apply().unwrap_err();
        assert!(matches!(&error, Error::Usage(text) if text.ends_with("old has changed meanwhile; run this again")));
        assert_eq!(names(at), ["old", "sdk"]);
        assert_eq!(names(&at.join("sdk")), ["kept"]);
        assert_eq!(fs::read_to_string(at.join("old")).unwrap(), "1");
    }

    #[test]
    fn nothing_is_overwritten_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), at.join("link")).unwrap();
        fs::create_dir(at.join("made")).unwrap();
        assert!(matches!(Changes::new(at).read("link"), Err(Error::Usage(_))));
        let mut changes = Changes::new(at);
        changes.make("made", vec![("a".into(), Vec::new())]);
        assert!(matches!(changes.apply(), Err(Error::Usage(_))));
        let mut changes = Changes::new(at);
        changes.write("link", "x".into(), READABLE, None);
        assert!(matches!(changes.apply(), Err(Error::Failed(_))));
        assert_eq!(fs::read(elsewhere.path()).unwrap(), b"");
        assert_eq!(names(at), ["link", "made"]);
    }
}
