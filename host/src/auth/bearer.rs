//! Takes the bearer token out of a request: from the one `Authorization` header, and from nowhere else.

use http::{HeaderMap, header};

use crate::refusal::{Challenge, Refusal};
use crate::request::{Repeated, only};

/// The longest token that is looked at, in bytes. Larger than any provider's; a header may be longer.
const MAX_TOKEN: usize = 16 << 10;

/// The token of the `Authorization` header; `None` if there is no such header.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let value = match only(headers, &header::AUTHORIZATION) {
        Ok(None) => return Ok(None),
        Ok(Some(value)) => value,
        Err(Repeated) => return Err(Refusal::Malformed("more than one Authorization header".into())),
    };
    let invalid = |reason: &str| Refusal::Unidentified(Challenge::InvalidToken, reason.into());
    let value = value.to_str().map_err(|_| invalid("the Authorization header is not ASCII"))?;
    let Some((scheme, token)) = value.split_once(' ') else {
        return Err(invalid("the Authorization header is not `Bearer TOKEN`"));
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid("the Authorization header has another scheme than Bearer"));
    }
    let token = token.trim_start_matches(' ');
    if token.is_empty() || token.contains(' ') {
        return Err(invalid("the Authorization header is not `Bearer TOKEN`"));
    }
    if token.len() > MAX_TOKEN {
        return Err(invalid("the token is too long"));
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&str]) -> Result<Option<String>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        token(&headers).map(|token| token.map(str::to_owned)).map_err(|refusal| refusal.answer().0.as_u16())
    }

    #[test]
    fn one_token_of_one_header() {
        assert_eq!(parse(&[]), Ok(None));
        assert_eq!(parse(&["Bearer abc"]), Ok(Some("abc".into())));
        assert_eq!(parse(&["bearer  abc"]), Ok(Some("abc".into())));
        assert_eq!(parse(&["Bearer a", "Bearer b"]), Err(400));
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN + 1));
        for bad in ["", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "abc", &long] {
            assert_eq!(parse(&[bad]), Err(401), "{bad}");
        }
    }
}
