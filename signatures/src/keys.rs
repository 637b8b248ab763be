//! From secrets and public keys to the keys of a scheme, each with the name by which logs speak of it. Owns which of them
//! an algorithm wants. Knows nothing of messages.

use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, Family, SecretEncoding};
use crate::description::Description;
use crate::key::{Key, Tag};
use crate::public_key::{PublicKey, jwt_keys};
use crate::{Problem, Secret};

/// Whose signature a message may have.
pub(crate) struct Candidate {
    /// The place of its secret, or of its public key where there is no secret, in the list that it came in.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// What stands for `{secret}`, if the content has that.
    pub(crate) secret: Zeroizing<Vec<u8>>,
    pub(crate) key: Key,
}

/// The candidates of a scheme, never none; or all that is wrong with secrets and keys.
pub(crate) fn candidates(
    description: &Description,
    secrets: &[Secret],
    public_keys: &[String],
) -> Result<Vec<Candidate>, Vec<Problem>> {
    let is_shared = match description.algorithm.family() {
        Family::Nothing => return unused(secrets, public_keys),
        Family::Shared => true,
        Family::Public => false,
        Family::Jwt => {
            let algorithms = description.jwt.iter().flat_map(|jwt| &jwt.algorithms);
            algorithms.into_iter().all(|algorithm| algorithm.is_shared())
        }
    };
    if is_shared { shared(description, secrets, public_keys) } else { public(description, secrets, public_keys) }
}

fn unused(secrets: &[Secret], public_keys: &[String]) -> Result<Vec<Candidate>, Vec<Problem>> {
    let message =
        "are not used, as this scheme checks nothing; remove them, or write the scheme that the sender signs with";
    let problem = |key: &str| vec![Problem::new(key, message)];
    match (secrets, public_keys) {
        ([], []) => Ok(Vec::new()),
        ([], _) => Err(problem("public_key")),
        _ => Err(problem("secrets")),
    }
}

fn shared(
    description: &Description,
    secrets: &[Secret],
    public_keys: &[String],
) -> Result<Vec<Candidate>, Vec<Problem>> {
    let mut problems = Vec::new();
    if !public_keys.is_empty() {
        let message = "is not used, as sender and receiver share a secret in this scheme; remove it";
        problems.push(Problem::new("public_key", message));
    }
    if secrets.is_empty() {
        let message = "are missing; name at least one, as without any there is nothing to check";
        problems.push(Problem::new("secrets", message));
    }
    let has_secret = description.signed_content().contains("{secret}");
    let mut candidates = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        match shared_key(description, secret) {
            Ok(key) => candidates.push(candidate(index, secret.name(), has_secret.then_some(secret), key)),
            Err(message) => problems.push(Problem::new("secrets", message)),
        }
    }
    if problems.is_empty() { Ok(candidates) } else { Err(problems) }
}

fn candidate(index: usize, name: &str, secret: Option<&Secret>, key: Key) -> Candidate {
    let secret = secret.and_then(|secret| secret.decode(SecretEncoding::Text).ok()).unwrap_or_default();
    Candidate { index, name: name.to_owned(), secret, key }
}

/// The key that a secret stands for.
pub(crate) fn shared_key(description: &Description, secret: &Secret) -> Result<Key, String> {
    let encoding = description.secret_encoding.unwrap_or(SecretEncoding::Text);
    let cannot = || format!("the secret {} cannot be a key of the algorithm", secret.name());
    match description.algorithm {
        Algorithm::Token => Ok(Key::Token(Tag::of_token(secret.token()?.as_bytes()))),
        Algorithm::Basic => {
            let token = secret.token()?;
            if !token.contains(':') {
                let name = secret.name();
                return Err(format!("the secret {name} has no colon; write user and password as \"user:password\""));
            }
            Ok(Key::Token(Tag::of_token(token.as_bytes())))
        }
        Algorithm::Jwt => {
            let key = jsonwebtoken::DecodingKey::from_secret(&secret.decode(encoding)?);
            Ok(Key::Jwt(crate::jwt::JwtKey { key, id: None }))
        }
        algorithm => Key::shared(algorithm, &secret.decode(encoding)?).ok_or_else(cannot),
    }
}

/// The keys may be written in the policy or kept as secrets are, which some find easier to change. Where the content has
/// `{secret}`, secrets are for that.
fn public(
    description: &Description,
    secrets: &[Secret],
    public_keys: &[String],
) -> Result<Vec<Candidate>, Vec<Problem>> {
    let has_secret = description.signed_content().contains("{secret}");
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    if public_keys.is_empty() && (has_secret || secrets.is_empty()) {
        let message = "is missing; write the sender's public key or certificate, which it does not send along";
        problems.push(Problem::new("public_key", message));
    }
    if has_secret && secrets.is_empty() {
        problems.push(Problem::new("secrets", "are missing; the scheme signs one, so name at least one"));
    }
    for (index, text) in public_keys.iter().enumerate() {
        let name = if index == 0 { "public_key".to_owned() } else { format!("public_key {}", index + 1) };
        let mut add = |index: usize, name: &str, secret: Option<&Secret>| match keys_of(description, text) {
            Ok(keys) => candidates.extend(keys.into_iter().map(|key| candidate(index, name, secret, key))),
            Err(message) => problems.push(Problem::new("public_key", message)),
        };
        if has_secret {
            secrets.iter().enumerate().for_each(|(index, secret)| add(index, secret.name(), Some(secret)));
        } else {
            add(index, &name, None);
        }
    }
    if !has_secret {
        for (index, secret) in secrets.iter().enumerate() {
            let keys = secret.text().ok_or("is not text").and_then(|text| keys_of(description, text));
            match keys {
                Ok(keys) => candidates.extend(keys.into_iter().map(|key| candidate(index, secret.name(), None, key))),
                Err(message) => problems.push(Problem::new("secrets", format!("{} {message}", secret.name()))),
            }
        }
    }
    problems.dedup();
    if problems.is_empty() { Ok(candidates) } else { Err(problems) }
}

fn keys_of(description: &Description, text: &str) -> Result<Vec<Key>, &'static str> {
    match (description.algorithm, &description.jwt) {
        (Algorithm::Jwt, Some(jwt)) => {
            let algorithm = *jwt.algorithms.first().ok_or("is for no algorithm")?;
            Ok(jwt_keys(text, algorithm)?.into_iter().map(Key::Jwt).collect())
        }
        (algorithm, _) => Ok(vec![Key::Public(PublicKey::parse(text, algorithm)?)]),
    }
}
