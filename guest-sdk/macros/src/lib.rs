//! The attribute macro of the crate `vestibule`. It only hands tokens over: what a handler is made into is in
//! `handler.rs`, where tests reach it.

mod handler;

use proc_macro::TokenStream;

/// Documented where authors meet it, as `vestibule::handler`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(arguments.into(), item.into()).into()
}
