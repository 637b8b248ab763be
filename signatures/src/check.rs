//! From a description to a plan. Owns the rules of what fits together and the words in which a user reads what does not:
//! each problem names the key and what to write. Knows nothing of secrets' values or messages.

use crate::Problem;
use crate::description::{Algorithm, Description, Field, SecretEncoding, TimestampSource, TimestampUnit};
use crate::plan::{Hash, Kind, MacPlan, Plan, Proof, SignedId};
use crate::template::{Segment, Template};

/// The plan of a description, or everything that is wrong with it.
pub(crate) fn plan(description: &Description) -> Result<Plan, Vec<Problem>> {
    let mut check = Check { description, problems: Vec::new() };
    let proof = check.proof();
    let id = check.field("id", description.id.as_ref());
    let event = check.field("event", description.event.as_ref());
    let require = (description.require.iter()).filter_map(|name| check.header_name("require", name)).collect();
    if check.problems.is_empty() {
        Ok(Plan { proof, require, id, signs_id: description.signs_id(), event })
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

    fn proof(&mut self) -> Option<Proof> {
        let hash = match self.description.algorithm {
            Algorithm::None => {
                self.refuse_all_but(&[], "none");
                return None;
            }
            Algorithm::Token => {
                self.refuse_all_but(&["header", "prefix"], "token");
                return self.proof_of(|_| Some(Kind::Token));
            }
            Algorithm::HmacSha1 => Hash::Sha1,
            Algorithm::HmacSha256 => Hash::Sha256,
            Algorithm::HmacSha512 => Hash::Sha512,
        };
        self.proof_of(|check| check.mac(hash).map(Kind::Mac))
    }

    fn refuse_all_but(&mut self, allowed: &[&str], algorithm: &str) {
        let d = self.description;
        for (key, is_set) in [
            ("header", d.header.is_some()),
            ("encoding", d.encoding.is_some()),
            ("prefix", !d.prefix.is_empty()),
            ("separator", d.separator.is_some()),
            ("content", d.content.is_some()),
            ("timestamp", d.timestamp.is_some()),
            ("timestamp_unit", d.timestamp_unit.is_some()),
            ("secret_encoding", d.secret_encoding.is_some()),
        ] {
            if is_set && !allowed.contains(&key) {
                let message = format!("has no meaning with algorithm = \"{algorithm}\"; remove it");
                self.problem(key, message);
            }
        }
    }

    fn proof_of(&mut self, kind: impl FnOnce(&mut Self) -> Option<Kind>) -> Option<Proof> {
        let d = self.description;
        let header = match &d.header {
            Some(name) => self.header_name("header", name),
            None => {
                self.problem("header", "is missing; name the header with the signature");
                None
            }
        };
        if !d.prefix.bytes().all(is_visible) {
            self.problem("prefix", "may hold visible ASCII characters and spaces only");
        }
        self.separator();
        Some(Proof {
            kind: kind(self)?,
            header: header?,
            prefix: d.prefix.clone(),
            separator: d.separator.clone().unwrap_or_default(),
        })
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

    fn mac(&mut self, hash: Hash) -> Option<MacPlan> {
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
        if !content.has(&Segment::Body) {
            self.problem(
                "content",
                "has no {body}, so anybody could change the body; write {body} where the sender puts it",
            );
        }
        let timestamp = self.timestamp(&content);
        let id = self.signed_id(&content);
        Some(MacPlan {
            hash,
            encoding: d.encoding?,
            secret_encoding: d.secret_encoding.unwrap_or(SecretEncoding::Text),
            content,
            timestamp,
            id,
        })
    }

    fn timestamp(&mut self, content: &Template) -> Option<(TimestampSource, TimestampUnit)> {
        let d = self.description;
        let is_signed = content.has(&Segment::Timestamp);
        let Some(source) = &d.timestamp else {
            if is_signed {
                self.problem(
                    "timestamp",
                    "is missing, but content has {timestamp}; write { header = \"…\" } or { item = \"t=\" }",
                );
            }
            if d.timestamp_unit.is_some() {
                self.problem("timestamp_unit", "has no meaning without timestamp; remove it");
            }
            return None;
        };
        if !is_signed {
            self.problem(
                "timestamp",
                "is not part of content, so anybody could renew it; put {timestamp} into content where the sender \
                 signs it, or remove timestamp",
            );
        }
        let source = match source {
            TimestampSource::Header(name) => TimestampSource::Header(self.header_name("timestamp", name)?),
            TimestampSource::Item(item) => {
                self.item(item);
                TimestampSource::Item(item.clone())
            }
        };
        Some((source, d.timestamp_unit.unwrap_or(TimestampUnit::Seconds)))
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

    fn signed_id(&mut self, content: &Template) -> Option<SignedId> {
        let terminator = match content.id_terminator() {
            Ok(terminator) => terminator?,
            Err(message) => {
                self.problem("content", message);
                return None;
            }
        };
        match &self.description.id {
            Some(Field::Header(name)) => Some(SignedId { header: name.to_ascii_lowercase(), terminator }),
            Some(Field::Json(_)) | None => {
                self.problem("id", "must be a header, as content has {id}; write { header = \"…\" }");
                None
            }
        }
    }

    fn field(&mut self, key: &str, field: Option<&Field>) -> Option<Field> {
        match field? {
            Field::Header(name) => {
                let name = self.header_name(key, name)?;
                let proof = self.description.header.as_deref().unwrap_or_default();
                if name.eq_ignore_ascii_case(proof) {
                    self.problem(key, "is the header with the signature, which is not passed on; name another");
                }
                Some(Field::Header(name))
            }
            Field::Json(path) => {
                if path.split('.').any(str::is_empty) {
                    self.problem(
                        key,
                        "has an empty name in its path; write member names with dots between them, such as \"data.id\"",
                    );
                }
                Some(Field::Json(path.clone()))
            }
        }
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
