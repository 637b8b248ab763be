//! The files of a function in Rust: a crate. Knows nothing of what is put into them, nor of the project that it joins.

use super::template::{Chosen, Texts};

const MANIFEST: &str = include_str!("../../templates/rust/function.toml");

/// What a manifest ends with where functions are tested with the test kit.
const WITH_TEST_KIT: &str = include_str!("../../templates/rust/function-tested.toml");

/// The files of a function.
pub(super) fn files(chosen: &Chosen, has_test_kit: bool) -> Texts {
    let manifest = if has_test_kit { WITH_TEST_KIT } else { MANIFEST };
    let mut files = vec![("Cargo.toml", manifest)];
    match chosen {
        Chosen::Http => files.push(("src/lib.rs", include_str!("../../templates/rust/http/lib.rs"))),
        Chosen::Webhook(sender) if sender.sends_forms() => {
            files.push(("src/lib.rs", include_str!("../../templates/rust/webhook-form/lib.rs")));
        }
        Chosen::Webhook(_) => files.push(("src/lib.rs", include_str!("../../templates/rust/webhook/lib.rs"))),
        Chosen::Api => {
            files.push(("src/lib.rs", include_str!("../../templates/rust/api/lib.rs")));
            files.push(("src/notes.rs", include_str!("../../templates/rust/api/notes.rs")));
            files.push(("src/tests.rs", include_str!("../../templates/rust/api/tests.rs")));
        }
        Chosen::Auth => files.push(("src/lib.rs", include_str!("../../templates/rust/auth/lib.rs"))),
    }
    if has_test_kit && let Some(test) = component_test(chosen) {
        files.push(("tests/component.rs", test));
    }
    files
}

/// The test of the built component; none where nobody but the sender can sign what it would send.
fn component_test(chosen: &Chosen) -> Option<&'static str> {
    match chosen {
        Chosen::Http => Some(include_str!("../../templates/rust/http/component.rs")),
        Chosen::Webhook(sender) if !sender.can_be_played() => None,
        Chosen::Webhook(sender) if sender.sends_forms() => {
            Some(include_str!("../../templates/rust/webhook-form/component.rs"))
        }
        Chosen::Webhook(_) => Some(include_str!("../../templates/rust/webhook/component.rs")),
        Chosen::Api => Some(include_str!("../../templates/rust/api/component.rs")),
        Chosen::Auth => Some(include_str!("../../templates/rust/auth/component.rs")),
    }
}
