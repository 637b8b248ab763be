//! The form that a `fn` must have to be exported: what all attributes ask for, in the words of each. Keeps the `fn` as it
//! is, and adds the code that calls it. Knows no export.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, ReturnType, Safety, Signature};

/// What an attribute asks of a `fn`.
pub(crate) struct Form {
    /// The attribute, and what it makes of a `fn`: `handler`.
    pub(crate) name: &'static str,
    /// How many arguments the `fn` may take.
    pub(crate) counts: &'static [usize],
    /// Which arguments these are.
    pub(crate) takes: &'static str,
    /// What it returns, and how to write that.
    pub(crate) returns: &'static str,
    /// The code beside a `fn` of that form.
    pub(crate) export: fn(&Signature) -> TokenStream,
}

impl Form {
    /// The `fn` and what makes it an export; or the `fn` and an error that says why it cannot be one. The `fn` is kept in
    /// both cases, so that a mistake in its form does not bring a second error wherever it is named.
    pub(crate) fn expand(&self, arguments: TokenStream, item: TokenStream) -> TokenStream {
        match self.exported(&arguments, item.clone()) {
            Ok(export) => quote! { #item #export },
            Err(error) => {
                let error = error.into_compile_error();
                quote! { #item #error }
            }
        }
    }

    /// What is added to the `fn`.
    pub(crate) fn exported(&self, arguments: &TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
        let name = self.name;
        if !arguments.is_empty() {
            return Err(Error::new_spanned(
                arguments,
                format!("`{name}` takes no arguments: what the host decides is in the function's policy file"),
            ));
        }
        let whole = item.to_token_stream();
        let function: ItemFn = syn::parse2(item).map_err(|_| {
            Error::new_spanned(whole, format!("`{name}` belongs on a `fn` with a body, outside of any `impl`"))
        })?;
        self.check(&function.sig)?;
        Ok((self.export)(&function.sig))
    }

    fn check(&self, signature: &Signature) -> syn::Result<()> {
        let name = self.name;
        if let Some(keyword) = &signature.asyncness {
            return Err(Error::new_spanned(
                keyword,
                format!(
                    "a {name} is a plain `fn`, remove `async`: a call that waits blocks nothing else, for every request has \
                     an instance of its own"
                ),
            ));
        }
        if let Some(receiver) = signature.receiver() {
            return Err(Error::new_spanned(
                receiver,
                format!(
                    "a {name} is no method: there is no value that outlives a request, so move it out of the `impl` and \
                     remove `self`"
                ),
            ));
        }
        if !signature.generics.params.is_empty() {
            let message = format!("a {name} has no generic parameters: the host calls it");
            return Err(Error::new_spanned(&signature.generics, message));
        }
        if let Safety::Unsafe(keyword) = &signature.safety {
            return Err(Error::new_spanned(keyword, format!("a {name} is a safe `fn`, remove `unsafe`")));
        }
        if let Some(abi) = &signature.abi {
            let message = format!("a {name} is a Rust `fn`, remove `extern`: `{name}` writes the export");
            return Err(Error::new_spanned(abi, message));
        }
        if !self.counts.contains(&signature.inputs.len()) {
            let at = if signature.inputs.is_empty() { signature.ident.span() } else { signature.inputs.span() };
            let (takes, count) = (self.takes, signature.inputs.len());
            return Err(Error::new(at, format!("a {name} takes {takes}, this one takes {count} arguments")));
        }
        if matches!(signature.output, ReturnType::Default) {
            return Err(Error::new_spanned(&signature.ident, format!("a {name} returns {}", self.returns)));
        }
        Ok(())
    }
}

/// The same name where the author wrote something else, so that the compiler points there when a type is wrong.
fn at(written: Span, name: &Ident) -> Ident {
    Ident::new(&name.to_string(), name.span().located_at(written))
}

/// The call of the `fn`: its arguments, called `names`, each where the author wrote its type, and its name where the
/// author wrote what is returned, with that place.
pub(crate) fn call(signature: &Signature, names: &[&str]) -> (Vec<Ident>, Ident, Span) {
    let arguments = names.iter().zip(&signature.inputs).map(|(argument, input)| {
        let written = match input {
            FnArg::Typed(typed) => typed.ty.span(),
            FnArg::Receiver(receiver) => receiver.span(),
        };
        at(written, &Ident::new(argument, Span::mixed_site()))
    });
    let returned = match &signature.output {
        ReturnType::Type(_, returned) => returned.span(),
        ReturnType::Default => signature.ident.span(),
    };
    (arguments.collect(), at(returned, &signature.ident), returned)
}
