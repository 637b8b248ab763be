//! Which of a function's providers a request means: the one that it names, or the one whose callers show what it shows, or
//! the one that issued its token. Never one after the other until one says yes.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};

use super::provider::{By, Provider, Shows};
use super::shown::{Bad, Shown, cookie, shown};
use crate::request::{Repeated, only};

/// Names the provider that a request means; Redwood's clients send it, as a header or, of their own server, as a cookie.
pub(super) const AUTH_PROVIDER: HeaderName = HeaderName::from_static("auth-provider");

/// What a request shows, and to whom.
pub(super) struct Choice<'a> {
    pub(super) provider: &'a Arc<Provider>,
    pub(super) shown: Shown<'a>,
}

/// Chooses; none if the request shows nothing.
pub(super) fn choose<'a>(providers: &'a [Arc<Provider>], headers: &'a HeaderMap) -> Result<Option<Choice<'a>>, Bad> {
    let named = only(headers, &AUTH_PROVIDER).map_err(|Repeated| Bad::Invalid("more than one auth-provider header"))?;
    let by_cookie = providers.iter().any(|provider| matches!(provider.by, By::Session(_)));
    let named = match named {
        Some(named) => Some(named.to_str().map_err(|_| Bad::Invalid(NO_SUCH_PROVIDER))?),
        None if by_cookie && !headers.contains_key(AUTHORIZATION) => cookie(headers, AUTH_PROVIDER.as_str())?,
        None => None,
    };
    if let Some(named) = named {
        let mut called = providers.iter().filter(|provider| provider.name == named);
        let mut usually = providers.iter().filter(|provider| provider.is_called(named));
        let provider = match (called.next(), usually.next(), usually.next()) {
            (Some(provider), ..) | (None, Some(provider), None) => provider,
            _ => return Err(Bad::Invalid(NO_SUCH_PROVIDER)),
        };
        let choice = shown(headers, provider)?.map(|shown| Choice { provider, shown });
        if choice.is_none() && unread(providers, headers) {
            return Err(Bad::Invalid("the Authorization header is not what the named provider looks at"));
        }
        return Ok(choice);
    }
    let mut there: Vec<Choice<'a>> = Vec::new();
    for provider in providers {
        if let Some(shown) = shown(headers, provider)? {
            there.push(Choice { provider, shown });
        }
    }
    let is_same = |choice: &Choice<'_>| there.first().is_some_and(|first| first.shown == choice.shown);
    if !there.iter().all(is_same) {
        return Err(Bad::Invalid("it shows two things, and no auth-provider header says which counts"));
    }
    match there.len() {
        0 if unread(providers, headers) => {
            Err(Bad::Invalid("the Authorization header has another scheme than the function's providers"))
        }
        0 | 1 => Ok(there.pop()),
        _ => of_issuer(there).map(Some),
    }
}

const NO_SUCH_PROVIDER: &str = "the auth-provider header names none of the providers";

/// Whether there is an `Authorization` header that a provider would have looked at, were it of another scheme.
fn unread(providers: &[Arc<Provider>], headers: &HeaderMap) -> bool {
    let looks = |provider: &Arc<Provider>| matches!(provider.shows(), Shows::Bearer | Shows::Password);
    headers.contains_key(AUTHORIZATION) && providers.iter().any(looks)
}

/// Of several who take bearer tokens: the one who issued this one, if it says so; the one who gives out keys, if it is no
/// signed token.
fn of_issuer(there: Vec<Choice<'_>>) -> Result<Choice<'_>, Bad> {
    let token = there.iter().find_map(|choice| match choice.shown {
        Shown::Bearer(token) => Some(token),
        _ => None,
    });
    let token = token.unwrap_or_default();
    let is_signed = jsonwebtoken::decode_header(token).is_ok();
    let issuer = if is_signed { issuer(token) } else { None };
    let mut meant = there.into_iter().filter(|choice| match &choice.provider.by {
        By::Token(provider) => issuer.as_deref().is_some_and(|issuer| provider.issues_as(issuer)),
        By::ApiKey(_) => !is_signed,
        By::Password(_) | By::Session(_) | By::Supposed(_) => false,
    });
    match (meant.next(), meant.next()) {
        (Some(choice), None) => Ok(choice),
        _ if is_signed && issuer.is_none() => {
            Err(Bad::Invalid("several providers, no auth-provider header, and a token without `iss`"))
        }
        _ => Err(Bad::Invalid(
            "several providers, no auth-provider header, and an `iss` that is not of exactly one of them",
        )),
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
