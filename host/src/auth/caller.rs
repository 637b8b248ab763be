//! A caller who was identified, or why not. What the ways to be identified have in common.

use crate::event::Identity;

/// Somebody for whom a provider vouches.
pub(super) struct Caller {
    /// What the function learns.
    pub(super) identity: Identity,
    /// What he may do; for policies alone.
    pub(super) scopes: Vec<String>,
}

/// Why nobody was identified. For the log.
pub(super) enum Denied {
    /// What was shown is not good.
    Invalid(String),
    /// It cannot be said whether it is.
    Unavailable(String),
}
