//! The template of the signed content. Owns its grammar: literals, and fields in braces. Filling it in is `content.rs`'s
//! business. Knows nothing of where the values come from.

use crate::algorithm::TimestampUnit;
use crate::field::Field;

/// A template in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<Segment>,
}

/// One part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Text that stands for itself; never empty.
    Text(String),
    /// `{body}`
    Body,
    /// `{escaped_body}`: the body with what is not ASCII written as `\uXXXX`, as JSON may have it.
    EscapedBody,
    /// `{timestamp}`
    Timestamp,
    /// `{id}`
    Id,
    /// `{method}`
    Method,
    /// `{url}`: the whole URL.
    Url,
    /// `{target}`: path and query as sent.
    Target,
    /// `{escaped_target}`: the path, and the query escaped once more as if it were one text.
    EscapedTarget,
    /// `{secret}`
    Secret,
    /// `{params}`: names and values of the form in the body, decoded, sorted, one after the other.
    Params,
    /// `{crc32}`: the checksum of the body, in decimal.
    Crc32,
    /// `{signed_headers:…}`: the headers that this header names, as `name:value` with `;` between them, sorted.
    SignedHeaders(String),
    /// `{sns}`: what Amazon SNS signs of a body.
    Sns,
    /// `{header:…}`, `{query:…}`, `{form:…}`, `{json:…}`: what stands there; nothing if it is not there.
    Field(Field),
}

/// What may stand between braces, for those who write something else.
const FIELDS: &str = "{body}, {escaped_body}, {timestamp}, {id}, {method}, {url}, {target}, {escaped_target}, {secret}, {params}, \
                      {crc32}, {sns}, {signed_headers:NAME}, {header:NAME}, {query:NAME}, {form:NAME} or {json:PATH}";

impl Segment {
    fn parse(name: &str) -> Option<Self> {
        Some(match name.split_once(':') {
            None => match name {
                "body" => Self::Body,
                "escaped_body" => Self::EscapedBody,
                "timestamp" => Self::Timestamp,
                "id" => Self::Id,
                "method" => Self::Method,
                "url" => Self::Url,
                "target" => Self::Target,
                "escaped_target" => Self::EscapedTarget,
                "secret" => Self::Secret,
                "params" => Self::Params,
                "crc32" => Self::Crc32,
                "sns" => Self::Sns,
                _ => return None,
            },
            Some((_, "")) => return None,
            Some(("signed_headers", name)) => Self::SignedHeaders(name.to_ascii_lowercase()),
            Some(("header", name)) => Self::Field(Field::Header(name.to_ascii_lowercase())),
            Some(("query", name)) => Self::Field(Field::Query(name.to_owned())),
            Some(("form", name)) => Self::Field(Field::Form(name.to_owned())),
            Some(("json", path)) => Self::Field(Field::Json(path.to_owned())),
            Some(_) => return None,
        })
    }
}

impl Template {
    /// Reads a template; the error says what is wrong with it and what to write.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, field) = match rest.split_once('{') {
                None => (rest, None),
                Some((literal, field)) => (literal, Some(field)),
            };
            if literal.contains('}') {
                return Err("there is a } without a {; braces only stand around a field".to_owned());
            }
            if !literal.is_empty() {
                segments.push(Segment::Text(literal.to_owned()));
            }
            let Some(field) = field else { break };
            let Some((name, after)) = field.split_once('}') else {
                return Err("there is a { without a }; braces only stand around a field".to_owned());
            };
            let Some(segment) = Segment::parse(name) else {
                return Err(format!("there is no field {{{name}}}; write {FIELDS}"));
            };
            if segments.contains(&segment) {
                return Err(format!("{{{name}}} is there twice; once is enough"));
            }
            segments.push(segment);
            rest = after;
        }
        Ok(Self { segments })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(crate) fn has(&self, segment: &Segment) -> bool {
        self.segments.contains(segment)
    }

    /// What stands before and after a segment; nothing if it is at an end, or not there at all.
    fn neighbours(&self, segment: &Segment) -> [Option<&Segment>; 2] {
        let Some(at) = self.segments.iter().position(|candidate| candidate == segment) else {
            return [None, None];
        };
        let before = at.checked_sub(1).and_then(|before| self.segments.get(before));
        [before, at.checked_add(1).and_then(|after| self.segments.get(after))]
    }

    /// A field whose value the sender chooses as it likes and beside which, with no text between, something stands that is
    /// not the same in every message: bytes could move from one to the other under one signature.
    pub(crate) fn open_field(&self) -> Option<&Field> {
        let is_open = |neighbour: &Segment| !matches!(neighbour, Segment::Text(_) | Segment::Secret);
        self.segments.iter().find_map(|segment| match segment {
            Segment::Field(field) if self.neighbours(segment).into_iter().flatten().any(is_open) => Some(field),
            _ => None,
        })
    }

    /// Whether something stands right beside the timestamp that could pass for a part of it, which is anything but text
    /// without a digit there; so it has to end by itself.
    pub(crate) fn timestamp_must_end_by_itself(&self) -> bool {
        let is_open = |neighbour: Option<&Segment>, facing: fn(&str) -> Option<u8>| match neighbour {
            None => false,
            Some(Segment::Text(text)) => facing(text).is_some_and(|byte| byte.is_ascii_digit()),
            Some(_) => true,
        };
        let [before, after] = self.neighbours(&Segment::Timestamp);
        is_open(before, |text| text.bytes().last()) || is_open(after, |text| text.bytes().next())
    }

    /// The byte that must not be in an id, so that the content can be taken apart in one way only: the byte that marks
    /// the id's end towards the body. If a timestamp stands there, a byte that every timestamp has: else an id could hold
    /// the true one, where the body has another further on. None if there is nothing beyond the timestamp. An error if
    /// something else stands there.
    ///
    /// Without it a sender's `id.time.body` with a dot in the id has the same signature as another id, another time and
    /// another body. The first byte of the text is enough, and for a text of several bytes it is the only safe choice:
    /// an id that ends with the start of the text would move the boundary too.
    pub(crate) fn id_terminator(&self, unit: TimestampUnit) -> Result<Option<u8>, String> {
        let place = |wanted: &Segment| self.segments.iter().position(|segment| segment == wanted);
        let Some(id) = place(&Segment::Id) else {
            return Ok(None);
        };
        let before_body = place(&Segment::Body).is_none_or(|body| id < body);
        let [before, after] = self.neighbours(&Segment::Id);
        let byte = match if before_body { after } else { before } {
            Some(Segment::Text(text)) if before_body => text.bytes().next(),
            Some(Segment::Text(text)) => text.bytes().last(),
            Some(Segment::Timestamp) => {
                let [before, after] = self.neighbours(&Segment::Timestamp);
                match (if before_body { after } else { before }, unit) {
                    (None, _) => return Ok(None),
                    (Some(_), TimestampUnit::Rfc3339) => Some(b':'),
                    (Some(_), TimestampUnit::Seconds | TimestampUnit::Milliseconds) => None,
                }
            }
            // At the end, with nothing or a timestamp on its other side: the rest is the id.
            None if matches!(before, None | Some(Segment::Timestamp)) => return Ok(None),
            _ => None,
        };
        byte.map(Some).ok_or_else(|| {
            "nothing separates {id} from the field beside it, so a part of one could pass for a part of the other; \
             write the text that the sender puts between them, as in \"{id}.{body}\""
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        for (template, hint) in [
            ("{ts}.{body}", "no field {ts}"),
            ("{body", "{ without a }"),
            ("body}", "} without a {"),
            ("{body}{body}", "twice"),
            ("{}", "no field {}"),
            ("{header:}", "no field {header:}"),
            ("{cookie:x}", "no field {cookie:x}"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert!(error.contains(hint), "{template}: {error}");
        }
    }

    #[test]
    fn the_terminator_faces_the_body() {
        let terminator = |template| Template::parse(template).unwrap().id_terminator(TimestampUnit::Seconds);
        assert_eq!(terminator("{timestamp}.{body}"), Ok(None));
        assert_eq!(terminator("{id}.{timestamp}.{body}"), Ok(Some(b'.')));
        assert_eq!(terminator("{timestamp}.{id}--{body}"), Ok(Some(b'-')));
        assert_eq!(terminator("{body}:|{id}"), Ok(Some(b'|')));
        assert_eq!(terminator("{timestamp}{id}"), Ok(None));
        assert_eq!(terminator("{id}{timestamp}"), Ok(None));
        for ambiguous in ["{id}{timestamp}{body}", "{body}{timestamp}{id}", "{timestamp}{id}{body}", "{body}{id}"] {
            assert!(terminator(ambiguous).is_err(), "{ambiguous}");
        }
        let before_a_date = |template| Template::parse(template).unwrap().id_terminator(TimestampUnit::Rfc3339);
        assert_eq!(before_a_date("{id}{timestamp}{body}"), Ok(Some(b':')));
        assert_eq!(before_a_date("{body}{timestamp}{id}"), Ok(Some(b':')));
    }

    #[test]
    fn a_field_of_the_senders_has_text_on_both_sides() {
        let is_open = |template| Template::parse(template).unwrap().open_field().is_some();
        for separated in
            ["{header:a}.{body}", "{json:a}", "v0:{query:a}:{form:b}", "{secret}{header:a}|{body}", "{url}{body}"]
        {
            assert!(!is_open(separated), "{separated}");
        }
        for open in ["{header:a}{body}", "{body}{query:a}", "{form:a}{json:b}.{body}", "{timestamp}{header:a}.{body}"] {
            assert!(is_open(open), "{open}");
        }
    }

    #[test]
    fn a_timestamp_beside_what_could_be_a_part_of_it_ends_by_itself() {
        let bare = |template| Template::parse(template).unwrap().timestamp_must_end_by_itself();
        assert!(!bare("v0:{timestamp}:{body}") && !bare("{timestamp}.{body}") && !bare("{body}"));
        assert!(bare("{timestamp}{body}") && bare("{body}{timestamp}") && bare("{id}{timestamp}.{body}"));
        assert!(bare("{timestamp}0.{body}") && bare("v0{timestamp}.{body}"));
    }
}
