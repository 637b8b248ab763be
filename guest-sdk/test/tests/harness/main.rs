//! The harness itself, against both backends: what it says of a request has to be the same, whoever serves. The functions are
//! those of `examples/`, built by `./just examples`; the command is the one that `./just build` builds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod alone;
mod callers;
mod servers;
mod setup;
mod stores;
mod webhooks;

use vestibule_test::{Backend, Builder, Host};

/// Has each of these functions, which take a backend, run against both.
macro_rules! on_both_backends {
    ($($test:ident),+ $(,)?) => {
        mod command {
            $(#[test] fn $test() { super::$test(vestibule_test::Backend::Command) })+
        }
        mod in_process {
            $(#[test] fn $test() { super::$test(vestibule_test::Backend::InProcess) })+
        }
    };
}
pub(crate) use on_both_backends;

/// An example, with its own policy.
fn example(name: &str, backend: Backend) -> Builder {
    Host::with(format!("../../target/functions/{name}.wasm")).backend(backend)
}
