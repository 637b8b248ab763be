//! What must hold for every scheme and every message, tried on random ones. Owns how they are made up.

mod described;
mod messages;
mod replays;

use std::fmt;
use std::ops::Deref;

use proptest::prelude::*;
use signatures::{Scheme, schemes};

/// Every scheme, and every form of one that has several as a scheme of its own: only the usual form is signed.
pub(crate) fn all_forms() -> Vec<Scheme> {
    let forms = |scheme: &'static Scheme| match scheme.forms().count() {
        1 => vec![scheme.clone()],
        _ => [scheme.clone()].into_iter().chain(scheme.forms().cloned().map(Scheme::custom)).collect(),
    };
    schemes().flat_map(forms).collect()
}

/// A scheme that is shown by its name alone where a property fails.
#[derive(Clone)]
struct Named(Scheme);

impl Deref for Named {
    type Target = Scheme;

    fn deref(&self) -> &Scheme {
        &self.0
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name(), self.usual().content)
    }
}

fn any_scheme() -> impl Strategy<Value = Named> {
    any_scheme_that(|_| true)
}

/// A scheme of which something holds.
fn any_scheme_that(holds: impl Fn(&Scheme) -> bool) -> impl Strategy<Value = Named> {
    prop::sample::select(all_forms().into_iter().filter(holds).map(Named).collect::<Vec<_>>())
}

fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// Visible ASCII without what marks the end of an id in some scheme.
fn any_id() -> impl Strategy<Value = String> {
    "[!-~]{1,60}".prop_map(|id| id.replace(['.', '|', ':'], "_"))
}

/// With one bit of it changed.
fn flipped(bytes: &[u8], position: prop::sample::Index, bit: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let position = position.index(bytes.len());
    bytes[position] ^= 1 << bit;
    bytes
}
