//! The proof of one message: which of the keys made a signature in it. Owns the search, in constant time where keys are
//! secret, over every key and every signature. Knows nothing of clocks, names or forms.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use smallvec::{SmallVec, smallvec};
use subtle::{Choice, ConditionallySelectable};

use crate::Refused;
use crate::claim::{Claim, claims, sole_item};
use crate::content::{Content, Values, is_form};
use crate::description::BodyHash;
use crate::field::Field;
use crate::jwt::{self, Claims, JwtPlan};
use crate::key::{Key, Tag};
use crate::keys::Candidate;
use crate::message::Message;
use crate::payload;
use crate::plan::{Kind, Plan, Proof, SignedPlan, TimestampPlan};
use crate::template::Template;
use crate::time::Timestamp;

/// What a proof shows.
pub(crate) struct Proven<'m> {
    /// The place, among the candidates, of the one whose key made the signature.
    pub(crate) candidate: usize,
    /// The time that the signature covers; not yet compared with any clock.
    pub(crate) timestamp: Option<Timestamp<'m>>,
    /// The claims of the token, if it is one; not yet held against anything.
    pub(crate) claims: Option<Claims>,
}

/// The longest public-key signature, in bytes: RSA's with a key of 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;

/// Checks the signatures of a message. `key_id` is the name under which a signature must stand, if any.
pub(crate) fn prove<'m>(
    plan: &'m Plan,
    proof: &'m Proof,
    candidates: &[Candidate],
    key_id: Option<&str>,
    message: &Message<'m>,
) -> Result<Proven<'m>, Refused> {
    match &proof.kind {
        Kind::Token => tokens(proof, candidates, message, |text| Some(Tag::of_token(text))),
        Kind::Basic => tokens(proof, candidates, message, |text| {
            let (scheme, value) = text.split_at_checked(6)?;
            let value = scheme.eq_ignore_ascii_case(b"Basic ").then_some(value)?;
            STANDARD.decode(value).ok().map(|pair| Tag::of_token(&pair))
        }),
        Kind::Jwt(jwt) => token(plan, proof, jwt, candidates, message),
        Kind::Signed(signed) => {
            let parts = Parts::of(signed, message)?;
            let mut proven = None;
            for part in parts.messages(message) {
                let (claims, list) = claims(proof, key_id, &part)?;
                let timestamp = read_timestamp(plan.timestamp.as_ref(), &list, &proof.separator, &part)?;
                let mut found = Err(Refused::Mismatch);
                for template in std::iter::once(&signed.content).chain(&signed.also) {
                    let content = content(plan, (signed, template), &part, timestamp.as_ref())?;
                    found = search(proof, signed, candidates, &claims, &content, &part);
                    if found != Err(Refused::Mismatch) {
                        break;
                    }
                }
                let candidate = found?;
                proven = proven.or(Some(Proven {
                    candidate,
                    timestamp: timestamp.map(Timestamp::into_owned),
                    claims: None,
                }));
            }
            let proven = proven.ok_or_else(|| proof.place.missing())?;
            if let Some(BodyHash::Query(name)) = &signed.body_hash {
                let hash = hex::encode(crate::public_key::digest::<sha2::Sha256>(&[message.body]));
                // The hash ends the URL, as its sender puts it there. Elsewhere it could be a part of another message's form,
                // whose parameters are signed right behind the URL.
                let last = message.query().rsplit('&').next().and_then(|last| last.split_once('='));
                if last != Some((name.as_str(), hash.as_str())) || is_form(message) {
                    return Err(Refused::BodyHash);
                }
            }
            Ok(proven)
        }
    }
}

/// The most elements of a list that are signed one by one, each with a signature to make or to check. Real lists have a few.
const MOST_ELEMENTS: usize = 1000;

/// The messages in a message: itself, or the elements of a list in its body, each signed by itself.
pub(crate) struct Parts<'m>(Option<Vec<&'m str>>);

impl<'m> Parts<'m> {
    pub(crate) fn of(signed: &SignedPlan, message: &Message<'m>) -> Result<Self, Refused> {
        let Some(path) = &signed.each else {
            return Ok(Self(None));
        };
        let place = || format!("{path} in the body");
        match payload::elements(message.body, path) {
            Ok(elements) if elements.len() > MOST_ELEMENTS => Err(Refused::TooMany { place: place() }),
            Ok(elements) => Ok(Self(Some(elements))),
            Err(payload::Unreadable) => Err(Refused::Unreadable { place: place() }),
        }
    }

    pub(crate) fn messages<'a>(&'a self, message: &'a Message<'m>) -> impl Iterator<Item = Message<'m>> + 'a {
        let itself = self.0.is_none().then_some(*message);
        let elements = self.0.iter().flatten();
        itself.into_iter().chain(elements.map(|element| Message { body: element.as_bytes(), ..*message }))
    }
}

/// A template filled in for a message: what is signed of it.
pub(crate) fn content<'m>(
    plan: &'m Plan,
    (signed, template): (&'m SignedPlan, &'m Template),
    message: &Message<'m>,
    timestamp: Option<&Timestamp<'m>>,
) -> Result<Content<'m>, Refused> {
    let id = match &signed.id {
        None => Cow::default(),
        Some(id) => {
            let value = id.place.filled(message)?;
            if let Some(terminator) = id.terminator.filter(|terminator| value.contains(terminator)) {
                let place = id.place.to_string();
                return Err(Refused::AmbiguousId { place, terminator: terminator.into() });
            }
            value
        }
    };
    let timestamp_header = match plan.timestamp.as_ref().map(|timestamp| &timestamp.place) {
        Some(Field::Header(name)) => Some(name.as_str()),
        _ => None,
    };
    let timestamp = timestamp.map(|timestamp| timestamp.text.clone()).unwrap_or_default();
    Content::new(template, message, &Values { timestamp, id, timestamp_header })
}

/// The timestamp of a message, where `list` is the value in which items are looked for.
pub(crate) fn read_timestamp<'m>(
    plan: Option<&TimestampPlan>,
    list: &Cow<'m, [u8]>,
    separator: &str,
    message: &Message<'m>,
) -> Result<Option<Timestamp<'m>>, Refused> {
    let Some(plan) = plan else {
        return Ok(None);
    };
    let text = match &plan.place {
        Field::Item(item) => sole_item(list, separator, item)?,
        place => place.filled(message)?,
    };
    plan.parse(text).map(Some)
}

impl TimestampPlan {
    fn parse<'m>(&self, text: Cow<'m, [u8]>) -> Result<Timestamp<'m>, Refused> {
        let unit = self.unit;
        let parsed = if self.ends_by_itself { unit.parse_delimited(&text) } else { unit.parse(&text) };
        match parsed {
            Some(milliseconds) => Ok(Timestamp { text, milliseconds, unit }),
            None => {
                let (place, expected) = (self.place.to_string(), unit.in_words());
                Err(Refused::MalformedTimestamp { place, expected })
            }
        }
    }
}

/// One, but for the rare scheme that leaves the port open.
pub(crate) type Urls<'m> = SmallVec<[Cow<'m, str>; 1]>;

/// The forms of the URL that the sender may have signed: as it is, and with its usual port there or not.
pub(crate) fn urls<'m>(signed: &SignedPlan, message: &Message<'m>) -> Result<Urls<'m>, Refused> {
    let url = message.whole_url().ok_or(Refused::UrlUnknown)?;
    let mut urls: Urls<'m> = smallvec![Cow::Borrowed(url)];
    if signed.any_port
        && let Some((scheme, rest)) = url.split_once("://")
    {
        let port = if scheme == "https" { ":443" } else { ":80" };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match host.strip_suffix(port) {
            Some(host) => urls.push(Cow::Owned(format!("{scheme}://{host}{path}"))),
            None if !host.ends_with(|c: char| c.is_ascii_digit()) || !host.contains(':') => {
                urls.push(Cow::Owned(format!("{scheme}://{host}{port}{path}")));
            }
            None => {}
        }
    }
    Ok(urls)
}

/// The place of the candidate that made one of the signatures, the first if several did.
fn search(
    proof: &Proof,
    signed: &SignedPlan,
    candidates: &[Candidate],
    claims: &[Claim<'_>],
    content: &Content<'_>,
    message: &Message<'_>,
) -> Result<usize, Refused> {
    let urls = if content.has_url() { urls(signed, message)? } else { smallvec![Cow::Borrowed("")] };
    match Tag::length_of(signed.algorithm) {
        Some(length) => {
            let expected = candidates.iter().enumerate().flat_map(|(place, candidate)| {
                let tag = |url: &Cow<'_, str>| candidate.key.tag(content.pieces(url, &candidate.secret));
                urls.iter().filter_map(tag).map(move |tag| Expected { place, index: candidate.index, tag })
            });
            let expected: SmallVec<[Expected; 2]> = expected.collect();
            compare(proof, claims, &expected, |text| signed.encoding.decode(text, length))
                .map_err(|refused| refused.unwrap_or_else(|| malformed(proof, signed, Some(length))))
        }
        None => {
            let signatures: Vec<(usize, Vec<u8>)> = (claims.iter())
                .filter_map(|claim| Some((claim.slot, signed.encoding.decode_any(&claim.text, LONGEST_SIGNATURE)?)))
                .collect();
            if signatures.is_empty() {
                return Err(malformed(proof, signed, None));
            }
            for url in &urls {
                for (place, candidate) in candidates.iter().enumerate() {
                    let Key::Public(key) = &candidate.key else { continue };
                    let pieces: Vec<&[u8]> = content.pieces(url, &candidate.secret).collect();
                    let mut of_it = signatures.iter().filter(|(slot, _)| !proof.paired || *slot == candidate.index);
                    if of_it.any(|(_, signature)| key.verifies(&pieces, signature)) {
                        return Ok(place);
                    }
                }
            }
            Err(Refused::Mismatch)
        }
    }
}

fn malformed(proof: &Proof, signed: &SignedPlan, length: Option<usize>) -> Refused {
    Refused::MalformedSignature { place: proof.place.to_string(), length, encoding: signed.encoding.in_words() }
}

/// A tag that would be right.
struct Expected {
    /// The place of its candidate.
    place: usize,
    /// The place of the candidate's secret.
    index: usize,
    tag: Tag,
}

/// The place of the first candidate one of whose tags equals one of the signatures. The error is none if no signature
/// could be decoded.
///
/// Every signature is compared with every tag, whatever came before, so that the time tells the sender how many
/// signatures it sent and nothing else.
fn compare(
    proof: &Proof,
    claims: &[Claim<'_>],
    expected: &[Expected],
    decode: impl Fn(&[u8]) -> Option<Tag>,
) -> Result<usize, Option<Refused>> {
    let mut has_tag = false;
    let mut found = Choice::from(0);
    let mut position = 0_u64;
    for claim in claims {
        let Some(tag) = decode(&claim.text) else { continue };
        has_tag = true;
        for expected in expected {
            if proof.paired && claim.slot != expected.index {
                continue;
            }
            let equal = tag.equals(&expected.tag);
            position.conditional_assign(&(expected.place as u64), equal & !found);
            found |= equal;
        }
    }
    match (bool::from(found), has_tag) {
        (true, _) => usize::try_from(position).map_err(|_| Some(Refused::Mismatch)),
        (false, true) => Err(Some(Refused::Mismatch)),
        (false, false) => Err(None),
    }
}

/// A secret that the message shows.
fn tokens<'m>(
    proof: &Proof,
    candidates: &[Candidate],
    message: &Message<'m>,
    decode: impl Fn(&[u8]) -> Option<Tag>,
) -> Result<Proven<'m>, Refused> {
    let (claims, _) = claims(proof, None, message)?;
    let expected = candidates.iter().enumerate().filter_map(|(place, candidate)| {
        Some(Expected { place, index: candidate.index, tag: candidate.key.tag(std::iter::empty())? })
    });
    let expected: SmallVec<[Expected; 2]> = expected.collect();
    let candidate =
        compare(proof, &claims, &expected, decode).map_err(|refused| refused.unwrap_or(Refused::Mismatch))?;
    Ok(Proven { candidate, timestamp: None, claims: None })
}

/// A token with claims.
fn token<'m>(
    plan: &Plan,
    proof: &Proof,
    jwt: &JwtPlan,
    candidates: &[Candidate],
    message: &Message<'m>,
) -> Result<Proven<'m>, Refused> {
    let (signatures, _) = claims(proof, None, message)?;
    let token = signatures.first().ok_or_else(|| proof.place.missing())?;
    let mut refused = Refused::Mismatch;
    for (candidate, Candidate { key, .. }) in candidates.iter().enumerate() {
        let Key::Jwt(key) = key else { continue };
        match jwt.decode(&token.text, key) {
            Ok(claims) => {
                let timestamp = match &plan.timestamp {
                    None => None,
                    Some(timestamp) => {
                        let text = match &timestamp.place {
                            Field::Claim(name) => jwt::text(&claims, name).map(|text| Cow::Owned(text.into_bytes())),
                            place => place.read(message)?,
                        };
                        Some(timestamp.parse(text.ok_or_else(|| timestamp.place.missing())?)?)
                    }
                };
                return Ok(Proven { candidate, timestamp, claims: Some(claims) });
            }
            Err(why) => refused = why,
        }
    }
    Err(refused)
}
