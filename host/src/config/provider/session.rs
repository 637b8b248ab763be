//! Providers of Redwood's sessions (dbAuth). The cookie is encrypted and not signed, which the settings have to accept in
//! so many words.

use super::keys;
use crate::config::document::Section;
use crate::config::key::Key;
use crate::config::problem::{Problems, Wrong};

/// Callers who have the cookie of a Redwood application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// The name of the secret that the cookie is encrypted with.
    pub secret: String,
    /// The cookie's name.
    pub cookie: String,
    /// Where in the session the caller's id is, from the outside in.
    pub subject: Vec<String>,
}

/// Reads `kind = "dbauth"`.
pub(super) fn read(section: &mut Section<'_>, problems: &mut Problems) -> Option<SessionSettings> {
    let fix = "write secret = \"SESSION_SECRET\", with the name under which the host has it";
    let secret = section.take_or_missing(&keys::SESSION_SECRET, fix, problems);
    let cookie = section.take(&keys::COOKIE, problems);
    let subject = section.take(&keys::SUBJECT, problems);
    if !section.take_or_default(&keys::FORGEABLE, problems) {
        let message = "Redwood's session cookie is encrypted but not signed: whoever has one can change the id in it, and \
                       then is somebody else; the host cannot tell";
        let fix = "write accept_forgeable_cookie = true if every user may be trusted with that; else use signed tokens";
        problems.push(section.problem(keys::FORGEABLE.name(), Wrong::new(message, fix)));
    }
    Some(SessionSettings {
        secret: secret?,
        cookie: cookie.unwrap_or_else(|| "session".to_owned()),
        subject: subject.unwrap_or_else(|| vec!["id".to_owned()]),
    })
}

/// The name of a cookie (RFC 6265, section 4.1.1).
pub(super) fn cookie_name(text: &str) -> Result<String, Wrong> {
    if text.contains("%port%") {
        let fix = "write the name as it is sent: \"session_8911\", with the port of Redwood's own API server";
        return Err(Wrong::new("the host does not know which port that is", fix));
    }
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.bytes().all(is_token) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new("not the name of a cookie", "write letters, digits, - and _"))
}
