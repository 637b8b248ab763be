//! Turns a `fn` into the component's export: checks its form, keeps it as it is, and adds the code that calls it. Knows
//! the hidden names in `vestibule::__private`; knows nothing of the contract's records.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, ReturnType, Safety, Signature};

/// The `fn` and what makes it the handler; or the `fn` and an error that says why it cannot be one. The `fn` is kept in
/// both cases, so that a mistake in its form does not bring a second error wherever it is named.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match handler(&arguments, item.clone()) {
        Ok(export) => quote! { #item #export },
        Err(error) => {
            let error = error.into_compile_error();
            quote! { #item #error }
        }
    }
}

fn handler(arguments: &TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "`handler` takes no arguments: what the host decides about a function is in its policy file",
        ));
    }
    let whole = item.to_token_stream();
    let function: ItemFn = syn::parse2(item)
        .map_err(|_| Error::new_spanned(whole, "`handler` belongs on a `fn` with a body, outside of any `impl`"))?;
    check(&function.sig)?;
    Ok(export(&function.sig))
}

fn check(signature: &Signature) -> syn::Result<()> {
    if let Some(keyword) = &signature.asyncness {
        return Err(Error::new_spanned(
            keyword,
            "a handler is a plain `fn`, remove `async`: a call that waits blocks nothing else, for every request has \
             an instance of its own",
        ));
    }
    if let Some(receiver) = signature.receiver() {
        return Err(Error::new_spanned(
            receiver,
            "a handler is no method: there is no value that outlives a request, so move it out of the `impl` and \
             remove `self`",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(&signature.generics, "a handler has no generic parameters: the host calls it"));
    }
    if let Safety::Unsafe(keyword) = &signature.safety {
        return Err(Error::new_spanned(keyword, "a handler is a safe `fn`, remove `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        return Err(Error::new_spanned(abi, "a handler is a Rust `fn`, remove `extern`: `handler` writes the export"));
    }
    if !matches!(signature.inputs.len(), 1 | 2) {
        let at = if signature.inputs.is_empty() { signature.ident.span() } else { signature.inputs.span() };
        return Err(Error::new(
            at,
            format!(
                "a handler takes `(event: Event)` or `(event: Event, context: Context)`, this one takes {} arguments",
                signature.inputs.len()
            ),
        ));
    }
    if matches!(signature.output, ReturnType::Default) {
        return Err(Error::new_spanned(
            &signature.ident,
            "a handler returns an answer: write `-> Response`, or `-> Result<Response, E>` with an `E` that implements \
             `Display`",
        ));
    }
    Ok(())
}

/// The code beside the `fn`. On every target a constant names the handler with the types that it must have, so that a
/// wrong type is an error in a native build too; on WebAssembly the component's export calls that constant.
fn export(signature: &Signature) -> TokenStream {
    // The call of the handler stands where the author wrote what is returned, each argument where the author wrote its
    // type: there the compiler points when a type is wrong.
    let at = |written: Span, name: &Ident| Ident::new(&name.to_string(), name.span().located_at(written));
    let arguments: Vec<Ident> = ["event", "context"]
        .into_iter()
        .zip(&signature.inputs)
        .map(|(argument, input)| {
            let written = match input {
                FnArg::Typed(typed) => typed.ty.span(),
                FnArg::Receiver(receiver) => receiver.span(),
            };
            at(written, &Ident::new(argument, Span::mixed_site()))
        })
        .collect();
    let ignored = (arguments.len() == 1).then(|| quote! { _ });
    let returned = match &signature.output {
        ReturnType::Type(_, returned) => returned.span(),
        ReturnType::Default => signature.ident.span(),
    };
    let name = at(returned, &signature.ident);
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
        handler(&arguments, item).map_or_else(|error| error.to_string(), |_| String::new())
    }

    fn refused(item: TokenStream, why: &str) {
        let message = message(TokenStream::new(), item);
        assert!(message.contains(why), "{message:?} does not say {why:?}");
    }

    #[test]
    fn accepts_one_argument_and_two() {
        for item in [
            quote! { fn handle(event: Event) -> Response { todo!() } },
            quote! { pub fn f(event: vestibule::Event, _: Context) -> Result<Response, String> { todo!() } },
            quote! { #[inline] fn handle(Event { .. }: Event,) -> impl Answer { todo!() } },
        ] {
            assert_eq!(message(TokenStream::new(), item), "");
        }
    }

    #[test]
    fn refuses_what_cannot_be_called() {
        refused(quote! { async fn f(event: Event) -> Response { todo!() } }, "remove `async`");
        refused(quote! { fn f(&self, event: Event) -> Response { todo!() } }, "a handler is no method");
        refused(quote! { fn f<T>(event: Event) -> Response { todo!() } }, "no generic parameters");
        refused(quote! { unsafe fn f(event: Event) -> Response { todo!() } }, "remove `unsafe`");
        refused(quote! { extern "C" fn f(event: Event) -> Response { todo!() } }, "remove `extern`");
    }

    #[test]
    fn says_how_many_arguments_there_are() {
        refused(quote! { fn f() -> Response { todo!() } }, "takes 0 arguments");
        refused(quote! { fn f(a: Event, b: Context, c: u8) -> Response { todo!() } }, "takes 3 arguments");
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
        let item = quote! { fn f(event: Event) -> Response { todo!() } };
        assert!(message(quote! { timeout = "5s" }, item).contains("policy file"));
    }

    #[test]
    fn keeps_the_fn_whether_it_is_accepted_or_not() {
        for item in [
            quote! { fn f(event: Event) -> Response { body() } },
            quote! { async fn f(event: Event) -> Response { body() } },
        ] {
            let expanded = expand(TokenStream::new(), item.clone()).to_string();
            assert!(expanded.starts_with(&item.to_string()), "{expanded}");
        }
    }
}
