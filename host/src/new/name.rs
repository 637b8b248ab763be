//! What a function may be called: a segment of a route and a crate at once. Knows nothing of what is made under the name.

use std::fmt;

/// The longest name, in characters: a line that holds one in a generated file is still a short one.
const LONGEST: usize = 40;

/// Rust's keywords, which no crate can be called.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What a function's crate would be taken for.
const CRATES: [&str; 11] = [
    "alloc",
    "core",
    "proc-macro",
    "serde",
    "serde-json",
    "std",
    "test",
    "vestibule",
    "vestibule-host",
    "vestibule-macros",
    "vestibule-test",
];

/// Folders that a project has for something else.
const FOLDERS: [&str; 2] = ["functions", "target"];

/// The name of a function: lower-case letters, digits and `-`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Takes a name as it was typed.
    ///
    /// # Errors
    /// If it cannot be one; the text says why, and what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        if is_plain(text) {
            return match trouble(text) {
                None => Ok(Self(text.to_owned())),
                Some(trouble) => Err(format!("a function cannot be called {text:?}: {trouble}; write another name")),
            };
        }
        let like = like(text);
        let example = if is_plain(&like) && trouble(&like).is_none() { &like } else { "payments" };
        let route = if is_like_a_route(text) {
            format!("; then, to answer at that route, write route = {text:?} into its manifest (docs/project.md)")
        } else {
            String::new()
        };
        Err(format!(
            "a function cannot be called {text:?}; write lower-case letters, digits and single - between them, a letter \
             first, {LONGEST} characters at most: {example}{route}"
        ))
    }

    /// The name, as it is in the route and the crate.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as the beginning of a secret's name: `PAYMENTS` of `payments`.
    pub fn upper(&self) -> String {
        self.0.replace('-', "_").to_ascii_uppercase()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plain(text: &str) -> bool {
    let is_one_of_ours = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    text.len() <= LONGEST
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(is_one_of_ours)
}

/// Whether it is a route that takes more than a name: `users/x`, `users/[id]`.
fn is_like_a_route(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/[].".contains(&byte);
    text.contains(['/', '[']) && !text.starts_with(['/', '.']) && !text.ends_with('/') && text.bytes().all(is_plain)
}

/// What is wrong with a name that is made of the right characters.
fn trouble(name: &str) -> Option<&'static str> {
    if KEYWORDS.contains(&name) {
        Some("it is a word of Rust's")
    } else if CRATES.contains(&name) {
        Some("it is the name of a crate that functions are built with")
    } else if FOLDERS.contains(&name) {
        Some("the project has a folder of this name for something else")
    } else if name == "index" {
        Some("functions/index.wasm serves the root and nothing below it")
    } else {
        None
    }
}

/// The nearest thing to a name that is made of the right characters.
fn like(text: &str) -> String {
    let mut like = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            like.push(character);
        } else if !like.ends_with('-') {
            like.push('-');
        }
    }
    let first = |character: char| !character.is_ascii_lowercase();
    like.trim_start_matches(first).chars().take(LONGEST).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Segment;

    #[test]
    fn a_name_is_a_route_and_a_crate() {
        for name in ["a", "payments", "github-webhook", "v2", &"a".repeat(LONGEST)] {
            let parsed = Name::parse(name).expect(name);
            assert_eq!(parsed.as_str(), name);
            assert_eq!(Segment::parse(name).unwrap(), Segment::Literal(name.to_owned()));
        }
        assert_eq!(Name::parse("github-webhook").unwrap().upper(), "GITHUB_WEBHOOK");
    }

    #[test]
    fn another_name_is_refused_with_what_to_write() {
        for (text, written) in [
            ("Pay Ments", ": pay-ments"),
            ("my_function", ": my-function"),
            ("2fast", ": fast"),
            ("../etc/passwd", ": etc-passwd"),
            ("a/b", ": a-b; then, to answer at that route, write route = \"a/b\" into its manifest (docs/project.md)"),
            ("[id]", "write route = \"[id]\" into its manifest (docs/project.md)"),
            ("", ": payments"),
            ("-", ": payments"),
            ("a--b", ": a-b"),
            ("Fn", ": payments"),
            (&"b".repeat(LONGEST + 1), &format!(": {}", "b".repeat(LONGEST))),
        ] {
            let error = Name::parse(text).expect_err(text);
            assert!(error.ends_with(written), "{error}");
        }
        for (text, why) in [
            ("match", "word of Rust's"),
            ("serde-json", "crate"),
            ("functions", "folder"),
            ("index", "serves the root"),
        ] {
            let error = Name::parse(text).expect_err(text);
            assert!(error.contains(why) && error.ends_with("write another name"), "{error}");
        }
    }
}
