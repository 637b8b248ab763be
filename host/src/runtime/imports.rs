//! What a component imports and does not get: all of it, each with the likely cause. The linker has refused the component;
//! here it is asked for one import after the other. It runs only for components that are refused.

use std::fmt;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceType};

use super::look::shown;
use super::offers::{self, Cause};
use super::state::State;

/// The most imports that are said to be missing, and the most that are looked for.
const MOST_SAID: usize = 12;
const MOST: usize = 256;

/// What a component does not get.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Missing {
    /// The interface, with its version, or what else it imports.
    interface: String,
    /// The functions of it that are meant; none if all of it is.
    functions: Vec<String>,
    cause: String,
    fix: &'static str,
}

/// All that a component does not get; never nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imports(Vec<Missing>);

/// What stands in for a resource that is not offered.
struct Stub;

impl Missing {
    fn new(interface: &str, functions: Vec<String>, (cause, fix): Cause) -> Self {
        let functions = functions.iter().map(|function| shown(function)).collect();
        Self { interface: shown(interface), functions, cause, fix }
    }
}

impl Imports {
    /// Of these names of interfaces, those that are not offered; none if all are. For a component that cannot be compiled.
    pub(super) fn by_name<'a>(names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let unknown = names.filter(|name| name.contains(['/', '@']) && offers::fitting(name).is_none());
        let missing: Vec<_> =
            unknown.take(MOST).map(|name| Missing::new(name, Vec::new(), offers::cause(name))).collect();
        (!missing.is_empty()).then_some(Self(missing))
    }

    /// What is meant by the linker's `refusal`, where nothing more is known.
    pub(super) fn plain(refusal: &str) -> Self {
        let fix = "build it without that, for the world in wit/; WASI is offered in version 0.2";
        Self(vec![Missing { interface: String::new(), functions: Vec::new(), cause: shown_long(refusal), fix }])
    }

    /// Whatever `component` wants and `linker` does not have, which refused it for one of them.
    pub(super) fn of(linker: &Linker<State>, component: &Component, refusal: &wasmtime::Error) -> Self {
        let mut asked = Asked { probe: linker.clone(), stubbed: linker.clone(), resources: Vec::new() };
        let mut missing = Vec::new();
        let ty = component.component_type();
        let engine = linker.engine();
        for (name, import) in ty.imports(engine).take(MOST) {
            let what = match import.ty {
                ComponentItem::ComponentInstance(instance) => {
                    missing
                        .extend(asked.instance(name, instance.exports(engine).map(|(name, export)| (name, export.ty))));
                    continue;
                }
                ComponentItem::ComponentFunc(_) => "a function",
                ComponentItem::Module(_) => "a core module",
                ComponentItem::Component(_) => "a component",
                _ => continue,
            };
            missing.push(Missing::new(name, Vec::new(), offers::no_interface(what)));
        }
        asked.signatures(component, &mut missing);
        if missing.is_empty() { Self::plain(&format!("{refusal:#}")) } else { Self(missing) }
    }

    /// What to do about them, each thing once.
    pub(super) fn fix(&self) -> String {
        let mut fixes: Vec<&str> = Vec::new();
        for missing in &self.0 {
            if !fixes.contains(&missing.fix) {
                fixes.push(missing.fix);
            }
        }
        fixes.join("; ")
    }
}

/// A linker that is asked what it has, and one in which all that is missing is put.
struct Asked {
    probe: Linker<State>,
    stubbed: Linker<State>,
    /// The resources that have come up: where one comes up again, it is the same.
    resources: Vec<ResourceType>,
}

impl Asked {
    /// What is missing of an interface with these exports.
    fn instance<'a>(&mut self, name: &str, exports: impl Iterator<Item = (&'a str, ComponentItem)>) -> Option<Missing> {
        let offered = self.offered(name);
        let mut functions = Vec::new();
        let mut wants_resource = false;
        for (export, item) in exports.take(MOST) {
            match item {
                ComponentItem::ComponentFunc(_) if offered.as_deref().is_none_or(|of| !self.has(of, export)) => {
                    functions.push(export.to_owned());
                    let _ = stub(&mut self.stubbed, offered.as_deref().unwrap_or(name), export);
                }
                ComponentItem::Resource(resource) if !self.resources.contains(&resource) => {
                    self.resources.push(resource);
                    wants_resource = true;
                    if offered.is_none()
                        && let Ok(mut instance) = self.stubbed.instance(name)
                    {
                        let _ = instance.resource(export, ResourceType::host::<Stub>(), |_, _| Ok(()));
                    }
                }
                _ => {}
            }
        }
        match offered {
            // What asks for types alone gets them.
            None if functions.is_empty() && !wants_resource => None,
            Some(_) if functions.is_empty() => None,
            None => Some(Missing::new(name, Vec::new(), offers::cause(name))),
            Some(offered) => Some(Missing::new(name, functions, offers::no_function(name, &offered))),
        }
    }

    /// The name under which an interface is offered.
    fn offered(&mut self, name: &str) -> Option<String> {
        let known = offers::fitting(name).unwrap_or(name);
        // What cannot be defined is there already.
        let is_there = self.probe.root().func_new(known, |_, _, _, _| Ok(())).is_err();
        is_there.then(|| known.to_owned())
    }

    fn has(&mut self, interface: &str, function: &str) -> bool {
        self.probe
            .instance(interface)
            .is_ok_and(|mut instance| instance.func_new(function, |_, _, _, _| Ok(())).is_err())
    }

    /// With all that is missing in place, only functions of other signatures are refused: one after the other.
    fn signatures(&mut self, component: &Component, missing: &mut Vec<Missing>) {
        self.stubbed.allow_shadowing(true);
        for _ in 0..MOST {
            let Err(refusal) = self.stubbed.instantiate_pre(component) else { return };
            let places: Vec<String> = refusal.chain().map(ToString::to_string).collect();
            let named = |start: &str| places.iter().find_map(|place| place.strip_prefix(start)?.split('`').nth(1));
            let Some(interface) = named("component imports ") else { return };
            let Some(function) = named("instance export ") else {
                if !missing.iter().any(|known| known.interface == interface) {
                    missing.push(Missing::new(interface, Vec::new(), offers::other_signature(interface)));
                }
                return;
            };
            let (interface, function) = (interface.to_owned(), function.to_owned());
            let known = missing.iter_mut().find(|known| known.interface == interface);
            match known {
                Some(known) if known.functions.contains(&function) => return,
                Some(known) if known.cause == offers::other_signature(&interface).0 => {
                    known.functions.push(function.clone());
                }
                _ => {
                    missing.push(Missing::new(&interface, vec![function.clone()], offers::other_signature(&interface)));
                }
            }
            let offered = offers::fitting(&interface).unwrap_or(&interface);
            if stub(&mut self.stubbed, offered, &function).is_err() {
                return;
            }
        }
    }
}

/// Puts a function there that nobody calls.
fn stub(linker: &mut Linker<State>, interface: &str, function: &str) -> wasmtime::Result<()> {
    linker.instance(interface)?.func_new(function, |_, _, _, _| Ok(()))
}

fn shown_long(text: &str) -> String {
    const LONGEST: usize = 500;
    text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interface, functions, cause, .. } = self;
        match (interface.as_str(), functions.as_slice()) {
            ("", _) => f.write_str(cause),
            (_, []) => write!(f, "`{interface}` ({cause})"),
            (_, [one]) => write!(f, "`{interface}`, whose `{one}` {cause}"),
            (_, all) => write!(f, "`{interface}`, of which each of `{}` {cause}", all.join("`, `")),
        }
    }
}

impl fmt::Display for Imports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, missing) in self.0.iter().take(MOST_SAID).enumerate() {
            write!(f, "{}{missing}", if place == 0 { "" } else { "; " })?;
        }
        match self.0.len().saturating_sub(MOST_SAID) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::CompileSettings;
    use crate::observe::metrics::Metrics;
    use crate::runtime::{Runtime, RuntimeSettings};

    #[test]
    fn what_is_named_as_offered_is_linked_and_in_that_version() {
        let compile = CompileSettings::default();
        let settings = RuntimeSettings { instances: 1, verifiers: 0, cache: None, compile, compiler: None };
        let runtime = Runtime::new(&settings, Arc::new(Metrics::new())).unwrap();
        let (probe, stubbed) = (runtime.linker.clone(), runtime.linker.clone());
        let mut asked = Asked { probe, stubbed, resources: Vec::new() };
        for name in offers::OFFERED {
            assert_eq!(asked.offered(name).as_deref(), Some(name));
        }
        assert_eq!(asked.offered("wasi:io/streams@0.2.13").as_deref(), Some("wasi:io/streams@0.2.12"));
        assert_eq!(asked.offered("wasi:cli/stdiin@0.2.12"), None);
        assert!(asked.has("wasi:random/random@0.2.12", "get-random-u64"));
        assert!(!asked.has("wasi:random/random@0.2.12", "get-random-u65"));
    }
}
