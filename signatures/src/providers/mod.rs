//! The table: how each known provider signs. One row each, in the words of [`Description`]; what the rows do not say is
//! the default there. Owns the list and its order; the rows stand in the files below, by what they sign.

mod body;
mod inside;
mod json_web;
mod public;
mod redwood;
mod timed;
mod tokens;
mod url;

use std::sync::LazyLock;

use crate::algorithm::{Algorithm, Encoding};
use crate::description::Description;
use crate::field::Field;
use crate::scheme::{Scheme, UnknownScheme};

/// The scheme of this name; the error names those that are spelt like it.
///
/// Redwood's verifiers are found under their own names, with or without `redwood-` before them.
pub fn scheme(name: &str) -> Result<&'static Scheme, UnknownScheme> {
    let own = name.strip_prefix("redwood-").filter(|own| own.ends_with("Verifier")).unwrap_or(name);
    schemes().find(|scheme| scheme.name() == own).ok_or_else(|| UnknownScheme::new(name, schemes().map(Scheme::name)))
}

/// All known schemes, in the order of their names.
pub fn schemes() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter()
}

static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let mut schemes = Vec::new();
    schemes.extend(body::rows());
    schemes.extend(timed::rows());
    schemes.extend(url::rows());
    schemes.extend(public::rows());
    schemes.extend(json_web::rows());
    schemes.extend(inside::rows());
    schemes.extend(tokens::rows());
    schemes.extend(redwood::rows());
    schemes.sort_by(|a, b| a.name().cmp(b.name()));
    schemes
});

/// A keyed hash in a header.
fn hmac(algorithm: Algorithm, encoding: Encoding, header: &str) -> Description {
    Description { header: Some(header.into()), encoding: Some(encoding), ..Description::new(algorithm) }
}

fn header(name: &str) -> Option<Field> {
    Some(Field::Header(name.into()))
}

fn json(path: &str) -> Option<Field> {
    Some(Field::Json(path.into()))
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}
