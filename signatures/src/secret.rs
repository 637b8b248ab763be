//! Secrets as they are configured: a name that may be shown and a value that may not. Owns the decoding of a value into
//! the bytes of a key. Knows nothing of where secrets come from.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::algorithm::SecretEncoding;

/// A secret with its name. The value is wiped when this is dropped and appears in no output.
pub struct Secret {
    name: String,
    value: Zeroizing<Vec<u8>>,
}

/// Base64 as secrets are copied: the padding is often lost, and the bytes are the same without it.
const INDIFFERENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, INDIFFERENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, INDIFFERENT);

/// The bytes that a secret in either of Base64's alphabets stands for.
fn base64(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let engine = if value.iter().any(|byte| matches!(byte, b'-' | b'_')) { URL_SAFE } else { STANDARD };
    engine.decode(value).ok().map(Zeroizing::new)
}

impl Secret {
    /// A secret under the name by which errors and results speak of it.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: Zeroizing::new(value.into()) }
    }

    /// The secret's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes themselves: to be handed to cryptography or to the place where secrets are kept, and to nothing that
    /// prints them.
    pub fn expose(&self) -> &[u8] {
        &self.value
    }

    /// The bytes of the key, never none; the error says what is wrong, by name.
    pub(crate) fn decode(&self, encoding: SecretEncoding) -> Result<Zeroizing<Vec<u8>>, String> {
        let name = &self.name;
        let bytes = match encoding {
            SecretEncoding::Text => Some(self.value.clone()),
            SecretEncoding::Base64 => base64(&self.value),
            SecretEncoding::Hex => base16ct::mixed::decode_vec(self.value.as_slice()).ok().map(Zeroizing::new),
            SecretEncoding::Whsec => base64(self.value.strip_prefix(b"whsec_").unwrap_or(&self.value)),
            SecretEncoding::WhsecOrText => match self.value.strip_prefix(b"whsec_") {
                Some(value) => base64(value),
                None => Some(self.value.clone()),
            },
            // The hash of nothing is a key that everybody knows.
            SecretEncoding::Sha1 if self.value.is_empty() => Some(self.value.clone()),
            SecretEncoding::Sha1 => Some(Zeroizing::new(Sha1::digest(&*self.value).to_vec())),
        };
        let bytes = bytes.ok_or_else(|| match encoding {
            SecretEncoding::Hex => {
                format!("the secret {name} is not hexadecimal; write it as the provider shows it")
            }
            _ => format!("the secret {name} is not Base64; write it as the provider shows it, all of it"),
        })?;
        if bytes.is_empty() {
            return Err(self.is_empty());
        }
        Ok(bytes)
    }

    /// The secret as text, which public keys are.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.value).ok()
    }

    /// The secret as a token, which is sent in a header as it is; never empty.
    pub(crate) fn token(&self) -> Result<&str, String> {
        let text = std::str::from_utf8(&self.value).ok();
        let sendable = text.filter(|t| t.trim() == *t && !t.chars().any(char::is_control));
        match sendable {
            Some("") => Err(self.is_empty()),
            Some(text) => Ok(text),
            None => Err(format!(
                "the secret {} holds a line break, a space at an end or bytes that are not text, which no header \
                 can carry; write the token alone",
                self.name
            )),
        }
    }

    fn is_empty(&self) -> String {
        format!("the secret {} is empty, so anybody could sign with it; set it to the provider's secret", self.name)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(value: &str, encoding: SecretEncoding) -> Result<Vec<u8>, String> {
        Secret::new("NAME", value).decode(encoding).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn text_is_taken_as_it_is() {
        let text = decode("whsec_YWJj", SecretEncoding::Text).unwrap();
        assert_eq!(text, b"whsec_YWJj");
    }

    #[test]
    fn whsec_is_base64_with_or_without_its_prefix_and_padding() {
        for value in ["whsec_YWJjZA==", "whsec_YWJjZA", "YWJjZA==", "YWJjZA"] {
            assert_eq!(decode(value, SecretEncoding::Whsec).unwrap(), b"abcd");
        }
        assert_eq!(decode("0aFF", SecretEncoding::Hex).unwrap(), [0x0a, 0xff]);
        assert_eq!(decode("-_8=", SecretEncoding::Base64).unwrap(), [0xfb, 0xff]);
        assert_eq!(decode("whsec_YWJj", SecretEncoding::WhsecOrText).unwrap(), b"abc");
        assert_eq!(decode("abc", SecretEncoding::WhsecOrText).unwrap(), b"abc");
        let hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(hex::encode(decode("abc", SecretEncoding::Sha1).unwrap()), hash);
    }

    #[test]
    fn what_cannot_be_a_key_is_named_and_never_shown() {
        for (value, encoding, hint) in [
            ("", SecretEncoding::Text, "is empty"),
            ("whsec_", SecretEncoding::Whsec, "is empty"),
            ("whsec_", SecretEncoding::WhsecOrText, "is empty"),
            ("", SecretEncoding::Sha1, "is empty"),
            ("+-aa", SecretEncoding::Base64, "not Base64"),
            ("hunter2!", SecretEncoding::Base64, "not Base64"),
            ("whsec_hunter2!", SecretEncoding::Whsec, "not Base64"),
            ("hunter2!", SecretEncoding::Hex, "not hexadecimal"),
        ] {
            let error = decode(value, encoding).unwrap_err();
            assert!(error.contains("NAME") && error.contains(hint), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_token_is_what_a_header_can_carry() {
        let token = |value: &[u8]| Secret::new("NAME", value).token().map(str::to_owned);
        assert_eq!(token(b"gl token-1").unwrap(), "gl token-1");
        for value in [&b""[..], b"hunter2\n", b" hunter2", b"\xffhunter2"] {
            let error = token(value).unwrap_err();
            assert!(error.contains("NAME") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_shows_the_name_only() {
        let shown = format!("{:?}", Secret::new("NAME", "hunter2"));
        assert_eq!(shown, "Secret { name: \"NAME\", .. }");
    }
}
