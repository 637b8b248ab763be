//! What a caller who was not let in could show: the `WWW-Authenticate` headers of a function. Made once, when the function
//! is loaded.

use http::HeaderValue;

use super::provider::{Provider, Shows};

/// What the callers of a function may show, for those who show nothing, or nothing good.
#[derive(Debug, Default)]
pub struct Challenges {
    missing: Vec<HeaderValue>,
    invalid: Vec<HeaderValue>,
}

impl Challenges {
    pub(super) fn of<'a>(providers: impl Iterator<Item = &'a Provider>) -> Self {
        let mut challenges = Self::default();
        for provider in providers {
            let (missing, invalid) = match provider.shows() {
                Shows::Bearer => ("Bearer".to_owned(), "Bearer error=\"invalid_token\"".to_owned()),
                // A provider's name is made of letters, digits, `-` and `_`.
                Shows::Password => same(format!("Basic realm=\"{}\", charset=\"UTF-8\"", provider.name)),
                // No scheme is registered for these; what stands here is for people.
                Shows::Header(name) => same(format!("ApiKey header=\"{name}\"")),
                Shows::Nowhere => continue,
                Shows::Cookie(name) => same(format!("Cookie cookie-name=\"{name}\"")),
            };
            challenges.add(&missing, &invalid);
        }
        challenges
    }

    fn add(&mut self, missing: &str, invalid: &str) {
        if let (Ok(missing), Ok(invalid)) = (HeaderValue::from_str(missing), HeaderValue::from_str(invalid))
            && !self.missing.contains(&missing)
        {
            self.missing.push(missing);
            self.invalid.push(invalid);
        }
    }

    /// For who showed nothing.
    pub(crate) fn for_missing(&self) -> &[HeaderValue] {
        &self.missing
    }

    /// For who showed something that is not good.
    pub(crate) fn for_invalid(&self) -> &[HeaderValue] {
        &self.invalid
    }
}

fn same(text: String) -> (String, String) {
    (text.clone(), text)
}

/// For whom a token is good, but not with the scopes that are asked for. RFC 6750, section 3.1.
pub(super) fn insufficient_scope(scopes: &[String]) -> Option<HeaderValue> {
    // Within quotes, and nothing in it that ends them.
    let is_plain = |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    let known: Vec<&str> = scopes.iter().filter(|scope| is_plain(scope)).map(String::as_str).collect();
    HeaderValue::from_str(&format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", known.join(" "))).ok()
}
