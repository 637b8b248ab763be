//! A scheme: a name and the descriptions that it stands for. Owns how a policy refers to one, by name or by describing
//! it. Knows nothing of secrets or messages.

use std::fmt;
use std::iter;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::description::{Algorithm, Description};
use crate::providers;

/// One way, or a few equally trusted ways, in which a provider signs.
///
/// In a policy a string names a known scheme and a table describes one, see [`Description`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    name: String,
    first: Description,
    others: Vec<Description>,
}

impl Scheme {
    /// The name of a scheme that is described in a policy.
    pub const CUSTOM: &'static str = "custom";

    /// A scheme that is described by the user.
    pub fn custom(description: Description) -> Self {
        Self::new(Self::CUSTOM, description)
    }

    pub(crate) fn new(name: &str, description: Description) -> Self {
        Self { name: name.to_owned(), first: description, others: Vec::new() }
    }

    /// The same scheme with one more form in which its messages may come. A message is checked in the first form whose
    /// headers are all there, and in no other, so every form must prove as much as the rest.
    pub(crate) fn or(mut self, description: Description) -> Self {
        self.others.push(description);
        self
    }

    /// Its name: `github`, `stripe`, …; [`Scheme::CUSTOM`] if it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its forms, the usual one first; at least one.
    pub fn forms(&self) -> impl Iterator<Item = &Description> {
        iter::once(&self.first).chain(&self.others)
    }

    /// The form in which messages are signed.
    pub(crate) fn first(&self) -> &Description {
        &self.first
    }

    /// Whether it takes every message, signed or not.
    pub fn checks_nothing(&self) -> bool {
        self.forms().any(|form| form.algorithm == Algorithm::None)
    }

    /// The headers in which the sender shows the secret itself. Whoever passes a message on leaves them out.
    pub fn secret_headers(&self) -> impl Iterator<Item = &str> {
        self.forms().filter(|form| form.algorithm == Algorithm::Token).filter_map(|form| form.header.as_deref())
    }

    /// Whether the proof covers the body, in every form.
    pub fn binds_body(&self) -> bool {
        self.forms().all(Description::binds_body)
    }

    /// Whether the proof covers a timestamp, in every form, so that old messages are refused.
    pub fn has_timestamp(&self) -> bool {
        self.forms().all(Description::has_timestamp)
    }

    /// Whether there is an id and the proof covers it, in every form.
    pub fn signs_id(&self) -> bool {
        self.forms().all(Description::signs_id)
    }
}

impl<'de> Deserialize<'de> for Scheme {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable)
    }
}

struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = Scheme;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a scheme, such as \"github\", or a table that describes one")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Scheme, E> {
        providers::scheme(name).cloned().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scheme, A::Error> {
        Description::deserialize(MapAccessDeserializer::new(map)).map(Scheme::custom)
    }
}

/// There is no scheme of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScheme {
    /// The name that was asked for.
    pub name: String,
    /// The known names that are spelt most like it; none if none is like it.
    pub nearest: Vec<&'static str>,
}

impl UnknownScheme {
    /// Compares the name with the known ones.
    pub(crate) fn new(name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let wanted = name.to_ascii_lowercase();
        // A third of the letters wrong is still a typo; more is another word.
        let allowed = (wanted.chars().count() / 3).max(1);
        let mut nearest: Vec<(usize, &'static str)> = known
            .map(|known| (strsim::damerau_levenshtein(&wanted, known), known))
            .filter(|(distance, _)| *distance <= allowed)
            .collect();
        let least = nearest.iter().map(|(distance, _)| *distance).min();
        nearest.retain(|(distance, _)| Some(*distance) == least);
        Self { name: name.to_owned(), nearest: nearest.into_iter().map(|(_, known)| known).collect() }
    }
}

impl fmt::Display for UnknownScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no scheme \"{}\"; ", self.name)?;
        if self.nearest.is_empty() {
            f.write_str("the known ones are ")?;
            for scheme in providers::schemes() {
                write!(f, "{}, ", scheme.name())?;
            }
            f.write_str("and any other can be described in a table instead of a name")
        } else {
            write!(f, "did you mean \"{}\"?", self.nearest.join("\" or \""))
        }
    }
}

impl std::error::Error for UnknownScheme {}
