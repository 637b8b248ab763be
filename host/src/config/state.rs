//! `[state]` of `host.toml`: where the host keeps what must outlive it, and how much of it. It makes no file and knows
//! nothing of what is in it.

use std::path::{Path, PathBuf};

use super::document::Section;
use super::key::{Bounded, Custom, Group};
use super::problem::Problems;
use super::values;

/// Where the host's state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSettings {
    /// The file.
    pub path: PathBuf,
    /// Deliveries that are remembered at once.
    pub replay_entries: usize,
}

const DEFAULT_PATH: &str = "state.redb";

static PATH: Custom<PathBuf> = Custom {
    name: "path",
    kind: "path",
    otherwise: "`\"state.redb\"`",
    meaning: "The file for it, from the folder of `host.toml`, or beside the functions folder where there is no `host.toml`. \
              It is made when the first function needs it; no two hosts can share one.",
    read: values::path,
};

static REPLAY_ENTRIES: Bounded<usize> = Bounded {
    name: "replay_entries",
    // Eleven a second for a day, some 250 MB on disk.
    default: 1_000_000,
    least: 1,
    most: 100_000_000,
    meaning: "How many deliveries are remembered at once, of all functions together. Past it, new ones get 503 with \
              `Retry-After` until old ones have had their time: none is forgotten earlier.",
};

/// What outlives the host.
pub(super) static STATE: Group = Group {
    table: "state",
    about: "What must outlive the host: the deliveries that have run, for [`replay`](webhooks.md#replay).",
    keys: &[&PATH, &REPLAY_ENTRIES],
    tables: &[],
    later: &["url"],
};

/// Reads `[state]`.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path, problems: &mut Problems) -> StateSettings {
    let mut settings = StateSettings { path: folder.join(DEFAULT_PATH), replay_entries: REPLAY_ENTRIES.default };
    if let Some(mut section) = section {
        if let Some(path) = section.take(&PATH, problems) {
            settings.path = folder.join(path);
        }
        settings.replay_entries = section.take_or_default(&REPLAY_ENTRIES, problems);
        section.finish(&STATE, None, problems);
    }
    settings
}
