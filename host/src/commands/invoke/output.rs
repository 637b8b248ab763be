//! Where an answer goes: to standard output, or into a file that is there whole or not at all. A terminal is shown what
//! people can read; whatever else reads gets every byte as it is.

use std::fs::{self, Permissions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use http::header::CONTENT_TYPE;

use super::super::Failure;
use crate::invoke::{Came, Look, for_people};
use crate::observe::text::printable;
use crate::observe::text::say;

/// Writes an answer: its head, if that is wanted there too, and what is said of its body.
pub(super) fn write(head: &str, body: &[u8], file: Option<&Path>, came: &Came) -> Result<(), Failure> {
    if let Some(file) = file {
        return save(&[head.as_bytes(), body].concat(), file)
            .map_err(|error| Failure::other(format!("{} cannot be written: {error}", file.display())));
    }
    let mut out = io::stdout();
    let written = if out.is_terminal() {
        let look = if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            Look::Plain
        } else {
            Look::Coloured
        };
        match for_people(body, look) {
            Some(text) => out.write_all((head.to_owned() + &text).as_bytes()),
            None => {
                say(&unshown(came));
                Ok(())
            }
        }
    } else {
        out.write_all(head.as_bytes()).and_then(|()| out.write_all(body))
    };
    match written.and_then(|()| out.flush()) {
        // Whoever closed standard output does not want to know, and asks for the status all the same.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}

/// What is said of a body that no terminal shows.
fn unshown(came: &Came) -> String {
    let kind = came.headers.get(CONTENT_TYPE).map_or("no type".to_owned(), |kind| printable(kind.as_bytes()));
    format!(
        "{} bytes of {kind}, which is no text: -o FILE writes them into a file, a pipe gets them too",
        came.body.len()
    )
}

/// Writes a file beside its place, and moves it there. What is no file, as /dev/null, is written to.
fn save(bytes: &[u8], file: &Path) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return fs::write(file, bytes);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any file that is made: what it may be is for the umask to say.
    let mut whole =
        tempfile::Builder::new().prefix(".invoke-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    whole.write_all(bytes)?;
    whole.persist(file)?;
    Ok(())
}
