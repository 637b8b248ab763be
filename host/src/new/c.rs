//! The files of a function in C: sources and the flags that they are compiled with. Knows nothing of what is put into them, nor
//! of the project that it joins.

use super::error::Error;
use super::template::{Chosen, Texts, template};

/// The test of the built component.
const COMPONENT_TEST: &str = "tests/component.c";

/// The files of a function.
///
/// # Errors
/// If there is no such template in C.
pub(super) fn files(chosen: &Chosen) -> Result<Texts, Error> {
    let files = match chosen {
        Chosen::Http => template!("c/http": "handler.c", "tests/handler.c", "tests/component.c"),
        Chosen::Webhook(sender) if sender.sends_forms() => {
            template!("c/webhook-form": "handler.c", "tests/handler.c", "tests/component.c")
        }
        Chosen::Webhook(_) => template!("c/webhook": "handler.c", "tests/handler.c", "tests/component.c"),
        Chosen::Auth => template!("c/auth": "handler.c", "tests/handler.c", "tests/component.c"),
        Chosen::Api => {
            return Err(Error::usage(
                "there is no template `api` in C, whose SDK reads no JSON; write --template http, webhook or auth, or another \
                 language: --lang rust, js, ts, python or go",
            ));
        }
    };
    let flags = ("compile_flags.txt", include_str!("../../templates/c/compile_flags.txt"));
    let files = files.into_iter().filter(|(path, _)| chosen.can_be_played() || *path != COMPONENT_TEST);
    Ok([flags].into_iter().chain(files).collect())
}
