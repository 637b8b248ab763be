//! Compiled components on disk, so that a second start compiles nothing. A file's name is the component's content and
//! the engine's settings; a file that anyone but this user could have written is not used. The only `unsafe` of the
//! project is here.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A folder of compiled components.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Opens the folder, and makes it where it is missing.
    ///
    /// # Errors
    ///
    /// If it cannot be made, is not this user's own, or others may write to it.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        trusted(&fs::metadata(folder)?)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The compiled form of the component whose SHA-256 is `version`, if it is there and to be trusted.
    pub(super) fn get(&self, engine: &Engine, version: &str) -> Option<Component> {
        let path = self.path(engine, version);
        let opened = OpenOptions::new().read(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(&path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "cached component not readable; compiling anew");
                return None;
            }
        };
        let checked = file.metadata().and_then(|metadata| trusted(&metadata));
        match checked.map_err(wasmtime::Error::from).and_then(|()| deserialize(engine, &file)) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(file = %path.display(), error = format!("{error:#}"), "cached component not used; compiling anew");
                None
            }
        }
    }

    /// Keeps a compiled component. It appears under its name whole or not at all.
    pub(super) fn put(&self, engine: &Engine, version: &str, compiled: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".compiling-").tempfile_in(&self.folder)?;
        file.write_all(compiled)?;
        // On disk before it has its name: a file of zeros must not be found under it after a power cut.
        file.as_file().sync_all()?;
        file.persist(self.path(engine, version)).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, engine: &Engine, version: &str) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.folder.join(format!("{version}-{:016x}.cwasm", hasher.finish()))
    }
}

/// Refuses what someone else owns or may write to: compiled code is run as it is.
fn trusted(metadata: &fs::Metadata) -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        return Err(io::Error::other(format!("owned by user {}, not by user {user}", metadata.uid())));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other(format!("mode {:o} lets others write", metadata.mode() & 0o7777)));
    }
    Ok(())
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
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: the file was written by `put`, as nobody but this user may write to it or to its folder (`trusted`
        // was asked about both), `put` writes only what this engine's compiler made, and files appear under their name
        // complete. wasmtime itself refuses what another version or other settings made.
        unsafe { Component::deserialize_file(engine, path) }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let mut compiled = Vec::new();
        io::Read::read_to_end(&mut &*file, &mut compiled)?;
        // SAFETY: as above; the bytes are those of the checked file.
        unsafe { Component::deserialize(engine, compiled) }
    }
}
