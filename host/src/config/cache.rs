//! `[cache]` of `host.toml`: where compiled components are kept. It makes no folder and knows nothing of what is in it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::choice::Switch;
use super::document::Section;
use super::key::{Custom, Group};
use super::problem::Problems;
use super::values;

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

/// The cache of compiled components.
pub(super) static CACHE: Group = Group {
    table: "cache",
    about: "The cache of compiled components.",
    keys: &[&ENABLED, &DIR],
    tables: &[],
    later: &[],
};

/// Reads `[cache]`: where compiled components are kept, if they are.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path, problems: &mut Problems) -> Option<PathBuf> {
    let mut enabled = ENABLED.default;
    let mut dir = None;
    if let Some(mut section) = section {
        enabled = section.take_or_default(&ENABLED, problems);
        dir = section.take(&DIR, problems);
        section.finish(&CACHE, None, problems);
    }
    let dir = dir.map(|dir| folder.join(dir)).or_else(|| users_cache(|name| std::env::var_os(name)));
    dir.filter(|_| enabled)
}

/// `vestibule` in the user's cache folder, as the XDG Base Directory Specification has it: relative paths do not count.
pub(super) fn users_cache(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("vestibule"))
}
