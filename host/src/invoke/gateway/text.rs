//! What of a text must be encoded to stand in a path or a query, and what a query says. Where API Gateway has decoded, it
//! is encoded again; what is encoded already stays as it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what RFC 3986 calls unreserved: as `encodeURIComponent` has it, but for `!'()*`, which some read as more.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stands in a path (RFC 3986, section 3.3), the slash between its segments included.
const PATH: &AsciiSet = &COMPONENT
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A query's pairs, encoded, without `?`.
pub fn encoded<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(utf8_percent_encode(name.as_ref(), COMPONENT));
        query.push('=');
        query.extend(utf8_percent_encode(value.as_ref(), COMPONENT));
    }
    query
}

/// A path in which what may not stand there is encoded; what is encoded stays.
pub fn path(path: &str) -> String {
    let mut parts = path.split('%');
    let mut whole: String = utf8_percent_encode(parts.next().unwrap_or_default(), PATH).collect();
    for part in parts {
        let is_encoded = part.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        whole.push_str(if is_encoded { "%" } else { "%25" });
        whole.extend(utf8_percent_encode(part, PATH));
    }
    whole
}

/// What a query says: each pair decoded, `+` as it stands.
pub(super) fn decoded(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        })
        .collect()
}
