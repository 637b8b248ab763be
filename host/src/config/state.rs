//! `[state]` of `host.toml`: where the host keeps what must outlive it, and how much of it. It makes no file and knows
//! nothing of what is in it.

use std::path::{Path, PathBuf};

use super::document::Section;
use super::key::{Bounded, Custom, Group};
use super::problem::Problems;
use super::units::Size;
use super::values;
use crate::kv::Quotas;

/// Where the host's state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSettings {
    /// The file.
    pub path: PathBuf,
    /// Deliveries that are remembered at once.
    pub replay_entries: usize,
    /// The largest value of a store.
    pub kv_value: Size,
    /// Keys of one store.
    pub kv_keys: usize,
    /// Keys and values of one store together.
    pub kv_bytes: Size,
}

impl StateSettings {
    /// What may be in one store.
    pub fn quotas(&self) -> Quotas {
        Quotas {
            value: self.kv_value.to_usize(),
            keys: u64::try_from(self.kv_keys).unwrap_or(u64::MAX),
            bytes: self.kv_bytes.get(),
        }
    }
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

static KV_VALUE: Bounded<Size> = Bounded {
    name: "kv_value",
    default: Size::mib(1),
    least: Size::bytes(1),
    // A guest may pass no more than 8 MiB beyond its answer's limit to the host in one call.
    most: Size::mib(4),
    meaning: "The largest value that a store takes. A larger one is an error for the function.",
};

static KV_KEYS: Bounded<usize> = Bounded {
    name: "kv_keys",
    default: 100_000,
    least: 1,
    most: 100_000_000,
    meaning: "How many keys one store holds. Past it, a new one is an error for the function; those that are there can be \
              changed.",
};

static KV_BYTES: Bounded<Size> = Bounded {
    name: "kv_bytes",
    default: Size::mib(256),
    least: Size::bytes(1),
    most: Size::gib(1024),
    meaning: "How many bytes the keys and values of one store come to. Past it, what would make it larger is an error for \
              the function.",
};

/// What outlives the host.
pub(super) static STATE: Group = Group {
    table: "state",
    about: "What must outlive the host: the deliveries that have run, for [`replay`](webhooks.md#replay), and the \
            [stores](grants.md#stores) of functions.",
    keys: &[&PATH, &REPLAY_ENTRIES, &KV_VALUE, &KV_KEYS, &KV_BYTES],
    tables: &[],
    later: &["url"],
};

/// Reads `[state]`.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path, problems: &mut Problems) -> StateSettings {
    let mut settings = StateSettings {
        path: folder.join(DEFAULT_PATH),
        replay_entries: REPLAY_ENTRIES.default,
        kv_value: KV_VALUE.default,
        kv_keys: KV_KEYS.default,
        kv_bytes: KV_BYTES.default,
    };
    if let Some(mut section) = section {
        if let Some(path) = section.take(&PATH, problems) {
            settings.path = folder.join(path);
        }
        settings.replay_entries = section.take_or_default(&REPLAY_ENTRIES, problems);
        settings.kv_value = section.take_or_default(&KV_VALUE, problems);
        settings.kv_keys = section.take_or_default(&KV_KEYS, problems);
        settings.kv_bytes = section.take_or_default(&KV_BYTES, problems);
        section.finish(&STATE, None, problems);
    }
    settings
}
