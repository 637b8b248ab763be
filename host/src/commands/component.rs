//! `host component`: a component of a core module, for compilers that no language of `host build` stands for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{Failure, read};
use crate::project::{component, is_module, put};

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host component module.wasm --out functions/greet.wasm
  zig build-exe … -femit-bin=module.wasm && host component module.wasm --out functions/greet.wasm

The module has the imports and exports of the contract (wit/) by the names of the canonical ABI, as
the bindings of wit-bindgen make them. One that does not say of which world it is is taken for a
function. What it imports of WASI's first preview is adapted.

Exit status: 0 if there is a component, 64 if none can be made of the module or on wrong use, 1 on
failure.";

/// Of what to make a component, and where to put it.
#[derive(Args)]
pub struct Component {
    /// The core module; - for standard input
    module: PathBuf,
    /// Where to put the component
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// Runs `host component`.
pub fn run(options: &Component) -> ExitCode {
    match make(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

fn make(options: &Component) -> Result<(), Failure> {
    let file = options.module.display();
    let bytes = read(&options.module)?;
    if !is_module(&bytes) {
        return Err(Failure::usage(format!(
            "{file} is no core WebAssembly module\n    a component can be served as it is"
        )));
    }
    let made = component(&bytes).map_err(|error| {
        let fix = "it has to export the handler of the contract: see docs/languages.md";
        Failure::usage(format!("no component can be made of {file}: {error:#}\n    {fix}"))
    })?;
    let failed = |error: &dyn std::fmt::Display| Failure::other(format!("{}: {error}", options.out.display()));
    let (Some(folder), Some(name)) = (options.out.parent(), options.out.file_name()) else {
        return Err(failed(&"this is no name for a file"));
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    put(folder, Path::new(name), &made).map(drop).map_err(|error| failed(&error))
}
