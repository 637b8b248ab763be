//! From a description to a plan. Owns the rules of what fits together and the words in which a user reads what does not:
//! each problem names the key and what to write. Knows nothing of secrets' values or messages.

use crate::Problem;
use crate::age::Freshness;
use crate::algorithm::{Algorithm, TimestampUnit};
use crate::description::{Description, Expectation, KeyName};
use crate::field::Field;
use crate::jwt::JwtPlan;
use crate::plan::{Kind, Plan, Proof, SignedId, SignedPlan, TimestampPlan};
use crate::template::{Segment, Template};

/// The plan of a description, or everything that is wrong with it.
pub(crate) fn plan(description: &Description) -> Result<Plan, Vec<Problem>> {
    let mut check = Check { description, problems: Vec::new() };
    check.meaningless();
    let proof = check.proof();
    let timestamp = check.timestamp();
    let id = check.label("id", description.id.as_ref());
    let event = check.label("event", description.event.as_ref());
    let require = (description.require.iter()).filter_map(|name| check.header_name("require", name)).collect();
    let expect = (description.expect.iter()).filter_map(|expectation| check.expectation(expectation)).collect();
    if check.problems.is_empty() {
        Ok(Plan { proof, timestamp, require, expect, id, signs_id: description.signs_id(), event })
    } else {
        Err(check.problems)
    }
}

/// The checking of one description.
struct Check<'d> {
    description: &'d Description,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(Problem::with(key, message));
    }

    /// Keys that would promise what nobody does with this algorithm.
    fn meaningless(&mut self) {
        let d = self.description;
        let signs = d.algorithm.signs_content();
        let is = |algorithms: &[Algorithm]| algorithms.contains(&d.algorithm);
        let has_key = !is(&[Algorithm::None]);
        for (key, is_set, has_meaning) in [
            ("header", d.header.is_some(), has_key),
            ("signature", d.signature.is_some(), has_key),
            ("paired", d.paired, matches!(d.signature, Some(Field::Headers(_)))),
            ("encoding", d.encoding.is_some(), signs),
            ("prefix", !d.prefix.is_empty(), has_key && !is(&[Algorithm::Basic])),
            ("separator", d.separator.is_some(), signs),
            ("key_name", d.key_name.is_some(), signs),
            ("content", d.content.is_some(), signs),
            ("body_unsigned", d.body_unsigned, signs && !d.binds_body()),
            ("each", d.each.is_some(), signs),
            ("any_port", d.any_port, d.signed_content().contains("{url}")),
            ("body_hash", d.body_hash.is_some(), d.signed_content().contains("{url}")),
            ("timestamp", d.timestamp.is_some(), signs || is(&[Algorithm::Jwt])),
            ("timestamp_unit", d.timestamp_unit.is_some(), d.timestamp.is_some()),
            ("until", d.until, d.timestamp.is_some()),
            ("secret_encoding", d.secret_encoding.is_some(), signs || is(&[Algorithm::Jwt])),
            ("jwt", d.jwt.is_some(), is(&[Algorithm::Jwt])),
        ] {
            if is_set && !has_meaning {
                let algorithm = d.algorithm.name();
                self.problem(key, format!("has no meaning here, with algorithm = \"{algorithm}\"; remove it"));
            }
        }
    }

    fn proof(&mut self) -> Option<Proof> {
        let d = self.description;
        let kind = match d.algorithm {
            Algorithm::None => return None,
            Algorithm::Token => Some(Kind::Token),
            Algorithm::Basic => Some(Kind::Basic),
            Algorithm::Jwt => self.jwt().map(|plan| Kind::Jwt(Box::new(plan))),
            _ => self.signed().map(|plan| Kind::Signed(Box::new(plan))),
        };
        let place = self.place();
        if !d.prefix.bytes().all(is_visible) {
            self.problem("prefix", "may hold visible ASCII characters and spaces only");
        }
        self.separator();
        let key_name = match &d.key_name {
            Some(KeyName::Header(name)) => self.header_name("key_name", name).map(KeyName::Header),
            Some(KeyName::Before(text)) if text.is_empty() => {
                self.problem("key_name", "has an empty text; write what stands after the key's name, such as \"|\"");
                None
            }
            other => other.clone(),
        };
        Some(Proof {
            place: place?,
            paired: d.paired,
            prefix: d.prefix.clone(),
            separator: d.separator.clone().unwrap_or_default(),
            key_name,
            kind: kind?,
        })
    }

    fn place(&mut self) -> Option<Field> {
        let d = self.description;
        match (&d.header, &d.signature) {
            (Some(_), Some(_)) => {
                self.problem("signature", "stands beside header; write one of them");
                None
            }
            (None, None) => {
                self.problem("header", "is missing; name the header with the signature");
                None
            }
            (Some(name), None) => self.header_name("header", name).map(Field::Header),
            (None, Some(Field::Headers(names))) if !names.is_empty() => {
                let names: Option<Vec<_>> = names.iter().map(|name| self.header_name("signature", name)).collect();
                names.map(Field::Headers)
            }
            (None, Some(Field::Item(_) | Field::Claim(_) | Field::Headers(_))) => {
                self.problem("signature", "must be { header }, { headers }, { query }, { form } or { json }");
                None
            }
            (None, Some(field)) => {
                self.not_in_itself(field);
                self.field("signature", field)
            }
        }
    }

    /// Nobody could make a signature over itself.
    fn not_in_itself(&mut self, place: &Field) {
        let d = self.description;
        let signs = |fields: &[&str]| fields.iter().any(|field| d.signed_content().contains(field));
        let is_signed = match place {
            Field::Query(_) => d.signs_url() || signs(&["{target}", "{escaped_target}"]),
            Field::Json(_) | Field::Form(_) | Field::FormLast(_) => d.binds_body() || signs(&["{body}", "{crc32}"]),
            Field::Header(_) | Field::Headers(_) | Field::Item(_) | Field::Claim(_) => false,
        };
        if is_signed {
            self.problem(
                "signature",
                "stands in what is signed, so none could be right; write another place, or the content without it",
            );
        }
    }

    fn separator(&mut self) {
        let d = self.description;
        let Some(separator) = &d.separator else {
            return;
        };
        // A character of a signature would cut it in two.
        let in_signatures = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
        if separator.is_empty() || !separator.bytes().all(is_visible) {
            self.problem(
                "separator",
                "must be visible ASCII characters or spaces, such as \",\"; or remove it, if the header is one signature",
            );
        } else if separator.contains(in_signatures) {
            self.problem(
                "separator",
                "must not hold characters that signatures are made of; write what stands between two items, such as \",\"",
            );
        } else if d.prefix.contains(separator.as_str()) {
            self.problem("prefix", "must not hold the separator; no item of the list could start with it");
        }
    }

    fn jwt(&mut self) -> Option<JwtPlan> {
        let Some(jwt) = &self.description.jwt else {
            self.problem("jwt", "is missing; write { algorithms = [\"HS256\"] } at least");
            return None;
        };
        let shared = jwt.algorithms.iter().filter(|algorithm| algorithm.is_shared()).count();
        let is_one_family = shared == jwt.algorithms.len() || (shared == 0 && jwt.algorithms.len() == 1);
        let plan = JwtPlan::new(jwt).filter(|_| is_one_family);
        if plan.is_none() {
            let message =
                "must name one algorithm, or several of HS256, HS384 and HS512, as a key is for one kind alone";
            self.problem("jwt.algorithms", message);
        }
        plan
    }

    fn signed(&mut self) -> Option<SignedPlan> {
        let d = self.description;
        if d.encoding.is_none() {
            self.problem("encoding", "is missing; write \"hex\", \"hex-any-case\", \"base64\" or \"base64url\"");
        }
        let content = match Template::parse(d.signed_content()) {
            Ok(content) => content,
            Err(message) => {
                self.problem("content", message);
                return None;
            }
        };
        if !d.body_unsigned && !d.binds_body() {
            self.problem(
                "content",
                "has no {body}, so anybody could change the body; write {body} where the sender puts it, or \
                 body_unsigned = true if it does not",
            );
        }
        if let Some(field) = content.open_field() {
            self.problem(
                "content",
                format!(
                    "has {field} right beside another field, so a part of one could pass for a part of the other; write \
                     the text that the sender puts between them, as in \"{{header:x-request-id}}.{{body}}\""
                ),
            );
        }
        if d.algorithm == Algorithm::Sha256 && !content.has(&Segment::Secret) {
            self.problem("content", "has no {secret}, so anybody could make the hash; write {secret} where it stands");
        }
        if content.has(&Segment::Timestamp) && d.timestamp.is_none() {
            self.problem(
                "timestamp",
                "is missing, but content has {timestamp}; write { header = \"…\" } or { item = \"t=\" }",
            );
        }
        self.named_by_place(&content);
        let id = self.signed_id(&content);
        Some(SignedPlan {
            algorithm: d.algorithm,
            encoding: d.encoding?,
            content,
            also: d.also.iter().filter_map(|also| Template::parse(also).ok()).collect(),
            each: d.each.clone(),
            any_port: d.any_port,
            body_hash: d.body_hash.clone(),
            id,
        })
    }

    fn timestamp(&mut self) -> Option<TimestampPlan> {
        let d = self.description;
        let source = d.timestamp.as_ref()?;
        let content = Template::parse(d.signed_content()).ok()?;
        let lists_headers = content.segments().iter().any(|segment| matches!(segment, Segment::SignedHeaders(_)));
        // The list must name the timestamp's header, see `content.rs`.
        let is_listed = lists_headers && matches!(source, Field::Header(_));
        if !content.has(&Segment::Timestamp) && !is_listed && !d.covers(source) {
            self.problem(
                "timestamp",
                "is not part of content, so anybody could renew it; put {timestamp} into content where the sender \
                 signs it, or remove timestamp",
            );
        }
        if d.each.is_some() && !matches!(source, Field::Header(_) | Field::Query(_)) {
            // Only one of them is held against the clock.
            self.problem("timestamp", "must be one for all elements of the list; write { header } or { query }");
        }
        let place = match source {
            Field::Item(item) => {
                self.item(item);
                Field::Item(item.clone())
            }
            Field::Headers(_) => {
                self.problem("timestamp", "must be one header; write { header = \"…\" }");
                return None;
            }
            field => self.field("timestamp", field)?,
        };
        Some(TimestampPlan {
            place,
            unit: d.timestamp_unit.unwrap_or(TimestampUnit::Seconds),
            ends_by_itself: content.timestamp_must_end_by_itself(),
            freshness: Freshness { past: d.past, future: d.future, until: d.until },
        })
    }

    fn item(&mut self, item: &str) {
        let d = self.description;
        if d.separator.is_none() {
            self.problem(
                "separator",
                "is missing, but the timestamp is an item of the header; write what separates the items",
            );
        }
        // One must not pass for the other: an item is either the timestamp or a signature.
        if item.is_empty() || d.prefix.starts_with(item) || item.starts_with(&d.prefix) {
            self.problem(
                "timestamp",
                "must name an item that starts differently from a signature; write both to the full, such as \
                 prefix = \"v1=\" and timestamp = { item = \"t=\" }",
            );
        }
    }

    /// An id or a timestamp that stands in the content by its place would be kept apart from its neighbours by nothing.
    fn named_by_place(&mut self, content: &Template) {
        let d = self.description;
        for (key, field) in [("id", &d.id), ("timestamp", &d.timestamp)] {
            if field.as_ref().is_some_and(|field| content.has(&Segment::Field(field.clone()))) {
                self.problem("content", format!("has the {key} by its place; write {{{key}}} there"));
            }
        }
    }

    fn signed_id(&mut self, content: &Template) -> Option<SignedId> {
        if !content.has(&Segment::Id) {
            return None;
        }
        let unit = self.description.timestamp_unit.unwrap_or(TimestampUnit::Seconds);
        let terminator = match content.id_terminator(unit) {
            Ok(terminator) => terminator,
            Err(message) => {
                self.problem("content", message);
                return None;
            }
        };
        match &self.description.id {
            Some(Field::Item(_) | Field::Claim(_) | Field::Headers(_)) | None => {
                self.problem("id", "is missing or no place, but content has {id}; write { header = \"…\" }");
                None
            }
            Some(place) => Some(SignedId { place: self.field("id", place)?, terminator }),
        }
    }

    /// A place for what a message says of itself.
    fn label(&mut self, key: &str, field: Option<&Field>) -> Option<Field> {
        let field = field?;
        match field {
            Field::Header(name) if self.description.header.as_ref().is_some_and(|h| h.eq_ignore_ascii_case(name)) => {
                self.problem(key, "is the header with the signature or token, which is not passed on; name another");
                None
            }
            Field::Headers(_) | Field::Item(_) => {
                self.problem(key, "must be { header }, { query }, { form }, { json } or { claim }");
                None
            }
            field => self.field(key, field),
        }
    }

    fn field(&mut self, key: &str, field: &Field) -> Option<Field> {
        match field {
            Field::Header(name) => self.header_name(key, name).map(Field::Header),
            Field::Json(path) if path.split('.').any(str::is_empty) => {
                let message = "has an empty name in its path; write member names with dots between them, such as \
                               \"data.id\"";
                self.problem(key, message);
                None
            }
            Field::Claim(_) if self.description.algorithm != Algorithm::Jwt => {
                self.problem(
                    key,
                    "is a claim, and there is no token; write { header }, { query }, { form } or { json }",
                );
                None
            }
            field => Some(field.clone()),
        }
    }

    fn expectation(&mut self, expectation: &Expectation) -> Option<Expectation> {
        let says = [
            expectation.equals.is_some(),
            expectation.item.is_some(),
            !expectation.one_of.is_empty(),
            !expectation.hosts.is_empty(),
        ];
        if says.iter().filter(|says| **says).count() != 1 {
            self.problem("expect", "must say one of equals, item, one_of and hosts");
            return None;
        }
        let at = self.field("expect", &expectation.at)?;
        Some(Expectation { at, ..expectation.clone() })
    }

    /// The name in lower case, if it is one (RFC 9110, section 5.6.2).
    fn header_name(&mut self, key: &str, name: &str) -> Option<String> {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(is_token) {
            let message = format!("\"{name}\" is not the name of a header; write it without \":\" and spaces");
            self.problem(key, message);
            return None;
        }
        Some(name.to_ascii_lowercase())
    }
}

fn is_visible(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}
