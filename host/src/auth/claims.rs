//! What a token's claims say of its caller, read as the settings have it. It knows no signature.

use serde_json::{Map, Value};

use super::caller::Caller;
use crate::config::{ClaimSettings, TokenSettings};
use crate::event::Identity;
use crate::observe::text::shortened;

/// Roles, or scopes, of one caller that are looked at; more are cut off.
const MAX_NAMES: usize = 256;

/// The most of a claim that is logged, in bytes.
const MAX_SHOWN: usize = 200;

/// A token's claims.
pub(super) type Claims = Map<String, Value>;

/// Checks what is said of issuer and audience, and what else must be so.
///
/// # Errors
///
/// With the first that is not.
pub(super) fn check(claims: &Claims, settings: &TokenSettings) -> Result<(), String> {
    if claims.get("sub").is_some_and(|sub| !sub.is_string()) {
        return Err("its `sub` is not a text".into());
    }
    for (name, value) in &settings.claims.fixed {
        if claims.get(name).and_then(Value::as_str) != Some(value) {
            return Err(format!("it is a token for something else (`{name}` is not `{value}`)"));
        }
    }
    if let Some(issuer) = &settings.issuer {
        match claims.get("iss") {
            Some(Value::String(own)) if own == issuer => {}
            Some(other) => return Err(format!("it is of another issuer (`iss`), {}", shown(other))),
            None => return Err("it has no `iss`".into()),
        }
    }
    if !settings.audience.is_empty() {
        let ClaimSettings { audience, .. } = &settings.claims;
        let said = || audience.iter().filter_map(|claim| claims.get(claim));
        if said().next().is_none() {
            return Err(format!("it has no `{}`", audience.join("` or `")));
        }
        let names = |value: &Value| settings.audience.iter().any(|wanted| value == wanted.as_str());
        let is_meant = |value: &Value| value.as_array().map_or(names(value), |list| list.iter().any(names));
        if !said().any(is_meant) {
            return Err(format!("it is for another audience (`{}`)", audience.join("` or `")));
        }
    }
    if !settings.parties.is_empty() {
        match claims.get("azp") {
            Some(Value::String(party)) if settings.parties.contains(party) => {}
            Some(_) => return Err("it was issued to another party (`azp`)".into()),
            None => return Err("it has no `azp`".into()),
        }
    }
    Ok(())
}

/// A claim of a token whose signature was right, for the log.
fn shown(claim: &Value) -> String {
    shortened(claim.to_string().as_bytes(), MAX_SHOWN)
}

/// When a token expires, in Unix seconds; a part of one is dropped.
pub(super) fn expires(claims: &Claims) -> Option<u64> {
    let exp = claims.get("exp")?;
    // What is larger than any time is as far as time goes.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` goes to the nearest")]
    exp.as_u64().or_else(|| exp.as_f64().map(|seconds| seconds as u64))
}

/// The caller of whom these claims speak; `name` is the provider's.
pub(super) fn caller(name: &str, claims: Claims, settings: &ClaimSettings) -> Caller {
    Caller {
        scopes: scopes(&claims, &settings.scopes),
        identity: Identity {
            provider: name.to_owned(),
            subject: claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned(),
            roles: roles(&claims, &settings.roles),
            claims: Value::Object(claims).to_string(),
        },
    }
}

/// The value at `path`, from the outside in.
pub(super) fn at<'a>(claims: &'a Claims, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(claims.get(first)?, |value, step| value.get(step))
}

/// The roles at these places: lists of texts, or one text each. Anything else is no role.
fn roles(claims: &Claims, places: &[Vec<String>]) -> Vec<String> {
    names(claims, places, |text| vec![text])
}

/// The scopes at these places: lists of texts, or one text with blanks between them (RFC 8693, section 4.2).
fn scopes(claims: &Claims, places: &[Vec<String>]) -> Vec<String> {
    names(claims, places, |text| text.split(' ').filter(|scope| !scope.is_empty()).collect())
}

fn names<'a>(claims: &'a Claims, places: &[Vec<String>], parts: impl Fn(&'a str) -> Vec<&'a str>) -> Vec<String> {
    let found = places.iter().filter_map(|path| at(claims, path)).flat_map(|value| match value {
        Value::String(text) => parts(text),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    });
    found.take(MAX_NAMES).map(str::to_owned).collect()
}
