//! Makes functions: what `host new` writes into a project, and the project where there is none. Owns what a new function
//! needs and where it goes; all of it is written, or nothing is. It must not know how functions are built and served.
//!
//! | file | owns |
//! |---|---|
//! | `name` | what a function may be called |
//! | `template`, `rust`, `javascript`, `python`, `go`, `c` | what it starts from, in its language |
//! | `join` | what its language needs of the project |
//! | `webhook` | what the scheme of a webhook's sender asks for |
//! | `secret`, `settings` | secrets for trying out, and where `host.toml` looks for them |
//! | `workspace` | the project's `Cargo.toml` |
//! | `sdk` | the sources of the SDK |
//! | `change` | that all is written, or nothing |

mod c;
mod change;
mod error;
mod go;
mod javascript;
mod join;
mod name;
mod python;
mod rust;
mod sdk;
mod secret;
mod settings;
mod template;
mod webhook;
mod workspace;

use std::path::{Path, PathBuf};

pub use self::error::Error;
pub use self::name::Name;
pub use self::template::{Language, Template};

use self::change::{Changes, PRIVATE, READABLE};
use self::secret::Example;
use self::template::Chosen;
use self::webhook::Sender;
use crate::auth::{key_lines, new_key};

/// What is kept out of version control.
const IGNORED: &str = include_str!("../../templates/gitignore");

/// What is to be made.
pub struct Wish {
    /// The project's folder.
    pub project: PathBuf,
    /// What the function is called.
    pub name: Name,
    /// What it starts from; none for what suits the rest.
    pub template: Option<Template>,
    /// The scheme by which the sender of its webhooks signs.
    pub scheme: Option<String>,
    /// What it is written in.
    pub language: Language,
}

/// What has been made.
pub struct Made {
    /// The template's name.
    pub template: &'static str,
    /// The scheme's name, of a webhook.
    pub scheme: Option<&'static str>,
    /// Files and folders, from the project's folder.
    pub written: Vec<String>,
    /// Command lines that have to be run once before it is built, from the project's folder.
    pub preparing: Vec<String>,
    /// Command lines that try it out once it is served, from the project's folder.
    pub tries: Vec<String>,
    /// What is to be written before others can use it.
    pub to_fill_in: Vec<String>,
    /// What its author should know.
    pub notes: Vec<String>,
}

/// Makes a function.
///
/// # Errors
/// If the wish is none that can be granted, something is in the way, or it cannot be written; then nothing is.
pub fn make(wish: Wish) -> Result<Made, Error> {
    let Wish { project, name, template, scheme, language } = wish;
    let chosen = chosen(template, scheme.as_deref())?;
    if !project.is_dir() {
        let shown = project.display();
        return Err(Error::usage(format!("there is no folder {shown}; make it, or name the project's with --project")));
    }
    refuse_to_overwrite(&project, &name)?;

    let mut changes = Changes::new(&project);
    let mut made = Made {
        template: chosen.name(),
        scheme: None,
        written: Vec::new(),
        preparing: Vec::new(),
        tries: Vec::new(),
        to_fill_in: Vec::new(),
        notes: Vec::new(),
    };
    let joined = join::project(&mut changes, &project, &name, language, &mut made)?;
    changes.make(name.as_str(), template::files(&chosen, language, &name, joined.has_test_kit)?);
    let needed = needs(&mut changes, &project, &name, &chosen, &mut made)?;
    ignore(&mut changes, needed.dotenv.as_deref(), joined.ignored)?;
    tries(&chosen, &name, &needed, &mut made);
    made.written = changes.apply()?;
    Ok(made)
}

/// The template that is meant.
fn chosen(template: Option<Template>, scheme: Option<&str>) -> Result<Chosen, Error> {
    Ok(match (template, scheme) {
        (None | Some(Template::Webhook), Some(scheme)) => Chosen::Webhook(Sender::of(scheme)?),
        (Some(_), Some(_)) => {
            return Err(Error::usage(
                "--scheme says who sends webhooks; write --template webhook, or leave out one of them",
            ));
        }
        (Some(Template::Webhook), None) => {
            let known = "`github`, `stripe`, `slack`, `shopify`, `standardwebhooks` and those in docs/webhooks.md";
            return Err(Error::usage(format!("a webhook has a sender: write --scheme NAME; known are {known}")));
        }
        (None | Some(Template::Http), None) => Chosen::Http,
        (Some(Template::Api), None) => Chosen::Api,
        (Some(Template::Auth), None) => Chosen::Auth,
    })
}

/// Says all that is in the way at once. What serves the function's route is, too.
fn refuse_to_overwrite(project: &Path, name: &Name) -> Result<(), Error> {
    let places = [
        format!("{name}"),
        format!("functions/{name}.wasm"),
        format!("functions/{name}.toml"),
        format!("functions/{name}"),
    ];
    let is_there = |place: &String| project.join(place).symlink_metadata().is_ok();
    let there: Vec<String> = places.into_iter().filter(is_there).collect();
    if there.is_empty() {
        return Ok(());
    }
    let (there, are) = (there.join(", "), if there.len() == 1 { "is" } else { "are" });
    Err(Error::usage(format!(
        "{there} {are} in the way, and nothing is overwritten; choose another name, or move what is there"
    )))
}

/// Keeps what is built, and secrets before all, out of version control; `dotenv` is the file that these are in, `besides` what
/// the tools of a language leave.
fn ignore(changes: &mut Changes, dotenv: Option<&str>, besides: &[&str]) -> Result<(), Error> {
    let existing = changes.read(".gitignore")?;
    let before = existing.as_ref().map_or("", |existing| existing.text.as_str());
    let is_new = |line: &&str| !line.starts_with('#') && !before.lines().any(|ignored| same(ignored, line));
    let own = dotenv.filter(|file| !IGNORED.lines().any(|ignored| same(ignored, file))).map(|file| format!("/{file}"));
    let mut text = before.to_owned();
    if existing.is_none() {
        text.push_str(IGNORED);
        own.iter().map(String::as_str).chain(besides.iter().copied()).for_each(|line| text.extend([line, "\n"]));
    } else {
        let wanted = IGNORED.lines().chain(own.as_deref()).chain(besides.iter().copied());
        let missing: Vec<&str> = wanted.filter(is_new).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        text = format!("{before}{gap}{}\n", missing.join("\n"));
    }
    changes.write(".gitignore", text, READABLE, existing);
    Ok(())
}

/// Whether two lines of `.gitignore` keep the same out, in the spellings that people use.
fn same(one: &str, other: &str) -> bool {
    let plain = |line: &str| line.trim().trim_start_matches('/').trim_end_matches('/').to_owned();
    plain(one) == plain(other)
}

/// What a function needs of the host's settings.
struct Needed {
    /// Where the host listens.
    address: String,
    /// The file that its secrets are in, if that is one of the project.
    dotenv: Option<String>,
}

/// Adds what the function needs of the host: secrets, and who vouches for its callers.
fn needs(
    changes: &mut Changes,
    project: &Path,
    name: &Name,
    chosen: &Chosen,
    made: &mut Made,
) -> Result<Needed, Error> {
    let (secrets, provider) = match chosen {
        Chosen::Http | Chosen::Api => (Vec::new(), None),
        Chosen::Webhook(sender) => (sender.secrets(name)?, None),
        Chosen::Auth => {
            let key = new_key().map_err(|error| Error::Failed(format!("there is no randomness to be had: {error}")))?;
            let lines = format!(
                "\n# Who may call {name}. `host key {name} NAME --role ROLE` makes a key for one more.\n[auth.{name}]\n\
                 kind = \"api-key\"\nheader = \"x-api-key\"\n{}",
                key_lines(name.as_str(), "me", &["editor".to_owned()], &[], &key)
            );
            (vec![Example::of(format!("{}_KEY", name.upper()), key)], Some((name.as_str(), lines)))
        }
    };
    let is_key = provider.is_some();
    let existing = changes.read(settings::FILE)?;
    let text = existing.as_ref().map(|existing| existing.text.as_str());
    if secrets.is_empty() {
        return Ok(Needed { address: settings::address(project, text)?, dotenv: None });
    }
    let found = settings::with(project, text, provider)?;
    if let Some(dotenv) = &found.dotenv {
        let before = changes.read(dotenv)?;
        let (text, kept) = secret::with(before.as_ref().map(|before| before.text.as_str()), &secrets);
        if is_key && let Some(name) = kept.first() {
            let message = format!("{name} is in {dotenv} already, and a caller's key is shown once, when it is made");
            return Err(Error::usage(format!("{message}: remove that line, or choose another name")));
        }
        made.notes.extend(kept.iter().map(|name| format!("{name} was in {dotenv} already, and stays as it is")));
        if kept.len() < secrets.len() {
            changes.write(dotenv, text, PRIVATE, before);
        }
    } else if is_key {
        return Err(Error::usage(format!(
            "the caller's key could be put nowhere: host.toml has its secrets outside of the project. Name a file of the \
             project there (dotenv = \".env\" under [secrets]); or begin with --template http, and `host key {name} NAME`"
        )));
    } else {
        for secret in &secrets {
            made.to_fill_in.push(format!("{}: put it where host.toml says that secrets are", secret.name()));
        }
    }
    if let Some(text) = found.text {
        changes.write(settings::FILE, text, READABLE, existing);
    }
    Ok(Needed { address: found.address, dotenv: found.dotenv })
}

/// Says how the function is tried out, and what is left to do.
fn tries(chosen: &Chosen, name: &Name, needed: &Needed, made: &mut Made) {
    let (address, dotenv) = (&needed.address, needed.dotenv.as_deref().unwrap_or(".env"));
    let url = format!("{address}/{name}");
    let payload = chosen.payload_file(name);
    match chosen {
        Chosen::Http => made.tries.push(format!("curl '{url}?name=Ada'")),
        Chosen::Webhook(sender) => {
            made.scheme = Some(sender.scheme.name());
            made.to_fill_in.extend(sender.to_fill_in(name, dotenv));
            if sender.can_be_played() {
                let signed = sender.signed_url(name).map(|url| format!(" --url {url}")).unwrap_or_default();
                made.tries.push(format!("host sign --policy {name}/{name}.toml {payload}{signed} --send {url}"));
                if sender.knows_copies() {
                    let note = "a delivery runs once: the same payload again is a copy; to try again, change it";
                    made.notes.push(note.to_owned());
                }
            } else {
                made.notes
                    .push("only the sender can sign for it: its messages are checked with a public key".to_owned());
            }
        }
        Chosen::Api => {
            made.tries.push(format!("curl --data @{payload} {url}/notes"));
            made.tries.push(format!("curl {url}/notes"));
        }
        Chosen::Auth => {
            let key = format!("{}_KEY", name.upper());
            made.tries.push(format!(". ./{dotenv}; curl -H \"x-api-key: ${key}\" {url}"));
            made.to_fill_in
                .push(format!("{key} in {dotenv} is yours; `host key {name} NAME` makes one for everybody else"));
        }
    }
}

#[cfg(test)]
mod tests;
