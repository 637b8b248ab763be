//! The files of a function in JavaScript or TypeScript: a package of npm's. Knows nothing of what is put into them, nor of who
//! installs what they need.

use super::name::Name;
use super::template::{Chosen, Texts, template};

/// What is kept out of version control besides.
pub(super) const IGNORED: [&str; 2] = ["# What npm installs.", "node_modules/"];

/// The test of the built component.
const COMPONENT_TEST: &str = "component.test.js";

/// What has to be run once before a function is built, from the project's folder.
pub(super) fn prepare(name: &Name) -> String {
    format!("npm install --prefix {name}")
}

/// The files of a function, with types or without. Its tests are in JavaScript either way: node runs them as they are.
pub(super) fn files(chosen: &Chosen, has_types: bool) -> Texts {
    let sources = match (chosen, has_types) {
        (Chosen::Http, false) => template!("javascript/http": "index.js"),
        (Chosen::Http, true) => template!("javascript/http": "index.ts"),
        (Chosen::Webhook(sender), false) if sender.sends_forms() => template!("javascript/webhook-form": "index.js"),
        (Chosen::Webhook(sender), true) if sender.sends_forms() => template!("javascript/webhook-form": "index.ts"),
        (Chosen::Webhook(_), false) => template!("javascript/webhook": "index.js"),
        (Chosen::Webhook(_), true) => template!("javascript/webhook": "index.ts"),
        (Chosen::Api, false) => template!("javascript/api": "index.js", "notes.js"),
        (Chosen::Api, true) => template!("javascript/api": "index.ts", "notes.ts"),
        (Chosen::Auth, false) => template!("javascript/auth": "index.js"),
        (Chosen::Auth, true) => template!("javascript/auth": "index.ts"),
    };
    let tests = match chosen {
        Chosen::Http => template!("javascript/http": "index.test.js", "component.test.js"),
        Chosen::Webhook(sender) if sender.sends_forms() => {
            template!("javascript/webhook-form": "index.test.js", "component.test.js")
        }
        Chosen::Webhook(_) => template!("javascript/webhook": "index.test.js", "component.test.js"),
        Chosen::Api => template!("javascript/api": "index.test.js", "component.test.js"),
        Chosen::Auth => template!("javascript/auth": "index.test.js", "component.test.js"),
    };
    let package = if has_types {
        vec![
            ("package.json", include_str!("../../templates/javascript/package-ts.json")),
            ("tsconfig.json", include_str!("../../templates/javascript/tsconfig.json")),
        ]
    } else {
        vec![("package.json", include_str!("../../templates/javascript/package.json"))]
    };
    let tests = tests.into_iter().filter(|(path, _)| chosen.can_be_played() || *path != COMPONENT_TEST);
    package.into_iter().chain(sources).chain(tests).collect()
}
