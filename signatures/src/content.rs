//! The signed content of one message: a template filled in, piece by piece and in one pass; what a sender writes into an
//! id or a body is never read as a template. The body is lent, not copied. Owns what each field of a template stands for.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use smallvec::SmallVec;

use crate::header::Header;
use crate::message::Message;
use crate::template::{Segment, Template};
use crate::{Refused, form, sns};

/// The values that a template takes from elsewhere than the message itself. One that the template does not have may be
/// empty.
#[derive(Default)]
pub(crate) struct Values<'m> {
    pub(crate) timestamp: Cow<'m, [u8]>,
    pub(crate) id: Cow<'m, [u8]>,
    /// The header with the timestamp, if a header with a list of signed headers must name it.
    pub(crate) timestamp_header: Option<&'m str>,
}

/// A content in pieces.
pub(crate) struct Content<'m> {
    /// Few schemes have more than five: an id, a time, the body and what stands between.
    pieces: SmallVec<[Piece<'m>; 5]>,
}

enum Piece<'m> {
    Bytes(Cow<'m, [u8]>),
    /// The URL, of which there may be several forms.
    Url,
    /// The secret, of which there may be several.
    Secret,
}

impl<'m> Content<'m> {
    /// Fills in a template.
    pub(crate) fn new(template: &'m Template, message: &Message<'m>, values: &Values<'m>) -> Result<Self, Refused> {
        let fill = |segment: &'m Segment| {
            Ok(Piece::Bytes(match segment {
                Segment::Text(text) => Cow::Borrowed(text.as_bytes()),
                Segment::Body => Cow::Borrowed(message.body),
                Segment::EscapedBody => escaped_body(message.body),
                Segment::Timestamp => values.timestamp.clone(),
                Segment::Id => values.id.clone(),
                Segment::Method => Cow::Borrowed(message.method.as_bytes()),
                Segment::Url => return Ok(Piece::Url),
                Segment::Target => Cow::Borrowed(message.target().as_bytes()),
                Segment::EscapedTarget => Cow::Owned(escaped_target(message.target()).into_bytes()),
                Segment::Secret => return Ok(Piece::Secret),
                Segment::Params => Cow::Owned(params(message)?),
                Segment::Crc32 => Cow::Owned(crc32fast::hash(message.body).to_string().into_bytes()),
                Segment::SignedHeaders(list) => Cow::Owned(signed_headers(list, message, values.timestamp_header)?),
                Segment::Sns => Cow::Owned(sns::content(message.body)?),
                Segment::Field(field) => field.read(message)?.unwrap_or_default(),
            }))
        };
        Ok(Self { pieces: template.segments().iter().map(fill).collect::<Result<_, _>>()? })
    }

    /// The pieces, with this URL and this secret where they belong.
    pub(crate) fn pieces<'a>(&'a self, url: &'a str, secret: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.pieces.iter().map(move |piece| match piece {
            Piece::Bytes(bytes) => &**bytes,
            Piece::Url => url.as_bytes(),
            Piece::Secret => secret,
        })
    }

    /// Whether the URL is a part of it.
    pub(crate) fn has_url(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Url))
    }
}

/// The body with every character from U+007F on as the `\uXXXX` of its UTF-16 units. Two texts that are escaped to the
/// same are the same JSON. A body that is no UTF-8 is left as it is.
fn escaped_body(body: &[u8]) -> Cow<'_, [u8]> {
    let text = match std::str::from_utf8(body) {
        Ok(text) if !text.chars().all(|c| c < '\u{7f}') => text,
        _ => return Cow::Borrowed(body),
    };
    let mut escaped = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if c < '\u{7f}' {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&format!("\\u{unit:04x}"));
        }
    }
    Cow::Owned(escaped.into_bytes())
}

/// What `encodeURI` of JavaScript leaves as it is, besides letters and digits (ECMA-262, section 19.2.6.4).
const URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// What `querystring.escape` of Node.js leaves as it is, besides letters and digits.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*');

fn escaped_target(target: &str) -> String {
    match target.split_once('?') {
        Some((path, query)) if !query.is_empty() => {
            let query = utf8_percent_encode(query, QUERY).to_string();
            format!("{}?{}", utf8_percent_encode(path, URI), utf8_percent_encode(&query, URI))
        }
        _ => utf8_percent_encode(target.trim_end_matches('?'), URI).to_string(),
    }
}

/// The most parameters of a form that are sorted: before a message is proven, what it costs is bounded. Real ones have some
/// dozens.
const MOST_PARAMETERS: usize = 1000;

/// Whether the body says that it is a form.
pub(crate) fn is_form(message: &Message<'_>) -> bool {
    match message.headers.get("content-type") {
        Header::One(kind) => {
            let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default();
            kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        }
        Header::Missing | Header::Repeated => false,
    }
}

/// Names and values of the form in the body, sorted by name; values of one name are there once each, sorted.
fn params(message: &Message<'_>) -> Result<Vec<u8>, Refused> {
    if message.body.is_empty() {
        return Ok(Vec::new());
    }
    // A body of another type could hold what no form shows.
    if !is_form(message) {
        return Err(Refused::NoForm);
    }
    let mut parameters: Vec<_> = form::parameters(message.body).take(MOST_PARAMETERS + 1).collect();
    if parameters.len() > MOST_PARAMETERS {
        return Err(Refused::TooMany { place: "the form".to_owned() });
    }
    parameters.sort();
    parameters.dedup();
    Ok(parameters.into_iter().flat_map(|(name, value)| [name, value]).flat_map(Cow::into_owned).collect())
}

/// The headers that the header `list` names, in lower case and sorted. The one with the timestamp must be among them.
fn signed_headers(list: &str, message: &Message<'_>, timestamp: Option<&str>) -> Result<Vec<u8>, Refused> {
    let place = |name: &str| format!("the header {name}");
    let missing = |name: &str| Refused::Missing { place: place(name) };
    let one = |name: &str| match message.headers.get(name) {
        Header::One(value) => Ok(value),
        Header::Missing => Err(missing(name)),
        Header::Repeated => Err(Refused::Repeated { place: place(name) }),
    };
    let names = std::str::from_utf8(one(list)?).map_err(|_| Refused::Unreadable { place: place(list) })?;
    let mut names: Vec<String> = names.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    names.sort();
    names.dedup();
    if let Some(timestamp) = timestamp
        && !names.iter().any(|name| name == timestamp)
    {
        return Err(Refused::NotSigned { place: place(timestamp) });
    }
    let mut content = Vec::new();
    for name in &names {
        if !content.is_empty() {
            content.push(b';');
        }
        content.extend([name.as_bytes(), b":", one(name)?].concat());
    }
    Ok(content)
}

/// A header's value as it may stand in a URL, for whoever signs.
pub(crate) fn query_value(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, message: &Message<'_>, values: &Values<'_>) -> String {
        let template = Template::parse(template).unwrap();
        let values = Values { timestamp: values.timestamp.clone(), id: values.id.clone(), timestamp_header: None };
        let content = Content::new(&template, message, &values).unwrap();
        String::from_utf8(content.pieces("https://u.example/", b"s").flatten().copied().collect()).unwrap()
    }

    const NONE: [(&str, &str); 0] = [];

    fn values(timestamp: &'static str, id: &'static str) -> Values<'static> {
        Values { timestamp: timestamp.as_bytes().into(), id: id.as_bytes().into(), timestamp_header: None }
    }

    #[test]
    fn fills_in_every_field() {
        let headers = [("x-a", "A"), ("list", "X-B, x-a"), ("x-b", "B")];
        let message =
            Message { method: "PUT", url: "https://u.example/p/ä?q=1&r=ü", headers: &headers, body: br#"{"j":"J"}"# };
        for (template, expected) in [
            ("v0:{timestamp}:{id}", "v0:7:i"),
            ("{method} {url} {secret}", "PUT https://u.example/ s"),
            ("{target}", "/p/ä?q=1&r=ü"),
            ("{escaped_target}", "/p/%C3%A4?q%253D1%2526r%253D%25C3%25BC"),
            ("{header:X-A}{header:none}|{json:j}|{query:q}", "A|J|1"),
            ("{signed_headers:list}", "x-a:A;x-b:B"),
            ("{crc32}", "1605312318"),
            ("{body}", r#"{"j":"J"}"#),
            ("{escaped_body}", r#"{"j":"J"}"#),
        ] {
            assert_eq!(render(template, &message, &values("7", "i")), expected, "{template}");
        }
    }

    #[test]
    fn an_escaped_body_is_the_same_json_in_ascii() {
        assert_eq!(*escaped_body("{\"a\":\"é\u{7f}🚀\"}".as_bytes()), *br#"{"a":"\u00e9\u007f\ud83d\ude80"}"#);
        assert_eq!(*escaped_body(b"\xff{}"), *b"\xff{}");
    }

    #[test]
    fn values_are_never_read_as_a_template() {
        let message = Message::new(&NONE, b"{id}$&");
        let filled = render("{id}.{timestamp}.{body}", &message, &values("{body}", "{timestamp}{body}"));
        assert_eq!(filled, "{timestamp}{body}.{body}.{id}$&");
    }

    #[test]
    fn parameters_are_sorted_by_code_unit_and_there_once_each() {
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=UTF-8")];
        let message = Message::new(&headers, b"b=1&B=2&a=x+y&b=1&b=0");
        assert_eq!(render("{params}", &message, &values("", "")), "B2ax yb0b1");
        let message = Message::new(&NONE, b"b=1");
        assert!(matches!(params(&message), Err(Refused::NoForm)));
        assert_eq!(params(&Message::new(&NONE, b"")).unwrap(), b"");
    }

    #[test]
    fn signed_headers_are_there_once_each_and_name_the_timestamp() {
        let refused = |headers: &[(&str, &str)], timestamp| {
            signed_headers("list", &Message::new(&headers, b""), timestamp).unwrap_err().kind()
        };
        assert_eq!(refused(&[("list", "x-a,time"), ("time", "1")], None), "missing");
        assert_eq!(refused(&[("list", "time"), ("time", "1"), ("time", "2")], None), "repeated");
        assert_eq!(refused(&[("list", "x-a"), ("x-a", "1")], Some("time")), "not_signed");
    }
}
