//! Packs the SDK's sources into the binary, for `host new`: until the SDKs are published, they travel with it. Owns which
//! folders travel and the archive; `manifest.rs` has what becomes of manifests, `lock.rs` of the lock file. The archive is
//! the same for the same sources: in the order of its paths, without times and owners.

mod left_out;
mod lock;
mod manifest;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};

type Failure = Box<dyn Error>;

/// What is packed, by its path in the archive: the same as in the repository, as crates name each other by it.
type Pack = BTreeMap<String, Vec<u8>>;

/// The crates that functions in Rust need: their manifests and sources, without tests, benches and examples.
const CRATES: [&str; 4] = ["guest-sdk", "guest-sdk/macros", "guest-sdk/test", "signatures"];

/// Whole folders. Of those that are not there, nothing is packed.
const FOLDERS: [&str; 5] = ["wit", "guest-sdk/js", "guest-sdk/python", "guest-sdk/go", "guest-sdk/c"];

fn main() -> Result<(), Failure> {
    println!("cargo::rerun-if-changed=build");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
    let mut pack = Pack::new();
    for name in CRATES.into_iter().filter(|name| root.join(name).join("Cargo.toml").exists()) {
        take(&root, &format!("{name}/Cargo.toml"), &mut pack)?;
        take_folder(&root, &format!("{name}/src"), &mut pack)?;
    }
    for name in FOLDERS.into_iter().filter(|name| root.join(name).exists()) {
        take_folder(&root, name, &mut pack)?;
    }

    // Whoever formats a project with all it depends on leaves the sources as they are.
    for name in ["rustfmt.toml", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT"] {
        take(&root, name, &mut pack)?;
    }

    let manifests = manifest::trim(&read(&root, "Cargo.toml")?, &mut pack)?;
    let locked = lock::trim(&read(&root, "Cargo.lock")?, &manifests.dependencies)?;
    pack.insert("Cargo.toml".into(), manifests.workspace.into_bytes());
    pack.insert("Cargo.lock".into(), locked.into_bytes());

    let archive = PathBuf::from(variable("OUT_DIR")?).join("sdk.tar.gz");
    write(&pack, &archive)
}

fn variable(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}

/// Reads a file of the repository; when it changes, this runs again.
fn read(root: &Path, name: &str) -> Result<String, Failure> {
    let path = root.join(name);
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn take(root: &Path, name: &str, pack: &mut Pack) -> Result<(), Failure> {
    let path = root.join(name);
    println!("cargo::rerun-if-changed={}", path.display());
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    pack.insert(name.to_owned(), bytes);
    Ok(())
}

/// Takes the files of a folder and of those in it. Returns whether it took all of them: only then is the folder watched
/// as such, as cargo would look through all that is left out as well.
fn take_folder(root: &Path, name: &str, pack: &mut Pack) -> Result<bool, Failure> {
    let path = root.join(name);
    let mut takes_all = true;
    let mut taken = Vec::new();
    for entry in fs::read_dir(&path).map_err(|error| format!("{}: {error}", path.display()))? {
        let entry = entry?;
        let file =
            entry.file_name().into_string().map_err(|name| format!("{name:?} in {} is not UTF-8", path.display()))?;
        // A link leads to what is packed anyway, or to what is none of ours.
        let kind = entry.file_type()?;
        // The own tests of what is in Go.
        let is_test = file.ends_with("_test.go");
        if left_out::is_left_out(&format!("{name}/{file}")) || is_test || kind.is_symlink() {
            takes_all = false;
            continue;
        }
        taken.push((format!("{name}/{file}"), kind.is_dir()));
    }
    for (name, is_folder) in taken {
        if is_folder {
            takes_all &= take_folder(root, &name, pack)?;
        } else {
            take(root, &name, pack)?;
        }
    }
    if takes_all {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Ok(takes_all)
}

fn write(pack: &Pack, archive: &Path) -> Result<(), Failure> {
    let compressed = GzBuilder::new().mtime(0).write(File::create(archive)?, Compression::best());
    let mut tar = tar::Builder::new(compressed);
    for (name, bytes) in pack {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, name, bytes.as_slice())?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}
