//! The path under which all functions are served, such as `/api`. It owns what may be a prefix and
//! takes it off a path; it must not know the routes below it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::path::split_first;
use super::pattern::PatternError;
use super::segment::check_literal;

/// Literal segments that every function's path starts with; empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefix {
    segments: Vec<String>,
}

impl Prefix {
    /// How many segments the prefix has.
    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// Takes the prefix off decoded segments. The outer `None` is a path outside of the prefix, the
    /// inner one the prefix itself.
    pub(super) fn strip<'p>(&self, path: Option<&'p str>) -> Option<Option<&'p str>> {
        let mut rest = path;
        for segment in &self.segments {
            let (first, after) = split_first(rest?);
            if first != segment {
                return None;
            }
            rest = after;
        }
        Some(rest)
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// Parses what a user wrote: empty for none, else `/` and segments, without a slash at the end.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let inner = text.trim_matches('/');
        if inner.is_empty() {
            return Err(PrefixError::OnlySlashes(text.to_owned()));
        }
        let slashes = format!("/{}", inner.split('/').filter(|s| !s.is_empty()).collect::<Vec<_>>().join("/"));
        if text != slashes {
            return Err(PrefixError::Slashes { prefix: text.to_owned(), instead: slashes });
        }
        for segment in inner.split('/') {
            check_segment(segment).map_err(|reason| PrefixError::Segment { prefix: text.to_owned(), reason })?;
        }
        Ok(Self { segments: inner.split('/').map(str::to_owned).collect() })
    }
}

/// A prefix is written by hand, so it is held to more than a file's name is: white space or the
/// start of a query is a slip there.
fn check_segment(segment: &str) -> Result<(), PatternError> {
    check_literal(segment)?;
    match segment.chars().find(|&c| c.is_whitespace() || matches!(c, '?' | '#')) {
        None => Ok(()),
        Some(character) => {
            Err(PatternError::Character { segment: segment.to_owned(), character, advice: "leave it out" })
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

/// Why a text is no prefix. The texts say what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrefixError {
    /// `/` or several slashes alone.
    #[error("the prefix {0:?} has no segment: write \"\" for none")]
    OnlySlashes(String),

    /// The slashes are not one before each segment.
    #[error("the prefix {prefix:?} needs one \"/\" before each segment and none at the end: write {instead:?} instead")]
    Slashes {
        /// The prefix as written.
        prefix: String,
        /// The prefix as it should be written.
        instead: String,
    },

    /// A segment cannot be matched literally.
    #[error("the prefix {prefix:?} is made of plain segments, as in \"/api\": {reason}")]
    Segment {
        /// The prefix as written.
        prefix: String,
        /// What is wrong with the segment.
        reason: PatternError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_prefixes_read_back() {
        for text in ["", "/api", "/.netlify/functions", "/.redwood/functions", "/é"] {
            assert_eq!(text.parse::<Prefix>().unwrap().to_string(), text);
        }
        assert_eq!(Prefix::default().to_string(), "");
    }

    #[test]
    fn misplaced_slashes_name_the_right_text() {
        for (text, instead) in
            [("api", "/api"), ("/api/", "/api"), ("//api", "/api"), ("/a//b", "/a/b"), ("a/b/", "/a/b")]
        {
            let error = text.parse::<Prefix>().unwrap_err();
            assert!(error.to_string().ends_with(&format!("write {instead:?} instead")), "{error}");
        }
        for text in ["/", "//"] {
            let error = text.parse::<Prefix>().unwrap_err();
            assert!(error.to_string().ends_with("write \"\" for none"), "{error}");
        }
    }

    #[test]
    fn what_no_path_can_start_with_is_refused() {
        for text in ["/..", "/a/./b", "/%61", "/a\\b", "/[x]", "/a b", "/api?x", "/a#b", "/a\n"] {
            let error = text.parse::<Prefix>().unwrap_err();
            assert!(matches!(error, PrefixError::Segment { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn stripping() {
        let prefix: Prefix = "/api/v1".parse().unwrap();
        assert_eq!(prefix.strip(Some("api/v1/a/b")), Some(Some("a/b")));
        assert_eq!(prefix.strip(Some("api/v1")), Some(None));
        for outside in [None, Some("api"), Some("api/v10"), Some("API/v1"), Some("x/api/v1")] {
            assert_eq!(prefix.strip(outside), None);
        }
        assert_eq!(Prefix::default().strip(Some("a")), Some(Some("a")));
        assert_eq!(Prefix::default().strip(None), Some(None));
    }
}
