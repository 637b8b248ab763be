//! What is made of the settings about callers when they are loaded: keys are read and parsed once, and what is wrong
//! with one keeps the functions that need it from being served.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use http::HeaderName;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::challenge::Challenges;
use super::checks::Checks;
use super::credentials::{ApiKeys, Passwords};
use super::fetch::Fetched;
use super::keys::{self, KeySet};
use super::provider::{By, Provider};
use super::session::Sessions;
use super::supposed::Supposed;
use super::token::{Keys, TokenProvider};
use crate::config::{
    Algorithm as Chosen, AuthPolicy, KeyKind, KeySource, Problem, Problems, ProviderSettings, Secrets, Shows,
    TokenSettings, is_private_key,
};

/// The largest file with public keys that is read.
const MAX_KEY: u64 = 256 << 10;

/// What to do about a provider that is not ready.
const PROVIDER_FIX: &str = "mend [auth] in host.toml, or give the host the key that it names";

/// The providers of `host.toml`, each ready or with the reason why it is not.
#[derive(Default)]
pub struct Providers {
    ready: BTreeMap<String, Result<Arc<Provider>, String>>,
    /// Keys that are fetched, by the provider.
    fetched: BTreeMap<String, Arc<Fetched>>,
    /// The headers in which callers of any of them show a key.
    key_headers: Arc<[HeaderName]>,
    checks: Checks,
}

impl Providers {
    /// Reads every provider's key. Keys that the providers `before` these have fetched already are taken over, where they
    /// would be fetched in the same way.
    pub fn new(settings: &BTreeMap<String, ProviderSettings>, secrets: &Secrets, before: &Self) -> Self {
        let mut fetched = BTreeMap::new();
        let ready = settings.iter().map(|(name, settings)| {
            let by = match &settings.shows {
                Shows::Token(token) => by_token(name, token, secrets, before, &mut fetched),
                Shows::ApiKey(keys) => ApiKeys::new(name, keys).map(By::ApiKey),
                Shows::Basic(users) => Passwords::new(name, users, secrets).map(By::Password),
                Shows::Session(session) => {
                    secret(secrets, &session.secret).and_then(|secret| Sessions::new(session, &secret)).map(By::Session)
                }
            };
            let provider = by.map(|by| Arc::new(Provider { name: name.clone(), kind: settings.kind, by }));
            (name.clone(), provider)
        });
        let ready = ready.collect();
        let key_headers = settings.values().filter_map(|settings| match &settings.shows {
            Shows::ApiKey(keys) => keys.header.as_deref().and_then(|name| name.parse().ok()),
            Shows::Token(_) | Shows::Basic(_) | Shows::Session(_) => None,
        });
        Self { ready, fetched, key_headers: key_headers.collect(), checks: before.checks.clone() }
    }

    /// The headers that no function sees, whichever provider it asks: a key in one is good for every function that does.
    pub(crate) fn key_headers(&self) -> Arc<[HeaderName]> {
        Arc::clone(&self.key_headers)
    }

    /// Has the provider `name` vouch for `supposed`, whatever a request shows. For who tries a function out, and asked of the
    /// providers of that one call alone: a host that serves never does.
    ///
    /// # Errors
    ///
    /// If callers of the provider cannot be said so.
    pub(crate) fn suppose(
        &mut self,
        (name, settings): (&str, &ProviderSettings),
        supposed: &Supposed,
    ) -> Result<(), String> {
        let stand = supposed.stand(name, settings)?;
        let provider = Provider { name: name.to_owned(), kind: settings.kind, by: By::Supposed(stand) };
        self.ready.insert(name.to_owned(), Ok(Arc::new(provider)));
        Ok(())
    }

    /// Begins to fetch the keys that are fetched, so that the first request finds them.
    pub fn start(&self) {
        self.fetched.values().for_each(|fetched| fetched.start());
    }
}

fn secret(secrets: &Secrets, name: &str) -> Result<crate::config::Secret, String> {
    secrets.get(name).map_err(|missing| format!("{missing}; {}", missing.fix()))
}

fn by_token(
    name: &str,
    settings: &TokenSettings,
    secrets: &Secrets,
    before: &Providers,
    fetched: &mut BTreeMap<String, Arc<Fetched>>,
) -> Result<By, String> {
    let algorithms: Vec<Algorithm> = settings.algorithms.iter().copied().map(algorithm).collect();
    let kind = settings.algorithms.first().map(|first| first.key_kind()).ok_or("it has no algorithm")?;
    let of = |key: DecodingKey| Keys::Given(Arc::new(KeySet::of(key, &algorithms)));
    let keys = match &settings.key {
        KeySource::Secret(shared) => of(DecodingKey::from_secret(secret(secrets, shared)?.expose())),
        KeySource::PublicKey(pem) => of(public_key(kind, &algorithms, pem.as_bytes())?),
        KeySource::PublicKeyFile(file) => {
            let pem = read(file)?;
            of(public_key(kind, &algorithms, &pem).map_err(|error| format!("{}: {error}", file.display()))?)
        }
        KeySource::SetFile(file) => {
            let set = KeySet::parse(&read(file)?, &algorithms, 0);
            let set = set.map_err(|error| format!("{}: {error}", file.display()))?;
            if set.is_empty() {
                return Err(format!("{}: it has no public key for the provider's algorithms", file.display()));
            }
            Keys::Given(Arc::new(set))
        }
        KeySource::Fetched(place) => {
            let known = before.fetched.get(name).filter(|known| known.is_of(place, &algorithms));
            let keys = known.map_or_else(|| Arc::new(Fetched::new(name, place, &algorithms)), Arc::clone);
            fetched.insert(name.to_owned(), Arc::clone(&keys));
            Keys::Fetched(keys)
        }
    };
    Ok(By::Token(Box::new(TokenProvider::new(settings, &algorithms, keys, before.checks.clone()))))
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    read_key(file).map_err(|error| format!("cannot read the public key {}: {error}", file.display()))
}

fn read_key(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_KEY + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_KEY { Err(io::Error::other("it is too large for a key")) } else { Ok(bytes) }
}

fn algorithm(chosen: Chosen) -> Algorithm {
    match chosen {
        Chosen::Hs256 => Algorithm::HS256,
        Chosen::Hs384 => Algorithm::HS384,
        Chosen::Hs512 => Algorithm::HS512,
        Chosen::Rs256 => Algorithm::RS256,
        Chosen::Rs384 => Algorithm::RS384,
        Chosen::Rs512 => Algorithm::RS512,
        Chosen::Ps256 => Algorithm::PS256,
        Chosen::Ps384 => Algorithm::PS384,
        Chosen::Ps512 => Algorithm::PS512,
        Chosen::Es256 => Algorithm::ES256,
        Chosen::Es384 => Algorithm::ES384,
        Chosen::EdDsa => Algorithm::EdDSA,
    }
}

/// A public key in PEM, of the kind that the algorithms take. A private key is refused: it has no business here.
fn public_key(kind: KeyKind, algorithms: &[Algorithm], pem: &[u8]) -> Result<DecodingKey, String> {
    if is_private_key(pem) {
        return Err("this is a private key; give the host the public one (`openssl pkey -in KEY -pubout`)".into());
    }
    let (key, kind) = match kind {
        KeyKind::Rsa => (DecodingKey::from_rsa_pem(pem), "an RSA public key of 2048 to 8192 bits"),
        KeyKind::P256 => (DecodingKey::from_ec_pem(pem), "a public key on P-256"),
        KeyKind::P384 => (DecodingKey::from_ec_pem(pem), "a public key on P-384"),
        KeyKind::Shared | KeyKind::Ed25519 => (DecodingKey::from_ed_pem(pem), "an Ed25519 public key"),
    };
    // What is asked of a key in a set is asked of the only one as well.
    let may_check = |key: &DecodingKey| {
        let jwk = Jwk::from_decoding_key(key, None).ok();
        let own = jwk.and_then(|jwk| keys::of_type(&jwk.algorithm)).unwrap_or_default();
        algorithms.iter().all(|algorithm| own.contains(algorithm))
    };
    let key = key.ok().filter(may_check);
    key.ok_or_else(|| format!("this is not {kind} in PEM (`-----BEGIN PUBLIC KEY-----`)"))
}

/// Who may call a function.
pub struct Auth {
    pub(super) providers: Vec<Arc<Provider>>,
    roles: Vec<String>,
    scopes: Vec<String>,
    optional: bool,
    challenges: Arc<Challenges>,
}

impl Auth {
    /// Makes a policy's `[auth]` ready; `file` is the policy's.
    ///
    /// # Errors
    ///
    /// If a provider that it names is not ready.
    pub fn new(policy: &AuthPolicy, file: &Path, providers: &Providers) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut chosen = Vec::new();
        for name in &policy.providers {
            match providers.ready.get(name) {
                Some(Ok(provider)) => chosen.push(Arc::clone(provider)),
                Some(Err(reason)) => problems.push(Problem {
                    key: Some("auth.providers".into()),
                    ..Problem::of_file(file, format!("the provider `{name}` is not ready: {reason}"), PROVIDER_FIX)
                }),
                // The policy was checked against the same settings; were it not, nobody is let in.
                None => problems.push(Problem::of_file(file, format!("no provider `{name}`"), PROVIDER_FIX)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            challenges: Arc::new(Challenges::of(chosen.iter().map(|provider| &**provider))),
            providers: chosen,
            roles: policy.roles.clone(),
            scopes: policy.scopes.clone(),
            optional: policy.optional,
        })
    }

    /// Whether a request that shows nothing is let in.
    pub fn optional(&self) -> bool {
        self.optional
    }

    /// The roles of which a caller must have one; empty if any caller will do.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The scopes of which a caller must have all.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The names of the providers.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().map(|provider| provider.name.as_str())
    }

    /// Whether what callers of this function show in `Authorization` is a key or a password, which would be good for other
    /// functions as well.
    pub(crate) fn hides_authorization(&self) -> bool {
        self.providers.iter().any(|provider| match &provider.by {
            By::Password(_) => true,
            By::ApiKey(keys) => keys.header.is_none(),
            By::Supposed(stand) => stand.hides_authorization,
            By::Token(_) | By::Session(_) => false,
        })
    }

    pub(super) fn challenges(&self) -> Arc<Challenges> {
        Arc::clone(&self.challenges)
    }
}
