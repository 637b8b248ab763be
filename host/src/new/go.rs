//! The files of a function in Go: a module. Knows nothing of what is put into them, nor of the project that it joins.

use super::template::{Chosen, Texts, template};

/// The test of the built component.
const COMPONENT_TEST: &str = "component_test.go";

/// The files of a function.
pub(super) fn files(chosen: &Chosen) -> Texts {
    let files = match chosen {
        Chosen::Http => template!("go/http": "main.go", "main_test.go", "component_test.go"),
        Chosen::Webhook(sender) if sender.sends_forms() => {
            template!("go/webhook-form": "main.go", "main_test.go", "component_test.go")
        }
        Chosen::Webhook(_) => template!("go/webhook": "main.go", "main_test.go", "component_test.go"),
        Chosen::Api => template!("go/api": "main.go", "notes.go", "main_test.go", "component_test.go"),
        Chosen::Auth => template!("go/auth": "main.go", "main_test.go", "component_test.go"),
    };
    let module = ("go.mod", include_str!("../../templates/go/function.mod"));
    let files = files.into_iter().filter(|(path, _)| chosen.can_be_played() || *path != COMPONENT_TEST);
    [module].into_iter().chain(files).collect()
}
