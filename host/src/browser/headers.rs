//! Headers that the host adds to a function's own: what every answer should say to browsers, and what a policy wants
//! besides. The list is made once, when the function is loaded. It does not know what the headers mean to a browser.

use http::header::{
    CACHE_CONTROL, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::HeadersPolicy;

/// What is added unless the policy says otherwise.
pub(crate) const BY_DEFAULT: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: with that, a form of a function's own page is sent with `Origin: null` (Fetch, "append a request
    // `Origin` header"), and nobody can tell it from one of another site.
    (REFERRER_POLICY, "same-origin"),
    (X_FRAME_OPTIONS, "DENY"),
    (CACHE_CONTROL, "no-store"),
];

/// Those of which a function's own does not count where the host adds one: a value other than the host's could only take
/// protection away, from the answer or, with the second, from everything under the host's name.
static FIRM: [HeaderName; 2] = [X_CONTENT_TYPE_OPTIONS, STRICT_TRANSPORT_SECURITY];

/// The headers that are added to a function's answers.
#[derive(Clone, Debug, Default)]
pub struct Headers(Box<[Line]>);

#[derive(Clone, Debug)]
struct Line {
    name: HeaderName,
    value: HeaderValue,
    is_firm: bool,
}

impl Headers {
    /// Makes a policy ready: what is added by default, as far as it does not say otherwise, and what it adds.
    pub fn new(policy: &HeadersPolicy) -> Self {
        let by_default = BY_DEFAULT.into_iter().filter(|(name, _)| !policy.mentions(name));
        let by_default = by_default.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let lines = by_default.chain(policy.added().map(|(name, value)| (name.clone(), value.clone())));
        Self(lines.map(|(name, value)| Line { is_firm: FIRM.contains(&name), name, value }).collect())
    }

    /// Adds to an answer what it does not have.
    pub(super) fn complete(&self, headers: &mut HeaderMap) {
        for line in &self.0 {
            if line.is_firm || !headers.contains_key(&line.name) {
                headers.insert(line.name.clone(), line.value.clone());
            }
        }
    }
}
