//! Files that tests read: payloads as a provider sends them, orders to begin with. Owns where they lie; what is in them is the
//! test's business.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// The bytes of a file in the crate's folder `fixtures`, as `push.json` or `github/push.json`: what a provider sent, byte for
/// byte, so that its signature stays good.
///
/// ```no_run
/// use vestibule::testing::{fixture, mock_signed_webhook};
///
/// let (event, context) = mock_signed_webhook("github", "s3cret", fixture("push.json")).with_event_type("push").build();
/// ```
///
/// A fixture that is put together is a plain function: `fn missing_divisor() -> Event { … }`.
///
/// # Panics
/// If there is no such file; the message names the folder and what is in it.
#[track_caller]
pub fn fixture(name: &str) -> Vec<u8> {
    let folder = folder();
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => bytes,
        Err(error) => panic!("the fixture {name}: {error}; {}", there_is(&folder)),
    }
}

/// A fixture, read as JSON.
///
/// # Panics
/// If there is no such file, or it is no JSON of this shape.
#[track_caller]
pub fn fixture_json<T: DeserializeOwned>(name: &str) -> T {
    match serde_json::from_slice(&fixture(name)) {
        Ok(value) => value,
        Err(error) => panic!("the fixture {name}: {error}"),
    }
}

/// The folder of the crate that is tested: cargo says which that is.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default().join("fixtures")
}

fn there_is(folder: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return format!("there is no folder {}: make it, beside the crate's Cargo.toml", folder.display());
    };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    if names.is_empty() {
        return format!("{} is empty", folder.display());
    }
    format!("{} holds {}", folder.display(), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixture_comes_byte_for_byte_and_one_that_is_missing_says_what_there_is() {
        assert_eq!(fixture("orders.json").first(), Some(&b'{'));
        let orders: serde_json::Value = fixture_json("orders.json");
        assert_eq!(orders["orders"]["1Z-1"]["status"], "PLACED");
        let missing = std::panic::catch_unwind(|| fixture("order.json")).unwrap_err();
        let text = missing.downcast_ref::<String>().unwrap();
        assert!(text.contains("order.json") && text.contains("fixtures holds orders.json"), "{text}");
    }
}
