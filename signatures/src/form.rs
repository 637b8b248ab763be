//! Forms: bodies and queries of the kind `name=value&name=value`. Owns their decoding, as browsers' standard has it
//! (WHATWG URL, section 5.1). Knows nothing of what the parameters mean.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// A parameter that is there more than once.
pub(crate) struct Repeated;

/// The parameters in their order, names and values decoded. An empty text has none.
pub(crate) fn parameters(text: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=').and_then(|at| pair.split_at_checked(at)) {
            Some((name, value)) => (name, value.get(1..).unwrap_or_default()),
            None => (pair, &b""[..]),
        };
        (decode(name), decode(value))
    })
}

/// The value of the parameter of this name.
pub(crate) fn find<'t>(text: &'t [u8], name: &str) -> Result<Option<Cow<'t, [u8]>>, Repeated> {
    let mut values = parameters(text).filter(|(candidate, _)| **candidate == *name.as_bytes()).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Repeated),
    }
}

/// The value of the last parameter of this name.
pub(crate) fn find_last<'t>(text: &'t [u8], name: &str) -> Option<Cow<'t, [u8]>> {
    parameters(text).filter(|(candidate, _)| **candidate == *name.as_bytes()).map(|(_, value)| value).last()
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if text.contains(&b'+') {
        let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        Cow::Owned(percent_decode(&spaced).collect())
    } else {
        percent_decode(text).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(String, String)> {
        let owned = |value: Cow<'_, [u8]>| String::from_utf8(value.into_owned()).unwrap();
        parameters(text.as_bytes()).map(|(name, value)| (owned(name), owned(value))).collect()
    }

    #[test]
    fn parameters_are_decoded() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(all(""), []);
        assert_eq!(all("a=1&b=x%20y+z&&c"), [pair("a", "1"), pair("b", "x y z"), pair("c", "")]);
        assert_eq!(all("a=b=c&%3D=%26"), [pair("a", "b=c"), pair("=", "&")]);
        assert_eq!(all("a=%zz%4"), [pair("a", "%zz%4")]);
    }

    #[test]
    fn one_of_a_name_is_found_and_two_are_not() {
        assert!(matches!(find(b"a=1&b=2", "b"), Ok(Some(value)) if *value == *b"2"));
        assert!(matches!(find(b"a=1&b=2", "c"), Ok(None)));
        assert!(matches!(find(b"b=1&%62=2", "b"), Err(Repeated)));
        assert_eq!(find_last(b"b=1&%62=2", "b").unwrap(), &b"2"[..]);
    }
}
