//! One segment of a route: literal, `[name]` or `[...name]`. It owns what a file or folder may be
//! called to be one; it must not know what makes segments a route.
//!
//! A literal segment is compared with a request's *decoded* segment, so it is written as it reads:
//! `café` and `a b`, not `caf%C3%A9` and `a%20b`. What no decoded segment can equal, and what
//! looks like a parameter without being one, is refused rather than served nowhere.

use std::fmt;

use super::pattern::PatternError;

/// One segment of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Matches the decoded segment that equals it.
    Literal(String),
    /// `[name]`: matches any one segment.
    Param(String),
    /// `[...name]`: matches one or more segments up to the end of the path.
    CatchAll(String),
}

impl Segment {
    /// Parses a file name without extension, or a folder name.
    ///
    /// # Errors
    ///
    /// The name can be no segment; the error says why and what to write.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return match inner.strip_prefix("...") {
                Some(name) => parameter(text, name).map(Self::CatchAll),
                None => parameter(text, inner).map(Self::Param),
            };
        }
        check_literal(text)?;
        Ok(Self::Literal(text.to_owned()))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Param(name) => write!(f, "[{name}]"),
            Self::CatchAll(name) => write!(f, "[...{name}]"),
        }
    }
}

/// The rule of literal segments, which the segments of a prefix keep, too.
pub(super) fn check_literal(text: &str) -> Result<(), PatternError> {
    if matches!(text, "" | "." | "..") {
        return Err(PatternError::NoSegment(text.to_owned()));
    }
    let refused = |character: char| match character {
        '[' | ']' => Some("write the whole segment as [name] for one segment or [...name] for one or more"),
        '%' => Some("write the character itself, paths are compared after decoding"),
        '/' | '\\' => Some("use another name, paths that hold it are refused"),
        _ if character.is_control() => Some("use another name"),
        _ => None,
    };
    match text.chars().find_map(|character| Some((character, refused(character)?))) {
        None => Ok(()),
        Some((character, advice)) => Err(PatternError::Character { segment: text.to_owned(), character, advice }),
    }
}

fn parameter(segment: &str, name: &str) -> Result<String, PatternError> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let goes_on_well = name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_');
    if starts_well && goes_on_well { Ok(name.to_owned()) } else { Err(PatternError::ParameterName(segment.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> PatternError {
        Segment::parse(text).expect_err(text)
    }

    #[test]
    fn parameters_are_identifiers() {
        for name in ["[id]", "[_]", "[userId2]", "[...rest]", "[..._a]"] {
            assert!(Segment::parse(name).is_ok(), "{name}");
        }
        for name in ["[]", "[...]", "[2nd]", "[user-id]", "[ü]", "[..rest]", "[[...rest]]", "[a b]"] {
            assert_eq!(error(name), PatternError::ParameterName(name.to_owned()));
        }
    }

    #[test]
    fn literals_that_no_path_can_equal_are_refused() {
        for name in ["", ".", ".."] {
            assert_eq!(error(name), PatternError::NoSegment(name.to_owned()));
        }
        for (name, wrong) in [("a%20b", '%'), ("a\\b", '\\'), ("a\nb", '\n'), ("a\u{0}", '\0')] {
            assert!(matches!(error(name), PatternError::Character { character, .. } if character == wrong));
        }
    }

    #[test]
    fn half_a_parameter_is_an_error_that_says_what_to_write() {
        for name in ["[id", "id]", "user-[id]", "[id].json"] {
            let text = error(name).to_string();
            assert!(text.contains("[name]") && text.contains(name), "{text}");
        }
    }
}
