//! Files that appear whole or not at all: written under a name that the host ignores, then renamed. It does not know what
//! is in them.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path};

use tempfile::Builder;

/// What anybody may do with a new file, before the process's own mask.
const MODE: u32 = 0o666;

/// Makes the file `relative` of the folder `root` hold `bytes`. Returns the file as it is there now; none if it held them
/// already, and then it keeps its time.
///
/// # Errors
///
/// If it cannot be written, or would not lie in the folder.
pub(crate) fn put(root: &Path, relative: &Path, bytes: &[u8]) -> io::Result<Option<File>> {
    if !relative.components().all(|step| matches!(step, Component::Normal(_))) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its name is no path below the folder"));
    }
    let file = root.join(relative);
    if fs::symlink_metadata(&file).is_ok_and(|found| found.is_file()) && holds(&file, bytes) {
        return Ok(None);
    }
    let folder = file.parent().unwrap_or(root);
    fs::create_dir_all(root)?;
    // What is there already says where folders would be made: it is asked before there are any.
    let there = folder.ancestors().find(|above| fs::symlink_metadata(above).is_ok()).unwrap_or(root);
    stays(root, there)?;
    fs::create_dir_all(folder)?;
    stays(root, folder)?;
    // In the same folder, as a rename is in one step only there.
    let mut part =
        Builder::new().prefix(".").suffix(".part").permissions(Permissions::from_mode(MODE)).tempfile_in(folder)?;
    part.write_all(bytes)?;
    Ok(Some(part.persist(&file)?))
}

/// Refuses a folder that, links resolved, does not lie in `root`.
fn stays(root: &Path, folder: &Path) -> io::Result<()> {
    if fs::canonicalize(folder)?.starts_with(fs::canonicalize(root)?) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "a link leads out of the folder"))
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    let is_as_long = fs::metadata(file).is_ok_and(|found| found.len() == bytes.len() as u64);
    is_as_long && fs::read(file).is_ok_and(|there| there == bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_is_made_behind_a_link_that_leads_out() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(outside.path(), inside.path().join("out")).unwrap();
        symlink(outside.path().join("nowhere"), inside.path().join("broken")).unwrap();
        for relative in ["out/deep/f.wasm", "out/f.wasm", "broken/f.wasm", "../f.wasm"] {
            assert!(put(inside.path(), Path::new(relative), b"x").is_err(), "{relative}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        // One that stays is a folder as any.
        fs::create_dir(inside.path().join("real")).unwrap();
        symlink("real", inside.path().join("near")).unwrap();
        assert!(put(inside.path(), Path::new("near/deep/f.wasm"), b"x").unwrap().is_some());
        assert!(put(inside.path(), Path::new("real/deep/f.wasm"), b"x").unwrap().is_none(), "it is there");
    }
}
