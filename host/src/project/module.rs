//! From a core module to a component: what compilers that know no components leave (C's, Zig's, Go's) becomes a function's
//! component here, so that an author needs no further tool. It knows the contract and the adapter for WASI's first preview;
//! it must not know who compiled the module, nor where it goes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap, WorldId};

use crate::config::Problem;

/// The contract, package by package, each with its files. A test holds the list against the folder.
const CONTRACT: [&[(&str, &str)]; 4] = [
    &[("wasi-config/store.wit", include_str!("../../../wit/deps/wasi-config-0.2.0-rc.1/store.wit"))],
    &[
        ("wasi-keyvalue/atomics.wit", include_str!("../../../wit/deps/wasi-keyvalue-0.2.0-draft/atomics.wit")),
        ("wasi-keyvalue/batch.wit", include_str!("../../../wit/deps/wasi-keyvalue-0.2.0-draft/batch.wit")),
        ("wasi-keyvalue/store.wit", include_str!("../../../wit/deps/wasi-keyvalue-0.2.0-draft/store.wit")),
    ],
    &[("wasi-logging/package.wit", include_str!("../../../wit/deps/wasi-logging-0.1.0-draft/package.wit"))],
    &[
        ("environment.wit", include_str!("../../../wit/environment.wit")),
        ("http.wit", include_str!("../../../wit/http.wit")),
        ("keyvalue.wit", include_str!("../../../wit/keyvalue.wit")),
        ("secrets.wit", include_str!("../../../wit/secrets.wit")),
        ("types.wit", include_str!("../../../wit/types.wit")),
        ("webhooks.wit", include_str!("../../../wit/webhooks.wit")),
        ("world.wit", include_str!("../../../wit/world.wit")),
    ],
];

/// The world of functions.
const WORLD: &str = "function";

/// What a module carries its own world in: C's object file puts it there when it is linked.
const WORLD_SECTION: &str = "component-type";

/// Makes a component of a file that a compiler has left, in its place; one that is a component stays as it is. `source` is
/// what it was made of, for what is said of it.
///
/// # Errors
///
/// If none can be made of it.
pub(super) fn finish(file: &Path, source: &Path) -> Result<(), Problem> {
    let finished = || -> Result<()> {
        let bytes = fs::read(file)?;
        if is_module(&bytes) {
            fs::write(file, component(&bytes)?)?;
        }
        Ok(())
    };
    finished().map_err(|error| {
        let fix = "it has to export the handler of the contract, as the SDK of its language does (docs/languages.md)";
        Problem::of_file(source, format!("no component can be made of it: {error:#}"), fix)
    })
}

/// Whether these are the bytes of a core module.
pub(crate) fn is_module(bytes: &[u8]) -> bool {
    // The layer field tells a core module (0) from a component (1).
    matches!(bytes.get(..8), Some([0, b'a', b's', b'm', _, _, 0, 0]))
}

/// Makes a component of a core module that has the contract's imports and exports by the names of the canonical ABI. One
/// that says nothing of its world is taken for a function; what it imports of WASI's first preview is adapted.
///
/// # Errors
///
/// If it is no core module, lacks an export of the world, or imports what neither the world nor WASI's first preview has.
pub(crate) fn component(module: &[u8]) -> Result<Vec<u8>> {
    let mut module = module.to_vec();
    if !names_its_world(&module)? {
        let (resolve, world) = contract()?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    }
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?;
    encoder.encode().context("it cannot be made a component")
}

/// Whether the module says of which world it is.
fn names_its_world(module: &[u8]) -> Result<bool> {
    for payload in Parser::new(0).parse_all(module) {
        match payload.context("this is not a core WebAssembly module")? {
            Payload::CustomSection(section) if section.name().starts_with(WORLD_SECTION) => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}

/// The contract, read.
fn contract() -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let mut last = None;
    for files in CONTRACT {
        let mut sources = SourceMap::default();
        files.iter().for_each(|(path, text)| sources.push_str(path, *text));
        let package = sources.parse().map_err(|(_, error)| anyhow::Error::from(error))?;
        last = Some(resolve.push_group(package)?);
    }
    let package = last.context("the contract has no package")?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    Ok((resolve, world))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_contract_is_all_of_its_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let folders = fs::read_dir(root.join("deps")).unwrap().map(|entry| entry.unwrap().path());
        let files = folders.chain([root]).flat_map(|folder| fs::read_dir(folder).unwrap());
        let texts = files.map(|file| file.unwrap().path()).filter(|file| file.is_file());
        let there: BTreeSet<String> = texts.map(|file| fs::read_to_string(file).unwrap()).collect();
        let known: BTreeSet<String> = CONTRACT.into_iter().flatten().map(|(_, text)| (*text).to_owned()).collect();
        assert!(there == known, "wit/ has files that CONTRACT lacks, or the other way round");
    }

    #[test]
    fn what_is_no_module_or_lacks_the_export_is_an_error() {
        assert!(component(b"#!/bin/sh").is_err());
        let error = component(&wat::parse_str("(module)").unwrap()).unwrap_err();
        assert!(format!("{error:#}").contains("handle"), "{error:#}");
    }
}
