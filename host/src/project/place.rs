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
    fs::create_dir_all(folder)?;
    if !fs::canonicalize(folder)?.starts_with(fs::canonicalize(root)?) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a link leads out of the folder"));
    }
    // In the same folder, as a rename is in one step only there.
    let mut part =
        Builder::new().prefix(".").suffix(".part").permissions(Permissions::from_mode(MODE)).tempfile_in(folder)?;
    part.write_all(bytes)?;
    Ok(Some(part.persist(&file)?))
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    let is_as_long = fs::metadata(file).is_ok_and(|found| found.len() == bytes.len() as u64);
    is_as_long && fs::read(file).is_ok_and(|there| there == bytes)
}
