//! Takes what a caller shows out of a request: a bearer token or a password from the one `Authorization` header, a key from
//! its header, a session from its cookie; and from nowhere else. It checks none of it.

use http::{HeaderMap, HeaderName, header};

use super::provider::{Provider, Shows};
use crate::request::{Repeated, only};

/// The longest token that is looked at, in bytes. Larger than any provider's; a header may be longer.
const MAX_TOKEN: usize = 16 << 10;

/// What a caller shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// The bearer token of `Authorization`.
    Bearer(&'a str),
    /// What `Authorization` has after `Basic`.
    Password(&'a str),
    /// The value of a header.
    Key(&'a [u8]),
    /// The value of a cookie.
    Cookie(&'a str),
    /// Nothing, as nothing is asked for.
    Nothing,
}

/// Why nothing can be taken.
#[derive(Debug)]
pub(super) enum Bad {
    /// The request is malformed.
    Malformed(&'static str),
    /// What there is is not good.
    Invalid(&'static str),
}

/// What the caller shows of what `provider` looks at; none if it is not there.
pub(super) fn shown<'a>(headers: &'a HeaderMap, provider: &Provider) -> Result<Option<Shown<'a>>, Bad> {
    match provider.shows() {
        Shows::Bearer => authorization(headers, "bearer").map(|token| token.map(Shown::Bearer)),
        Shows::Password => authorization(headers, "basic").map(|pair| pair.map(Shown::Password)),
        Shows::Header(name) => key(headers, name).map(|key| key.map(Shown::Key)),
        Shows::Cookie(name) => cookie(headers, name).map(|cookie| cookie.map(Shown::Cookie)),
        Shows::Nowhere => Ok(Some(Shown::Nothing)),
    }
}

/// What stands after `scheme`, which is written in lower case; none if there is no such header, or it has another scheme.
fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Result<Option<&'a str>, Bad> {
    let value = match only(headers, &header::AUTHORIZATION) {
        Ok(None) => return Ok(None),
        Ok(Some(value)) => value,
        Err(Repeated) => return Err(Bad::Malformed("more than one Authorization header")),
    };
    let value = value.to_str().map_err(|_| Bad::Invalid("the Authorization header is not ASCII"))?;
    let malformed = Bad::Invalid("the Authorization header is not a scheme and one token");
    let Some((own, token)) = value.split_once(' ') else { return Err(malformed) };
    if !own.eq_ignore_ascii_case(scheme) {
        return Ok(None);
    }
    let token = token.trim_start_matches(' ');
    if token.is_empty() || token.contains(' ') {
        return Err(malformed);
    }
    if token.len() > MAX_TOKEN {
        return Err(Bad::Invalid("the token is too long"));
    }
    Ok(Some(token))
}

fn key<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, Bad> {
    let value = only(headers, name).map_err(|Repeated| Bad::Malformed("more than one header with a key"))?;
    Ok(value.map(|value| value.as_bytes()))
}

/// The first cookie of this name, as Redwood takes it; one without a value is none.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Bad> {
    let value = match only(headers, &header::COOKIE) {
        Ok(None) => return Ok(None),
        Ok(Some(value)) => value,
        Err(Repeated) => return Err(Bad::Malformed("more than one Cookie header")),
    };
    // Other cookies may be anything.
    let text = value.as_bytes().split(|byte| *byte == b';').find_map(|part| {
        let text = std::str::from_utf8(part).ok()?;
        let (own, value) = text.split_once('=')?;
        (own.trim() == name).then_some(value.trim())
    });
    Ok(text.filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(values: &[&str]) -> Result<Option<String>, bool> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        let token = authorization(&headers, "bearer").map(|token| token.map(str::to_owned));
        token.map_err(|bad| matches!(bad, Bad::Malformed(_)))
    }

    #[test]
    fn one_token_of_one_header() {
        assert_eq!(bearer(&[]), Ok(None));
        assert_eq!(bearer(&["Bearer abc"]), Ok(Some("abc".into())));
        assert_eq!(bearer(&["bearer  abc"]), Ok(Some("abc".into())));
        assert_eq!(bearer(&["Basic abc"]), Ok(None));
        assert_eq!(bearer(&["Bearer a", "Bearer b"]), Err(true));
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN + 1));
        for bad in ["", "Bearer", "Bearer ", "Bearer a b", "abc", &long] {
            assert_eq!(bearer(&[bad]), Err(false), "{bad}");
        }
    }

    #[test]
    fn the_first_cookie_of_the_name_counts() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, text.parse().unwrap());
            cookie(&headers, "session").unwrap().map(str::to_owned)
        };
        assert_eq!(of("a=b; session=x==|y; session=z"), Some("x==|y".into()));
        assert_eq!(of("session2=x; xsession=y"), None);
        assert_eq!(of("session="), None);
        assert_eq!(of("session"), None);
    }
}
