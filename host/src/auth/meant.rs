//! Whether the caller meant to send what says who is calling: a browser adds cookies, and passwords that it keeps, to what
//! any page sends. It identifies nobody.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Uri};

use super::choose::AUTH_PROVIDER;
use super::shown::Shown;
use crate::function::Function;
use crate::request::only;

/// Whether what was shown was meant to be, in a request that may change something.
pub(super) fn is_meant(shown: &Shown<'_>, function: &Function, headers: &HeaderMap) -> bool {
    match shown {
        Shown::Cookie(_) => cookie_is_meant(function, headers),
        Shown::Password(_) => !is_of_others(function, headers),
        // No browser adds these by itself.
        Shown::Bearer(_) | Shown::Key(_) | Shown::Nothing => true,
    }
}

/// Whether whoever sent a cookie meant to: a browser adds it to what any page sends. It adds no header of its own to the
/// request of another site's page, unless the host allows that page to; and it says of which site the page is.
fn cookie_is_meant(function: &Function, headers: &HeaderMap) -> bool {
    if headers.contains_key(&AUTH_PROVIDER) {
        return true;
    }
    let Ok(Some(origin)) = only(headers, &ORIGIN) else { return false };
    is_allowed(origin, function, headers)
}

/// Whether a browser says that a page sent this which neither is of this host nor may: it adds a password that somebody has
/// once typed in as well. What is no browser says nothing of pages.
fn is_of_others(function: &Function, headers: &HeaderMap) -> bool {
    match only(headers, &ORIGIN) {
        Ok(Some(origin)) => !is_allowed(origin, function, headers),
        Ok(None) => headers.get_all("sec-fetch-site").iter().any(|site| site == "cross-site" || site == "same-site"),
        Err(_) => true,
    }
}

fn is_allowed(origin: &HeaderValue, function: &Function, headers: &HeaderMap) -> bool {
    is_own(origin, headers) || function.cors.as_ref().is_some_and(|cors| cors.allows(origin))
}

/// Whether a page of this very host sent the request.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let authority = origin.as_ref().and_then(Uri::authority);
    authority.is_some_and(|own| headers.get(HOST).is_some_and(|host| own.as_str().as_bytes() == host.as_bytes()))
}
