//! One provider of signed tokens (JWT): its keys, the algorithms that it uses, whom it is and whom its tokens are for. What
//! a token says of its own algorithm is only ever compared with the settings. A token that was good is remembered until
//! it expires or the keys change.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, AlgorithmFamily, Validation};
use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::caller::{Caller, Denied};
use super::checks::Checks;
use super::claims::{self, Claims};
use super::fetch::{Fetched, Missing};
use super::keys::{Key, KeySet, NoKey};
use crate::config::TokenSettings;

/// Good tokens that are remembered, and the longest of them, in bytes: 4 MiB of claims for a provider.
const REMEMBERED: usize = 1024;
const LONGEST_REMEMBERED: usize = 4 << 10;

/// A provider, ready to check tokens.
pub(super) struct TokenProvider {
    settings: TokenSettings,
    keys: Keys,
    /// What the library is to check, for each algorithm that is allowed.
    validations: Vec<Arc<Validation>>,
    checks: Checks,
    /// By the tokens' hashes: nobody finds tokens in the host's memory.
    good: Cache<[u8; 32], Good>,
}

/// Where a provider's keys come from.
pub(super) enum Keys {
    /// They were given.
    Given(Arc<KeySet>),
    /// They are fetched.
    Fetched(Arc<Fetched>),
}

/// A token that was good.
#[derive(Clone)]
struct Good {
    caller: Arc<Caller>,
    /// From when on it no longer is, in Unix seconds.
    until: u64,
    /// The set of keys by which it was.
    generation: u64,
}

impl Keys {
    fn now(&self) -> Option<Arc<KeySet>> {
        match self {
            Self::Given(set) => Some(Arc::clone(set)),
            Self::Fetched(fetched) => fetched.now(),
        }
    }
}

impl TokenProvider {
    /// A provider with these keys. `algorithms` are those of the settings, as the library has them.
    pub(super) fn new(settings: &TokenSettings, algorithms: &[Algorithm], keys: Keys, checks: Checks) -> Self {
        let validation = |algorithm: &Algorithm| {
            let mut validation = Validation::new(*algorithm);
            validation.leeway = settings.leeway.as_secs();
            (validation.validate_exp, validation.validate_nbf) = (true, true);
            validation.set_required_spec_claims(&["exp"]);
            // With the other claims, by what the settings say: see `claims`.
            validation.validate_aud = false;
            Arc::new(validation)
        };
        Self {
            settings: settings.clone(),
            keys,
            validations: algorithms.iter().map(validation).collect(),
            checks,
            good: Cache::new(REMEMBERED),
        }
    }

    /// Whether `issuer` is this provider.
    pub(super) fn issues_as(&self, issuer: &str) -> bool {
        self.settings.issuer.as_deref() == Some(issuer)
    }

    /// Checks a token and says whose it is; `name` is the provider's.
    pub(super) async fn identify(&self, name: &str, token: &str) -> Result<Arc<Caller>, Denied> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        if let Some(good) = self.good.get(&hash) {
            let is_current = self.keys.now().is_some_and(|set| set.generation == good.generation);
            if is_current && now() < good.until {
                return Ok(good.caller);
            }
            self.good.remove(&hash);
        }
        let (caller, good) = self.check(name, token).await.map_err(|denied| match denied {
            Denied::Invalid(why) => Denied::Invalid(format!("token of `{name}` refused: {why}")),
            Denied::Unavailable(why) => Denied::Unavailable(format!("token of `{name}` cannot be checked: {why}")),
        })?;
        if token.len() <= LONGEST_REMEMBERED {
            self.good.insert(hash, good);
        }
        Ok(caller)
    }

    async fn check(&self, name: &str, token: &str) -> Result<(Arc<Caller>, Good), Denied> {
        let invalid = |why: &str| Denied::Invalid(why.to_owned());
        let said = algorithm(token).ok_or_else(|| invalid(NO_TOKEN))?;
        if !self.settings.algorithms.iter().any(|algorithm| algorithm.name() == said) {
            return Err(invalid(ANOTHER_ALGORITHM));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| invalid(reason(error.kind())))?;
        let validation = self.validations.iter().find(|validation| validation.algorithms.contains(&header.alg));
        let validation = validation.ok_or_else(|| invalid(ANOTHER_ALGORITHM))?;
        // RFC 7515, section 4.1.11: what a token calls critical must be understood, and nothing of it is.
        if header.crit.is_some() {
            return Err(invalid("it has a critical extension (`crit`)"));
        }
        let set = match &self.keys {
            Keys::Given(set) => Arc::clone(set),
            Keys::Fetched(fetched) => fetched.set_with(&header).await.map_err(|missing| match missing {
                Missing::None(why) => invalid(no_key(why)),
                Missing::NotYet => Denied::Unavailable("the issuer's keys are not here yet".into()),
            })?,
        };
        let key = set.find(&header).map_err(|why| invalid(no_key(why)))?;
        let decoded = if key.key.family() == AlgorithmFamily::Hmac {
            decode(token, key, validation)
        } else {
            let (set, header) = (Arc::clone(&set), header.clone());
            let (token, validation) = (token.to_owned(), Arc::clone(validation));
            let checked = self.checks.run(move || match set.find(&header) {
                Ok(key) => decode(&token, key, &validation),
                Err(why) => Err(no_key(why)),
            });
            let busy = || Denied::Unavailable("as many signatures are being checked as the host takes at once".into());
            checked.await.ok_or_else(busy)?
        };
        let claims = decoded.map_err(invalid)?;
        claims::check(&claims, &self.settings).map_err(Denied::Invalid)?;
        let until = claims::expires(&claims).unwrap_or(0).saturating_add(self.settings.leeway.as_secs());
        let caller = Arc::new(claims::caller(name, claims, &self.settings.claims));
        Ok((Arc::clone(&caller), Good { caller, until, generation: set.generation }))
    }
}

fn decode(token: &str, key: &Key, validation: &Validation) -> Result<Claims, &'static str> {
    let decoded = jsonwebtoken::decode::<Claims>(token, &key.key, validation);
    decoded.map(|data| data.claims).map_err(|error| reason(error.kind()))
}

/// What a token calls its algorithm, if that is a text. The library, besides, takes an object with one member for one, and
/// for no token at all what names an algorithm that it does not know.
fn algorithm(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Said {
        alg: String,
    }
    let (header, _) = token.split_once('.')?;
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).ok()?;
    serde_json::from_slice::<Said>(&header).ok().map(|said| said.alg)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn no_key(why: NoKey) -> &'static str {
    match why {
        NoKey::Unknown => "the provider has no key of its name (`kid`) for its algorithm",
        NoKey::Ambiguous => "the provider has several keys that it may mean (`kid`)",
    }
}

const NO_TOKEN: &str = "it is not a JWT";

const ANOTHER_ALGORITHM: &str = "its algorithm is not one of the provider's";

/// Says in our words why the library refused; its own may hold parts of the token.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "the signature does not match",
        ErrorKind::ExpiredSignature => "it has expired (`exp`)",
        ErrorKind::ImmatureSignature => "it is not valid yet (`nbf`)",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            ANOTHER_ALGORITHM
        }
        ErrorKind::MissingRequiredClaim(_) => "it has no `exp`",
        ErrorKind::InvalidClaimFormat(_) => "a claim of time is not a number",
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => NO_TOKEN,
        _ => "it could not be checked",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jsonwebtoken::{DecodingKey, EncodingKey, Header};
    use serde_json::json;

    use super::*;
    use crate::config::{Algorithm as Chosen, ClaimSettings, KeySource};

    fn provider() -> TokenProvider {
        let settings = TokenSettings {
            algorithms: vec![Chosen::Hs256],
            key: KeySource::Secret("JWT".into()),
            issuer: None,
            audience: Vec::new(),
            parties: Vec::new(),
            leeway: Duration::ZERO,
            claims: ClaimSettings { audience: Vec::new(), roles: Vec::new(), scopes: Vec::new(), fixed: Vec::new() },
        };
        let set = KeySet::of(DecodingKey::from_secret(b"secret"), &[Algorithm::HS256]);
        TokenProvider::new(&settings, &[Algorithm::HS256], Keys::Given(Arc::new(set)), Checks::default())
    }

    async fn is_good(provider: &TokenProvider, claims: &serde_json::Value) -> bool {
        let key = EncodingKey::from_secret(b"secret");
        let token = jsonwebtoken::encode(&Header::default(), claims, &key).unwrap();
        provider.identify("demo", &token).await.is_ok()
    }

    #[tokio::test]
    async fn no_more_tokens_are_remembered_than_there_is_room_for_and_none_that_is_long_or_bad() {
        let provider = provider();
        assert!(is_good(&provider, &json!({ "exp": 9_999_999_999_u64 })).await);
        assert_eq!(provider.good.len(), 1);
        assert!(is_good(&provider, &json!({ "exp": 9_999_999_999_u64, "long": "x".repeat(LONGEST_REMEMBERED) })).await);
        assert!(!is_good(&provider, &json!({ "exp": 1 })).await);
        assert_eq!(provider.good.len(), 1);
        for i in 0..4 * REMEMBERED {
            assert!(is_good(&provider, &json!({ "exp": 9_999_999_999_u64, "sub": i.to_string() })).await);
            assert!(provider.good.len() <= REMEMBERED, "{}", provider.good.len());
        }
        assert!(provider.good.len() > REMEMBERED / 2, "{}", provider.good.len());
    }
}
