//! Text of others in our log: what it may look like there.

use std::fmt::Write as _;
use std::io::Write as _;

/// The longest line, in bytes, as it stands in the log. What is longer is cut.
pub(crate) const MAX_LINE: usize = 8 << 10;

/// Says a line on standard error, before there is a log or where there is none. Whoever closed it does not want to know, and
/// the exit status tells all the same.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// `bytes` as text in one line: what is not UTF-8 is replaced, control characters (a line break, a terminal's escape)
/// and the characters that turn the direction of text are escaped, and it is cut at the longest line.
pub(crate) fn printable(bytes: &[u8]) -> String {
    shortened(bytes, MAX_LINE)
}

/// `bytes` as [`printable`] has them, cut where they come to more than `most` bytes: of what is written, so that nobody
/// makes a long line of few bytes that have to be escaped.
pub(crate) fn shortened(bytes: &[u8], most: usize) -> String {
    // Nearly always.
    if bytes.len() <= most && bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let bytes = bytes.get(..most).unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    for character in String::from_utf8_lossy(bytes).chars() {
        let before = text.len();
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (character.is_control() && character != '\t') || turns {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
        }
        if text.len() > most {
            text.truncate(before);
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_cannot_forge_a_line_or_drive_a_terminal() {
        assert_eq!(printable(b"ok\nINFO forged \x1b[31m\xff"), "ok\\nINFO forged \\u{1b}[31m\u{fffd}");
        assert_eq!(printable("a\u{202e}b".as_bytes()), "a\\u{202e}b");
    }

    #[test]
    fn what_is_escaped_is_cut_at_the_same_length() {
        for one in ["\0", "\u{202e}", "\u{e4}", "x"] {
            let text = printable(one.repeat(MAX_LINE).as_bytes());
            assert!(text.len() <= MAX_LINE && text.len() > MAX_LINE - 16, "{one:?}: {}", text.len());
        }
        assert_eq!(shortened(b"abc\x1bdef", 8), "abc");
    }
}
