//! Which function serves a path. It owns the order in which routes win; it must not know what a
//! function is: the values are the caller's.

use std::collections::HashMap;

use thiserror::Error;

use super::path::{RequestPath, split_first};
use super::pattern::Pattern;
use super::prefix::Prefix;
use super::segment::Segment;

/// Routes and what is behind them, below one prefix.
///
/// # Who wins
///
/// A path is matched segment by segment from the left. At each segment these are tried in turn, and
/// the first that leads to a function wins; one that leads to none is taken back and the next is
/// tried:
///
/// 1. the **literal** that equals the decoded segment;
/// 2. the **parameter** `[name]`;
/// 3. the **catch-all** `[...name]`, which takes this segment and all that follow;
/// 4. the **function whose route ends before** this segment, which gets what follows as its subpath.
///
/// So a function owns all that lies below its route, as if each had a catch-all of its own that ranks
/// after a written one, and of two functions that could serve a path the more specific one is that
/// which is more literal at the first segment where they differ. Of several functions whose routes
/// start the path in the same way, the longest wins. Nothing beside a literal route takes a path away
/// from below it: with `/api` and `/[tenant]/notes`, the path `/api/notes` is `/api`'s.
///
/// | functions | path | served by |
/// |---|---|---|
/// | `/a/b`, `/a/[x]/c` | `/a/b/c` | `/a/b`, subpath `/c` |
/// | `/a/b`, `/a/[x]/c` | `/a/z/c` | `/a/[x]/c` |
/// | `/a/b/c`, `/a/[x]` | `/a/b/d` | `/a/[x]`, subpath `/d`: nothing is at `/a/b` |
/// | `/hello`, `/[...rest]` | `/hello/a` | `/hello`, subpath `/a` |
/// | `/hello`, `/hello/[...rest]` | `/hello/a` | `/hello/[...rest]` |
///
/// The root serves exactly `/` (or the prefix, with or without a slash at its end): nothing lies
/// below it. A slash at the end of a path is no segment but the subpath `/`.
///
/// # Cost
///
/// The routes form a tree and a lookup enters each of its nodes at most once, as there is one way to
/// get to a node; a path's length cannot make it do more. Nothing is allocated but the parameters.
#[derive(Debug)]
pub struct Table<T> {
    prefix: Prefix,
    /// Sorted by pattern; the tree refers to them by position.
    entries: Vec<(Pattern, T)>,
    root: Node,
}

/// Where routes part. Positions are those of [`Table::entries`].
#[derive(Debug, Default)]
struct Node {
    /// The function whose route ends here.
    own: Option<usize>,
    literals: HashMap<String, Node>,
    param: Option<Box<Node>>,
    catch_all: Option<usize>,
}

/// The function that serves a path, and what the path says to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Match<'t, 'p, T> {
    /// The function's route.
    pub pattern: &'t Pattern,
    /// What the table holds for it.
    pub value: &'t T,
    /// The parameters' names and decoded values in the order of the route; a catch-all's value is its
    /// segments joined with `/`.
    pub params: Vec<(String, String)>,
    /// What follows the function's route, as received: empty, or from a `/` on.
    pub subpath: &'p str,
}

/// Two routes match the same paths.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the routes {first} and {second} match the same paths: keep one of them")]
pub struct DuplicateRoute {
    /// The route that is first in the order of the table.
    pub first: Pattern,
    /// The other one.
    pub second: Pattern,
}

impl<T> Table<T> {
    /// Builds a table of `entries`, in any order, below `prefix`.
    ///
    /// # Errors
    ///
    /// Two of the routes match the same paths. A scan keeps such routes out of its functions.
    pub fn new(mut entries: Vec<(Pattern, T)>, prefix: &Prefix) -> Result<Self, DuplicateRoute> {
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut root = Node::default();
        for (position, (pattern, _)) in entries.iter().enumerate() {
            if let Some(taken) = root.insert(pattern.segments(), position) {
                let first = entries.get(taken).map_or(pattern, |(first, _)| first);
                return Err(DuplicateRoute { first: first.clone(), second: pattern.clone() });
            }
        }
        Ok(Self { prefix: prefix.clone(), entries, root })
    }

    /// Finds the function that serves `path`; `None` if there is none or the path lies outside of the
    /// prefix.
    #[must_use]
    pub fn lookup<'t, 'p>(&'t self, path: &RequestPath<'p>) -> Option<Match<'t, 'p, T>> {
        let segments = self.prefix.strip(path.segments())?;
        let position = match segments {
            None => self.root.own,
            Some(segments) => self.root.below(segments),
        }?;
        let (pattern, value) = self.entries.get(position)?;
        let (params, rest) = read_params(pattern, segments);
        let subpath = match (pattern.segments(), rest) {
            ([], _) => "",
            (own, Some(_)) => path.raw_after(self.prefix.len() + own.len()),
            // All segments are taken, by a catch-all perhaps: what is left is the slash at the end.
            (_, None) if path.raw().ends_with('/') => "/",
            (_, None) => "",
        };
        Some(Match { pattern, value, params, subpath })
    }

    /// All routes with what is behind them, sorted: literals before parameters before catch-alls.
    pub fn iter(&self) -> impl Iterator<Item = (&Pattern, &T)> {
        self.entries.iter().map(|(pattern, value)| (pattern, value))
    }
}

impl Node {
    /// Enters a route; gives the position of the one that has its place already.
    fn insert(&mut self, segments: &[Segment], position: usize) -> Option<usize> {
        let place = match segments {
            [] => &mut self.own,
            [Segment::CatchAll(_), ..] => &mut self.catch_all,
            [Segment::Literal(text), rest @ ..] => {
                let node = self.literals.entry(text.clone()).or_default();
                return node.insert(rest, position);
            }
            [Segment::Param(_), rest @ ..] => {
                return self.param.get_or_insert_default().insert(rest, position);
            }
        };
        let taken = *place;
        place.get_or_insert(position);
        taken
    }

    /// The function for what follows this node; the node's own if nothing better takes it.
    fn find(&self, segments: Option<&str>) -> Option<usize> {
        match segments {
            None => self.own,
            Some(segments) => self.below(segments).or(self.own),
        }
    }

    /// The function among those below this node.
    fn below(&self, segments: &str) -> Option<usize> {
        let (first, rest) = split_first(segments);
        let literal = self.literals.get(first).and_then(|node| node.find(rest));
        literal.or_else(|| self.param.as_ref().and_then(|node| node.find(rest))).or(self.catch_all)
    }
}

/// The values that a route's parameters have in `segments`, and the segments after the route.
fn read_params<'p>(pattern: &Pattern, segments: Option<&'p str>) -> (Vec<(String, String)>, Option<&'p str>) {
    let mut params = Vec::new();
    let mut left = segments;
    for segment in pattern.segments() {
        let Some(current) = left else { break };
        let (first, rest) = split_first(current);
        left = rest;
        match segment {
            Segment::Literal(_) => {}
            Segment::Param(name) => params.push((name.clone(), first.to_owned())),
            Segment::CatchAll(name) => {
                params.push((name.clone(), current.to_owned()));
                left = None;
            }
        }
    }
    (params, left)
}
