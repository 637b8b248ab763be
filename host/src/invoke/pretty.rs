//! A body as people read it on a terminal: JSON one value a line and in colour, other text as it is but for what a terminal
//! would obey, and what is no text not at all. What a program reads is not changed here. JSON keeps its order and its numbers:
//! it is laid out anew, and not read.

use serde::de::IgnoredAny;

use crate::observe::text::shortened;

/// How the reader likes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// With colours.
    Coloured,
    /// Without.
    Plain,
}

const KEY: &str = "\u{1b}[34m";
const STRING: &str = "\u{1b}[32m";
const OTHER: &str = "\u{1b}[33m";
const END: &str = "\u{1b}[0m";

/// The body as text for a terminal; none if it is no text.
pub(crate) fn for_people(body: &[u8], look: Look) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| !text.contains('\0'))?;
    let mut shown = if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        laid_out(text, look)
    } else {
        let lines = text.split('\n').map(|line| harmless(line.strip_suffix('\r').unwrap_or(line)));
        lines.collect::<Vec<_>>().join("\n")
    };
    if !shown.is_empty() && !shown.ends_with('\n') {
        shown.push('\n');
    }
    Some(shown)
}

/// A line without what a terminal would obey.
fn harmless(line: &str) -> String {
    shortened(line.as_bytes(), usize::MAX)
}

/// JSON, one value a line.
fn laid_out(json: &str, look: Look) -> String {
    let mut out = Layout { text: String::with_capacity(json.len() * 2), depth: 0, look };
    let mut rest = json.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(length(rest, first));
        let after = after.trim_start();
        match first {
            '{' | '[' if after.starts_with(['}', ']']) => {
                out.text.push_str(token);
                out.text.push_str(after.get(..1).unwrap_or_default());
                rest = after.get(1..).unwrap_or_default().trim_start();
                continue;
            }
            '{' | '[' => {
                out.depth += 1;
                out.text.push_str(token);
                out.new_line();
            }
            '}' | ']' => {
                out.depth = out.depth.saturating_sub(1);
                out.new_line();
                out.text.push_str(token);
            }
            ',' => {
                out.text.push_str(token);
                out.new_line();
            }
            ':' => out.text.push_str(": "),
            '"' if after.starts_with(':') => out.coloured(KEY, token),
            '"' => out.coloured(STRING, token),
            _ => out.coloured(OTHER, token),
        }
        rest = after;
    }
    out.text
}

/// How long the token is that begins with `first`. The text is JSON.
fn length(text: &str, first: char) -> usize {
    match first {
        '"' => {
            let mut is_escaped = false;
            let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
                let ends = *byte == b'"' && !is_escaped;
                is_escaped = *byte == b'\\' && !is_escaped;
                ends
            });
            end.map_or(text.len(), |(place, _)| place + 1)
        }
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        _ => text.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(text.len()),
    }
}

struct Layout {
    text: String,
    depth: usize,
    look: Look,
}

impl Layout {
    fn new_line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn coloured(&mut self, colour: &str, token: &str) {
        let token = harmless(token);
        match self.look {
            Look::Coloured => self.text.extend([colour, &token, END]),
            Look::Plain => self.text.push_str(&token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(body: &str) -> String {
        for_people(body.as_bytes(), Look::Plain).unwrap()
    }

    #[test]
    fn json_is_laid_out_and_keeps_its_order_and_its_numbers() {
        let json = r#"{"z":[1.50,{"a":"x, \"y\": {"},[]],"a":{ } , "n":null,"e":1e400}"#;
        let expected = "{\n  \"z\": [\n    1.50,\n    {\n      \"a\": \"x, \\\"y\\\": {\"\n    },\n    []\n  ],\n  \"a\": {},\n  \
                        \"n\": null,\n  \"e\": 1e400\n}\n";
        assert_eq!(plain(json), expected);
        // What is laid out once stays so.
        assert_eq!(plain(expected), expected);
        assert_eq!(plain("\"a\\\\\""), "\"a\\\\\"\n");
        assert_eq!(plain(" 7 "), "7\n");
    }

    #[test]
    fn colours_are_around_values() {
        let shown = for_people(br#"{"a":true}"#, Look::Coloured).unwrap();
        assert_eq!(shown, "{\n  \u{1b}[34m\"a\"\u{1b}[0m: \u{1b}[33mtrue\u{1b}[0m\n}\n");
    }

    #[test]
    fn no_body_drives_a_terminal_and_what_is_no_text_is_not_shown() {
        assert_eq!(plain("a\u{1b}[31m\r\nb\u{9b}\n"), "a\\u{1b}[31m\nb\\u{9b}\n");
        assert_eq!(plain("\"a\u{9b}\u{202e}\""), "\"a\\u{9b}\\u{202e}\"\n");
        assert_eq!(plain(""), "");
        assert_eq!(for_people(b"\xff", Look::Plain), None);
        assert_eq!(for_people(b"a\0b", Look::Plain), None);
    }
}
