//! Compiled components on disk, so that a second start compiles nothing. A file's name is the component's content and
//! the engine's settings, its last bytes are a hash of its name and of the others; a file that anyone but this user could
//! have written is not used. The only `unsafe` of the host is here.

use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, Timespec, Timestamps, UTIME_NOW};
use rustix::io::Errno;
#[cfg(target_os = "linux")]
use rustix::mm::Advice;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::copied;
use crate::config::CacheSettings;

/// What a file that is being written is called, until it is whole.
const PART: &str = ".compiling-";

/// How old such a file is when nobody writes it any more; compiling is over long before.
const PART_IS_LEFT: Duration = Duration::from_secs(60 * 60);

/// The last bytes of a file: the SHA-256 of its name and of the bytes before.
const SEAL: usize = 32;

/// Bytes of a file that are read at once.
const READ_AT_ONCE: usize = 64 << 10;

/// A folder of compiled components, held open: what was checked is what is used, whatever becomes of its name.
pub(super) struct Cache {
    folder: OwnedFd,
    path: PathBuf,
    /// Bytes that all files may have together.
    size: u64,
}

impl Cache {
    /// Opens the folder, and makes it where it is missing.
    ///
    /// # Errors
    ///
    /// If it cannot be made, is a link, is not this user's own, or others may write to it.
    pub(super) fn open(settings: &CacheSettings) -> io::Result<Self> {
        let path = settings.dir.clone();
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match rustix::fs::open(&path, flags, Mode::empty()) {
            Err(Errno::LOOP | Errno::NOTDIR) => return Err(io::Error::other("it is a link; name the folder itself")),
            other => other?,
        };
        let folder = File::from(folder);
        trusted(&folder)?;
        Ok(Self { folder: folder.into(), path, size: settings.size.get() })
    }

    /// The compiled form of the component whose SHA-256 is `version`, if it is there and to be trusted.
    pub(super) fn get(&self, engine: &Engine, version: &str) -> Option<Component> {
        let name = file_name(engine, version);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.folder, &name, flags, Mode::empty());
        let found = match opened {
            Err(Errno::NOENT) => return None,
            Err(errno) => Err(io::Error::from(errno).into()),
            Ok(file) => checked(engine, &name, File::from(file)),
        };
        found.map_err(|error| self.doubt(&name, &error)).ok()
    }

    /// Says that a file is not used, and removes it, so that this is said once.
    fn doubt(&self, name: &str, error: &wasmtime::Error) {
        tracing::warn!(
            file = %self.path.join(name).display(),
            error = format!("{error:#}"),
            "cached component not used; compiling anew"
        );
        let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
    }

    /// Keeps a compiled component. It appears under its name whole or not at all; of two hosts that write the same, either
    /// will do.
    pub(super) fn put(&self, engine: &Engine, version: &str, compiled: &[u8]) -> io::Result<()> {
        let name = file_name(engine, version);
        let part = format!("{PART}{}", uuid::Uuid::now_v7().simple());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.folder, &part, flags, Mode::RUSR | Mode::WUSR)?);
        let mut write = || {
            file.write_all(compiled)?;
            file.write_all(&sealing(&name).chain_update(compiled).finalize())?;
            // On disk before it has its name: a file of zeros must not be found under it after a power cut.
            file.sync_all()?;
            rustix::fs::renameat(&self.folder, &part, &self.folder, &name)?;
            Ok(())
        };
        let written = write();
        if written.is_err() {
            let _ = rustix::fs::unlinkat(&self.folder, &part, AtFlags::empty());
        }
        self.tidy();
        written
    }

    /// Removes what was left half-written, and then the files that have not been used for the longest, until the rest is
    /// within the cache's size. A file that is mapped goes on being there for who mapped it.
    fn tidy(&self) {
        let mut files = self.files();
        files.retain(|file| {
            let is_part = file.name.starts_with(PART);
            if is_part && file.used.elapsed().is_ok_and(|age| age > PART_IS_LEFT) {
                self.remove(file);
            }
            !is_part
        });
        files.sort_by_key(|file| file.used);
        let mut total: u64 = files.iter().map(|file| file.size).sum();
        for file in files {
            if total <= self.size {
                return;
            }
            total = total.saturating_sub(file.size);
            self.remove(&file);
        }
    }

    fn remove(&self, file: &Kept) {
        match rustix::fs::unlinkat(&self.folder, &file.name, AtFlags::empty()) {
            Ok(()) => tracing::debug!(file = file.name, "removed from the cache of compiled components"),
            Err(error) => tracing::debug!(file = file.name, %error, "cannot be removed from the cache"),
        }
    }

    /// The files of the cache. What is not one of its own is left alone.
    fn files(&self) -> Vec<Kept> {
        let Ok(entries) = Dir::read_from(&self.folder) else { return Vec::new() };
        let kept = entries.filter_map(Result::ok).filter_map(|entry| {
            let name = entry.file_name().to_str().ok()?.to_owned();
            if !name.starts_with(PART) && !name.ends_with(EXTENSION) {
                return None;
            }
            let found = rustix::fs::statat(&self.folder, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let used = UNIX_EPOCH + Duration::from_secs(u64::try_from(found.st_mtime).unwrap_or(0));
            Some(Kept { name, size: u64::try_from(found.st_size).unwrap_or(0), used })
        });
        kept.collect()
    }
}

/// A file of the cache.
struct Kept {
    name: String,
    size: u64,
    used: SystemTime,
}

const EXTENSION: &str = ".cwasm";

/// The name of a component's file for this engine, and for what is done to components before they are compiled.
fn file_name(engine: &Engine, version: &str) -> String {
    let mut hasher = Compatibility(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    (copied::KIND, copied::LITTLE).hash(&mut hasher);
    let compatibility = hex::encode(hasher.0.finalize());
    format!("{version}-{}{EXTENSION}", compatibility.get(..32).unwrap_or(&compatibility))
}

/// SHA-256 behind the trait through which wasmtime tells what a compiled component depends on.
struct Compatibility(Sha256);

impl Hasher for Compatibility {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.clone().finalize();
        hash.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

/// The component in an opened file, which is to have this name.
fn checked(engine: &Engine, name: &str, mut file: File) -> wasmtime::Result<Component> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a file").into());
    }
    trusted(&file)?;
    check_seal(name, &mut file)?;
    let component = deserialize(engine, &file)?;
    // Used now: the ones that are removed for want of room are those that nobody has used for the longest.
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let _ = rustix::fs::futimens(&file, &Timestamps { last_access: now, last_modification: now });
    Ok(component)
}

/// Refuses what someone else owns or may write to: compiled code is run as it is.
fn trusted(opened: &File) -> io::Result<()> {
    let metadata = opened.metadata()?;
    match distrust(metadata.uid(), metadata.mode(), rustix::process::geteuid().as_raw()) {
        Some(why) => Err(io::Error::other(why)),
        None => Ok(()),
    }
}

/// Why `user` cannot trust a file or folder of this owner and mode, if that is so.
fn distrust(owner: u32, mode: u32, user: u32) -> Option<String> {
    if owner != user {
        return Some(format!("owned by user {owner}, not by user {user}"));
    }
    (mode & 0o022 != 0).then(|| format!("mode {:o} lets others write", mode & 0o7777))
}

/// What a file's last bytes are made with, before the bytes that precede them.
fn sealing(name: &str) -> Sha256 {
    Sha256::new_with_prefix(name)
}

/// Refuses what is not as it was written: cut off, overwritten, a flipped bit, another component's.
fn check_seal(name: &str, file: &mut File) -> io::Result<()> {
    let damaged = || io::Error::other("it is damaged");
    let length = file.metadata()?.len().checked_sub(SEAL as u64).ok_or_else(damaged)?;
    let (mut hash, mut left) = (sealing(name), length);
    let mut buffer = vec![0; READ_AT_ONCE];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(READ_AT_ONCE).min(READ_AT_ONCE);
        let part = buffer.get_mut(..most).unwrap_or_default();
        file.read_exact(part)?;
        hash.update(part);
        left -= most as u64;
    }
    let mut seal = [0; SEAL];
    file.read_exact(&mut seal)?;
    if hash.finalize().as_slice() == seal { Ok(()) } else { Err(damaged()) }
}

/// Maps the opened file. It is reached through its descriptor: what was checked is what is mapped, whatever has
/// become of its name.
#[allow(
    unsafe_code,
    reason = "wasmtime runs a compiled component as it is, and so asks for a promise about its origin"
)]
fn deserialize(engine: &Engine, file: &File) -> wasmtime::Result<Component> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        // SAFETY: the file was written by `put`, as nobody but this user may write to it or to its folder (`trusted`
        // was asked about both, opened), what it holds is whole (`check_seal`), and `put` writes only what this engine's
        // compiler made, in this process or in one that it started for that (`compile`). A component that gets the better
        // of that compiler has this process's compiled code in its hands in either case; in a process of its own, it has
        // nothing else. wasmtime itself refuses what another version or other settings made.
        let component = unsafe { Component::deserialize_file(engine, path) }?;
        let_go(&component);
        Ok(component)
    }
    #[cfg(not(target_os = "linux"))]
    {
        use std::io::{Seek, SeekFrom};
        let mut compiled = Vec::new();
        (&mut &*file).seek(SeekFrom::Start(0))?;
        io::Read::read_to_end(&mut &*file, &mut compiled)?;
        // SAFETY: as above; the bytes are those of the checked file.
        unsafe { Component::deserialize(engine, compiled) }
    }
}

/// Lets go of what was mapped while the component was read: nearly all of it, as the system maps what is around each page
/// that is looked at. Calls map what they need, and of a thousand functions most are not called all the time.
#[cfg(target_os = "linux")]
#[allow(
    unsafe_code,
    reason = "the system is told that memory is not needed, which is only so if it was never written to"
)]
fn let_go(component: &Component) {
    let image = component.image_range();
    let length = image.end.addr().saturating_sub(image.start.addr());
    // SAFETY: this is all of a private mapping of the file, whose pages are read again from there. None was written to:
    // wasmtime takes no image that would have to be (it refuses relocations), and what is compiled here says nothing to
    // debuggers.
    let told = unsafe { rustix::mm::madvise(image.start.cast_mut().cast(), length, Advice::LinuxDontNeed) };
    if let Err(error) = told {
        tracing::debug!(%error, "the pages of a component stay mapped");
    }
}

/// Takes compiled code that has just been made, where there is no cache to map it from.
#[allow(unsafe_code, reason = "as above")]
pub(super) fn take(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: as above; `compiled` comes from `compile`, by way of nobody.
    unsafe { Component::deserialize(engine, compiled) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_users_own_that_nobody_else_writes_to_is_trusted() {
        assert_eq!(distrust(1000, 0o100_600, 1000), None);
        assert_eq!(distrust(1000, 0o040_755, 1000), None);
        assert_eq!(distrust(0, 0o100_600, 1000).unwrap(), "owned by user 0, not by user 1000");
        assert_eq!(distrust(1000, 0o100_600, 0).unwrap(), "owned by user 1000, not by user 0", "root neither");
        for mode in [0o100_620, 0o100_602, 0o040_777] {
            assert!(distrust(1000, mode, 1000).unwrap().ends_with("lets others write"), "{mode:o}");
        }
    }
}
