//! The folders of a project in which functions may be: the folder itself and those below it, without what tools and hidden
//! folders hold, and without those that have settings of a host: they are projects of their own. It does not know what makes a
//! folder a function.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::begin::SETTINGS_FILE;

/// How deep functions may lie below the project's folder.
const DEEPEST: usize = 4;

/// Folders that are looked into at the most. A project has dozens; a home folder that is taken for one must not be walked
/// for minutes.
const MOST: usize = 2_000;

/// Folders that hold what others wrote or tools made, whatever project they are in.
const NOT_SOURCES: [&str; 4] = ["node_modules", "__pycache__", "site-packages", "target"];

/// The folder `root` and those below it, outer ones first and each level in the order of names; without `functions`.
pub(super) fn folders(root: &Path, functions: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![root.to_owned()];
    let mut level = sub_folders(root)?;
    for _ in 0..DEEPEST {
        level.retain(|folder| folder != functions);
        found.extend(level.iter().take(MOST.saturating_sub(found.len())).cloned());
        if found.len() >= MOST {
            break;
        }
        // A folder that cannot be read, or is gone by now, holds nothing.
        level = level.iter().flat_map(|folder| sub_folders(folder).unwrap_or_default()).collect();
    }
    Ok(found)
}

fn sub_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Links are not followed: what they lead to is the project's where it really lies.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !is_left_out(&entry.path()) && !entry.path().join(SETTINGS_FILE).exists() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a folder holds no sources: it is hidden, a cache, or an environment of Python's.
pub(super) fn is_left_out(folder: &Path) -> bool {
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { return true };
    name.starts_with('.')
        || NOT_SOURCES.contains(&name) && !is_module(folder)
        || name.ends_with(".egg-info")
        || ["CACHEDIR.TAG", "pyvenv.cfg"].iter().any(|mark| folder.join(mark).exists())
}

/// Whether a folder is a module of Rust's, whatever its name: `src/target/` may be one.
fn is_module(folder: &Path) -> bool {
    folder.join("mod.rs").exists() || folder.with_extension("rs").exists()
}

/// A path as people say it: from the current folder, if it lies there.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(fs::canonicalize).ok();
    match here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned)) {
        Some(below) if !below.as_os_str().is_empty() => below,
        _ => path.to_owned(),
    }
}
