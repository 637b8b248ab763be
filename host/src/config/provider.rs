//! `[auth.NAME]` of `host.toml`: who vouches for callers, and what their tokens must be like. It checks that a key is
//! named and of the right sort, and neither fetches nor reads it; it knows no JWT library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::host_keys as keys;
use super::key::{Key, Read};
use super::problem::{Problems, Wrong, nearest, quoted};
use super::values;

/// How a token may be signed. RFC 7518, section 3.1, and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256: whoever can check a token can make one.
    Hs256,
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    /// Its name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Someone who vouches for callers with JSON Web Tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// How tokens may be signed: at least one, all of the family of `key`.
    pub algorithms: Vec<Algorithm>,
    /// What tokens are checked with.
    pub key: KeySource,
    /// What `iss` must be; none if it is not checked.
    pub issuer: Option<String>,
    /// What `aud` must name one of; empty if it is not checked.
    pub audience: Vec<String>,
    /// How far the issuer's clock may be from ours.
    pub leeway: Duration,
    /// The claim with the caller's roles: the names that lead to it, from the outside in. Never empty.
    pub roles: Vec<String>,
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
}

impl ProviderSettings {
    /// Reads `[auth.NAME]`: none if it is not as it must be, which the problems then say. Paths are from `folder`.
    pub(super) fn read(mut section: Section<'_>, folder: &Path, problems: &mut Problems) -> Option<Self> {
        section.take_or_missing(&keys::KIND, r#"write kind = "jwt""#, problems);
        let algorithms = section.take_or_missing(
            &keys::ALGORITHMS,
            r#"write the one that the issuer uses: algorithms = ["ES256"]"#,
            problems,
        );
        let key = read_key(&mut section, algorithms.as_deref(), folder, problems);
        let issuer = section.take(&keys::ISSUER, problems);
        let audience = section.take(&keys::AUDIENCE, problems).unwrap_or_default();
        let leeway = section.take_or_default(&keys::LEEWAY, problems);
        let roles = section.take(&keys::ROLES_CLAIM, problems);
        section.finish(&keys::PROVIDER, None, problems);
        Some(Self {
            algorithms: algorithms?,
            key: key?,
            issuer,
            audience,
            leeway,
            roles: roles.unwrap_or_else(|| vec![keys::DEFAULT_ROLES_CLAIM.to_owned()]),
        })
    }
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
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
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

/// Reads the one key that goes with the algorithms.
fn read_key(
    section: &mut Section<'_>,
    algorithms: Option<&[Algorithm]>,
    folder: &Path,
    problems: &mut Problems,
) -> Option<KeySource> {
    let (secret, inline, file) = (keys::SECRET.name(), keys::PUBLIC_KEY.name(), keys::PUBLIC_KEY_FILE.name());
    let secret_value = section.take(&keys::SECRET, problems).map(KeySource::Secret);
    let inline_value = section.take(&keys::PUBLIC_KEY, problems).map(KeySource::PublicKey);
    let file_value =
        section.take(&keys::PUBLIC_KEY_FILE, problems).map(|path| KeySource::PublicKeyFile(folder.join(path)));
    // Without its algorithms nobody can say which key a provider needs.
    let shared = algorithms?.contains(&Algorithm::Hs256);
    let unwanted = |name: &str, message: &str, fix: &str, problems: &mut Problems| {
        if section.has(name) {
            problems.push(section.problem(name, Wrong::new(message, fix)));
        }
    };
    if shared {
        for name in [inline, file] {
            unwanted(
                name,
                "HS256 has no public key",
                "remove it, and name the shared secret: secret = \"NAME\"",
                problems,
            );
        }
        if !section.has(secret) {
            let fix = "write secret = \"NAME\", with the name under which the secret is kept";
            problems.push(section.problem(secret, Wrong::new("missing", fix)));
        }
        return secret_value;
    }
    unwanted(
        secret,
        "only HS256 has a secret",
        "remove it, and give the public key: public_key_file = \"key.pem\"",
        problems,
    );
    match (section.has(inline), section.has(file)) {
        (true, true) => {
            unwanted(file, "public_key is there already", "remove one of them", problems);
            None
        }
        (false, false) => {
            let fix = "write public_key_file = \"key.pem\", or public_key with the key itself";
            problems.push(section.problem(inline, Wrong::new("missing", fix)));
            None
        }
        _ => inline_value.or(file_value),
    }
}

/// Reads the kind, for which there is one word so far.
pub(super) fn read_kind(value: &Spanned<DeValue<'_>>) -> Read<()> {
    values::text_as(value, |text| match text {
        "jwt" => Ok(()),
        other => {
            Err(Wrong::new(format!("{} is no kind that this version knows", quoted(other)), r#"write kind = "jwt""#))
        }
    })
}

/// Reads the algorithms. They must be of one family: a key that is used with two invites a token that takes a public
/// key for a shared secret.
pub(super) fn read_algorithms(value: &Spanned<DeValue<'_>>) -> Read<Vec<Algorithm>> {
    let names = Algorithm::ALL.map(Algorithm::name);
    let algorithms = values::list(value, r#"["ES256"]"#, |text| {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == text).ok_or_else(|| {
            let fix = match nearest(text, names) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("write one of {}", names.join(", ")),
            };
            Wrong::new(format!("{} is no algorithm that this version takes", quoted(text)), fix)
        })
    })?;
    // Every algorithm of this version is a family of its own.
    if algorithms.len() > 1 {
        return Err(vec![Wrong::new(
            "these need different keys",
            "write one of them; define another provider for the other",
        )]);
    }
    Ok(algorithms)
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
