//! The notes, and what a note that comes in has to look like. Knows nothing of methods and paths.

use serde::{Deserialize, Serialize};
use serde_json::json;
use vestibule::{Event, Response};

/// The longest title, in characters.
const TITLE_LIMIT: usize = 80;

/// A note with its place in the list.
#[derive(Serialize)]
pub(crate) struct Note {
    pub(crate) id: u32,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) const NOTES: [Note; 2] = [
    Note { id: 1, title: "Keys", text: "The spare one is under the third pot." },
    Note { id: 2, title: "Shopping", text: "" },
];

/// The note that a path names.
pub(crate) fn find(id: &str) -> Option<&'static Note> {
    let id: u32 = id.parse().ok()?;
    NOTES.iter().find(|note| note.id == id)
}

/// What a client sends.
#[derive(Deserialize, Serialize)]
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
                let error = format!("title: write 1 to {TITLE_LIMIT} characters");
                Err(Response::json(&json!({ "error": error })).with_status(400))
            }
        }
    }

    /// The note that this draft becomes.
    pub(crate) fn into_json(self, id: u32) -> serde_json::Value {
        json!({ "id": id, "title": self.title.trim(), "text": self.text })
    }
}
