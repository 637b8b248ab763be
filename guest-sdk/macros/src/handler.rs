//! Turns a `fn` into a function's export. Knows the hidden names in `vestibule::__private`; knows nothing of the contract's
//! records.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Signature;

use crate::form::{Form, call};

/// What a handler is.
pub(crate) const FORM: Form = Form {
    name: "handler",
    counts: &[1, 2],
    takes: "`(event: Event)` or `(event: Event, context: Context)`",
    returns: "an answer: write `-> Response`, or `-> Result<Response, E>` with an `E` that implements `Display`",
    export,
};

/// The code beside the `fn`. On every target a constant names the handler with the types that it must have, so that a
/// wrong type is an error in a native build too; on WebAssembly the component's export calls that constant.
fn export(signature: &Signature) -> TokenStream {
    let (arguments, name, returned) = call(signature, &["event", "context"]);
    let ignored = (arguments.len() == 1).then(|| quote! { _ });
    let answer = quote_spanned! { returned => ::vestibule::__private::Answer::answer(#name(#(#arguments),*)) };
    let answered = quote! { ::core::result::Result<::vestibule::Response, ::std::string::String> };
    quote! {
        const _: () = {
            const HANDLE: fn(::vestibule::Event, ::vestibule::Context) -> #answered =
                |#(#arguments,)* #ignored| #answer;

            #[cfg(target_family = "wasm")]
            struct Handler;

            #[cfg(target_family = "wasm")]
            impl ::vestibule::__private::Function for Handler {
                fn call(event: ::vestibule::Event, context: ::vestibule::Context) -> #answered {
                    HANDLE(event, context)
                }
            }

            #[cfg(target_family = "wasm")]
            type Component = ::vestibule::__private::Exported<Handler>;

            #[cfg(target_family = "wasm")]
            ::vestibule::__private::export!(Component with_types_in ::vestibule::__private::bindings);

            // Without this, a native build calls the handler unused.
            let _ = HANDLE;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the author reads: the message of the error, or the empty string.
    fn message(arguments: TokenStream, item: TokenStream) -> String {
        FORM.exported(&arguments, item).map_or_else(|error| error.to_string(), |_| String::new())
    }

    fn refused(item: TokenStream, why: &str) {
        let message = message(TokenStream::new(), item);
        assert!(message.contains(why), "{message:?} does not say {why:?}");
    }

    #[test]
    fn accepts_one_argument_and_two() {
        for item in [
            quote! { fn handle(event: Event) -> Response { answer(event) } },
            quote! { pub fn f(event: vestibule::Event, _: Context) -> Result<Response, String> { answer(event) } },
            quote! { #[inline] fn handle(Event { .. }: Event,) -> impl Answer { answer(event) } },
        ] {
            assert_eq!(message(TokenStream::new(), item), "");
        }
    }

    #[test]
    fn refuses_what_cannot_be_called() {
        refused(quote! { async fn f(event: Event) -> Response { answer(event) } }, "remove `async`");
        refused(quote! { fn f(&self, event: Event) -> Response { answer(event) } }, "a handler is no method");
        refused(quote! { fn f<T>(event: Event) -> Response { answer(event) } }, "no generic parameters");
        refused(quote! { unsafe fn f(event: Event) -> Response { answer(event) } }, "remove `unsafe`");
        refused(quote! { extern "C" fn f(event: Event) -> Response { answer(event) } }, "remove `extern`");
    }

    #[test]
    fn says_how_many_arguments_there_are() {
        refused(quote! { fn f() -> Response { answer(event) } }, "takes 0 arguments");
        refused(quote! { fn f(a: Event, b: Context, c: u8) -> Response { answer(event) } }, "takes 3 arguments");
    }

    #[test]
    fn asks_for_an_answer() {
        refused(quote! { fn f(event: Event) {} }, "write `-> Response`");
    }

    #[test]
    fn belongs_on_a_fn() {
        refused(quote! { struct Handler; }, "belongs on a `fn`");
        refused(quote! { fn f(event: Event) -> Response; }, "belongs on a `fn` with a body");
    }

    #[test]
    fn takes_no_arguments_of_its_own() {
        let item = quote! { fn f(event: Event) -> Response { answer(event) } };
        assert!(message(quote! { timeout = "5s" }, item).contains("policy file"));
    }

    #[test]
    fn keeps_the_fn_whether_it_is_accepted_or_not() {
        for item in [
            quote! { fn f(event: Event) -> Response { body() } },
            quote! { async fn f(event: Event) -> Response { body() } },
        ] {
            let expanded = FORM.expand(TokenStream::new(), item.clone()).to_string();
            assert!(expanded.starts_with(&item.to_string()), "{expanded}");
        }
    }
}
