//! Providers of signed tokens: a key that is written here, keys that the issuer publishes, or a preset that knows where
//! those are. It checks that a key is named and of the right sort, and neither fetches nor reads it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::algorithm::{Algorithm, KeyKind};
use super::keys;
use super::preset::Preset;
use crate::config::document::Section;
use crate::config::key::{Key, Read};
use crate::config::problem::{Problems, Wrong};
use crate::config::values;

/// Someone who vouches for callers with JSON Web Tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// How tokens may be signed: at least one.
    pub algorithms: Vec<Algorithm>,
    /// What tokens are checked with.
    pub key: KeySource,
    /// What `iss` must be; none if it is not checked.
    pub issuer: Option<String>,
    /// What the claims of `audience_claims` must name one of; empty if they are not checked.
    pub audience: Vec<String>,
    /// What `azp` must be one of; empty if it is not checked.
    pub parties: Vec<String>,
    /// How far the issuer's clock may be from ours.
    pub leeway: Duration,
    /// Where in the claims what is.
    pub claims: ClaimSettings,
}

/// Where in a token's claims what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimSettings {
    /// Those that say whom the token is for: any of them may.
    pub audience: Vec<String>,
    /// The caller's roles, in all of these places: for each, the names that lead to it, from the outside in.
    pub roles: Vec<Vec<String>>,
    /// The caller's scopes, likewise.
    pub scopes: Vec<Vec<String>>,
    /// Claims that must have these values.
    pub fixed: Vec<(String, String)>,
}

/// Where the key is that tokens are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A secret, by its name.
    Secret(String),
    /// A public key as PEM.
    PublicKey(String),
    /// A file with a public key as PEM.
    PublicKeyFile(PathBuf),
    /// A file with a set of keys.
    SetFile(PathBuf),
    /// A set of keys that is fetched.
    Fetched(FetchSettings),
}

/// Where a set of keys is fetched, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSettings {
    /// Where it is.
    pub place: KeyPlace,
    /// How often it is fetched.
    pub refresh: Duration,
    /// How soon it is fetched again for a key that is not known.
    pub pause: Duration,
    /// How long it counts when it cannot be fetched.
    pub keep: Duration,
}

/// Where a set of keys is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// Here.
    Url(String),
    /// Where this issuer says (OpenID Connect Discovery).
    Issuer(String),
}

/// Reads `kind = "jwt"`. Paths are from `folder`.
pub(super) fn read_jwt(section: &mut Section<'_>, folder: &Path, problems: &mut Problems) -> Option<TokenSettings> {
    let others: [&dyn Key; 6] =
        [&keys::JWKS_URL, &keys::REFRESH, &keys::REFRESH_PAUSE, &keys::KEEP, &keys::PROJECT, &keys::TENANT];
    refuse(section, &others, "jwt", problems);
    let fix = r#"write the one that the issuer uses: algorithms = ["ES256"]"#;
    let algorithms = section.take_or_missing(&keys::ALGORITHMS, fix, problems);
    let key = read_key(section, algorithms.as_deref(), folder, problems);
    let issuer = section.take(&keys::ISSUER, problems);
    let audience = section.take(&keys::AUDIENCE, problems).unwrap_or_default();
    let rest = Rest::read(section, None, problems);
    Some(rest.with(algorithms?, key?, issuer, audience))
}

/// Reads `kind = "jwks"`.
pub(super) fn read_jwks(section: &mut Section<'_>, problems: &mut Problems) -> Option<TokenSettings> {
    let others: [&dyn Key; 6] =
        [&keys::SECRET, &keys::PUBLIC_KEY, &keys::PUBLIC_KEY_FILE, &keys::JWK_FILE, &keys::PROJECT, &keys::TENANT];
    refuse(section, &others, "jwks", problems);
    let fix = r#"write those that the issuer uses: algorithms = ["RS256"]"#;
    let algorithms = section.take_or_missing(&keys::ALGORITHMS, fix, problems);
    not_shared(section, algorithms.as_deref(), problems);
    let (url, issuer) = (section.take(&keys::JWKS_URL, problems), section.take(&keys::ISSUER, problems));
    let place = match (url, &issuer) {
        (Some(url), _) => Some(KeyPlace::Url(url)),
        (None, Some(issuer)) => match key_set_url(issuer) {
            Ok(_) => Some(KeyPlace::Issuer(issuer.clone())),
            Err(wrong) => {
                let fix = "write it as `iss` of the tokens has it: \"https://id.example\"; http only on the loopback";
                problems.push(section.problem(keys::ISSUER.name(), Wrong { fix: fix.to_owned(), ..wrong }));
                None
            }
        },
        (None, None) if section.has(keys::JWKS_URL.name()) || section.has(keys::ISSUER.name()) => None,
        (None, None) => {
            let fix = "write issuer = \"https://…\", which says where its keys are, or jwks_url with that place";
            problems.push(section.problem(keys::ISSUER.name(), Wrong::new("missing", fix)));
            None
        }
    };
    let audience = section.take(&keys::AUDIENCE, problems).unwrap_or_default();
    let fetch = read_fetch(section, place, problems);
    let rest = Rest::read(section, None, problems);
    Some(rest.with(algorithms?, fetch?, issuer, audience))
}

/// What all providers of tokens have.
pub(super) struct Rest {
    parties: Vec<String>,
    leeway: Duration,
    claims: ClaimSettings,
}

impl Rest {
    pub(super) fn read(section: &mut Section<'_>, preset: Option<&Preset>, problems: &mut Problems) -> Self {
        let owned = |paths: &[&[&str]]| -> Vec<Vec<String>> {
            paths.iter().map(|path| path.iter().map(|&name| name.to_owned()).collect()).collect()
        };
        let roles = section.take(&keys::ROLES_CLAIM, problems).map(|path| vec![path]);
        let scopes = section.take(&keys::SCOPES_CLAIM, problems).map(|path| vec![path]);
        let fixed = preset.map_or(&[][..], |preset| preset.fixed);
        Self {
            parties: section.take(&keys::PARTIES, problems).unwrap_or_default(),
            leeway: section.take_or_default(&keys::LEEWAY, problems),
            claims: ClaimSettings {
                audience: preset
                    .map_or(&["aud"][..], |preset| preset.audience_claims)
                    .iter()
                    .map(|&n| n.to_owned())
                    .collect(),
                roles: roles.unwrap_or_else(|| owned(preset.map_or(&[&["roles"]], |preset| preset.roles))),
                scopes: scopes.unwrap_or_else(|| owned(preset.map_or(&[&["scope"]], |preset| preset.scopes))),
                fixed: fixed.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            },
        }
    }

    pub(super) fn with(
        self,
        algorithms: Vec<Algorithm>,
        key: KeySource,
        issuer: Option<String>,
        audience: Vec<String>,
    ) -> TokenSettings {
        let Self { parties, leeway, claims } = self;
        TokenSettings { algorithms, key, issuer, audience, parties, leeway, claims }
    }
}

/// Says of each key that is written and does not go with the kind that it does not.
pub(super) fn refuse(section: &mut Section<'_>, others: &[&dyn Key], kind: &str, problems: &mut Problems) {
    for key in others {
        section.refuse(key.name(), &format!("does not go with kind = \"{kind}\""), "remove it", problems);
    }
}

pub(super) fn not_shared(section: &Section<'_>, algorithms: Option<&[Algorithm]>, problems: &mut Problems) {
    let is_shared = |algorithm: &Algorithm| algorithm.key_kind() == KeyKind::Shared;
    if algorithms.is_some_and(|algorithms| algorithms.iter().any(is_shared)) {
        let fix = "write those of public keys: [\"RS256\"]";
        problems.push(section.problem(keys::ALGORITHMS.name(), Wrong::new("a published key is no secret", fix)));
    }
}

pub(super) fn read_fetch(
    section: &mut Section<'_>,
    place: Option<KeyPlace>,
    problems: &mut Problems,
) -> Option<KeySource> {
    let refresh = section.take_or_default(&keys::REFRESH, problems);
    let pause = section.take_or_default(&keys::REFRESH_PAUSE, problems);
    let keep = section.take_or_default(&keys::KEEP, problems);
    Some(KeySource::Fetched(FetchSettings { place: place?, refresh, pause, keep }))
}

/// Reads the one key, or the one file of keys, that goes with the algorithms.
fn read_key(
    section: &mut Section<'_>,
    algorithms: Option<&[Algorithm]>,
    folder: &Path,
    problems: &mut Problems,
) -> Option<KeySource> {
    let secret = section.take(&keys::SECRET, problems).map(KeySource::Secret);
    let inline = section.take(&keys::PUBLIC_KEY, problems).map(KeySource::PublicKey);
    let file = section.take(&keys::PUBLIC_KEY_FILE, problems).map(|path| KeySource::PublicKeyFile(folder.join(path)));
    let set = section.take(&keys::JWK_FILE, problems).map(|path| KeySource::SetFile(folder.join(path)));
    // Without its algorithms nobody can say which key a provider needs.
    let algorithms = algorithms?;
    let kind = algorithms.first()?.key_kind();
    let public = [keys::PUBLIC_KEY.name(), keys::PUBLIC_KEY_FILE.name(), keys::JWK_FILE.name()];
    let mut wrong = |name: &str, message: &str, fix: &str| {
        problems.push(section.problem(name, Wrong::new(message, fix)));
    };
    if kind == KeyKind::Shared {
        for name in public.into_iter().filter(|name| section.has(name)) {
            wrong(
                name,
                "these algorithms have no public key",
                "remove it, and name the shared secret: secret = \"NAME\"",
            );
        }
        if !section.has(keys::SECRET.name()) {
            wrong(
                keys::SECRET.name(),
                "missing",
                "write secret = \"NAME\", with the name under which the secret is kept",
            );
        }
        return secret;
    }
    if section.has(keys::SECRET.name()) {
        let fix = "remove it, and give the public key: public_key_file = \"key.pem\"";
        wrong(keys::SECRET.name(), "only HS256 and its like have a secret", fix);
    }
    let written: Vec<&str> = public.into_iter().filter(|name| section.has(name)).collect();
    match written.as_slice() {
        [] => {
            let fix = "write public_key_file = \"key.pem\", or public_key with the key itself, or jwk_file with a set";
            wrong(keys::PUBLIC_KEY.name(), "missing", fix);
            None
        }
        [first, second, ..] => {
            wrong(second, &format!("{first} is there already"), "remove one of them");
            None
        }
        [only] => {
            if *only != keys::JWK_FILE.name() && algorithms.iter().any(|algorithm| algorithm.key_kind() != kind) {
                let fix = "write those of one kind; define another provider for the other, or give a set as jwk_file";
                wrong(keys::ALGORITHMS.name(), "these need different keys", fix);
            }
            inline.or(file).or(set)
        }
    }
}

/// Whether a private key in PEM is in `text`, of any kind (`PRIVATE KEY`, `RSA PRIVATE KEY`, …).
pub fn is_private_key(text: &[u8]) -> bool {
    let mark = b"PRIVATE KEY-----";
    text.windows(mark.len()).any(|window| window == mark)
}

/// Reads a public key, as far as to tell it from a private one, which has no business in a configuration.
pub(super) fn read_public_key(value: &Spanned<DeValue<'_>>) -> Read<String> {
    values::text_as(value, |text| {
        if is_private_key(text.as_bytes()) {
            return Err(Wrong::new(
                "a private key; tokens are checked with the public one",
                "remove it, and count that key as no longer secret",
            ));
        }
        if !text.trim_start().starts_with("-----BEGIN ") {
            return Err(Wrong::new(
                "not a public key as PEM",
                "write what stands in its file, from -----BEGIN PUBLIC KEY----- on, between '''; or public_key_file = \"key.pem\"",
            ));
        }
        Ok(text.to_owned())
    })
}

/// The place of a set of keys, or what it is below.
pub(super) fn key_set_url(text: &str) -> Result<String, Wrong> {
    let fix = r#"write the whole URL: "https://id.example/.well-known/jwks.json"; http only on the loopback"#;
    check_key_place(text).map(|()| text.to_owned()).map_err(|wrong| Wrong::new(wrong, fix))
}

/// Whether keys may be fetched from here: nobody on the way can put in others.
///
/// # Errors
///
/// What is wrong with it. It is not repeated: it may hold a password.
pub fn check_key_place(text: &str) -> Result<(), &'static str> {
    let uri: http::Uri = text.parse().map_err(|_| "not a URL")?;
    let authority = uri.authority().ok_or("not a URL with a host")?;
    if authority.as_str().contains('@') {
        return Err("holds a user or a password");
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if crate::reach::is_loopback_name(authority.host()) => Ok(()),
        Some("http") => Err("keys that are fetched by http could be anybody's"),
        _ => Err("neither https nor http"),
    }
}

/// The name of a project, which becomes part of a URL.
pub(super) fn account(text: &str) -> Result<String, Wrong> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new("not the name of a project", "write it as the provider shows it: letters, digits, - and _"))
}

/// The id of one directory: with the words that stand for all of them, anybody's directory could issue tokens.
pub(super) fn tenant(text: &str) -> Result<String, Wrong> {
    if ["common", "organizations", "consumers"].contains(&text) {
        return Err(Wrong::new("stands for everybody's directories", "write the id of your own"));
    }
    account(text)
}
