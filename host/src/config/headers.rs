//! `[headers]` of a policy, or of the defaults: headers that the host adds to a function's answers. Their names are the
//! user's to choose; those that are added anyway are keys of their own. Keys and settings stand together.

use http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue};
use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::key::{Custom, Group, Key, Read, Typed};
use super::problem::{Problems, Wrong, quoted};
use super::units::article;
use crate::browser::BY_DEFAULT;
use crate::hop;

/// The most headers of a table: they go out with every answer.
const MAX_HEADERS: usize = 32;

/// The longest value, in bytes. Content security policies grow long.
const MAX_VALUE: usize = 4 << 10;

/// Edits by which a name may differ from one of [`KNOWN`] and still be taken for it.
const SLIP: usize = 2;

/// Headers whose misspelt name would be sent to browsers that look for the right one.
const KNOWN: [&str; 10] = [
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "cache-control",
    "content-security-policy",
    "strict-transport-security",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
];

/// What a policy says of the headers that are added to a function's answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadersPolicy {
    /// Each header that is mentioned, with its value; none if it is not to be added.
    lines: Vec<(HeaderName, Option<HeaderValue>)>,
}

impl HeadersPolicy {
    /// Whether a header is said something of.
    pub fn mentions(&self, name: &HeaderName) -> bool {
        self.lines.iter().any(|(mentioned, _)| mentioned == name)
    }

    /// The headers that are to be added.
    pub fn added(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.lines.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

type Line = Option<HeaderValue>;

static CONTENT_TYPE_OPTIONS: Custom<Line> = Custom {
    name: "x-content-type-options",
    kind: "text or `false`",
    otherwise: "`\"nosniff\"`",
    meaning: "Has browsers take an answer for what its `content-type` says and for nothing else. A function's own does not \
              count beside it.",
    read: |value| line(&X_CONTENT_TYPE_OPTIONS, value),
};

static REFERRER: Custom<Line> = Custom {
    name: "referrer-policy",
    kind: "text or `false`",
    otherwise: "`\"same-origin\"`",
    meaning: "Which requests of a page that the function answers carry its URL.",
    read: |value| line(&REFERRER_POLICY, value),
};

static FRAME_OPTIONS: Custom<Line> = Custom {
    name: "x-frame-options",
    kind: "text or `false`",
    otherwise: "`\"DENY\"`",
    meaning: "Which pages may show an answer in a frame: none, or with `\"SAMEORIGIN\"` those of the host.",
    read: |value| line(&X_FRAME_OPTIONS, value),
};

static CACHE: Custom<Line> = Custom {
    name: "cache-control",
    kind: "text or `false`",
    otherwise: "`\"no-store\"`",
    meaning: "Whether an answer may be kept by browsers and by what is between them and the host.",
    read: |value| line(&CACHE_CONTROL, value),
};

/// Headers of answers.
pub(super) static HEADERS: Group = Group {
    table: "headers",
    about: "Headers that the host adds to every answer of the function, refusals too, unless the function has one of that \
            name itself: those below, and any other that is written here with a fixed value, as `x-robots-tag = \
            \"noindex\"`. `false` leaves one of those below out. 32 at most, of 4 KiB each. What they are for, and which \
            cannot be written here, is told in [browsers](browser.md#headers-of-answers).",
    keys: &[&CONTENT_TYPE_OPTIONS, &REFERRER, &FRAME_OPTIONS, &CACHE],
    tables: &[],
    later: &[],
};

static KEYS: [&Custom<Line>; 4] = [&CONTENT_TYPE_OPTIONS, &REFERRER, &FRAME_OPTIONS, &CACHE];

/// Reads the table; what is wrong with it, the problems say.
pub(super) fn read(table: &mut Section<'_>, problems: &mut Problems) -> HeadersPolicy {
    let mut policy = HeadersPolicy::default();
    let values = table.take_all();
    if values.len() > MAX_HEADERS {
        let message = format!("{} headers; {MAX_HEADERS} are the most", values.len());
        problems.push(table.whole(Wrong::new(message, "write fewer")));
    }
    for (key, value) in values {
        let read = name(&key).and_then(|name| {
            if policy.mentions(&name) {
                return Err(vec![Wrong::new("is there already, in another case", "write it only once")]);
            }
            let known = KEYS.iter().find(|known| known.name() == name.as_str());
            let value = known.map_or_else(|| line(&name, &value), |known| known.read(&value))?;
            Ok((name, value))
        });
        match read {
            Ok(line) => policy.lines.push(line),
            Err(wrongs) => wrongs.into_iter().for_each(|wrong| problems.push(table.problem(&key, wrong))),
        }
    }
    policy
}

/// The name of a header that may be written here.
fn name(text: &str) -> Read<HeaderName> {
    let wrong = |message: String, fix: &str| Err(vec![Wrong::new(message, fix)]);
    let Ok(name) = HeaderName::try_from(text) else {
        return wrong(format!("{} is not the name of a header", quoted(text)), "write a header's name: x-robots-tag");
    };
    let about_one_answer = [
        "content-type",
        "content-encoding",
        "content-range",
        "content-location",
        "etag",
        "last-modified",
        "location",
        "allow",
        "set-cookie",
        "set-cookie2",
    ];
    match name.as_str() {
        of_cors if of_cors.starts_with("access-control-") => {
            return wrong("pages of other origins have a table of their own".into(), "write [cors] instead");
        }
        "content-length" | "date" | "x-request-id" | "www-authenticate" | "retry-after" => {
            return wrong("the host writes it itself, where it belongs".into(), "remove it");
        }
        of_rates if of_rates.starts_with("ratelimit") => {
            return wrong("the host writes it itself, where it belongs".into(), "remove it");
        }
        _ if hop::is_always(&name) => {
            return wrong("is about the connection, which is the host's own".into(), "remove it");
        }
        of_one if about_one_answer.contains(&of_one) => {
            return wrong("is about one answer, and not the same for all".into(), "set it in the function");
        }
        other => {
            let slip = KNOWN.iter().find(|known| (1..=SLIP).contains(&strsim::damerau_levenshtein(other, known)));
            if let Some(meant) = slip {
                return wrong("unknown header".into(), &format!("did you mean `{meant}`?"));
            }
        }
    }
    Ok(name)
}

/// The value of the header `name`: none if it is to be left out.
fn line(name: &HeaderName, value: &Spanned<DeValue<'_>>) -> Read<Line> {
    let by_default = BY_DEFAULT.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let wrong = |message: String, fix: &str| Err(vec![Wrong::new(message, fix)]);
    let text = match value.get_ref() {
        DeValue::Boolean(false) if by_default.is_some() => return Ok(None),
        DeValue::Boolean(false) => return wrong("is not added by default".into(), "remove it"),
        DeValue::String(text) => text.as_ref(),
        other if by_default.is_some() => {
            let message = format!("{} stands where a text or false is wanted", article(other));
            return wrong(message, "write a text in quotes, or false to leave the header out");
        }
        other => return wrong(format!("{} stands where a text is wanted", article(other)), "write a text in quotes"),
    };
    if text.is_empty() || text.trim() != text {
        let fix =
            if by_default.is_some() { "write a value, or false to leave the header out" } else { "write a value" };
        return wrong("is empty, or begins or ends with a space".into(), fix);
    }
    if text.len() > MAX_VALUE {
        return wrong(format!("longer than {MAX_VALUE} bytes"), "write a shorter value");
    }
    if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let message = "holds a control character, a line break, or what is not ASCII";
        return wrong(message.into(), "write letters, digits, spaces and signs of ASCII alone");
    }
    check_words(name, text).map_err(|wrong| vec![wrong])?;
    HeaderValue::try_from(text).map(Some).map_err(|_| {
        vec![Wrong::new("is not the value of a header", "write letters, digits, spaces and signs of ASCII alone")]
    })
}

/// Browsers pass over words that they do not know: a slip would take the protection away, and nobody would see it.
fn check_words(name: &HeaderName, text: &str) -> Result<(), Wrong> {
    let words: &[&str] = match name.as_str() {
        "x-content-type-options" => &["nosniff"],
        "x-frame-options" => &["DENY", "SAMEORIGIN"],
        "cross-origin-resource-policy" => &["same-origin", "same-site", "cross-origin"],
        "referrer-policy" => &[
            "no-referrer",
            "no-referrer-when-downgrade",
            "origin",
            "origin-when-cross-origin",
            "same-origin",
            "strict-origin",
            "strict-origin-when-cross-origin",
            "unsafe-url",
        ],
        _ => return Ok(()),
    };
    if words.contains(&text) {
        return Ok(());
    }
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Err(Wrong::new(
        format!("{} is none of the words it takes", quoted(text)),
        format!("write one of {}", words.join(", ")),
    ))
}
