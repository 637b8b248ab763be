//! The notes: what one looks like, and the store that keeps them. Knows nothing of paths.

use serde::{Deserialize, Serialize};
use vestibule::kv::{Error, Store};
use vestibule::{Event, Response};

/// The store, which `NAME.toml` grants.
const STORE: &str = "NAME";

/// The longest title, in characters.
const TITLE_LIMIT: usize = 80;

/// How many notes a list has at the most.
const LIST_LIMIT: usize = 100;

/// What stands before a note's id in the store.
const PREFIX: &str = "note/";

/// A note with its id.
#[derive(Deserialize, Serialize)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// What a client sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    title: String,
    #[serde(default)]
    text: String,
}

impl Draft {
    /// Reads and checks a draft; the error is the answer to a client that sent no good one.
    pub(crate) fn read(event: &Event) -> Result<Self, Response> {
        let draft: Self = event.json()?;
        match draft.title.trim().chars().count() {
            1..=TITLE_LIMIT => Ok(draft),
            _ => {
                let wanted = format!("title: write 1 to {TITLE_LIMIT} characters");
                Err(crate::error(400, &wanted))
            }
        }
    }

    fn into_note(self, id: u64) -> Note {
        Note {
            id,
            title: self.title.trim().to_owned(),
            text: self.text,
        }
    }
}

/// All notes.
pub(crate) struct Notes(Store);

impl Notes {
    pub(crate) fn open() -> Result<Self, Error> {
        vestibule::kv::open(STORE).map(Self)
    }

    /// The first of them, in the order of their ids.
    pub(crate) fn list(&self) -> Result<Vec<Note>, Error> {
        let mut ids = Vec::new();
        for key in self.0.keys() {
            ids.extend(
                key?.strip_prefix(PREFIX)
                    .and_then(|id| id.parse::<u64>().ok()),
            );
        }
        ids.sort_unstable();
        let notes = ids.into_iter().take(LIST_LIMIT).map(|id| self.find(id));
        // One that was removed meanwhile is left out.
        notes.filter_map(Result::transpose).collect()
    }

    pub(crate) fn find(&self, id: u64) -> Result<Option<Note>, Error> {
        self.0.get_json(&key(id))
    }

    pub(crate) fn add(&self, draft: Draft) -> Result<Note, Error> {
        // In one step: of two that come at once, each gets a number of its own.
        let note = draft.into_note(self.0.increment("last", 1)?);
        self.0.set_json(&key(note.id), &note)?;
        Ok(note)
    }

    /// Replaces a note; none if there is none of this id.
    pub(crate) fn replace(&self, id: u64, draft: Draft) -> Result<Option<Note>, Error> {
        if !self.0.exists(&key(id))? {
            return Ok(None);
        }
        let note = draft.into_note(id);
        self.0.set_json(&key(id), &note)?;
        Ok(Some(note))
    }

    /// Removes a note, and says whether there was one.
    pub(crate) fn remove(&self, id: u64) -> Result<bool, Error> {
        let is_there = self.0.exists(&key(id))?;
        self.0.delete(&key(id))?;
        Ok(is_there)
    }
}

fn key(id: u64) -> String {
    format!("{PREFIX}{id}")
}
