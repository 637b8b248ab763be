//! A scheme: a name and the descriptions that it stands for. Owns how a policy refers to one, by name or by describing
//! it. Knows nothing of secrets or messages.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::algorithm::Algorithm;
use crate::description::{Description, Expectation};
use crate::field::Field;
use crate::{Problem, providers};

/// One way, or a few equally trusted ways, in which a provider signs.
///
/// In a policy a string names a known scheme and a table describes one, see [`Description`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    name: String,
    title: &'static str,
    note: &'static str,
    /// Forms that are tried before the usual one.
    before: Vec<Description>,
    usual: Description,
    /// Forms that are tried after it.
    after: Vec<Description>,
}

/// What a policy says beside a scheme's name, in place of what the scheme says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The header with the signature.
    pub header: Option<String>,
    /// The text before the signature.
    pub prefix: Option<String>,
    /// What a token's `iss` must be.
    pub issuer: Option<String>,
    /// Where the sender's id of the delivery is.
    pub id: Option<Field>,
    /// Where the kind of event is.
    pub event: Option<Field>,
    /// The topics from which a message may come; any, if there are none.
    pub topics: Vec<String>,
}

impl Scheme {
    /// The name of a scheme that is described in a policy.
    pub const CUSTOM: &'static str = "custom";

    /// A scheme that is described by the user.
    pub fn custom(description: Description) -> Self {
        Self::new(Self::CUSTOM, "", description)
    }

    pub(crate) fn new(name: &str, title: &'static str, usual: Description) -> Self {
        Self { name: name.to_owned(), title, note: "", before: Vec::new(), usual, after: Vec::new() }
    }

    /// The same scheme with one more form in which its messages may come. A message is checked in the first form that
    /// fits it, and in no other, so every form must prove as much as the rest.
    pub(crate) fn or(mut self, description: Description) -> Self {
        self.after.push(description);
        self
    }

    /// The same, for a form that has to be tried before the others.
    pub(crate) fn or_before(mut self, description: Description) -> Self {
        self.before.insert(0, description);
        self
    }

    /// What its users should know.
    pub(crate) fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// The same scheme with what a policy says beside its name.
    ///
    /// # Errors
    ///
    /// If it says something that this scheme has no use for.
    pub fn with(mut self, overrides: &Overrides) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut problem = |key: &str, why: &str| {
            let message = format!("has no meaning with scheme = \"{}\", {why}; remove it", self.name);
            problems.push(Problem::new(key, message));
        };
        if overrides.header.is_some() && self.forms().any(|form| form.header.is_none()) {
            problem("header", "whose signature is not in one header");
        }
        if overrides.prefix.is_some() && self.forms().any(|form| form.place().is_none()) {
            problem("prefix", "which has no signature");
        }
        if overrides.issuer.is_some() && self.forms().any(|form| form.jwt.is_none()) {
            problem("issuer", "which sends no token");
        }
        if !overrides.topics.is_empty() && !self.has_topics() {
            problem("topic", "which has no topics");
        }
        for form in self.before.iter_mut().chain([&mut self.usual]).chain(&mut self.after) {
            form.header = overrides.header.clone().or(form.header.take());
            form.prefix = overrides.prefix.clone().unwrap_or(std::mem::take(&mut form.prefix));
            form.id = overrides.id.clone().or(form.id.take());
            form.event = overrides.event.clone().or(form.event.take());
            if !overrides.topics.is_empty() {
                let topic = Field::Json(crate::sns::TOPIC.into());
                form.expect.push(Expectation::one_of(topic, &overrides.topics));
            }
            if let (Some(jwt), Some(issuer)) = (&mut form.jwt, &overrides.issuer) {
                jwt.issuer = Some(issuer.clone());
            }
        }
        if problems.is_empty() { Ok(self) } else { Err(problems) }
    }

    /// Its name: `github`, `stripe`, …; [`Scheme::CUSTOM`] if it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who sends in this way, in words; empty for a scheme that is described by the user.
    pub fn title(&self) -> &str {
        self.title
    }

    /// What its users should know, in words; empty if there is nothing.
    pub fn notes(&self) -> &str {
        self.note
    }

    /// Its forms, in the order in which they are tried; at least one.
    pub fn forms(&self) -> impl Iterator<Item = &Description> {
        self.before.iter().chain([&self.usual]).chain(&self.after)
    }

    /// The forms that are tried before the usual one, the usual one, and those after it.
    pub(crate) fn parts(&self) -> (&[Description], &Description, &[Description]) {
        (&self.before, &self.usual, &self.after)
    }

    /// The usual form, in which messages are signed.
    pub fn usual(&self) -> &Description {
        &self.usual
    }

    /// Whether it takes every message, signed or not.
    pub fn checks_nothing(&self) -> bool {
        self.forms().any(|form| form.algorithm == Algorithm::None)
    }

    /// The headers in which the sender shows the secret itself. Whoever passes a message on leaves them out.
    pub fn secret_headers(&self) -> impl Iterator<Item = &str> {
        let shows_secret = |form: &&Description| matches!(form.algorithm, Algorithm::Token | Algorithm::Basic);
        self.forms().filter(shows_secret).filter_map(|form| form.header.as_deref())
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

    /// Whether a sender has to make up an id: it is signed, and not a part of the payload.
    pub fn wants_id(&self) -> bool {
        self.usual.signs_id() && self.usual.content.as_deref().is_some_and(|content| content.contains("{id}"))
    }

    /// Whether the proof tells one delivery from another, in every form: by a signed id, or by what is signed.
    pub fn tells_deliveries_apart(&self) -> bool {
        self.forms().all(|form| form.signs_id() || form.signs_something())
    }

    /// Whether any form signs the URL, so that the receiver must know it as the sender does.
    pub fn signs_url(&self) -> bool {
        self.forms().any(Description::signs_url)
    }

    /// Whether its messages come from topics that anybody may have, all signed with one key: which of them are meant has to
    /// be said.
    pub fn has_topics(&self) -> bool {
        self.forms().any(|form| form.signed_content().contains("{sns}"))
    }

    /// Whether its messages are checked with a public key.
    pub fn uses_public_key(&self) -> bool {
        self.forms().any(Description::uses_public_key)
    }

    /// Whether it has use for secrets besides public keys.
    pub fn uses_secrets(&self) -> bool {
        self.forms().any(Description::uses_secrets)
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

/// As many names at the most are said to be meant.
const FEW: usize = 4;

/// The known names that are spelt most like one that nobody knows, else those of which it is a part; none if none is like it.
pub(crate) fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let wanted = name.to_ascii_lowercase();
    // A third of the letters wrong is still a typo; more is another word.
    let allowed = (wanted.chars().count() / 3).max(1);
    let known: Vec<&'static str> = known.collect();
    let mut nearest: Vec<(usize, &'static str)> = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&wanted, known), *known))
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    let least = nearest.iter().map(|(distance, _)| *distance).min();
    nearest.retain(|(distance, _)| Some(*distance) == least);
    if nearest.is_empty() {
        let has_part = |name: &&str| name.split('-').any(|part| part == wanted);
        return known.into_iter().filter(has_part).take(FEW).collect();
    }
    nearest.into_iter().map(|(_, known)| known).take(FEW).collect()
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
        Self { name: name.to_owned(), nearest: nearest(name, known) }
    }
}

impl fmt::Display for UnknownScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no scheme \"{}\"; ", self.name)?;
        if self.nearest.is_empty() {
            let known = providers::schemes().count();
            write!(
                f,
                "docs/webhooks.md has the {known} that are known, and any other can be described in a table instead of a name"
            )
        } else {
            write!(f, "did you mean \"{}\"?", self.nearest.join("\" or \""))
        }
    }
}

impl std::error::Error for UnknownScheme {}
