//! JSON Web Tokens as signatures: what a token must hold to speak for a message, and the check that it does. Owns the
//! rules on claims; decoding and cryptography are the crate `jsonwebtoken`'s. The algorithms are those of the
//! description, whatever a token says of itself, and a key that a token brings along is not looked at.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::Refused;
use crate::age::Age;
use crate::message::Message;

/// What the token must hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// How tokens may be signed; all of one family, as there is one kind of key.
    pub algorithms: Vec<JwtAlgorithm>,
    /// What `iss` must be. Default: it is not looked at.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Whether `sub` must be the URL of the message. Default: it is not looked at.
    #[serde(default)]
    pub subject_is_url: bool,
    /// The claim with the hash of the body. Default: nothing in the token speaks of the body.
    #[serde(default)]
    pub body_hash: Option<ClaimHash>,
    /// The claim with the hash of the URL. Default: none.
    #[serde(default)]
    pub url_hash: Option<ClaimHash>,
    /// The claims that must be there besides those above.
    #[serde(default)]
    pub require: Vec<String>,
    /// By how much `exp` and `nbf`, which count where they are there, may be missed. Default: `"0s"`.
    #[serde(default = "no_leeway")]
    pub leeway: Age,
}

const fn no_leeway() -> Age {
    Age::seconds(0)
}

/// A claim with a SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimHash {
    /// Its name.
    pub claim: String,
    /// How the hash is written: `hex` in lower case, or `base64url`, where padding may be there or not.
    pub encoding: HashEncoding,
    /// Whether it is left out if there is nothing to hash.
    #[serde(default)]
    pub absent_if_empty: bool,
}

/// How a hash is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum HashEncoding {
    /// `hex`
    #[serde(rename = "hex")]
    Hex,
    /// `base64url`
    #[serde(rename = "base64url")]
    Base64Url,
}

/// How a token may be signed (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
#[allow(clippy::upper_case_acronyms, reason = "the names are those of the RFC")]
pub enum JwtAlgorithm {
    HS256,
    HS384,
    HS512,
    RS256,
    ES256,
    EdDSA,
}

impl JwtAlgorithm {
    /// Whether the key is a secret that both sides have.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }

    pub(crate) fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::HS256 => jsonwebtoken::Algorithm::HS256,
            Self::HS384 => jsonwebtoken::Algorithm::HS384,
            Self::HS512 => jsonwebtoken::Algorithm::HS512,
            Self::RS256 => jsonwebtoken::Algorithm::RS256,
            Self::ES256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// The claims of a token whose signature is right.
pub(crate) type Claims = Map<String, Value>;

/// A key for tokens.
pub(crate) struct JwtKey {
    pub(crate) key: DecodingKey,
    /// The key's own name, where it came with one: a token that names a key is checked with that one alone.
    pub(crate) id: Option<String>,
}

/// The tokens of one scheme.
pub(crate) struct JwtPlan {
    pub(crate) rules: Jwt,
    validation: Validation,
}

impl JwtPlan {
    /// A plan for tokens of these rules; nothing if they allow no algorithm.
    pub(crate) fn new(rules: &Jwt) -> Option<Self> {
        let mut validation = Validation::new(rules.algorithms.first()?.library());
        validation.algorithms = rules.algorithms.iter().map(|algorithm| algorithm.library()).collect();
        // Times are held against the clock that is given, further down.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Some(Self { rules: rules.clone(), validation })
    }

    /// The claims, if this key signed the token.
    pub(crate) fn decode(&self, token: &[u8], key: &JwtKey) -> Result<Claims, Refused> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused::MalformedToken)?;
        // Whoever does not understand an extension must refuse it (RFC 7515, section 4.1.11).
        if header.crit.is_some() || header.zip.is_some() {
            return Err(Refused::MalformedToken);
        }
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(Refused::TokenAlgorithm);
        }
        if let (Some(named), Some(id)) = (&header.kid, &key.id)
            && named != id
        {
            return Err(Refused::Mismatch);
        }
        match jsonwebtoken::decode::<Claims>(token, &key.key, &self.validation) {
            Ok(decoded) => Ok(decoded.claims),
            Err(error) => Err(match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => Refused::Mismatch,
                _ => Refused::MalformedToken,
            }),
        }
    }

    /// Holds the claims against the message and the clock.
    pub(crate) fn check(&self, claims: &Claims, message: &Message<'_>, now: SystemTime) -> Result<(), Refused> {
        let rules = &self.rules;
        if let Some(missing) = rules.require.iter().find(|name| !claims.contains_key(*name)) {
            return Err(Refused::Claim { claim: missing.clone(), problem: "is missing" });
        }
        if let Some(issuer) = &rules.issuer {
            equal(claims, "iss", issuer)?;
        }
        if rules.subject_is_url {
            equal(claims, "sub", message.whole_url().ok_or(Refused::UrlUnknown)?)?;
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as f64;
        let leeway = match rules.leeway {
            Age::Within(leeway) => leeway.as_secs_f64(),
            Age::Unlimited => f64::INFINITY,
        };
        if time(claims, "exp")?.is_some_and(|exp| now >= exp + leeway) {
            return Err(Refused::Claim { claim: "exp".into(), problem: "is over" });
        }
        if time(claims, "nbf")?.is_some_and(|nbf| now < nbf - leeway) {
            return Err(Refused::Claim { claim: "nbf".into(), problem: "is still to come" });
        }
        if let Some(hash) = &rules.body_hash {
            hash.check(claims, message.body)?;
        }
        if let Some(hash) = &rules.url_hash {
            hash.check(claims, message.whole_url().ok_or(Refused::UrlUnknown)?.as_bytes())?;
        }
        Ok(())
    }
}

impl Jwt {
    /// Whether a token of this kind speaks of the URL.
    pub(crate) fn holds_url(&self) -> bool {
        self.subject_is_url || self.url_hash.is_some()
    }
}

impl ClaimHash {
    /// The hash as the sender writes it.
    pub(crate) fn of(&self, content: &[u8]) -> String {
        let hash = Sha256::digest(content);
        match self.encoding {
            HashEncoding::Hex => hex::encode(hash),
            HashEncoding::Base64Url => URL_SAFE_NO_PAD.encode(hash),
        }
    }

    fn check(&self, claims: &Claims, content: &[u8]) -> Result<(), Refused> {
        let problem = |problem| Refused::Claim { claim: self.claim.clone(), problem };
        let Some(claim) = claims.get(&self.claim) else {
            let may_be_absent = self.absent_if_empty && content.is_empty();
            return if may_be_absent { Ok(()) } else { Err(problem("is missing")) };
        };
        let written = claim.as_str().ok_or_else(|| problem("is no text"))?;
        let written = match self.encoding {
            HashEncoding::Hex => written,
            HashEncoding::Base64Url => written.strip_suffix('=').unwrap_or(written),
        };
        // Neither side is secret: the sender of the message knows both.
        if written == self.of(content) { Ok(()) } else { Err(problem("is the hash of something else")) }
    }
}

fn equal(claims: &Claims, name: &str, expected: &str) -> Result<(), Refused> {
    let problem = match claims.get(name) {
        None => "is missing",
        Some(Value::String(value)) if value == expected => return Ok(()),
        Some(_) => "is another",
    };
    Err(Refused::Claim { claim: name.to_owned(), problem })
}

/// A time in seconds since the Unix epoch (RFC 7519, section 2, NumericDate).
fn time(claims: &Claims, name: &str) -> Result<Option<f64>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|seconds| *seconds >= 0.0) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(Refused::Claim { claim: name.to_owned(), problem: "is no time" }),
        },
    }
}

/// A claim that is a text or a whole number, as text.
pub(crate) fn text(claims: &Claims, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}
