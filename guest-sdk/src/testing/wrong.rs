//! What is wrong with an answer, in words; nothing, if it is as expected. The assertions about the answers of handlers and of
//! hosts (in the crate `vestibule-test`) are made of this, so that both hold for the same and say the same.

use std::fmt::Write as _;

use serde_json::Value;

/// Bytes of a body that are shown.
const SHOWN: usize = 8 << 10;

/// An answer as one reads it on a wire.
pub fn show<'a>(status: u16, headers: impl Iterator<Item = (&'a str, &'a str)>, body: &[u8]) -> String {
    let mut text = format!("{status}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    let start = body.get(..SHOWN).unwrap_or(body);
    let _ = write!(text, "\n{}", String::from_utf8_lossy(start));
    if body.len() > start.len() {
        let _ = write!(text, "… ({} bytes)", body.len());
    }
    text
}

/// If the status is another.
pub fn status(is: u16, expected: u16) -> Option<String> {
    (is != expected).then(|| format!("the status is {is}, expected {expected}"))
}

/// If no header of the name has the value.
pub fn header<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>, name: &str, value: &str) -> Option<String> {
    let mut first = None;
    for (_, held) in headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
        if held == value {
            return None;
        }
        first.get_or_insert(held);
    }
    let is = first.map_or("missing".to_owned(), |held| format!("{held:?}"));
    Some(format!("the header {name} is {is}, expected {value:?}"))
}

/// If there is a header of the name.
pub fn no_header<'a>(mut headers: impl Iterator<Item = (&'a str, &'a str)>, name: &str) -> Option<String> {
    headers.any(|(key, _)| key.eq_ignore_ascii_case(name)).then(|| format!("the header {name} is there"))
}

/// If the body is another.
pub fn body(is: &[u8], expected: &[u8]) -> Option<String> {
    (is != expected).then(|| format!("the body is another than expected,\n{}\n", String::from_utf8_lossy(expected)))
}

/// If the body, read as text, does not have this in it.
pub fn body_contains(is: &[u8], part: &str) -> Option<String> {
    (!String::from_utf8_lossy(is).contains(part)).then(|| format!("the body does not contain {part:?}"))
}

/// If the body is another JSON, or none.
pub fn json(is: &[u8], expected: &Value) -> Option<String> {
    match serde_json::from_slice::<Value>(is) {
        Ok(found) if found == *expected => None,
        Ok(_) => Some(format!("the body is another JSON than expected,\n{expected:#}\n")),
        Err(error) => Some(format!("the body is no JSON ({error})")),
    }
}

/// If the body does not have all members of the object, or is no JSON.
pub fn json_includes(is: &[u8], part: &Value) -> Option<String> {
    match serde_json::from_slice(is) {
        Ok(found) => {
            let path = missing(&found, part, "$")?;
            Some(format!("{path} of the JSON body is another than in\n{part:#}\n"))
        }
        Err(error) => Some(format!("the body is no JSON ({error})")),
    }
}

/// Where `found` has not what `part` has.
fn missing(found: &Value, part: &Value, path: &str) -> Option<String> {
    match (found, part) {
        (Value::Object(found), Value::Object(part)) => part.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match found.get(name) {
                Some(found) => missing(found, value, &path),
                None => Some(path),
            }
        }),
        _ => (found != part).then(|| path.to_owned()),
    }
}
