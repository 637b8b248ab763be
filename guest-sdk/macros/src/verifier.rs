//! Turns a `fn` into a verifier's export. Knows the hidden names in `vestibule::__private`; knows nothing of the contract's
//! records.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Signature;

use crate::form::{Form, call};

/// What a verifier is.
pub(crate) const FORM: Form = Form {
    name: "verifier",
    counts: &[1],
    takes: "`(request: Request)`",
    returns: "a verdict: write `-> Result<Accepted, E>` with an `E` that implements `Display`",
    export,
};

/// The code beside the `fn`: as a handler's, a constant of the types that it must have on every target, and on WebAssembly
/// the component's export, which calls that.
fn export(signature: &Signature) -> TokenStream {
    let (arguments, name, returned) = call(signature, &["request"]);
    let verdict = quote_spanned! { returned => ::vestibule::__private::Verdict::verdict(#name(#(#arguments),*)) };
    let decided = quote! { ::core::result::Result<::vestibule::verifier::Accepted, ::std::string::String> };
    quote! {
        const _: () = {
            const VERIFY: fn(::vestibule::verifier::Request) -> #decided = |#(#arguments),*| #verdict;

            #[cfg(target_family = "wasm")]
            struct Verifier;

            #[cfg(target_family = "wasm")]
            impl ::vestibule::__private::verifier::Verifier for Verifier {
                fn call(request: ::vestibule::verifier::Request) -> #decided {
                    VERIFY(request)
                }
            }

            #[cfg(target_family = "wasm")]
            type Component = ::vestibule::__private::verifier::Exported<Verifier>;

            #[cfg(target_family = "wasm")]
            ::vestibule::__private::verifier::export!(
                Component with_types_in ::vestibule::__private::verifier::bindings
            );

            // Without this, a native build calls the verifier unused.
            let _ = VERIFY;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the author reads: the message of the error, or the empty string.
    fn message(item: TokenStream) -> String {
        FORM.exported(&TokenStream::new(), item).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn accepts_one_request() {
        assert_eq!(message(quote! { fn verify(request: Request) -> Result<Accepted, String> { answer(event) } }), "");
    }

    #[test]
    fn says_what_a_verifier_takes_and_returns() {
        for (item, why) in [
            (
                quote! { fn f() -> Result<Accepted, String> { answer(event) } },
                "takes `(request: Request)`, this one takes 0",
            ),
            (quote! { fn f(a: Request, b: Context) -> V { answer(event) } }, "this one takes 2 arguments"),
            (quote! { fn f(request: Request) {} }, "write `-> Result<Accepted, E>`"),
            (quote! { async fn f(request: Request) -> V { answer(event) } }, "a verifier is a plain `fn`"),
        ] {
            let message = message(item);
            assert!(message.contains(why), "{message:?} does not say {why:?}");
        }
    }
}
