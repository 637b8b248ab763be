//! Why nothing was made. Whoever shows it adds nothing: the text names the thing, the place and what to do.

use std::io;
use std::path::Path;

/// Why nothing was made. The project is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for cannot be made here.
    #[error("{0}")]
    Usage(String),
    /// The machine did not let it be made.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// What was asked for cannot be made here.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Something about a file did not work.
    pub(super) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Failed(format!("{} cannot be {what}: {error}", path.display()))
    }
}
