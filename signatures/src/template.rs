//! The template of the signed content. Owns its grammar and the single pass in which it is filled in: values are handed
//! on as they are, never searched for fields. Knows nothing of where the values come from.

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
    Body,
    Timestamp,
    Id,
}

/// The values that a template is filled with. A field that the template does not have may be empty.
pub(crate) struct Values<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) timestamp: &'a [u8],
    pub(crate) id: &'a [u8],
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
            let segment = match name {
                "body" => Segment::Body,
                "timestamp" => Segment::Timestamp,
                "id" => Segment::Id,
                _ => {
                    return Err(format!("there is no field {{{name}}}; write {{body}}, {{timestamp}} or {{id}}"));
                }
            };
            if segments.contains(&segment) {
                return Err(format!("{{{name}}} is there twice; once is enough"));
            }
            segments.push(segment);
            rest = after;
        }
        Ok(Self { segments })
    }

    pub(crate) fn has(&self, segment: &Segment) -> bool {
        self.segments.contains(segment)
    }

    /// The content as a sequence of pieces, so that nothing is copied.
    pub(crate) fn pieces<'a>(&'a self, values: &'a Values<'a>) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.segments.iter().map(|segment| match segment {
            Segment::Text(text) => text.as_bytes(),
            Segment::Body => values.body,
            Segment::Timestamp => values.timestamp,
            Segment::Id => values.id,
        })
    }

    /// The byte that must not be in an id, so that the content can be taken apart in one way only: the byte that marks
    /// the id's end towards the body. An error if the template has no text there.
    ///
    /// Without it a sender's `id.time.body` with a dot in the id has the same signature as another id, another time and
    /// another body. The first byte of the text is enough, and for a text of several bytes it is the only safe choice:
    /// an id that ends with the start of the text would move the boundary too.
    pub(crate) fn id_terminator(&self) -> Result<Option<u8>, String> {
        let Some(id) = self.segments.iter().position(|s| *s == Segment::Id) else {
            return Ok(None);
        };
        let body = self.segments.iter().position(|s| *s == Segment::Body);
        let before_body = body.is_none_or(|body| id < body);
        let neighbour = if before_body { id.checked_add(1) } else { id.checked_sub(1) };
        let neighbour = neighbour.and_then(|position| self.segments.get(position));
        let byte = match neighbour {
            Some(Segment::Text(text)) if before_body => text.bytes().next(),
            Some(Segment::Text(text)) => text.bytes().last(),
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

    fn render(template: &str, body: &str, timestamp: &str, id: &str) -> String {
        let template = Template::parse(template).unwrap();
        let values = Values { body: body.as_bytes(), timestamp: timestamp.as_bytes(), id: id.as_bytes() };
        let bytes: Vec<u8> = template.pieces(&values).flatten().copied().collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn fills_in_every_field() {
        assert_eq!(render("v0:{timestamp}:{body}", "B", "7", ""), "v0:7:B");
        assert_eq!(render("{id}.{timestamp}.{body}", "B", "7", "i"), "i.7.B");
    }

    #[test]
    fn values_are_never_read_as_a_template() {
        assert_eq!(
            render("{id}.{timestamp}.{body}", "{id}$&", "{body}", "{timestamp}{body}"),
            "{timestamp}{body}.{body}.{id}$&"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (template, hint) in [
            ("{ts}.{body}", "no field {ts}"),
            ("{body", "{ without a }"),
            ("body}", "} without a {"),
            ("{body}{body}", "twice"),
            ("{}", "no field {}"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert!(error.contains(hint), "{template}: {error}");
        }
    }

    #[test]
    fn the_terminator_faces_the_body() {
        let terminator = |template| Template::parse(template).unwrap().id_terminator();
        assert_eq!(terminator("{timestamp}.{body}"), Ok(None));
        assert_eq!(terminator("{id}.{timestamp}.{body}"), Ok(Some(b'.')));
        assert_eq!(terminator("{timestamp}.{id}--{body}"), Ok(Some(b'-')));
        assert_eq!(terminator("{body}:|{id}"), Ok(Some(b'|')));
        assert!(terminator("{id}{timestamp}{body}").is_err());
        assert!(terminator("{body}{id}").is_err());
    }
}
