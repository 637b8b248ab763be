//! The attribute macros of the crate `vestibule`. They only hand tokens over: what a handler and a verifier are made into
//! is in `handler.rs` and `verifier.rs`, where tests reach it; what form they must have, in `form.rs`.

mod form;
mod handler;
mod verifier;

use proc_macro::TokenStream;

/// Documented where authors meet it, as `vestibule::handler`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::FORM.expand(arguments.into(), item.into()).into()
}

/// Documented where authors meet it, as `vestibule::verifier`.
#[proc_macro_attribute]
pub fn verifier(arguments: TokenStream, item: TokenStream) -> TokenStream {
    verifier::FORM.expand(arguments.into(), item.into()).into()
}
