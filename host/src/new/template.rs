//! What a new function starts from, and the seam for languages: a template has the same name and the same policy in each,
//! and a language says which files make a function of it. Knows nothing of projects.

use clap::ValueEnum;

use super::change::Files;
use super::error::Error;
use super::name::Name;
use super::webhook::Sender;
use super::{c, go, javascript, python, rust};

/// Files by their paths in a function's folder, with the words of the templates still in them.
pub(super) type Texts = Vec<(&'static str, &'static str)>;

/// Files of a folder of `host/templates`.
macro_rules! template {
    ($folder:literal: $($file:literal),+) => {
        vec![$(($file, include_str!(concat!("../../templates/", $folder, "/", $file)))),+]
    };
}
pub(super) use template;

/// The template of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Answers a GET with what its query says
    Http,
    /// Receives webhooks whose signature the host has checked; goes with --scheme
    Webhook,
    /// An API: several paths and methods, JSON, a store that keeps things
    Api,
    /// For callers with a key: who is calling, and what roles let them do
    Auth,
}

/// The language of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// A crate
    Rust,
    /// A folder with a package.json, in JavaScript
    #[value(alias = "javascript")]
    Js,
    /// The same, in TypeScript
    #[value(alias = "typescript")]
    Ts,
    /// A folder with a pyproject.toml
    Python,
    /// A module
    Go,
    /// Sources and a compile_flags.txt; no template api
    C,
}

/// A template with what it needs.
pub(super) enum Chosen {
    Http,
    Webhook(Sender),
    Api,
    Auth,
}

/// The policies that are the same for every sender.
const HTTP_POLICY: &str = include_str!("../../templates/policy/http.toml");
const API_POLICY: &str = include_str!("../../templates/policy/api.toml");
const AUTH_POLICY: &str = include_str!("../../templates/policy/auth.toml");

/// The payloads, likewise.
const HTTP_PAYLOAD: &str = include_str!("../../templates/fixture/http.json");
const API_PAYLOAD: &str = include_str!("../../templates/fixture/api.json");
const AUTH_PAYLOAD: &str = include_str!("../../templates/fixture/auth.json");

impl Chosen {
    /// The template's name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Webhook(_) => "webhook",
            Self::Api => "api",
            Self::Auth => "auth",
        }
    }

    /// Whether whoever tries the function out can send it what it lets in.
    pub(super) fn can_be_played(&self) -> bool {
        match self {
            Self::Webhook(sender) => sender.can_be_played(),
            Self::Http | Self::Api | Self::Auth => true,
        }
    }

    /// The policy of a function.
    fn policy(&self, name: &Name) -> String {
        match self {
            Self::Http => filled(HTTP_POLICY, Language::Rust, name, self),
            Self::Webhook(sender) => sender.policy(name),
            Self::Api => filled(API_POLICY, Language::Rust, name, self),
            Self::Auth => filled(AUTH_POLICY, Language::Rust, name, self),
        }
    }

    /// The payload that tests and tries send, and its file.
    fn payload(&self) -> (String, Vec<u8>) {
        let (extension, bytes) = match self {
            Self::Http => ("json", HTTP_PAYLOAD.as_bytes().to_vec()),
            Self::Webhook(sender) => sender.payload(),
            Self::Api => ("json", API_PAYLOAD.as_bytes().to_vec()),
            Self::Auth => ("json", AUTH_PAYLOAD.as_bytes().to_vec()),
        };
        (format!("fixtures/example.{extension}"), bytes)
    }

    /// Where that file is, from the project's folder.
    pub(super) fn payload_file(&self, name: &Name) -> String {
        format!("{name}/{}", self.payload().0)
    }
}

/// The files of a function, from its folder. With those of a test of the component only if there is a test kit.
///
/// # Errors
/// If the language has no such template.
pub(super) fn files(chosen: &Chosen, language: Language, name: &Name, has_test_kit: bool) -> Result<Files, Error> {
    let texts = match language {
        Language::Rust => rust::files(chosen, has_test_kit),
        Language::Js => javascript::files(chosen, false),
        Language::Ts => javascript::files(chosen, true),
        Language::Python => python::files(chosen),
        Language::Go => go::files(chosen),
        Language::C => c::files(chosen)?,
    };
    let mut files: Files = Vec::new();
    for (path, text) in texts {
        files.push((path.into(), filled(text, language, name, chosen).into_bytes()));
    }
    let (payload, bytes) = chosen.payload();
    files.push((payload.into(), bytes));
    files.push((format!("{name}.toml").into(), chosen.policy(name).into_bytes()));
    Ok(files)
}

/// A template's text with the words of this function in it. The templates have them in upper case, and in texts and
/// comments alone, so that they read as code.
fn filled(text: &str, language: Language, name: &Name, chosen: &Chosen) -> String {
    let (scheme, user) = match chosen {
        Chosen::Webhook(sender) => (sender.scheme.name(), sender.user()),
        _ => ("", ""),
    };
    let text = text.replace("NAME_SECRET", &format!("{}_SECRET", name.upper()));
    let text = text.replace("NAME_KEY", &format!("{}_KEY", name.upper()));
    // A word of the templates' own, which the scheme's name is put beside.
    let text = text.replace("\"SCHEME\"", &format!("\"{scheme}\"")).replace("\"PAIR", &format!("\"{user}"));
    // Tests are the same with types and without, and name the file that they test.
    let ending = if language == Language::Ts { "ts" } else { "js" };
    text.replace("index.EXT\"", &format!("index.{ending}\"")).replace("NAME", name.as_str())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Access, Policy, PolicyBase};

    #[test]
    fn the_policies_of_all_templates_are_right_and_declare_who_may_call() {
        let name = Name::parse("x").unwrap();
        // As `host.toml` defines it, which is written with such a function.
        let base = PolicyBase { providers: ["x".to_owned()].into(), ..PolicyBase::default() };
        for (chosen, access) in
            [(Chosen::Http, Access::Public), (Chosen::Api, Access::Public), (Chosen::Auth, Access::Protected)]
        {
            let text = chosen.policy(&name);
            let policy = Policy::check(Path::new("x.toml"), &text, &base);
            let policy = policy.unwrap_or_else(|problems| panic!("{}: {problems}", chosen.name()));
            assert_eq!(policy.access, access, "{}", chosen.name());
        }
    }

    #[test]
    fn no_word_of_the_templates_is_left_in_a_function() {
        let name = Name::parse("my-function").unwrap();
        let webhook = |scheme| Chosen::Webhook(Sender::of(scheme).unwrap());
        for chosen in [Chosen::Http, Chosen::Api, Chosen::Auth, webhook("github"), webhook("twilio")] {
            for language in Language::value_variants() {
                let Ok(files) = files(&chosen, *language, &name, true) else {
                    assert!(
                        matches!((language, &chosen), (Language::C, Chosen::Api)),
                        "{language:?} {}",
                        chosen.name()
                    );
                    continue;
                };
                assert!(files.len() >= 5, "{language:?} {}", chosen.name());
                for (path, bytes) in files {
                    let text = String::from_utf8(bytes).unwrap();
                    assert!(
                        !text.contains("NAME") && !text.contains("\"SCHEME\"") && !text.contains("EXT\""),
                        "{}:\n{text}",
                        path.display()
                    );
                }
            }
        }
    }

    #[test]
    fn a_component_that_nobody_here_can_send_anything_to_has_no_test() {
        let chosen = Chosen::Webhook(Sender::of("discord").unwrap());
        for language in Language::value_variants() {
            let files = files(&chosen, *language, &Name::parse("x").unwrap(), true).unwrap();
            assert!(!files.iter().any(|(path, _)| path.to_string_lossy().contains("component")), "{language:?}");
        }
    }
}
