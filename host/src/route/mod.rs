//! From a functions folder to routes, and from a request's path to the function that serves it.
//!
//! This module owns the rules of the file names ([`scan()`]), of the paths ([`RequestPath`]) and of
//! who wins when several functions could serve a path ([`Table`]), and it opens files so that none
//! outside of the folder is ever read ([`read_inside`]). It must not know what a component or a
//! policy contains, where a request comes from or how an answer is written.

mod open;
mod path;
mod pattern;
mod prefix;
mod scan;
mod segment;
mod table;

pub use open::{OpenError, open_inside, read_inside};
pub use path::{Malformed, PathError, RequestPath};
pub use pattern::{MAX_SEGMENTS, Pattern, PatternError};
pub use prefix::{Prefix, PrefixError};
pub use scan::{Conflict, Found, Ignored, MAX_ENTRIES, Orphan, Scan, ScanError, VERIFIER, scan, scan_one};
pub use segment::Segment;
pub use table::{DuplicateRoute, Match, Table};

#[cfg(test)]
mod tests;
