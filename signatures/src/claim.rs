//! The signatures that a message claims to have: where they stand, and how a list is taken apart. Owns the bound on how
//! many there may be. Knows nothing of keys.

use std::borrow::Cow;

use smallvec::{SmallVec, smallvec};

use crate::Refused;
use crate::algorithm::Family;
use crate::description::KeyName;
use crate::field::Field;
use crate::header::{at_most_one, items};
use crate::message::Message;
use crate::plan::{Kind, Proof};

/// The most signatures that one message may have. Real ones have two or three, while a key is being changed; each costs
/// a check for every key, and whoever sends them has proven nothing yet.
const MOST: usize = 32;

/// The same for public-key signatures, whose check takes a hundred times as long.
const MOST_PUBLIC: usize = 4;

/// A signature as it is written.
pub(crate) struct Claim<'m> {
    pub(crate) text: Cow<'m, [u8]>,
    /// Which of several headers it stands in, from 0.
    pub(crate) slot: usize,
}

/// Mostly one, or two while a key is being changed.
type Listed<'m> = SmallVec<[Claim<'m>; 2]>;

/// The signatures of a message, at least one, and the value of the list that they stand in.
pub(crate) fn claims<'m>(
    proof: &Proof,
    key_id: Option<&str>,
    message: &Message<'m>,
) -> Result<(Listed<'m>, Cow<'m, [u8]>), Refused> {
    let place = &proof.place;
    if let (Some(KeyName::Header(name)), Some(expected)) = (&proof.key_name, key_id) {
        let place = Field::Header(name.clone());
        if *place.filled(message)? != *expected.as_bytes() {
            return Err(Refused::OtherKey { place: place.to_string() });
        }
    }
    let values = values(place, message)?;
    let mut claims = Listed::new();
    for (slot, value) in &values {
        let claim = |text| Claim { text, slot: *slot };
        match value {
            Cow::Borrowed(value) => claims.extend(signatures(proof, key_id, value).map(Cow::Borrowed).map(claim)),
            Cow::Owned(value) => {
                claims.extend(signatures(proof, key_id, value).map(|text| claim(Cow::Owned(text.to_vec()))));
            }
        }
    }
    let is_public = matches!(&proof.kind, Kind::Signed(signed) if signed.algorithm.family() == Family::Public);
    if claims.len() > if is_public { MOST_PUBLIC } else { MOST } {
        return Err(Refused::TooMany { place: place.to_string() });
    }
    if claims.is_empty() {
        let place = place.to_string();
        // Whether there would be one under another name.
        let has_other =
            key_id.is_some() && values.iter().any(|(_, value)| signatures(proof, None, value).next().is_some());
        return Err(match has_other {
            true => Refused::OtherKey { place },
            false => Refused::NoSignature { place, prefix: proof.prefix.clone() },
        });
    }
    let list = values.into_iter().next().map(|(_, value)| value).unwrap_or_default();
    Ok((claims, list))
}

/// The signatures of a list, one more than [`MOST`] at the most.
fn signatures<'v, 'p>(
    proof: &'p Proof,
    key_id: Option<&'p str>,
    list: &'v [u8],
) -> impl Iterator<Item = &'v [u8]> + use<'v, 'p> {
    let items = items(list, proof.separator.as_bytes());
    let named = items.filter_map(move |item| match &proof.key_name {
        Some(KeyName::Before(text)) => {
            let (name, rest) = split_once(item, text.as_bytes())?;
            key_id.is_none_or(|expected| name == expected.as_bytes()).then_some(rest)
        }
        Some(KeyName::Header(_)) | None => Some(item),
    });
    named.filter_map(|item| item.strip_prefix(proof.prefix.as_bytes())).take(MOST + 1)
}

/// A value, with the place of its header where there are several, from 0.
type Slot<'m> = (usize, Cow<'m, [u8]>);

/// What stands in each of the places where there may be signatures; at least one, and none empty.
fn values<'m>(place: &Field, message: &Message<'m>) -> Result<SmallVec<[Slot<'m>; 1]>, Refused> {
    let Field::Headers(names) = place else {
        return Ok(smallvec![(0, place.filled(message)?)]);
    };
    let mut values = SmallVec::new();
    for (slot, name) in names.iter().enumerate() {
        match at_most_one(message.headers, name)? {
            Some(b"") => return Err(Field::Header(name.clone()).empty()),
            Some(value) => values.push((slot, Cow::Borrowed(value))),
            None => {}
        }
    }
    if values.is_empty() { Err(place.missing()) } else { Ok(values) }
}

/// What follows the prefix in the one item of a list that starts with it.
pub(crate) fn sole_item<'m>(list: &Cow<'m, [u8]>, separator: &str, prefix: &str) -> Result<Cow<'m, [u8]>, Refused> {
    match list {
        Cow::Borrowed(list) => sole(list, separator, prefix).map(Cow::Borrowed),
        Cow::Owned(list) => sole(list, separator, prefix).map(|text| Cow::Owned(text.to_vec())),
    }
}

fn sole<'v>(list: &'v [u8], separator: &str, prefix: &str) -> Result<&'v [u8], Refused> {
    let mut found = items(list, separator.as_bytes()).filter_map(|item| item.strip_prefix(prefix.as_bytes()));
    let refused = |count| Err(Refused::TimestampItems { item: prefix.to_owned(), count });
    match (found.next(), found.next()) {
        (Some(text), None) => Ok(text),
        (None, _) => refused(0),
        (Some(_), Some(_)) => refused(2 + found.count()),
    }
}

fn split_once<'v>(value: &'v [u8], at: &[u8]) -> Option<(&'v [u8], &'v [u8])> {
    let start = value.windows(at.len().max(1)).position(|window| window == at)?;
    let (before, rest) = value.split_at_checked(start)?;
    Some((before, rest.get(at.len()..)?))
}
