//! What the state's file holds, and each transaction on it. All that is ever asked of the database is here.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};
use redb::{StorageError, TableDefinition};
use rustix::fs::Access;

use super::file::NotOpened;
use super::store::Key;

/// Until when a delivery is remembered, in Unix milliseconds.
const UNTIL: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("replay.1.until");

/// The same by time, so that what has had its time is found without looking at the rest.
const BY_TIME: TableDefinition<'_, (u64, &[u8; 32]), ()> = TableDefinition::new("replay.1.by_time");

/// The latest time at which anything was written, in Unix milliseconds: the clock of the next start is not behind it.
const LATEST: TableDefinition<'_, (), u64> = TableDefinition::new("replay.1.latest");

/// Memory for pages of the file. The system keeps more of them.
const CACHE: usize = 16 << 20;

/// A file that is open.
pub(super) struct Opened {
    pub(super) database: Database,
    /// How many deliveries it holds.
    pub(super) stored: u64,
    /// When it was written to for the last time, in Unix milliseconds.
    pub(super) latest: u64,
}

/// What a sweep came to.
pub(super) struct Swept {
    /// How many were forgotten.
    pub(super) count: usize,
    /// How many are left.
    pub(super) stored: u64,
}

/// Opens the file at `path`, or makes it; nobody but the host's user can read it. All of it is read and held against its
/// checksums.
pub(super) fn open(path: &Path) -> Result<Opened, NotOpened> {
    let not_opened = |(message, fix)| NotOpened { path: path.to_owned(), message, fix };
    let file = open_file(path).map_err(|error| not_opened((error.to_string(), FIX_PATH)))?;
    let damaged = || not_opened(("it is damaged, or something else than a state file".to_owned(), FIX_DAMAGED));
    // redb takes the bytes of a file for its own; what they cannot be makes it panic rather than return an error.
    std::panic::catch_unwind(|| database(file)).map_err(|_panic| damaged())?.map_err(|error| match error {
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

const FIX_PATH: &str = "let the host's user write there, or name another file as `path` under [state] in host.toml";
const FIX_LOCKED: &str = "stop that host, or give this one a file of its own: `path` under [state] in host.toml";
const FIX_DAMAGED: &str = "put a backup in its place, or move it away: what has run before can then run once more";

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

fn database(file: File) -> Result<Opened, redb::Error> {
    let backend = FileBackend::new(file)?;
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    let database = builder.create_with_backend(backend)?;
    let transaction = database.begin_write()?;
    let (stored, latest) = {
        transaction.open_table(BY_TIME)?;
        let latest = transaction.open_table(LATEST)?.get(())?.map_or(0, |latest| latest.value());
        (transaction.open_table(UNTIL)?.len()?, latest)
    };
    transaction.commit()?;
    Ok(Opened { database, stored, latest })
}

/// Until when a delivery is remembered, if it is.
pub(super) fn until(database: &Database, key: &Key) -> Result<Option<u64>, redb::Error> {
    let until = database.begin_read()?.open_table(UNTIL)?;
    Ok(until.get(key)?.map(|until| until.value()))
}

/// Has deliveries remembered, each until its time, and returns how many there are now. When this returns, they are on disk.
pub(super) fn insert(database: &Database, entries: &[(Key, u64)], now: u64) -> Result<u64, redb::Error> {
    let transaction = database.begin_write()?;
    let stored = {
        let mut until = transaction.open_table(UNTIL)?;
        let mut by_time = transaction.open_table(BY_TIME)?;
        for (key, time) in entries {
            // One that has had its time and was not forgotten yet.
            let before = until.insert(key, time)?.map(|before| before.value());
            if let Some(before) = before {
                by_time.remove((before, key))?;
            }
            by_time.insert((*time, key), ())?;
        }
        transaction.open_table(LATEST)?.insert((), now)?;
        until.len()?
    };
    transaction.commit()?;
    Ok(stored)
}

/// Forgets deliveries whose time is over, `most` of them at the most.
pub(super) fn sweep(database: &Database, now: u64, most: usize) -> Result<Swept, redb::Error> {
    let read = database.begin_read()?;
    let by_time = read.open_table(BY_TIME)?;
    let over = by_time.range(..=(now, &[0xff; 32]))?.take(most);
    let over = over.map(|entry| entry.map(|(entry, _)| (entry.value().0, *entry.value().1)));
    let over: Vec<(u64, Key)> = over.collect::<Result<_, StorageError>>()?;
    if over.is_empty() {
        return Ok(Swept { count: 0, stored: read.open_table(UNTIL)?.len()? });
    }
    drop((by_time, read));
    let transaction = database.begin_write()?;
    let stored = {
        let mut until = transaction.open_table(UNTIL)?;
        let mut by_time = transaction.open_table(BY_TIME)?;
        for (time, key) in &over {
            until.remove(key)?;
            by_time.remove((*time, key))?;
        }
        until.len()?
    };
    transaction.commit()?;
    Ok(Swept { count: over.len(), stored })
}
