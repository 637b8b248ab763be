//! Opening the state's file, and what is said where that fails. What is in it is known here by one number alone: when it was
//! last written to.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{Database, ReadableTable as _, TableDefinition, WriteTransaction};
use rustix::fs::Access;

use super::NotOpened;
use super::keeper::Part;

/// The latest time at which anything was written, in Unix milliseconds: the clock of the next start is not behind it.
const LATEST: TableDefinition<'_, (), u64> = TableDefinition::new("state.1.latest");

/// Memory for pages of the file. The system keeps more of them.
const CACHE: usize = 16 << 20;

/// A file that is open.
pub(super) struct Opened {
    pub(super) database: Database,
    /// When it was written to for the last time, in Unix milliseconds.
    pub(super) latest: u64,
}

/// Opens the file at `path`, or makes it; nobody but the host's user can read it. All of it is read and held against its
/// checksums, and each of its `parts` begins.
pub(super) fn open(path: &Path, parts: &[Arc<dyn Part>]) -> Result<Opened, NotOpened> {
    let not_opened = |(message, fix)| NotOpened { path: path.to_owned(), message, fix };
    let file = open_file(path).map_err(|error| not_opened((error.to_string(), FIX_PATH)))?;
    let damaged = || not_opened(("it is damaged, or something else than a state file".to_owned(), FIX_DAMAGED));
    // redb takes the bytes of a file for its own; what they cannot be makes it panic rather than return an error.
    let opened = catch_unwind(AssertUnwindSafe(|| database(file, parts))).map_err(|_panic| damaged())?;
    opened.map_err(|error| match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
            not_opened(("another host has it open".to_owned(), FIX_LOCKED))
        }
        redb::Error::Corrupted(_) | redb::Error::UpgradeRequired(_) => damaged(),
        redb::Error::Io(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
            damaged()
        }
        error => not_opened((error.to_string(), FIX_PATH)),
    })
}

/// Whether the file at `path` could be opened or made, as far as that can be told without doing either: a host that runs
/// may have it.
pub(super) fn look(path: &Path) -> Result<(), NotOpened> {
    let looked = match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it is not a file")),
        Ok(_) => OpenOptions::new().read(true).write(true).open(path).map(drop),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
        }
        Err(error) => Err(error),
    };
    looked.map_err(|error| NotOpened { path: path.to_owned(), message: error.to_string(), fix: FIX_PATH })
}

/// Takes down that something was written `now`, in Unix milliseconds.
pub(super) fn touch(transaction: &WriteTransaction, now: u64) -> Result<(), redb::Error> {
    transaction.open_table(LATEST)?.insert((), now)?;
    Ok(())
}

/// What stands for a file that there is no thread for.
pub(super) fn without_thread(path: &Path, error: &io::Error) -> NotOpened {
    NotOpened {
        path: path.to_owned(),
        message: format!("no thread to write it on: {error}"),
        fix: "raise the limit on threads (`ulimit -u`)",
    }
}

const FIX_PATH: &str = "let the host's user write there, or name another file as `path` under [state] in host.toml";
const FIX_LOCKED: &str = "stop that host, or give this one a file of its own: `path` under [state] in host.toml";
const FIX_DAMAGED: &str = "put a backup in its place, or move it away: what has run before can then run once more, and the \
                           stores of functions are empty";

fn open_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() == 0 {
        // A file whose name is lost in a crash is as good as none.
        File::open(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
            .sync_all()?;
    }
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn database(file: File, parts: &[Arc<dyn Part>]) -> Result<Opened, redb::Error> {
    let backend = FileBackend::new(file)?;
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    let database = builder.create_with_backend(backend)?;
    let transaction = database.begin_write()?;
    let latest = transaction.open_table(LATEST)?.get(())?.map_or(0, |latest| latest.value());
    for part in parts {
        part.begin(&transaction)?;
    }
    transaction.commit()?;
    Ok(Opened { database, latest })
}
