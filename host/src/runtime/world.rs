//! What a component is made for: a world of the contract or that of `wasi:http`, known by the interface that a component
//! exports for it. Holds components against that, and says what they export instead. Of compiling it knows nothing.

use std::fmt;

use wasmtime::Engine;
use wasmtime::component::types::{self, ComponentFunc, ComponentItem};
use wasmtime::component::{InstancePre, Resource};
use wasmtime_wasi_http::p2::types::{HostIncomingRequest, HostResponseOutparam};

use super::bindings::exports::vestibule::function::handler::{Context, Event, Response};
use super::bindings::verifier::exports::vestibule::verifier::verify::{Accepted, Request};
use super::load_error::LoadError;
use super::state::State;

/// A world that components are made for. Written out, it is the interface that a component of it exports.
pub struct World {
    interface: &'static str,
    /// Whether releases of the interface that come after its version fit as well.
    takes_later: bool,
    function: &'static str,
    typecheck: fn(&ComponentFunc, &InstancePre<State>) -> wasmtime::Result<()>,
    /// What a component of this world is, in a word.
    pub(super) noun: &'static str,
    /// How to make one of it.
    pub(super) build: &'static str,
    /// The same for whoever writes JavaScript, and Python.
    pub(super) build_javascript: &'static str,
    pub(super) build_python: &'static str,
    /// What to do with one of it that stands where another is wanted.
    pub(super) misplaced: &'static str,
}

/// The world of functions.
pub(super) static FUNCTION: World = World {
    interface: "vestibule:function/handler@0.1.0",
    takes_later: false,
    function: "handle",
    typecheck: |function, of| {
        function.typecheck::<(Event<'_>, Context<'_>), (Result<Response, String>,)>(&of.instance_type())
    },
    noun: "function",
    build: "make it a library (crate-type = [\"cdylib\"]) with one function under #[vestibule::handler]",
    build_javascript: "export `handle` of the world vestibule:function/function, or `fetch` for wasi:http/proxy in version \
                       0.2: jco componentize --wit wit --world-name function",
    build_python: "implement the world vestibule:function/function, or wasi:http/proxy in version 0.2: componentize-py -d \
                   wit -w function componentize",
    misplaced: "build a verifier for the world vestibule:verifier/verifier, with one function under \
                #[vestibule::verifier]; a function is called NAME.wasm",
};

/// Functions in another shape: what other hosts serve, too.
pub(super) static HTTP: World = World {
    interface: "wasi:http/incoming-handler@0.2",
    takes_later: true,
    function: "handle",
    typecheck: |function, of| {
        type Given = (Resource<HostIncomingRequest>, Resource<HostResponseOutparam>);
        function.typecheck::<Given, ()>(&of.instance_type())
    },
    noun: "function for wasi:http",
    build: "build it for the world wasi:http/proxy in version 0.2",
    build_javascript: "build it for the world wasi:http/proxy in version 0.2",
    build_python: "build it for the world wasi:http/proxy in version 0.2",
    misplaced: "call it NAME.wasm: it is a function",
};

/// The world of verifiers.
pub(super) static VERIFIER: World = World {
    interface: "vestibule:verifier/verify@0.1.0",
    takes_later: false,
    function: "verify",
    typecheck: |function, of| function.typecheck::<(Request<'_>,), (Result<Accepted, String>,)>(&of.instance_type()),
    noun: "verifier",
    build: "build it for the world vestibule:verifier/verifier: a library (crate-type = [\"cdylib\"]) with one function \
            under #[vestibule::verifier]",
    build_javascript: "build it for the world vestibule:verifier/verifier, and export its `verify`",
    build_python: "build it for the world vestibule:verifier/verifier, and implement its `verify`",
    misplaced: "call it NAME.verifier.wasm, and name it in the policy of the function whose webhooks it verifies: [verify] \
                scheme = \"component\", component = \"NAME.verifier.wasm\"",
};

static ALL: [&World; 3] = [&FUNCTION, &HTTP, &VERIFIER];

impl World {
    /// The first of the `worlds` of which a component exports the function, and that function.
    pub(super) fn of(
        worlds: &[&'static Self],
        engine: &Engine,
        ty: &types::Component,
    ) -> Result<(&'static Self, ComponentFunc), LoadError> {
        let found = worlds.iter().find_map(|world| Some((*world, world.exported(engine, ty)?)));
        found.ok_or_else(|| {
            // What has the interface of a world lacks its function; what has none of them is held against the first.
            let nearest = worlds.iter().find(|world| ty.exports(engine).any(|(name, _)| world.is(name)));
            nearest.or(worlds.first()).copied().unwrap_or(&FUNCTION).what_instead(engine, ty)
        })
    }

    /// What is to be said of a component with these exports that serves HTTP as a later WASI has it, if it is one and
    /// functions for HTTP are among the `worlds`.
    pub(super) fn later<'a>(worlds: &[&'static Self], mut exports: impl Iterator<Item = &'a str>) -> Option<LoadError> {
        let http = worlds.iter().find(|world| std::ptr::eq(**world, &HTTP))?;
        let other = exports.find(|name| name.starts_with("wasi:http/") && !http.is(name))?;
        Some(LoadError::WasiHttp(http, other.to_owned()))
    }

    fn exported(&self, engine: &Engine, ty: &types::Component) -> Option<ComponentFunc> {
        let (_, export) = ty.exports(engine).find(|(name, _)| self.is(name))?;
        let ComponentItem::ComponentInstance(instance) = export.ty else { return None };
        match instance.get_export(engine, self.function)?.ty {
            ComponentItem::ComponentFunc(function) => Some(function),
            _ => None,
        }
    }

    /// Holds the function that a component exports against the types of this world.
    pub(super) fn check(&'static self, function: &ComponentFunc, of: &InstancePre<State>) -> Result<(), LoadError> {
        (self.typecheck)(function, of).map_err(|error| LoadError::OtherSignature(self, format!("{error:#}")))
    }

    /// Whether an interface of this name is the one that this world exports.
    fn is(&self, name: &str) -> bool {
        let rest = name.strip_prefix(self.interface);
        // What comes before a release is called 0.2.0-rc.
        rest.is_some_and(|rest| rest.is_empty() || self.takes_later && rest.starts_with('.') && !rest.contains('-'))
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
            Some(own) if self.is(&own) => {
                return LoadError::OtherSignature(self, format!("it has no function `{}`", self.function));
            }
            Some(other) => return LoadError::OtherVersion(self, other),
            None => {}
        }
        if let Some(other) = names.iter().find(|name| name.starts_with("wasi:http/") && !HTTP.is(name)) {
            return LoadError::WasiHttp(&HTTP, (*other).to_owned());
        }
        let others = ALL.into_iter().filter(|other| other.interface != self.interface);
        if let Some((other, name)) = others.filter_map(|other| Some((other, starts(other.any_version())?))).next() {
            return LoadError::OtherWorld { wanted: self, found: other, name };
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
