//! The bindings of the SDKs for C and Go, made of `wit/` by the generators of wit-bindgen. They are in the repository, so
//! that nobody needs the generators to write a function; a test of this crate holds them against the contract, and writes
//! them anew with `BLESS=1`. Knows nothing of what the SDKs add to them.

use std::path::Path;

use anyhow::Result;
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

/// The world that functions are of.
const WORLD: &str = "function";

/// Files by their paths, with their contents.
pub type Generated = Vec<(String, Vec<u8>)>;

/// What C's bindings are: `function.h`, `function.c`, and an object file that carries the world's type to the linker.
///
/// # Errors
///
/// If the contract cannot be read, or has what the generator does not know.
pub fn c(wit: &Path) -> Result<Generated> {
    generate(wit, wit_bindgen_c::Opts::default().build())
}

/// Where Go finds the bindings.
const GO_PACKAGE: &str = "github.com/vestibule/vestibule/guest-sdk/go/wit";

/// What Go's bindings are: a package for each interface of the contract, and the one that exports a function.
///
/// # Errors
///
/// If the contract cannot be read, or has what the generator does not know.
pub fn go(wit: &Path) -> Result<Generated> {
    let options = wit_bindgen_go::Opts {
        // Not formatted by whatever `gofmt` is there: the bindings would differ from machine to machine.
        format: wit_bindgen_go::Format::False,
        pkg_name: Some(GO_PACKAGE.to_owned()),
        quiet: true,
        ..wit_bindgen_go::Opts::default()
    };
    let files = generate(wit, options.build())?;
    // The bindings stand on few lines of Go, which the SDK has itself: they need no module from elsewhere.
    let own = |text: String| text.replace("go.bytecodealliance.org/pkg/wit/", &format!("{GO_PACKAGE}/support/"));
    files.into_iter().map(|(path, bytes)| Ok((path, own(String::from_utf8(bytes)?).into_bytes()))).collect()
}

fn generate(wit: &Path, mut generator: Box<dyn WorldGenerator>) -> Result<Generated> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    Ok(files.iter().map(|(name, contents)| (name.to_owned(), contents.to_vec())).collect())
}
