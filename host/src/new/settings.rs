//! The `host.toml` of a project, as far as functions need something of it: where secrets are for trying out, and who
//! vouches for callers. What is there stays as it is. What comes of it is checked as `serve` checks it.

use std::net::Ipv4Addr;
use std::path::{Component, Path};

use toml_edit::{DocumentMut, Item, Table, value};

use super::error::Error;
use crate::config::{Overrides, Settings};

/// The file.
pub(super) const FILE: &str = "host.toml";

/// Where secrets are for trying out, unless `host.toml` says otherwise.
const DOTENV: &str = ".env";

/// What a new one begins with.
const NEW: &str = "\
# The settings of the host that serves this project: `host dev` and `host serve` read them.

[secrets]
# For trying out. Where this is deployed, secrets come from the environment or from a folder: leave this out there.
dotenv = \".env\"
";

/// A `host.toml` in which a function finds what it needs.
pub(super) struct Supplied {
    /// What it says; none if there is nothing to change.
    pub(super) text: Option<String>,
    /// The file with the secrets, in the project; none if it lies elsewhere, and is nobody's to change.
    pub(super) dotenv: Option<String>,
    /// Where the host answers, as `http://127.0.0.1:8080`, with the prefix.
    pub(super) address: String,
}

/// Adds what a function needs to the `host.toml` of a project: a place for secrets, and the lines of a provider.
///
/// # Errors
/// If what is there is wrong, or has a provider of this name.
pub(super) fn with(
    project: &Path,
    existing: Option<&str>,
    provider: Option<(&str, String)>,
) -> Result<Supplied, Error> {
    let before = existing.unwrap_or(NEW);
    let wrong = |message: String| Error::usage(format!("host.toml {message}"));
    let mut document: DocumentMut =
        before.parse().map_err(|error: toml_edit::TomlError| wrong(format!("cannot be read: {}", error.message())))?;
    if let Some((name, _)) = &provider
        && document.get("auth").and_then(|auth| auth.get(name)).is_some()
    {
        return Err(wrong(format!("has a provider [auth.{name}], and nothing is overwritten; choose another name")));
    }
    let secrets = document.entry("secrets").or_insert_with(|| Item::Table(Table::new()));
    let Some(secrets) = secrets.as_table_like_mut() else {
        return Err(wrong("has secrets that are no table; write [secrets]".to_owned()));
    };
    if !secrets.contains_key("dotenv") {
        secrets.insert("dotenv", value(DOTENV));
    }
    let dotenv = secrets.get("dotenv").and_then(Item::as_str).filter(|file| is_inside(file)).map(str::to_owned);

    let mut text = document.to_string();
    if let Some((_, lines)) = provider {
        text.push_str(&lines);
    }
    let address = address(project, Some(&text))?;
    let is_new = existing != Some(text.as_str());
    Ok(Supplied { text: is_new.then_some(text), dotenv, address })
}

/// Where the host of a project answers, with the prefix of its functions.
///
/// # Errors
/// If its `host.toml` is wrong.
pub(super) fn address(project: &Path, text: Option<&str>) -> Result<String, Error> {
    let settings = Settings::check(&project.join(FILE), text.unwrap_or_default(), &Overrides::default());
    let settings = settings.map_err(|rejected| {
        Error::usage(format!("host.toml has to be mended before it is added to:\n{}", rejected.problems))
    })?;
    let mut listen = settings.listen;
    // Everywhere is here as well.
    if listen.ip().is_unspecified() {
        listen.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http://{listen}{}", settings.prefix))
}

/// Whether a path leads to a file of the project itself.
fn is_inside(file: &str) -> bool {
    let mut steps = Path::new(file).components().filter(|step| !matches!(step, Component::CurDir));
    matches!((steps.next(), steps.next()), (Some(Component::Normal(_)), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(existing: &str, provider: Option<(&str, String)>) -> Result<Supplied, Error> {
        with(Path::new("/nowhere"), Some(existing), provider)
    }

    /// The lines of a provider, as a new function brings them.
    fn lines(name: &str) -> (&str, String) {
        let key = crate::auth::key_lines(name, "me", &[], &[], "a key");
        (name, format!("\n[auth.{name}]\nkind = \"api-key\"\n{key}"))
    }

    #[test]
    fn a_new_one_says_where_secrets_are() {
        let new = with(Path::new("/nowhere"), None, None).unwrap();
        assert_eq!((new.text.as_deref(), new.dotenv.as_deref()), (Some(NEW), Some(".env")));
    }

    #[test]
    fn one_that_is_there_is_added_to() {
        let found = changed("# Ours.\nprefix = \"/api\"\n", None).unwrap();
        assert_eq!(found.text.as_deref(), Some("# Ours.\nprefix = \"/api\"\n\n[secrets]\ndotenv = \".env\"\n"));
        let found = changed("[secrets]\ndotenv = \"dev.env\"\n", None).unwrap();
        assert_eq!((found.text, found.dotenv.as_deref()), (None, Some("dev.env")));
        for elsewhere in ["/etc/secrets", "../.env", "a/.env"] {
            let found = changed(&format!("[secrets]\ndotenv = \"{elsewhere}\"\n"), None).unwrap();
            assert_eq!((found.text, found.dotenv), (None, None), "{elsewhere}");
        }
    }

    #[test]
    fn what_is_wrong_before_is_said_and_nothing_is_overwritten() {
        let said = |found: Result<Supplied, Error>| found.err().unwrap().to_string();
        assert!(said(changed("prefx = \"/api\"\n", None)).contains("prefix"));
        assert!(said(changed("[secrets\n", None)).contains("cannot be read"));
        let taken = changed("[auth.me]\nkind = \"supabase\"\n", Some(lines("me")));
        assert!(said(taken).contains("has a provider [auth.me]"));
    }

    #[test]
    fn a_provider_comes_below_and_the_address_is_the_hosts() {
        let found = changed("listen = \"0.0.0.0:9000\"\nprefix = \"/api\"\n", Some(lines("me"))).unwrap();
        assert_eq!(found.address, "http://127.0.0.1:9000/api");
        let text = found.text.unwrap();
        assert!(text.contains("[auth.me]\nkind = \"api-key\"\n\n[[auth.me.keys]]\nname = \"me\"\n"), "{text}");
        assert_eq!(address(Path::new("/nowhere"), None).unwrap(), "http://127.0.0.1:8080");
    }
}
