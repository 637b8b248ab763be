//! What is made of the settings about callers when they are loaded: keys are read and parsed once, and what is wrong
//! with one keeps the functions that need it from being served.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use http::HeaderMap;
use http::header::HeaderName;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::jwt::JwtProvider;
use crate::config::{
    Algorithm as Chosen, AuthPolicy, KeySource, Problem, Problems, ProviderSettings, Secrets, is_private_key,
};
use crate::request::{Repeated, only};

/// Names the provider that a request means, where its function has several.
const AUTH_PROVIDER: HeaderName = HeaderName::from_static("auth-provider");

/// The largest file with a public key that is read.
const MAX_KEY: u64 = 64 << 10;

/// What to do about a provider that is not ready.
const PROVIDER_FIX: &str = "mend [auth] in host.toml, or give the host the key that it names";

/// The providers of `host.toml`, each ready or with the reason why it is not.
pub struct Providers(BTreeMap<String, Result<Arc<JwtProvider>, String>>);

impl Providers {
    /// Reads every provider's key.
    pub fn new(settings: &BTreeMap<String, ProviderSettings>, secrets: &Secrets) -> Self {
        let ready = |(name, settings): (&String, &ProviderSettings)| {
            (name.clone(), provider(name, settings, secrets).map(Arc::new))
        };
        Self(settings.iter().map(ready).collect())
    }
}

fn provider(name: &str, settings: &ProviderSettings, secrets: &Secrets) -> Result<JwtProvider, String> {
    let algorithms: Vec<Algorithm> = settings.algorithms.iter().copied().map(algorithm).collect();
    let family = algorithms.first().copied().ok_or("it has no algorithm")?;
    let key = match &settings.key {
        KeySource::Secret(secret) => {
            let value = secrets.get(secret).map_err(|missing| format!("{missing}; {}", missing.fix()))?;
            DecodingKey::from_secret(value.expose())
        }
        KeySource::PublicKey(pem) => public_key(family, pem.as_bytes())?,
        KeySource::PublicKeyFile(file) => {
            let shown = file.display();
            let pem = read_key(file).map_err(|error| format!("cannot read the public key {shown}: {error}"))?;
            public_key(family, &pem).map_err(|error| format!("{shown}: {error}"))?
        }
    };
    let issuer = settings.issuer.as_deref();
    let validation = JwtProvider::validation(algorithms, issuer, &settings.audience, settings.leeway.as_secs());
    Ok(JwtProvider { name: name.to_owned(), key, validation, roles: settings.roles.clone() })
}

fn read_key(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut pem = Vec::new();
    File::open(file)?.take(MAX_KEY + 1).read_to_end(&mut pem)?;
    if pem.len() as u64 > MAX_KEY { Err(io::Error::other("it is too large for a key")) } else { Ok(pem) }
}

fn algorithm(chosen: Chosen) -> Algorithm {
    match chosen {
        Chosen::Hs256 => Algorithm::HS256,
        Chosen::Rs256 => Algorithm::RS256,
        Chosen::Es256 => Algorithm::ES256,
        Chosen::EdDsa => Algorithm::EdDSA,
    }
}

/// A public key in PEM, of the kind that the algorithm takes. A private key is refused: it has no business here.
fn public_key(algorithm: Algorithm, pem: &[u8]) -> Result<DecodingKey, String> {
    if is_private_key(pem) {
        return Err("this is a private key; give the host the public one (`openssl pkey -in KEY -pubout`)".into());
    }
    let (key, kind) = match algorithm {
        Algorithm::RS256 => (DecodingKey::from_rsa_pem(pem), "an RSA public key"),
        Algorithm::ES256 => (DecodingKey::from_ec_pem(pem), "a public key on P-256"),
        _ => (DecodingKey::from_ed_pem(pem), "an Ed25519 public key"),
    };
    key.map_err(|_| format!("this is not {kind} in PEM (`-----BEGIN PUBLIC KEY-----`)"))
}

/// Who may call a function.
pub struct Auth {
    providers: Vec<Arc<JwtProvider>>,
    roles: Vec<String>,
    optional: bool,
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
            match providers.0.get(name) {
                Some(Ok(provider)) => chosen.push(Arc::clone(provider)),
                Some(Err(reason)) => problems.push(Problem {
                    key: Some("auth.providers".into()),
                    ..Problem::of_file(file, format!("the provider `{name}` is not ready: {reason}"), PROVIDER_FIX)
                }),
                // The policy was checked against the same settings; were it not, nobody is let in.
                None => problems.push(Problem::of_file(file, format!("no provider `{name}`"), PROVIDER_FIX)),
            }
        }
        if problems.is_empty() {
            Ok(Self { providers: chosen, roles: policy.roles.clone(), optional: policy.optional })
        } else {
            Err(problems)
        }
    }

    /// Whether a request without a token is let in.
    pub fn optional(&self) -> bool {
        self.optional
    }

    /// The roles of which a caller must have one; empty if any caller will do.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The names of the providers.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().map(|provider| provider.name.as_str())
    }

    /// Whether a caller with these roles is let in.
    pub(super) fn admits(&self, roles: &[String]) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }

    /// The provider that a request means: the only one; or the one that the `auth-provider` header names; or the one that
    /// the token says it is of. Never one after the other.
    pub(super) fn choose(&self, headers: &HeaderMap, token: &str) -> Result<&JwtProvider, String> {
        let named = only(headers, &AUTH_PROVIDER).map_err(|Repeated| "more than one auth-provider header")?;
        if let Some(named) = named {
            let found = self.providers.iter().find(|provider| provider.name.as_bytes() == named.as_bytes());
            return found
                .map(|provider| &**provider)
                .ok_or("the auth-provider header names none of the providers".into());
        }
        if let [only] = self.providers.as_slice() {
            return Ok(only);
        }
        let issuer = issuer(token).ok_or("several providers, no auth-provider header, and a token without `iss`")?;
        let mut of_issuer = self.providers.iter().filter(|provider| provider.issues_as(&issuer));
        match (of_issuer.next(), of_issuer.next()) {
            (Some(provider), None) => Ok(provider),
            _ => {
                Err("several providers, no auth-provider header, and an `iss` that is not of exactly one of them"
                    .into())
            }
        }
    }
}

/// What a token says of its issuer: not yet verified, good only for choosing the key that then has to match.
fn issuer(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Issuer {
        iss: Option<String>,
    }
    jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(token).ok()?.iss
}
