//! `[auth.NAME]` of `host.toml`: who vouches for callers, and what callers must show. It fetches nothing and reads no key;
//! it knows no cryptography.
//!
//! | file | owns |
//! |---|---|
//! | `keys` | the keys of each kind, with their meaning |
//! | `algorithm` | how tokens may be signed |
//! | `tokens` | signed tokens: `jwt`, `jwks` |
//! | `preset` | what is known of providers: `auth0`, `supabase`, … |
//! | `credentials` | what callers were given: `api-key`, `basic` |
//! | `session` | Redwood's sessions: `dbauth` |

mod algorithm;
mod credentials;
pub(super) mod keys;
mod preset;
mod session;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use self::algorithm::{Algorithm, KeyKind};
pub use self::credentials::{ApiKeySettings, BasicSettings, HeldKey, HeldPassword, Holder};
pub use self::session::SessionSettings;
pub use self::tokens::{
    ClaimSettings, FetchSettings, KeyPlace, KeySource, TokenSettings, check_key_place, is_private_key,
};

pub(super) use self::preset::PRESETS;
use self::preset::Preset;
use super::document::Section;
use super::key::{Group, Key};
use super::problem::{Problems, Wrong, nearest, quoted};

/// Someone who vouches for callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// The word for its kind.
    pub kind: &'static str,
    /// What its callers show.
    pub shows: Shows,
}

/// What callers show to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// A signed token.
    Token(Box<TokenSettings>),
    /// A key that they were given.
    ApiKey(ApiKeySettings),
    /// A name and a password.
    Basic(BasicSettings),
    /// The cookie of a Redwood application.
    Session(SessionSettings),
}

/// The kinds that are no presets.
pub(super) const KINDS: [&str; 5] = ["jwt", "jwks", "api-key", "basic", "dbauth"];

impl ProviderSettings {
    /// Reads `[auth.NAME]`: none if it is not as it must be, which the problems then say. Paths are from `folder`.
    pub(super) fn read(mut section: Section<'_>, folder: &Path, problems: &mut Problems) -> Option<Self> {
        let fix = r#"write kind = "jwt", or the kind that callers of this provider have"#;
        let kind = section.take_or_missing(&keys::KIND, fix, problems)?;
        let preset = Preset::named(&kind);
        let known = KINDS.into_iter().chain(PRESETS.iter().map(|preset| preset.word));
        let Some(kind) = known.clone().find(|word| *word == kind) else {
            let fix = match nearest(&kind, known.clone()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("write one of {}", known.collect::<Vec<_>>().join(", ")),
            };
            let wrong = Wrong::new(format!("{} is no kind that this version knows", quoted(&kind)), fix);
            problems.push(section.problem(keys::KIND.name(), wrong));
            return None;
        };
        let (shows, group): (Option<Shows>, &Group) = match (preset, kind) {
            (Some(preset), _) => (preset::read(&mut section, preset, problems).map(token), &keys::TOKENS),
            (None, "jwt") => (tokens::read_jwt(&mut section, folder, problems).map(token), &keys::TOKENS),
            (None, "jwks") => (tokens::read_jwks(&mut section, problems).map(token), &keys::TOKENS),
            (None, "api-key") => {
                (Some(Shows::ApiKey(credentials::read_api_key(&mut section, problems))), &keys::API_KEY)
            }
            (None, "basic") => (Some(Shows::Basic(credentials::read_basic(&mut section, problems))), &keys::BASIC),
            (None, _) => (session::read(&mut section, problems).map(Shows::Session), &keys::SESSION),
        };
        section.finish(group, None, problems);
        Some(Self { kind, shows: shows? })
    }

    /// The files with keys that it names.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let file = match &self.shows {
            Shows::Token(token) => match &token.key {
                KeySource::PublicKeyFile(file) | KeySource::SetFile(file) => Some(file),
                KeySource::Secret(_) | KeySource::PublicKey(_) | KeySource::Fetched(_) => None,
            },
            Shows::ApiKey(_) | Shows::Basic(_) | Shows::Session(_) => None,
        };
        file.into_iter()
    }
}

fn token(settings: TokenSettings) -> Shows {
    Shows::Token(Box::new(settings))
}

/// Whether providers can be called so.
pub fn is_provider_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Reads `[auth.NAME]`: the names, also of those that are wrong, and the providers that are right.
pub(super) fn read_all(
    root: &mut Section<'_>,
    folder: &Path,
    problems: &mut Problems,
) -> (BTreeSet<String>, BTreeMap<String, ProviderSettings>) {
    let mut names = BTreeSet::new();
    let mut providers = BTreeMap::new();
    for (name, section) in root.table("auth", problems).map(|auth| auth.tables(problems)).into_iter().flatten() {
        // The name is sent in a header and written in logs.
        if !is_provider_name(&name) {
            problems.push(section.whole(Wrong::new("not a name for a provider", "use letters, digits, - and _")));
            continue;
        }
        if let Some(provider) = ProviderSettings::read(section, folder, problems) {
            providers.insert(name.clone(), provider);
        }
        names.insert(name);
    }
    (names, providers)
}
