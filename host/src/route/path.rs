//! A request's path, checked and decoded once: what is malformed, and what is no path of a
//! function at all. It must not know which routes exist.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use thiserror::Error;

/// Why a path cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// The path is not one that a client may send: status 400.
    #[error("malformed path: {0}")]
    Malformed(Malformed),

    /// The path has an empty segment (`//`) before its end, which no function has: status 404.
    #[error("the path has an empty segment")]
    EmptySegment,
}

/// What is wrong with a malformed path. The texts are for the log; none of them repeats the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The path is not in origin form.
    #[error("it does not start with \"/\"")]
    NoLeadingSlash,

    /// A byte that has to be percent-encoded in a path, or a backslash, which some systems take
    /// for a slash.
    #[error("it holds a character that may not stand in a path")]
    Character,

    /// A `%` without two hexadecimal digits.
    #[error("its percent-encoding is broken")]
    PercentEncoding,

    /// `%00`, `%2F` or `%5C`: decoded, they would change where segments or strings end.
    #[error("it holds an encoded NUL, slash or backslash")]
    EncodedSeparator,

    /// A segment `.` or `..`, encoded or not.
    #[error("it has a dot segment")]
    DotSegment,

    /// The decoded bytes are not UTF-8.
    #[error("it is not UTF-8 once decoded")]
    NotUtf8,
}

impl From<Malformed> for PathError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// A path that has passed all checks, as received and decoded.
///
/// Both forms split at `/` into the same segments: an encoded slash is refused, so decoding the
/// whole path is decoding each of its segments, and no list of segments has to be kept. Nothing is
/// allocated unless something is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'a> {
    raw: &'a str,
    decoded: Cow<'a, str>,
}

impl<'a> RequestPath<'a> {
    /// Checks and decodes `raw`: the path as received, without the query.
    ///
    /// # Errors
    ///
    /// [`PathError::Malformed`] if the path breaks a rule anywhere, else
    /// [`PathError::EmptySegment`] if a segment before the end is empty.
    pub fn parse(raw: &'a str) -> Result<Self, PathError> {
        check_raw(raw)?;
        let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| Malformed::NotUtf8)?;
        let below_root = decoded.strip_prefix('/').ok_or(Malformed::NoLeadingSlash)?;
        if below_root.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(Malformed::DotSegment.into());
        }
        // The slash at the end is no segment: `/hello/` is `/hello`, and `/` has no segments.
        if below_root.starts_with('/') || below_root.contains("//") {
            return Err(PathError::EmptySegment);
        }
        Ok(Self { raw, decoded })
    }

    /// The path as received.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// The decoded segments joined with `/`, without the slashes at either end; `None` for `/`.
    pub(super) fn segments(&self) -> Option<&str> {
        let below_root = self.decoded.strip_prefix('/').unwrap_or(&self.decoded);
        let segments = below_root.strip_suffix('/').unwrap_or(below_root);
        (!segments.is_empty()).then_some(segments)
    }

    /// What follows the first `count` segments, as received: empty, or from a `/` on.
    pub(super) fn raw_after(&self, count: usize) -> &'a str {
        // The slash before segment N is the Nth one (from 0), as the path starts with one.
        let end = self.raw.match_indices('/').nth(count).map(|(at, _)| at);
        end.and_then(|at| self.raw.get(at..)).unwrap_or("")
    }
}

/// Splits the first segment off; the rest is `None` when there is none.
pub(super) fn split_first(segments: &str) -> (&str, Option<&str>) {
    match segments.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (segments, None),
    }
}

/// The checks that need nothing decoded but single bytes.
fn check_raw(raw: &str) -> Result<(), Malformed> {
    if !raw.starts_with('/') {
        return Err(Malformed::NoLeadingSlash);
    }
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => match decode_digits(bytes.next(), bytes.next()) {
                None => return Err(Malformed::PercentEncoding),
                Some(0 | b'/' | b'\\') => return Err(Malformed::EncodedSeparator),
                Some(_) => {}
            },
            // `?` and `#` end a path: a caller that passes them has not split the query off.
            b'\\' | b'?' | b'#' => return Err(Malformed::Character),
            0x21..=0x7e => {}
            _ => return Err(Malformed::Character),
        }
    }
    Ok(())
}

fn decode_digits(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let high = char::from(high?).to_digit(16)?;
    let low = char::from(low?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(raw: &str) -> Malformed {
        match RequestPath::parse(raw) {
            Err(PathError::Malformed(reason)) => reason,
            other => panic!("{raw:?} gave {other:?}"),
        }
    }

    #[test]
    fn plain_paths_borrow_what_was_received() {
        let path = RequestPath::parse("/admin/users~1;v=2").unwrap();
        assert!(matches!(path.decoded, Cow::Borrowed(_)));
        assert_eq!(path.segments(), Some("admin/users~1;v=2"));
        assert_eq!(path.raw(), "/admin/users~1;v=2");
    }

    #[test]
    fn each_segment_is_decoded_exactly_once() {
        let path = RequestPath::parse("/caf%C3%A9/%252F/a%20b").unwrap();
        assert_eq!(path.segments(), Some("café/%2F/a b"));
        assert_eq!(path.raw(), "/caf%C3%A9/%252F/a%20b");
    }

    #[test]
    fn broken_encoding_is_malformed() {
        for raw in ["/%", "/%4", "/a%zz", "/%4g", "/%%41", "/a%", "/%+1", "/% 1"] {
            assert_eq!(malformed(raw), Malformed::PercentEncoding, "{raw}");
        }
    }

    #[test]
    fn encoded_separators_are_malformed_in_any_case() {
        for raw in ["/a%00", "/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb", "/%2F"] {
            assert_eq!(malformed(raw), Malformed::EncodedSeparator, "{raw}");
        }
    }

    #[test]
    fn dot_segments_are_malformed_encoded_or_not() {
        for raw in ["/.", "/..", "/a/./b", "/a/../b", "/a/..", "/../", "/%2e", "/%2E%2e/a", "/.%2e", "/a/%2e"] {
            assert_eq!(malformed(raw), Malformed::DotSegment, "{raw}");
        }
        for raw in ["/...", "/.well-known/x", "/a.b", "/a..", "/%252e"] {
            assert!(RequestPath::parse(raw).is_ok(), "{raw}");
        }
    }

    #[test]
    fn bytes_that_decode_to_no_text_are_malformed() {
        for raw in ["/%ff", "/%C3", "/%C3/%A9", "/%C0%AF", "/%ED%A0%80"] {
            assert_eq!(malformed(raw), Malformed::NotUtf8, "{raw}");
        }
    }

    #[test]
    fn characters_outside_of_a_path_are_malformed() {
        for raw in ["/a\\b", "/a b", "/a\nb", "/a\u{0}", "/a\u{7f}", "/café", "/a?b", "/a#b"] {
            assert_eq!(malformed(raw), Malformed::Character, "{raw:?}");
        }
        for raw in ["", "*", "a/b", "http://a/b", "%2Fa"] {
            assert_eq!(malformed(raw), Malformed::NoLeadingSlash, "{raw}");
        }
    }

    #[test]
    fn empty_segments_are_not_found_and_the_last_slash_is_none() {
        for raw in ["//", "//a", "/a//b", "/a//", "///"] {
            assert_eq!(RequestPath::parse(raw), Err(PathError::EmptySegment), "{raw}");
        }
        assert_eq!(malformed("//%00"), Malformed::EncodedSeparator, "malformed comes first");
        assert_eq!(RequestPath::parse("/").unwrap().segments(), None);
        assert_eq!(RequestPath::parse("/a/").unwrap().segments(), Some("a"));
    }

    #[test]
    fn the_rest_is_as_received() {
        let path = RequestPath::parse("/a/b%20c/d/").unwrap();
        assert_eq!(path.raw_after(0), "/a/b%20c/d/");
        assert_eq!(path.raw_after(1), "/b%20c/d/");
        assert_eq!(path.raw_after(2), "/d/");
        assert_eq!(path.raw_after(3), "/");
        assert_eq!(path.raw_after(4), "");
    }
}
