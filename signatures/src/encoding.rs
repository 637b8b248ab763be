//! How signatures are written: strict decoding (one spelling for each value) and encoding. Knows nothing of headers.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::algorithm::Encoding;
use crate::key::Tag;

impl Encoding {
    /// The bytes of a signature of this length; nothing if it is written in any other way than this encoding's one.
    pub(crate) fn decode(self, text: &[u8], length: usize) -> Option<Tag> {
        // Longer than any signature, as the Base64 decoder may want room for a whole last group of three bytes.
        let mut buffer = [0_u8; Tag::CAPACITY + 8];
        let written = match self {
            Self::Hex => base16ct::lower::decode(text, &mut buffer).ok()?.len(),
            Self::HexAnyCase => base16ct::mixed::decode(text, &mut buffer).ok()?.len(),
            Self::Base64 => STANDARD.decode_slice(text, &mut buffer).ok()?,
            Self::Base64Url => URL_SAFE_NO_PAD.decode_slice(text, &mut buffer).ok()?,
        };
        if written != length {
            return None;
        }
        buffer.get(..length).map(Tag::new)
    }

    /// The bytes of a signature of any length up to `most`, by the same rule.
    pub(crate) fn decode_any(self, text: &[u8], most: usize) -> Option<Vec<u8>> {
        // Hex is the longest way to write a byte.
        if text.len() > most.saturating_mul(2) {
            return None;
        }
        let bytes = match self {
            Self::Hex => base16ct::lower::decode_vec(text).ok(),
            Self::HexAnyCase => base16ct::mixed::decode_vec(text).ok(),
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode(text).ok(),
        };
        bytes.filter(|bytes| bytes.len() <= most)
    }

    /// The one way to write these bytes.
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex | Self::HexAnyCase => hex::encode(bytes),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    /// The encoding in words, for a log.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Hex => "lower-case hexadecimal",
            Self::HexAnyCase => "hexadecimal",
            Self::Base64 => "Base64",
            Self::Base64Url => "URL-safe Base64 without padding",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(encoding: Encoding, text: &str) -> bool {
        encoding.decode(text.as_bytes(), 20).is_some()
    }

    #[test]
    fn hex_has_one_case_unless_the_scheme_says_any() {
        let lower = "0c78a04c81773b25d0bc31fcd45bf2ac5b0449a3";
        let upper = lower.to_uppercase();
        assert!(accepts(Encoding::Hex, lower));
        assert!(!accepts(Encoding::Hex, &upper));
        assert!(accepts(Encoding::HexAnyCase, &upper));
        for junk in [&lower[..38], &format!("{lower}00"), &format!("{lower}zz"), &format!(" {lower}")] {
            assert!(!accepts(Encoding::Hex, junk), "{junk}");
            assert!(!accepts(Encoding::HexAnyCase, junk), "{junk}");
        }
    }

    #[test]
    fn base64_has_one_alphabet_one_padding_and_no_stray_bits() {
        // Twenty bytes of 0xFB: both alphabets differ on it, and the last group has two spare bits.
        let standard = "+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
        let url_safe = "-_v7-_v7-_v7-_v7-_v7-_v7-_s";
        assert!(accepts(Encoding::Base64, standard));
        assert!(accepts(Encoding::Base64Url, url_safe));
        for (encoding, text) in [
            (Encoding::Base64, "+/v7+/v7+/v7+/v7+/v7+/v7+/s"),
            (Encoding::Base64, "+/v7+/v7+/v7+/v7+/v7+/v7+/t="),
            (Encoding::Base64, "+/v7+/v7+/v7+/v7+/v7+/v7+/s= "),
            (Encoding::Base64, "+/v7+/v7+/v7+/v7+/v7+/v7+/s=="),
            (Encoding::Base64, "-_v7-_v7-_v7-_v7-_v7-_v7-_s="),
            (Encoding::Base64Url, "-_v7-_v7-_v7-_v7-_v7-_v7-_s="),
            (Encoding::Base64Url, "+/v7+/v7+/v7+/v7+/v7+/v7+/s"),
        ] {
            assert!(!accepts(encoding, text), "{text}");
        }
    }

    #[test]
    fn the_longest_signature_fits_in_every_encoding() {
        let bytes = [0xa5_u8; Tag::CAPACITY];
        for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
            let text = encoding.encode(&bytes);
            let tag = encoding.decode(text.as_bytes(), bytes.len()).unwrap();
            assert_eq!(tag.as_bytes(), bytes);
        }
    }
}
