//! Text of others in our log: what it may look like there.

use std::fmt::Write as _;

/// The longest line, in bytes. What is longer is cut.
pub(crate) const MAX_LINE: usize = 8 << 10;

/// `bytes` as text in one line: what is not UTF-8 is replaced, control characters (a line break, a terminal's escape)
/// and the characters that turn the direction of text are escaped, and it is cut at the longest line.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let bytes = bytes.get(..MAX_LINE).unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    for character in String::from_utf8_lossy(bytes).chars() {
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (character.is_control() && character != '\t') || turns {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
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
}
