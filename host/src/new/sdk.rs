//! The SDK's sources, which travel in this program until the SDKs are published, and the folder of a project that they
//! lie in. Owns what is written there, and how it is known whether somebody has changed it. `host/build/` packs them;
//! nothing here knows what is in them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use semver::Version;
use sha2::{Digest as _, Sha256};

use super::change::Files;
use super::error::Error;

#[path = "../../build/left_out.rs"]
mod left_out;

/// The folder of a project.
pub(super) const FOLDER: &str = ".vestibule";

/// The file in it that says who wrote it.
const MARK: &str = "written-by.toml";

/// More files than this are not looked through: they are not what was written.
const MOST_FILES: usize = 10_000;

/// As many bytes of a file, likewise.
const LONGEST: u64 = 64 << 20;

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sdk.tar.gz"));

/// The sources.
pub(super) struct Sdk {
    files: BTreeMap<PathBuf, Vec<u8>>,
    digest: String,
}

/// What a project has of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    Missing,
    /// These.
    Current,
    /// Others, as this version wrote them.
    Written(Version),
    /// Others, as they come with a version that is newer than this one.
    Newer(Version),
    /// Others, and somebody has changed them since.
    Changed,
}

impl Sdk {
    /// Unpacks them.
    ///
    /// # Errors
    /// If this program's file is damaged.
    pub(super) fn unpack() -> Result<Self, Error> {
        let damaged = |error: io::Error| Error::Failed(format!("the SDK in this program cannot be unpacked: {error}"));
        let mut archive = tar::Archive::new(GzDecoder::new(ARCHIVE));
        let mut files = BTreeMap::new();
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let path = entry.path().map_err(damaged)?.into_owned();
            if !path.components().all(|step| matches!(step, Component::Normal(_))) {
                return Err(damaged(io::Error::other("a path leads out of it")));
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(damaged)?;
            files.insert(path, bytes);
        }
        let digest = digest(&files);
        Ok(Self { files, digest })
    }

    /// A file of them.
    pub(super) fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(Path::new(path)).map(Vec::as_slice)
    }

    /// What the project has.
    ///
    /// # Errors
    /// If its folder cannot be read.
    pub(super) fn state(&self, project: &Path) -> Result<State, Error> {
        let folder = project.join(FOLDER);
        let wrong = |error: io::Error| Error::io("read", &folder, &error);
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
            other => other.map_err(wrong)?,
        };
        let Some((version, written)) = mark(&folder) else { return Ok(State::Changed) };
        if written == self.digest {
            return Ok(State::Current);
        }
        if version > this_version() {
            return Ok(State::Newer(version));
        }
        let mut found = BTreeMap::new();
        let is_looked_through = look(&folder, Path::new(""), &mut found).map_err(wrong)?;
        // Whoever runs cargo in there changes the lock file alone.
        let mut as_written = found;
        as_written.remove(Path::new(MARK));
        Ok(if is_looked_through && digest(&as_written) == written { State::Written(version) } else { State::Changed })
    }

    /// What is to be written, with the mark.
    pub(super) fn into_files(self) -> Files {
        let mark = format!(
            "# `host new` of this version wrote this folder: the sources of Vestibule's SDK, and nothing of yours. A newer one\n\
             # writes it anew, unless somebody has changed it.\n\
             version = \"{}\"\nsha256 = \"{}\"\n",
            this_version(),
            self.digest
        );
        self.files.into_iter().chain([(MARK.into(), mark.into_bytes())]).collect()
    }
}

/// The version of this program.
pub(super) fn this_version() -> Version {
    let number = |text: &str| text.parse().unwrap_or_default();
    let (major, minor, patch) =
        (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH"));
    Version::new(number(major), number(minor), number(patch))
}

/// Who wrote the folder, and what; none if nobody says so.
fn mark(folder: &Path) -> Option<(Version, String)> {
    let text = fs::read_to_string(folder.join(MARK)).ok()?;
    let mark: toml::Table = toml::from_str(&text).ok()?;
    let version = mark.get("version")?.as_str()?.parse().ok()?;
    Some((version, mark.get("sha256")?.as_str()?.to_owned()))
}

/// Reads what is in a folder, without what builds leave behind. False if it is more than anybody wrote.
fn look(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<bool> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if left_out::is_left_out(&folder.join(&name).to_string_lossy()) {
            continue;
        }
        let path = folder.join(&name);
        if kind.is_dir() {
            if !look(root, &path, found)? {
                return Ok(false);
            }
        } else if kind.is_file() && entry.metadata()?.len() <= LONGEST && found.len() < MOST_FILES {
            found.insert(path.clone(), fs::read(root.join(path))?);
        } else {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The hash of files with their paths. Without the lock file, which cargo changes by itself.
fn digest(files: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for (path, bytes) in files.iter().filter(|(path, _)| path.as_path() != Path::new("Cargo.lock")) {
        for part in [path.as_os_str().as_encoded_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project with the sources, as this program writes them.
    fn written() -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        for (path, bytes) in Sdk::unpack().unwrap().into_files() {
            let path = project.path().join(FOLDER).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        project
    }

    /// The same, as if another version had written them.
    fn remark(project: &Path, version: &str) {
        let folder = project.join(FOLDER);
        fs::write(folder.join("wit/old.wit"), "package old;").unwrap();
        let mut found = BTreeMap::new();
        assert!(look(&folder, Path::new(""), &mut found).unwrap());
        found.remove(Path::new(MARK));
        let mark = format!("version = \"{version}\"\nsha256 = \"{}\"\n", digest(&found));
        fs::write(folder.join(MARK), mark).unwrap();
    }

    fn state(project: &Path) -> State {
        Sdk::unpack().unwrap().state(project).unwrap()
    }

    #[test]
    fn it_has_what_functions_are_built_with_and_no_tests() {
        let sdk = Sdk::unpack().unwrap();
        for path in [
            "Cargo.toml",
            "Cargo.lock",
            "guest-sdk/Cargo.toml",
            "guest-sdk/src/lib.rs",
            "guest-sdk/macros/src/lib.rs",
            "signatures/src/lib.rs",
            "wit/world.wit",
            "wit/verifier/verifier.wit",
            "guest-sdk/python/pyproject.toml",
            "guest-sdk/python/src/vestibule/build/cli.py",
            "guest-sdk/python/src/vestibule/wit/world.wit",
            "guest-sdk/js/package.json",
            "guest-sdk/js/bin/vestibule-build.js",
            "guest-sdk/js/types/index.d.ts",
            "guest-sdk/go/go.mod",
            "guest-sdk/go/vestibuletest/host.go",
            "guest-sdk/c/vestibule.h",
            "guest-sdk/c/vestibule_test.h",
        ] {
            assert!(sdk.file(path).is_some(), "{path}");
        }
        let is_of_tests = |path: &&PathBuf| path.starts_with("signatures/tests") || path.starts_with("guest-sdk/tests");
        assert_eq!(sdk.files.keys().find(is_of_tests), None);
        let workspace: toml::Table = std::str::from_utf8(sdk.file("Cargo.toml").unwrap()).unwrap().parse().unwrap();
        let shared = workspace["workspace"]["dependencies"].as_table().unwrap();
        assert!(shared.contains_key("wit-bindgen") && shared.contains_key("serde"));
        assert!(!shared.contains_key("wasmtime") && !shared.contains_key("hyper"), "{shared:?}");
        let lock = std::str::from_utf8(sdk.file("Cargo.lock").unwrap()).unwrap();
        assert!(lock.contains("name = \"wit-bindgen\"") && !lock.contains("name = \"wasmtime\""));
    }

    #[test]
    fn what_was_written_is_known_again_whatever_builds_leave() {
        let project = written();
        assert_eq!(state(project.path()), State::Current);
        let mut found = BTreeMap::new();
        assert!(look(&project.path().join(FOLDER), Path::new(""), &mut found).unwrap());
        found.remove(Path::new(MARK));
        assert_eq!(digest(&found), Sdk::unpack().unwrap().digest, "what is packed is what is looked at");
        remark(project.path(), "0.0.9");
        assert_eq!(state(project.path()), State::Written(Version::new(0, 0, 9)));
        let folder = project.path().join(FOLDER);
        for left in [
            "target/debug/x",
            "guest-sdk/js/node_modules/x/y",
            "guest-sdk/python/build/lib/vestibule/kv.py",
            "guest-sdk/python/src/vestibule.egg-info/PKG-INFO",
            "guest-sdk/python/src/vestibule/__pycache__/kv.pyc",
            ".cache/z",
            "Cargo.lock",
        ] {
            let path = folder.join(left);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "left").unwrap();
        }
        assert_eq!(state(project.path()), State::Written(Version::new(0, 0, 9)));
        remark(project.path(), "99.0.0");
        assert_eq!(state(project.path()), State::Newer(Version::new(99, 0, 0)));
    }

    #[test]
    fn what_somebody_has_changed_is_told_from_what_was_written() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(state(empty.path()), State::Missing);
        fs::create_dir(empty.path().join(FOLDER)).unwrap();
        assert_eq!(state(empty.path()), State::Changed);
        for (path, change) in [("wit/world.wit", "changed"), ("guest-sdk/src/more.rs", "more")] {
            let project = written();
            remark(project.path(), "0.0.9");
            fs::write(project.path().join(FOLDER).join(path), change).unwrap();
            assert_eq!(state(project.path()), State::Changed, "{path}");
        }
        let project = written();
        remark(project.path(), "0.0.9");
        fs::remove_file(project.path().join(FOLDER).join("signatures/src/lib.rs")).unwrap();
        assert_eq!(state(project.path()), State::Changed);
    }
}
