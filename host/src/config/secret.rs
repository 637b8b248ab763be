//! Secrets: looked up by name in the places that `[secrets]` of `host.toml` names, held so that nothing prints them,
//! and wiped from memory when they are dropped. It does not know what any of them is for.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::document::Section;
use super::host_keys as keys;
use super::problem::{Problem, Problems};
use super::source::unreadable;
use super::values::is_secret_name;

/// The longest secret, in bytes; an RSA key of 16384 bits is a fifth of it.
const LONGEST_SECRET: usize = 64 << 10;

/// The longest file of `NAME=value` lines, in bytes.
const LONGEST_DOTENV: usize = 1 << 20;

/// Where secrets are looked up: in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsSettings {
    /// A folder with a file for each secret.
    pub dir: Option<PathBuf>,
    /// A file with lines `NAME=value`.
    pub dotenv: Option<PathBuf>,
    /// Whether the host's environment is asked.
    pub env: bool,
}

impl Default for SecretsSettings {
    fn default() -> Self {
        Self { dir: None, dotenv: None, env: keys::SECRETS_ENV.default }
    }
}

impl SecretsSettings {
    /// Reads `[secrets]`. Paths are from `folder`.
    pub(super) fn read(section: Option<Section<'_>>, folder: &Path, problems: &mut Problems) -> Self {
        let Some(mut section) = section else {
            return Self::default();
        };
        let settings = Self {
            dir: section.take(&keys::SECRETS_DIR, problems).map(|dir| folder.join(dir)),
            dotenv: section.take(&keys::SECRETS_DOTENV, problems).map(|file| folder.join(file)),
            env: section.take_or_default(&keys::SECRETS_ENV, problems),
        };
        section.finish(&keys::SECRETS, None, problems);
        settings
    }
}

/// The bytes of a secret. Never empty, never printed, never copied by accident, wiped when dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The bytes themselves: to be handed to cryptography, and to nothing that keeps or prints them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// The places where secrets are looked up.
pub struct Secrets {
    dir: Option<PathBuf>,
    dotenv: Option<(PathBuf, BTreeMap<String, Secret>)>,
    env: bool,
    /// The names that were asked for, each with a hash of what was found.
    asked: Mutex<BTreeMap<String, Hash>>,
}

type Hash = [u8; 32];

/// Tells one state of the secrets from another, by hashes of those that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretsState(BTreeMap<String, Hash>);

/// Why a secret cannot be had. Holds no part of it.
#[derive(Debug, thiserror::Error)]
pub enum MissingSecret {
    /// What was asked for cannot be the name of a secret; not repeated, because it may be one.
    #[error("not the name of a secret: a letter or _, then letters, digits and _, 128 at most")]
    Name,
    /// No place has it.
    #[error("no secret {name} in {places}")]
    Nowhere {
        /// The secret's name.
        name: String,
        /// The places that were asked.
        places: String,
    },
    /// A place has it, but it is empty there.
    #[error("secret {name} is empty in {place}")]
    Empty {
        /// The secret's name.
        name: String,
        /// The place that has it.
        place: String,
    },
    /// The folder has it, but it cannot be read.
    #[error("secret {name} cannot be read from {}: {error}", path.display())]
    Unreadable {
        /// The secret's name.
        name: String,
        /// The secret's file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl MissingSecret {
    /// What to do about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Name => "write the name of a secret",
            Self::Nowhere { .. } => {
                "put it there (the environment is that of the host's start), or name another place under [secrets] in host.toml"
            }
            Self::Empty { .. } => "give it a value there, or remove it there",
            Self::Unreadable { .. } => "let the host read it",
        }
    }
}

impl Secrets {
    /// Opens the places. The file of lines is read now, the folder and the environment when a secret is asked for.
    ///
    /// # Errors
    /// If a place that the settings name is not there or cannot be read.
    pub fn open(settings: &SecretsSettings) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        if let Some(dir) = &settings.dir
            && let Err(error) = fs::read_dir(dir)
        {
            problems.push(unreadable(dir, &error));
        }
        let dotenv = settings.dotenv.as_ref().map(|file| (file.clone(), read_dotenv(file, &mut problems)));
        problems.unless_any(Self { dir: settings.dir.clone(), dotenv, env: settings.env, asked: Mutex::default() })
    }

    /// The places of `settings` as they are now, asked for the same names as these.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reopen(&self, settings: &SecretsSettings) -> Result<Self, Problems> {
        let fresh = Self::open(settings)?;
        for name in self.state().0.into_keys() {
            fresh.note(&name, &fresh.find(&name));
        }
        Ok(fresh)
    }

    /// What was found for all names that were asked for.
    pub fn state(&self) -> SecretsState {
        SecretsState(self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Remembers what was found first: if it is something else later, that is a change.
    fn note(&self, name: &str, found: &Result<Secret, MissingSecret>) {
        let hash = match found {
            Ok(secret) => Sha256::digest(secret.expose()),
            Err(missing) => Sha256::digest(missing.to_string()),
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.entry(name.to_owned()).or_insert_with(|| hash.into());
    }

    /// The secret called `name`, from the first place that has one of that name: folder, file, environment.
    ///
    /// # Errors
    /// If no place has it, or the first that has it does not have a value for it: a later place is not asked then, so
    /// that what somebody has emptied does not come back from elsewhere.
    pub fn get(&self, name: &str) -> Result<Secret, MissingSecret> {
        // Makes sure too that the name cannot lead out of the folder.
        if !is_secret_name(name) {
            return Err(MissingSecret::Name);
        }
        let found = self.find(name);
        self.note(name, &found);
        found
    }

    fn find(&self, name: &str) -> Result<Secret, MissingSecret> {
        let mut places = Vec::new();
        if let Some(dir) = &self.dir {
            let path = dir.join(name);
            match read_bounded(&path, LONGEST_SECRET) {
                Ok(bytes) => {
                    return not_empty(name, without_line_break(bytes), || path.display().to_string());
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => places.push(dir.display().to_string()),
                Err(error) => {
                    return Err(MissingSecret::Unreadable { name: name.to_owned(), path, error });
                }
            }
        }
        if let Some((file, secrets)) = &self.dotenv {
            if let Some(secret) = secrets.get(name) {
                return not_empty(name, secret.0.clone(), || file.display().to_string());
            }
            places.push(file.display().to_string());
        }
        if self.env {
            if let Some(value) = std::env::var_os(name) {
                let bytes = Zeroizing::new(value.into_encoded_bytes());
                return not_empty(name, bytes, || "the environment".to_owned());
            }
            places.push("the environment".to_owned());
        }
        let places = if places.is_empty() { "any place: none is named".to_owned() } else { places.join(", ") };
        Err(MissingSecret::Nowhere { name: name.to_owned(), places })
    }
}

fn not_empty(name: &str, bytes: Zeroizing<Vec<u8>>, place: impl FnOnce() -> String) -> Result<Secret, MissingSecret> {
    if bytes.is_empty() {
        return Err(MissingSecret::Empty { name: name.to_owned(), place: place() });
    }
    Ok(Secret(bytes))
}

/// Takes the line break away that editors put at the end of a file; only one, and no other blank.
fn without_line_break(mut bytes: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    bytes
}

/// The bytes of a file, if it has no more than `most`.
fn read_bounded(path: &Path, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // Asked before it is opened: a named pipe would be waited for. Links are followed, as Kubernetes needs it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    // As large as it can get from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::other(format!("longer than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a file of `NAME=value` lines. What is wrong with one is said without the line, which holds a secret.
fn read_dotenv(file: &Path, problems: &mut Problems) -> BTreeMap<String, Secret> {
    let mut secrets = BTreeMap::new();
    let bytes = match read_bounded(file, LONGEST_DOTENV) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(unreadable(file, &error));
            return secrets;
        }
    };
    let mut place = "before any NAME=value".to_owned();
    for entry in dotenvy::from_read_iter(bytes.as_slice()) {
        match entry {
            Ok((name, value)) => {
                place = format!("after {name}");
                let twice = secrets.insert(name.clone(), Secret(Zeroizing::new(value.into_bytes()))).is_some();
                if twice {
                    let message = format!("{name} is there twice");
                    problems.push(Problem::of_file(file, message, "remove one of the two lines"));
                }
            }
            Err(_) => {
                let message = format!("a line {place} is not NAME=value");
                let fix = "write NAME=value, the value in single quotes if it has blanks, quotes, # or $ in it";
                problems.push(Problem::of_file(file, message, fix));
            }
        }
    }
    secrets
}
