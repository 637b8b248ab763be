//! The `application/x-www-form-urlencoded` format, which queries and HTML forms share. Owns the decoding for both;
//! does not know which of the two it reads.
//!
//! Decoding is that of the URL standard: `+` is a space, `%XX` a byte, and what is not UTF-8 after that becomes U+FFFD.
//! It never fails: a query is typed by hand and cut off by mail programs, and `%` alone stands for itself.

use serde::Deserialize;

/// The decoded pairs, in order.
pub(crate) fn pairs(encoded: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

/// Reads the pairs into a struct.
///
/// # Errors
/// The reason, in words for whoever sent it.
pub(crate) fn typed<'de, T: Deserialize<'de>>(encoded: &'de [u8]) -> Result<T, String> {
    serde_html_form::from_bytes(encoded).map_err(|error| error.to_string())
}

/// The first value of a name, in pairs whose names match exactly.
pub(crate) fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    all(pairs, name).next()
}

/// Every value of a name, in order.
pub(crate) fn all<'a>(pairs: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a str> {
    pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The pairs as slices, in order.
pub(crate) fn slices(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoded: &str) -> Vec<(String, String)> {
        pairs(encoded)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    #[test]
    fn decodes_plus_and_percent() {
        assert_eq!(decoded("a=1+2%2B3&caf%C3%A9=%20"), [pair("a", "1 2+3"), pair("café", " ")]);
    }

    #[test]
    fn a_name_without_a_value_has_an_empty_one() {
        assert_eq!(decoded("raw&x="), [pair("raw", ""), pair("x", "")]);
    }

    #[test]
    fn only_the_first_equals_sign_separates() {
        assert_eq!(decoded("sum=1=1"), [pair("sum", "1=1")]);
    }

    #[test]
    fn empty_pieces_are_no_pairs() {
        assert_eq!(decoded(""), []);
        assert_eq!(decoded("&&a=1&"), [pair("a", "1")]);
    }

    #[test]
    fn what_is_not_utf8_is_replaced_and_a_lone_percent_stays() {
        assert_eq!(
            decoded("a=%FF%C3&b=100%&c=%zz"),
            [pair("a", "\u{FFFD}\u{FFFD}"), pair("b", "100%"), pair("c", "%zz")]
        );
    }

    #[test]
    fn a_repeated_name_keeps_every_value_in_order() {
        let pairs = decoded("tag=b&x=1&tag=a");
        assert_eq!(first(&pairs, "tag"), Some("b"));
        assert_eq!(all(&pairs, "tag").collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(first(&pairs, "Tag"), None);
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Search {
        text: String,
        page: Option<u32>,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[test]
    fn reads_numbers_options_and_repeated_names() {
        assert_eq!(
            typed::<Search>(b"text=a+b&page=2&tag=x&tag=y"),
            Ok(Search { text: "a b".into(), page: Some(2), tag: vec!["x".into(), "y".into()] })
        );
        assert_eq!(typed::<Search>(b"text="), Ok(Search { text: String::new(), page: None, tag: vec![] }));
    }

    #[test]
    fn names_what_is_missing() {
        assert_eq!(typed::<Search>(b"page=2"), Err("missing field `text`".into()));
        assert!(typed::<Search>(b"text=a&page=two").unwrap_err().contains("invalid digit"));
    }
}
