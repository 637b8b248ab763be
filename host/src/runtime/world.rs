//! What a component is made for: a world of the contract, known by the interface that a component exports for it. Holds
//! components against that, and says what they export instead. Of compiling it knows nothing.

use std::fmt;

use wasmtime::Engine;
use wasmtime::component::types::{self, ComponentFunc, ComponentItem};

use super::bindings::exports::vestibule::function::handler::{Context, Event, Response};
use super::bindings::verifier::exports::vestibule::verifier::verify::{Accepted, Request};
use super::component::LoadError;

/// A world of the contract. Written out, it is the interface that a component of it exports.
pub struct World {
    interface: &'static str,
    function: &'static str,
    typecheck: fn(&ComponentFunc, &types::Component) -> wasmtime::Result<()>,
    /// What a component of this world is, in a word.
    pub(super) noun: &'static str,
    /// How to make one of it.
    pub(super) build: &'static str,
    /// What to do with one of it that stands where another is wanted.
    pub(super) misplaced: &'static str,
}

/// The world of functions.
pub(super) static FUNCTION: World = World {
    interface: "vestibule:function/handler@0.1.0",
    function: "handle",
    typecheck: |function, ty| {
        function.typecheck::<(Event<'_>, Context<'_>), (Result<Response, String>,)>(&ty.instance_type())
    },
    noun: "function",
    build: "make it a library (crate-type = [\"cdylib\"]) with one function under #[vestibule::handler]",
    misplaced: "build a verifier for the world vestibule:verifier/verifier, with one function under \
                #[vestibule::verifier]; a function is called NAME.wasm",
};

/// The world of verifiers.
pub(super) static VERIFIER: World = World {
    interface: "vestibule:verifier/verify@0.1.0",
    function: "verify",
    typecheck: |function, ty| function.typecheck::<(Request<'_>,), (Result<Accepted, String>,)>(&ty.instance_type()),
    noun: "verifier",
    build: "build it for the world vestibule:verifier/verifier: a library (crate-type = [\"cdylib\"]) with one function \
            under #[vestibule::verifier]",
    misplaced: "call it NAME.verifier.wasm, and name it in the policy of the function whose webhooks it verifies: [verify] \
                scheme = \"component\", component = \"NAME.verifier.wasm\"",
};

static ALL: [&World; 2] = [&FUNCTION, &VERIFIER];

impl World {
    /// Holds what a component exports against the types of this world.
    pub(super) fn check(&'static self, engine: &Engine, ty: &types::Component) -> Result<(), LoadError> {
        let function = ty
            .get_export(engine, self.interface)
            .and_then(|export| match export.ty {
                ComponentItem::ComponentInstance(instance) => {
                    instance.get_export(engine, self.function).map(|export| export.ty)
                }
                _ => None,
            })
            .and_then(|item| match item {
                ComponentItem::ComponentFunc(function) => Some(function),
                _ => None,
            });
        let Some(function) = function else {
            return Err(self.what_instead(engine, ty));
        };
        (self.typecheck)(&function, ty).map_err(|error| LoadError::OtherSignature(self, format!("{error:#}")))
    }

    /// The part of the interface's name that does not change.
    fn any_version(&self) -> &'static str {
        self.interface.split_inclusive('@').next().unwrap_or(self.interface)
    }

    /// Says what the component exports instead.
    fn what_instead(&'static self, engine: &Engine, ty: &types::Component) -> LoadError {
        let names: Vec<&str> = ty.exports(engine).map(|(name, _)| name).collect();
        let starts = |start: &str| names.iter().find(|name| name.starts_with(start)).map(|name| (*name).to_owned());
        match starts(self.any_version()) {
            Some(own) if own == self.interface => {
                return LoadError::OtherSignature(self, format!("it has no function `{}`", self.function));
            }
            Some(other) => return LoadError::OtherVersion(self, other),
            None => {}
        }
        let others = ALL.into_iter().filter(|other| other.interface != self.interface);
        if let Some((other, name)) = others.filter_map(|other| Some((other, starts(other.any_version())?))).next() {
            return LoadError::OtherWorld { wanted: self, found: other, name };
        }
        if let Some(other) = starts("wasi:http/") {
            return LoadError::WasiHttp(self, other);
        }
        if starts("wasi:cli/run@").is_some() {
            return LoadError::NoExport(self, "it is a command, with a main function".into());
        }
        LoadError::NoExport(
            self,
            match names.as_slice() {
                [] => "it exports nothing".into(),
                names => format!("it exports `{}`", names.join("`, `")),
            },
        )
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.interface)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.interface)
    }
}
