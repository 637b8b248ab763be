//! `[cache]` and `[compile]` of `host.toml`: where compiled components are kept, and what compiling one may cost. It makes
//! no folder and knows nothing of what is in it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::choice::Switch;
use super::document::Section;
use super::key::{Bounded, Custom, Group};
use super::problem::Problems;
use super::units::Size;
use super::values;

/// Where compiled components are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// The folder.
    pub dir: PathBuf,
    /// What all of them together may take.
    pub size: Size,
}

/// What compiling one component may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileSettings {
    /// Wall-clock time.
    pub time: Duration,
    /// Address space of the process that compiles.
    pub memory: Size,
}

static ENABLED: Switch = Switch {
    name: "enabled",
    default: true,
    meaning: "Whether compiled components are kept on disk, so that the next start need not compile them.",
};

static DIR: Custom<PathBuf> = Custom {
    name: "dir",
    kind: "path",
    otherwise: "`vestibule` in the user's cache folder; without such a folder nothing is kept",
    meaning: "The folder for them, from the folder of `host.toml`. What lies in it is run as native code: nobody else may \
              write there.",
    read: values::path,
};

static SIZE: Bounded<Size> = Bounded {
    name: "size",
    // A function in Rust takes some 200 KiB, one in Python some 100 MiB.
    default: Size::gib(2),
    least: Size::mib(1),
    most: Size::gib(1024),
    meaning: "What all compiled components together may take on disk. Past it, those that have not been used for the longest \
              are removed.",
};

/// The cache of compiled components.
pub(super) static CACHE: Group = Group {
    table: "cache",
    about: "The cache of compiled components.",
    keys: &[&ENABLED, &DIR, &SIZE],
    tables: &[],
    later: &[],
};

static TIME: Bounded<Duration> = Bounded {
    name: "time",
    // A component of Python, 18 MB, takes 20 s on two cores.
    default: Duration::from_secs(2 * 60),
    least: Duration::from_secs(1),
    most: Duration::from_secs(60 * 60),
    meaning: "How long compiling one component may take; longer, and it is not served.",
};

static MEMORY: Bounded<Size> = Bounded {
    name: "memory",
    default: Size::gib(4),
    least: Size::mib(256),
    most: Size::gib(64),
    meaning: "How much address space compiling one component may take; more, and it is not served.",
};

/// Compiling.
pub(super) static COMPILE: Group = Group {
    table: "compile",
    about: "What compiling a component may cost. It runs in a process of its own, with these limits and a lower priority than \
            the host.",
    keys: &[&TIME, &MEMORY],
    tables: &[],
    later: &[],
};

impl Default for CompileSettings {
    fn default() -> Self {
        Self { time: TIME.default, memory: MEMORY.default }
    }
}

impl CompileSettings {
    pub(super) fn read(section: Option<Section<'_>>, problems: &mut Problems) -> Self {
        let Some(mut section) = section else { return Self::default() };
        let settings =
            Self { time: section.take_or_default(&TIME, problems), memory: section.take_or_default(&MEMORY, problems) };
        section.finish(&COMPILE, None, problems);
        settings
    }
}

/// Reads `[cache]`: where compiled components are kept, if they are.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path, problems: &mut Problems) -> Option<CacheSettings> {
    let mut enabled = ENABLED.default;
    let mut dir = None;
    let mut size = SIZE.default;
    if let Some(mut section) = section {
        enabled = section.take_or_default(&ENABLED, problems);
        dir = section.take(&DIR, problems);
        size = section.take_or_default(&SIZE, problems);
        section.finish(&CACHE, None, problems);
    }
    let dir = dir.map(|dir| folder.join(dir)).or_else(|| users_cache(|name| std::env::var_os(name)));
    dir.filter(|_| enabled).map(|dir| CacheSettings { dir, size })
}

/// `vestibule` in the user's cache folder, as the XDG Base Directory Specification has it: relative paths do not count.
pub(super) fn users_cache(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("vestibule"))
}
