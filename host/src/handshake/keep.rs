//! Puts a secret that has arrived where secrets are kept: whole or not at all, readable by the host's user alone, and
//! never in the place of another. It knows nothing of handshakes.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Writes `secret` to the file `path`, which must not be there.
pub(super) fn keep(path: &Path, secret: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("not in a folder"))?;
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
    file.write_all(secret)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|failed| failed.error)?;
    // The sender will not say it again: it must outlive the machine's next moment.
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_secret_is_kept_for_the_hosts_user_and_never_in_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("NAME");
        keep(&path, b"first").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(keep(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");

        std::os::unix::fs::symlink("elsewhere", folder.path().join("LINK")).unwrap();
        assert!(
            keep(&folder.path().join("LINK"), b"third").is_err(),
            "a link that leads nowhere is there all the same"
        );
        assert!(!folder.path().join("elsewhere").exists());
    }
}
