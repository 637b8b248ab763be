//! The proof of one message: which of the keys made a signature in it. Owns the reading of the signature header and the
//! search, in constant time, over every key and every signature. Knows nothing of clocks, names or forms.

use std::iter;

use subtle::{Choice, ConditionallySelectable};

use crate::description::TimestampSource;
use crate::header::{Headers, filled, items};
use crate::key::{Key, Tag};
use crate::plan::{Kind, MacPlan, Proof};
use crate::template::Values;
use crate::time::Timestamp;
use crate::verify::Message;
use crate::{Problem, Refused, Secret};

/// What a proof shows.
pub(crate) struct Proven<'a> {
    /// The index of the key that made the signature.
    pub(crate) key: usize,
    /// The time that the signature covers; not yet compared with any clock.
    pub(crate) timestamp: Option<Timestamp<'a>>,
}

impl Proof {
    /// The key that a secret stands for in this scheme.
    pub(crate) fn key(&self, secret: &Secret) -> Result<Key, Problem> {
        let key = match &self.kind {
            Kind::Token => (secret.token()).map(|token| Some(Key::Token(Tag::of_token(token.as_bytes())))),
            Kind::Mac(mac) => (secret.decode(mac.secret_encoding)).map(|bytes| Key::mac(mac.hash, &bytes)),
        };
        let key = key.map_err(|message| Problem::new("secrets", message))?;
        key.ok_or_else(|| {
            let message = format!("the secret {} cannot be a key of the algorithm", secret.name());
            Problem::new("secrets", message)
        })
    }

    /// Checks the signatures of a message.
    pub(crate) fn check<'a>(&self, keys: &[Key], message: &Message<'a>) -> Result<Proven<'a>, Refused> {
        let value = filled(message.headers, &self.header)?;
        match &self.kind {
            Kind::Token => {
                let expected: Vec<Tag> = keys.iter().map(|key| key.tag(iter::empty())).collect();
                let key = self.search(value, &expected, |text| Some(Tag::of_token(text)))?;
                Ok(Proven { key, timestamp: None })
            }
            Kind::Mac(mac) => {
                let timestamp = mac.timestamp(self, value, message.headers)?;
                let values = Values {
                    body: message.body,
                    timestamp: timestamp.as_ref().map_or(b"", |t| t.text),
                    id: mac.id(message.headers)?,
                };
                let content = mac.content.pieces(&values);
                let expected: Vec<Tag> = keys.iter().map(|key| key.tag(content.clone())).collect();
                let length = mac.hash.length();
                let key = self.search(value, &expected, |text| mac.encoding.decode(text, length))?;
                Ok(Proven { key, timestamp })
            }
        }
    }

    /// The index of the expected tag that one of the header's signatures equals, the first if several do.
    ///
    /// Every signature is compared with every tag, whatever came before, so that the time tells the sender how many
    /// signatures it sent and nothing else.
    fn search(&self, value: &[u8], expected: &[Tag], decode: impl Fn(&[u8]) -> Option<Tag>) -> Result<usize, Refused> {
        let mut has_claim = false;
        let mut has_tag = false;
        let mut found = Choice::from(0);
        let mut position = 0_u64;
        for item in items(value, self.separator.as_bytes()) {
            let Some(claim) = item.strip_prefix(self.prefix.as_bytes()) else {
                continue;
            };
            has_claim = true;
            let Some(tag) = decode(claim) else { continue };
            has_tag = true;
            for (candidate, expected) in (0_u64..).zip(expected) {
                let equal = tag.equals(expected);
                position.conditional_assign(&candidate, equal & !found);
                found |= equal;
            }
        }
        if bool::from(found) {
            return usize::try_from(position).map_err(|_| Refused::Mismatch);
        }
        Err(match &self.kind {
            _ if !has_claim => Refused::NoSignature { header: self.header.clone(), prefix: self.prefix.clone() },
            Kind::Mac(mac) if !has_tag => Refused::MalformedSignature {
                header: self.header.clone(),
                length: mac.hash.length(),
                encoding: mac.encoding.in_words(),
            },
            Kind::Mac(_) | Kind::Token => Refused::Mismatch,
        })
    }
}

impl MacPlan {
    fn timestamp<'a>(
        &self,
        proof: &Proof,
        value: &'a [u8],
        headers: &'a dyn Headers,
    ) -> Result<Option<Timestamp<'a>>, Refused> {
        let Some((source, unit)) = &self.timestamp else {
            return Ok(None);
        };
        let (header, text) = match source {
            TimestampSource::Header(name) => (name, filled(headers, name)?),
            TimestampSource::Item(item) => (&proof.header, sole_item(proof, value, item)?),
        };
        let milliseconds = unit
            .parse(text)
            .ok_or_else(|| Refused::MalformedTimestamp { header: header.clone(), expected: unit.in_words() })?;
        Ok(Some(Timestamp { text, milliseconds, unit: *unit }))
    }

    /// The signed id, as received; empty if the scheme signs none.
    fn id<'a>(&self, headers: &'a dyn Headers) -> Result<&'a [u8], Refused> {
        let Some(id) = &self.id else {
            return Ok(b"");
        };
        let value = filled(headers, &id.header)?;
        if value.contains(&id.terminator) {
            return Err(Refused::AmbiguousId { header: id.header.clone(), terminator: id.terminator.into() });
        }
        Ok(value)
    }
}

/// What follows the prefix in the one item that starts with it.
fn sole_item<'a>(proof: &Proof, value: &'a [u8], prefix: &str) -> Result<&'a [u8], Refused> {
    let items = items(value, proof.separator.as_bytes());
    let mut found = items.filter_map(|item| item.strip_prefix(prefix.as_bytes()));
    match (found.next(), found.count()) {
        (Some(text), 0) => Ok(text),
        (first, more) => Err(Refused::TimestampItems {
            header: proof.header.clone(),
            item: prefix.to_owned(),
            count: usize::from(first.is_some()) + more,
        }),
    }
}
