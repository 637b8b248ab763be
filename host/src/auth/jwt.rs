//! One provider of signed tokens (JWT): its key, the algorithms that it uses, whom it is and whom its tokens are for.
//! What a token says of its own algorithm is only ever compared with the settings.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind};
use serde_json::{Map, Value};

use crate::event::Identity;

/// Roles of one token that are looked at; more are cut off.
const MAX_ROLES: usize = 256;

/// A provider, ready to check tokens.
pub(super) struct JwtProvider {
    pub(super) name: String,
    pub(super) key: DecodingKey,
    pub(super) validation: Validation,
    /// Where in the claims the roles are, a step for each level.
    pub(super) roles: Vec<String>,
}

impl JwtProvider {
    /// What a token has to satisfy: one of `algorithms`, not expired, not before its time, the issuer and one of the
    /// audience where they are set.
    pub(super) fn validation(
        algorithms: Vec<Algorithm>,
        issuer: Option<&str>,
        audience: &[String],
        leeway: u64,
    ) -> Validation {
        let mut validation = Validation::new(algorithms.first().copied().unwrap_or(Algorithm::HS256));
        validation.algorithms = algorithms;
        validation.leeway = leeway;
        validation.validate_exp = true;
        validation.validate_nbf = true;
        // The library only compares claims that are there: what is set must be there, too.
        let mut required = vec!["exp"];
        if let Some(issuer) = issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.validate_aud = !audience.is_empty();
        if !audience.is_empty() {
            validation.set_audience(audience);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    /// Checks a token and says whose it is.
    pub(super) fn identify(&self, token: &str) -> Result<Identity, String> {
        let data = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.validation)
            .map_err(|error| format!("token of `{}` refused: {}", self.name, reason(error.kind())))?;
        // RFC 7515, section 4.1.11: what a token calls critical must be understood, and nothing of it is.
        if data.header.crit.is_some() {
            return Err(format!("token of `{}` refused: it has a critical extension (`crit`)", self.name));
        }
        let claims = data.claims;
        Ok(Identity {
            provider: self.name.clone(),
            subject: claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned(),
            roles: roles(&claims, &self.roles),
            claims: Value::Object(claims).to_string(),
        })
    }

    /// Whether `issuer` is this provider.
    pub(super) fn issues_as(&self, issuer: &str) -> bool {
        self.validation.iss.as_ref().is_some_and(|own| own.contains(issuer))
    }
}

/// The roles at `path`: a list of texts, or one text. Anything else is no role.
fn roles(claims: &Map<String, Value>, path: &[String]) -> Vec<String> {
    let Some((first, rest)) = path.split_first() else {
        return Vec::new();
    };
    let found = rest.iter().try_fold(claims.get(first), |value, step| value.map(|value| value.get(step)));
    match found.flatten() {
        Some(Value::String(role)) => vec![role.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).take(MAX_ROLES).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Says in our words why the library refused; its own may hold parts of the token.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "the signature does not match",
        ErrorKind::ExpiredSignature => "it has expired (`exp`)",
        ErrorKind::ImmatureSignature => "it is not valid yet (`nbf`)",
        ErrorKind::InvalidIssuer => "it is of another issuer (`iss`)",
        ErrorKind::InvalidAudience => "it is for another audience (`aud`)",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            "its algorithm is not one of the provider's"
        }
        ErrorKind::MissingRequiredClaim(claim) if claim == "exp" => "it has no `exp`",
        ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => "it has no `iss`",
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => "it has no `aud`",
        ErrorKind::InvalidClaimFormat(_) => "a claim of time is not a number",
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => "it is not a JWT",
        _ => "it could not be checked",
    }
}
