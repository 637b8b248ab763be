//! The text of a file: read with a bound and checked to be text. It does not know what the text says.

use std::io;
use std::path::Path;

use super::problem::Problem;

/// The longest configuration file that is read, in bytes: a hundred times what a large one needs.
const LONGEST: u64 = 1 << 20;

/// Reads the text of a configuration file that has been opened; `file` is its name for the problem.
///
/// # Errors
/// If it cannot be read, is longer than 1 MiB or is not UTF-8.
pub fn read_text(file: &Path, opened: impl io::Read) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut opened.take(LONGEST + 1), &mut bytes).map_err(|error| unreadable(file, &error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        return Err(Problem::of_file(file, "longer than 1 MiB", "make it shorter"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let mut problem = Problem::of_file(file, "not UTF-8", "save it as UTF-8");
        problem.line = Some(line_at(error.as_bytes(), valid));
        problem
    })
}

/// The problem of a file that cannot be opened or read.
pub fn unreadable(file: &Path, error: &io::Error) -> Problem {
    let fix = match error.kind() {
        io::ErrorKind::NotFound => "create it, or correct its name",
        io::ErrorKind::PermissionDenied => "let the user that the host runs as read it",
        _ => "make it a file that can be read",
    };
    Problem::of_file(file, format!("cannot be read: {error}"), fix)
}

/// The line, counted from 1, of the byte at `offset`.
pub(super) fn line_at(text: &[u8], offset: usize) -> usize {
    1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count()
}
