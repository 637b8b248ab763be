//! Secrets that a function may read. Owns how one is asked for and that nothing prints it; whether the function may have it is
//! decided by the host, and in a native test by [`testing`](crate::testing).

use std::fmt;

use zeroize::Zeroizing;

/// The secret of this name, which the function's policy grants with `secrets = ["NAME"]` under `[grants]`.
///
/// A test says what there is with [`testing::grant_secret`](crate::testing::grant_secret); no native build looks into the
/// environment.
///
/// ```
/// use vestibule::{Event, Response, SecretError, secret, testing};
///
/// fn handle(_: Event) -> Result<Response, SecretError> {
///     let key = secret("SENDGRID_KEY")?;
///     Ok(Response::text(format!("a key of {} characters", key.text()?.len())))
/// }
///
/// assert!(handle(Event::get("/")).is_err());
/// testing::grant_secret("SENDGRID_KEY", "SG.12345");
/// assert_eq!(handle(Event::get("/")).unwrap().body_text(), Ok("a key of 8 characters"));
/// ```
///
/// # Errors
/// If the function may not read it. The text says what to write into its policy.
pub fn secret(name: &str) -> Result<Secret, SecretError> {
    match get(name) {
        Ok(value) => Ok(Secret { name: name.to_owned(), value: Zeroizing::new(value) }),
        Err(why) => Err(SecretError(why)),
    }
}

#[cfg(target_family = "wasm")]
fn get(name: &str) -> Result<Vec<u8>, String> {
    crate::bindings::bindings::vestibule::function::secrets::get(name)
}

#[cfg(not(target_family = "wasm"))]
fn get(name: &str) -> Result<Vec<u8>, String> {
    crate::testing::readable(name)
}

/// A secret's value. It is not shown by `{:?}`, and wiped from memory when it is dropped.
pub struct Secret {
    name: String,
    value: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// The value, exactly as it is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.value
    }

    /// The value as text.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn text(&self) -> Result<&str, SecretError> {
        std::str::from_utf8(&self.value).map_err(|_| SecretError(format!("the secret {} is not text", self.name)))
    }
}

/// The name alone.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a secret cannot be read. Holds no part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretError(String);

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SecretError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_secret_is_there_when_it_was_granted_and_is_not_shown() {
        testing::grant_secret("KEY", "correct horse");
        let key = secret("KEY").unwrap();
        assert_eq!((key.bytes(), key.text()), (&b"correct horse"[..], Ok("correct horse")));
        assert_eq!(format!("{key:?}"), "Secret { name: \"KEY\", .. }");
    }

    #[test]
    fn what_is_not_granted_is_not_looked_for_elsewhere() {
        // There is hardly a process without it.
        assert!(std::env::var("PATH").is_ok());
        let text = secret("PATH").unwrap_err().to_string();
        assert!(text.contains(r#"secrets = ["PATH"]"#), "{text}");
        testing::grant_sign("KEY", "correct horse");
        assert!(secret("KEY").is_err(), "to sign with it is not to read it");
    }

    #[test]
    fn a_secret_that_is_no_text_says_so_without_a_part_of_it() {
        testing::grant_secret("KEY", b"abc\xff");
        assert_eq!(secret("KEY").unwrap().text().unwrap_err().to_string(), "the secret KEY is not text");
    }
}
