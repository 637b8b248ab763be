//! A route as the functions folder spells it: segments in order. It owns what makes segments a route,
//! and the names and shapes of routes; it must not know files.

use std::fmt;

use thiserror::Error;

use super::segment::Segment;

/// The most segments that a route may have, and the deepest that folders of functions may nest.
///
/// Nothing but readability asks for a limit this low; a limit there must be, as the scan and the
/// lookup recurse once per segment.
pub const MAX_SEGMENTS: usize = 32;

/// A function's route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    segments: Vec<Segment>,
}

impl Pattern {
    /// Parses a route without its leading slash: `admin/users/[id]`; the root is empty.
    ///
    /// # Errors
    ///
    /// A segment is none, a catch-all is not the last segment, a parameter's name is repeated,
    /// there are more than [`MAX_SEGMENTS`], or the last segment is `index`.
    pub fn parse(route: &str) -> Result<Self, PatternError> {
        if route.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        let segments = route.split('/').map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        if segments.len() > MAX_SEGMENTS {
            return Err(PatternError::TooLong);
        }
        let mut names = Vec::new();
        for (position, segment) in segments.iter().enumerate() {
            let name = match segment {
                Segment::Literal(_) => continue,
                Segment::CatchAll(_) if position + 1 < segments.len() => {
                    return Err(PatternError::CatchAllNotLast(segment.to_string()));
                }
                Segment::Param(name) | Segment::CatchAll(name) => name,
            };
            if names.contains(&name) {
                return Err(PatternError::RepeatedName(name.clone()));
            }
            names.push(name);
        }
        if segments.last() == Some(&Segment::Literal("index".to_owned())) {
            return Err(PatternError::Index);
        }
        Ok(Self { segments })
    }

    /// The segments; none for the root.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The function's name: the route without its leading slash, `index` for the root.
    #[must_use]
    pub fn name(&self) -> String {
        if self.segments.is_empty() { "index".to_owned() } else { self.joined(Segment::to_string) }
    }

    /// The route with the parameters' names left out. Two routes match the same paths exactly when
    /// their shapes are equal; brackets cannot stand in a literal, so nothing else looks like it.
    #[must_use]
    pub fn shape(&self) -> String {
        self.joined(|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Param(_) => "[]".to_owned(),
            Segment::CatchAll(_) => "[...]".to_owned(),
        })
    }

    fn joined(&self, text: impl FnMut(&Segment) -> String) -> String {
        self.segments.iter().map(text).collect::<Vec<_>>().join("/")
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.joined(Segment::to_string))
    }
}

/// Why a name can be no part of a route. The texts say what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// A segment is empty, `.` or `..`.
    #[error("{0:?} is no name of a route's segment: a request's path cannot hold it")]
    NoSegment(String),

    /// A literal segment holds a character that no decoded segment holds or that would mislead.
    #[error("{segment:?} holds {character:?}, which cannot stand in a route: {advice}")]
    Character {
        /// The segment as written.
        segment: String,
        /// The first character that is refused.
        character: char,
        /// What to write instead.
        advice: &'static str,
    },

    /// A parameter's name is not `[A-Za-z_][A-Za-z0-9_]*`.
    #[error(
        "the parameter {0:?} has no usable name: after the bracket comes a letter or \"_\", then letters, \
         digits and \"_\", as in [user_id] or [...rest]"
    )]
    ParameterName(String),

    /// A catch-all stands before other segments.
    #[error("{0} takes the whole rest of the path, so nothing can follow it: make it the last segment")]
    CatchAllNotLast(String),

    /// Two parameters of the route have one name.
    #[error("two parameters of the route are called {0:?}: rename one")]
    RepeatedName(String),

    /// More segments than [`MAX_SEGMENTS`].
    #[error("the route has more than {MAX_SEGMENTS} segments: nest fewer folders")]
    TooLong,

    /// The last segment is `index`, which elsewhere means the folder itself; as a name of a
    /// function it is the root's.
    #[error("a route cannot end in \"index\", which stands for its folder: rename the folder, or move the file up")]
    Index,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(route: &str) -> PatternError {
        Pattern::parse(route).expect_err(route)
    }

    #[test]
    fn routes_and_names() {
        for (route, display, name) in [
            ("", "/", "index"),
            ("admin/users", "/admin/users", "admin/users"),
            ("orders/[id]", "/orders/[id]", "orders/[id]"),
            ("files/[...rest]", "/files/[...rest]", "files/[...rest]"),
            ("index/users", "/index/users", "index/users"),
            ("Café au lait", "/Café au lait", "Café au lait"),
        ] {
            let pattern = Pattern::parse(route).unwrap();
            assert_eq!(pattern.to_string(), display);
            assert_eq!(pattern.name(), name);
        }
    }

    #[test]
    fn structure_is_checked() {
        assert_eq!(error("[...a]/b"), PatternError::CatchAllNotLast("[...a]".to_owned()));
        assert_eq!(error("[a]/b/[a]"), PatternError::RepeatedName("a".to_owned()));
        assert_eq!(error("[a]/[...a]"), PatternError::RepeatedName("a".to_owned()));
        assert_eq!(error("index"), PatternError::Index);
        assert_eq!(error("a/index"), PatternError::Index);
        assert!(Pattern::parse(&["a"; MAX_SEGMENTS].join("/")).is_ok());
        assert_eq!(error(&["a"; MAX_SEGMENTS + 1].join("/")), PatternError::TooLong);
    }

    #[test]
    fn shapes_ignore_names_only() {
        let shape = |route| Pattern::parse(route).unwrap().shape();
        assert_eq!(shape("a/[x]"), shape("a/[y]"));
        assert_eq!(shape("a/[...x]"), shape("a/[...y]"));
        assert_ne!(shape("a/[x]"), shape("a/[...x]"));
        assert_ne!(shape("a/[x]"), shape("A/[x]"));
    }
}
